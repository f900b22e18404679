"""Keys for ranges of sizes, several at once, and revoked ones; and a log that changes its keys while it is open."""

from datetime import timedelta
from pathlib import Path

import pytest

from integrity import checkpoint, note
from integrity.checkpoint import Checkpoint
from integrity.errors import InvalidNote, LogCorrupt, RevokedKey
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.log_keys import KeyTerm, LogKeys, open_within
from integrity.note import Signer
from tests.fakes.clocks import START
from tests.fakes.signers import KEY, OTHER, SIGNER

ORIGIN = SIGNER.name
OLD, NEW = SIGNER, OTHER


def signed(size: int, *signers: Signer) -> bytes:
    return checkpoint.sign(Checkpoint(ORIGIN, size, bytes(32)), signers).note


@pytest.mark.parametrize(
    ("size", "signers", "good"),
    [
        (9, (OLD,), True), (10, (OLD,), True), (11, (OLD,), False), (7, (NEW,), False), (8, (NEW,), True),
        (11, (OLD, NEW), True), (7, (OLD, NEW), True), (10**6, (NEW,), True),
    ],
)  # fmt: skip
def test_a_key_signs_for_its_sizes_only(size: int, signers: tuple[Signer, ...], good: bool) -> None:
    terms = (KeyTerm(OLD.verifier, 0, 10), KeyTerm(NEW.verifier, 8))
    if good:
        assert open_within(signed(size, *signers), terms, ORIGIN).size == size
    else:
        with pytest.raises(InvalidNote):
            open_within(signed(size, *signers), terms, ORIGIN)


def test_a_false_line_of_a_known_key_refuses_the_note_whatever_its_range() -> None:
    false = OLD.sign(b"another text").line().encode()
    terms = (KeyTerm(OLD.verifier, 0, 10), KeyTerm(NEW.verifier, 8))
    with pytest.raises(InvalidNote):
        open_within(signed(20, NEW) + false, terms, ORIGIN)


def test_a_revoked_key_needs_proof_that_the_note_is_older() -> None:
    revoked = KeyTerm(OLD.verifier, revoked_at=START)
    for existed_by in (None, START, START + timedelta(seconds=1)):
        with pytest.raises(RevokedKey):
            open_within(signed(5, OLD), [revoked], ORIGIN, existed_by)
    assert open_within(signed(5, OLD), [revoked], ORIGIN, START - timedelta(seconds=1)).size == 5
    assert open_within(signed(5, OLD, NEW), [revoked, KeyTerm(NEW.verifier)], ORIGIN).size == 5, "another key will do"


def test_a_log_asks_for_its_keys_before_each_append(tmp_path: Path) -> None:
    """Both sign for a while; then the new one alone. Nobody has to open the log again."""
    keys = [LogKeys((KeyTerm(OLD.verifier),), (OLD,))]
    heads = FileHeads(tmp_path / "log" / "head")
    Log.create(tmp_path / "log", OLD, heads)
    log = Log.open(tmp_path / "log", lambda: keys[0], heads)

    def grow() -> list[bytes]:
        with log.exclusive():
            log.append([bytes(32)])
        return [line.key_id for line in note.split(log.head().note)[1]]

    assert grow() == [OLD.verifier.key_id]
    keys[0] = LogKeys((KeyTerm(OLD.verifier), KeyTerm(NEW.verifier, 1)), (OLD, NEW))
    assert grow() == [OLD.verifier.key_id, NEW.verifier.key_id]
    beside = Log.open(tmp_path / "log", OLD.verifier, heads)
    assert beside.head().size == 2, "who knows only the old key still reads"
    reader = Log.open(tmp_path / "log", lambda: keys[0], heads)
    keys[0] = LogKeys((KeyTerm(OLD.verifier, 0, 2), KeyTerm(NEW.verifier, 1)), (NEW,))
    assert grow() == [NEW.verifier.key_id]
    assert reader.head().size == 3, "who knew both reads on"
    assert list(log.check()) == []
    with pytest.raises(LogCorrupt):
        beside.head()
    # A head that only the old key signed beyond its range is no head.
    forged = checkpoint.sign(log.head().checkpoint, [OLD]).note
    heads.swap(heads.read(), forged)
    with pytest.raises(LogCorrupt):
        Log.open(tmp_path / "log", lambda: keys[0], heads)


def test_keys_have_the_name_of_their_log() -> None:
    assert LogKeys((KeyTerm(Signer("log.example/9", KEY).verifier),)).origin == "log.example/9"
