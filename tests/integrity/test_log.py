"""The log: what it promises, read back by independent code; turns, several writers, and what it refuses."""

import hashlib
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from integrity import checkpoint, merkle, note
from integrity.checkpoint import Checkpoint
from integrity.errors import HeadConflict, LogCorrupt, LogError, LogUnavailable
from integrity.log import FileHeads, Log
from integrity.note import Signer
from integrity.tiles import Tile
from integrity.tlog_proof import TlogProof
from tests.fakes.signers import OTHER, SIGNER
from tests.integrity.test_merkle import tree_hash


def entry(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def made(folder: Path) -> Log:
    return Log.create(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))


def opened(folder: Path, keys: Signer = SIGNER) -> Log:
    return Log.open(folder / "log", keys, FileHeads(folder / "log" / "head"))


def append(log: Log, *numbers: int) -> range:
    with log.exclusive():
        return log.append([entry(number) for number in numbers])


def test_a_new_log_is_an_empty_signed_tree(tmp_path: Path) -> None:
    log = made(tmp_path)
    assert log.head().checkpoint == Checkpoint(SIGNER.name, 0, merkle.EMPTY_ROOT)
    assert (tmp_path / "log" / "checkpoint").read_bytes() == log.head().note
    assert (log.origin, log.behind, list(log.check())) == (SIGNER.name, False, [])
    with log.exclusive():
        assert log.append([]) == range(0)


def test_what_was_appended_is_proved_to_anyone(tmp_path: Path) -> None:
    log = made(tmp_path)
    assert append(log, *range(3)) == range(3)
    assert append(log, *range(3, 600)) == range(3, 600)
    head = opened(tmp_path).head()
    assert head.size == 600
    assert head.root == tree_hash([entry(number) for number in range(600)])
    assert list(log.entries(0, 600)) == [entry(number) for number in range(600)]
    for index in (0, 255, 256, 511, 512, 599):
        proof = TlogProof.from_bytes(log.tlog_proof(index))
        assert proof.verify(entry(index), [SIGNER.verifier], SIGNER.name) == head
        assert proof.index == index
    assert list(log.check()) == []


def test_growth_is_proved_between_any_two_heads(tmp_path: Path) -> None:
    log = made(tmp_path)
    heads = []
    for number in range(0, 900, 100):
        append(log, *range(number, number + 100))
        heads.append(log.head())
    for old in heads:
        for new in heads:
            if old.size <= new.size:
                proof = log.prove_growth(old.size, new.size)
                merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
        assert log.root(old.size) == old.root
        path = log.prove(7, old.size)
        merkle.verify_inclusion(merkle.leaf_hash(entry(7)), 7, old.size, path, old.root)


def test_a_tile_is_public_once_it_is_published(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(5))
    append(log, *range(5, 300))
    folder = tmp_path / "log"
    public = {
        path: log.public_file(path)
        for path in (
            "checkpoint",
            "tile/0/000",
            "tile/0/001.p/44",
            "tile/entries/000",
            "tile/entries/001.p/44",
            "tile/1/000.p/1",
        )
    }
    assert public == {path: (folder / path).read_bytes() for path in public}
    for path in ("head", "lock", "staging", "tile", "tile/0/001", "tile/0/001.p/43", "../log/checkpoint", "tile/0/002"):
        assert log.public_file(path) is None
    assert not (folder / "tile" / "0" / "000.p").exists()
    assert log.public_file("tile/0/000.p/5") == (public["tile/0/000"] or b"")[: 5 * 32], "cut from what replaced it"
    (folder / "tile" / "0" / "002").write_bytes(bytes(8192))
    assert log.public_file("tile/0/002") is None, "beyond the published size"
    (folder / "checkpoint").write_bytes(b"?")
    assert log.public_file("tile/0/000") is None


def test_partial_tiles_go_when_the_full_one_is_there(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(240))
    for number in range(240, 255):
        append(log, number)
    partial = sorted(path.name for path in (tmp_path / "log" / "tile" / "0" / "000.p").iterdir())
    assert partial == [str(width) for width in range(240, 256)]
    append(log, 255)
    assert not (tmp_path / "log" / "tile" / "0" / "000.p").exists()
    assert not (tmp_path / "log" / "tile" / "entries" / "000.p").exists()
    assert list(log.check()) == []
    assert log.root(3) == tree_hash([entry(number) for number in range(3)]), "an earlier tree is still readable"


def test_appending_happens_inside_exclusive_with_the_key(tmp_path: Path) -> None:
    log = made(tmp_path)
    with pytest.raises(LogError, match="inside exclusive"):
        log.append([entry(0)])
    reader = Log.open(tmp_path / "log", SIGNER.verifier, FileHeads(tmp_path / "log" / "head"))
    with reader.exclusive(), pytest.raises(LogError, match="signing key"):
        reader.append([entry(0)])
    with log.exclusive(), pytest.raises(LogError, match="for ever"), log.exclusive():
        pass
    with log.exclusive(), pytest.raises(LogError, match="32 bytes"):
        log.append([b"short"])
    assert log.head().size == 0


def test_another_thread_may_not_append_within_my_turn(tmp_path: Path) -> None:
    log = made(tmp_path)
    refused = []

    def intrude() -> None:
        try:
            log.append([entry(0)])
        except LogError as error:
            refused.append(error)

    with log.exclusive():
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_many_writers_take_turns(tmp_path: Path) -> None:
    """Objects of their own, as processes have them: each sees the other's head before it appends."""
    made(tmp_path)
    given: dict[bytes, int] = {}

    def write(writer: int) -> None:
        log = opened(tmp_path)
        for number in range(10):
            mine = [entry(1000 * writer + 2 * number), entry(1000 * writer + 2 * number + 1)]
            with log.exclusive():
                indices = log.append(mine)
            given.update(zip(mine, indices, strict=True))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = opened(tmp_path)
    assert sorted(given.values()) == list(range(80))
    assert list(log.entries(0, 80)) == sorted(given, key=lambda leaf: given[leaf])
    assert list(log.check()) == []


def test_a_second_log_is_not_made_over_a_first(tmp_path: Path) -> None:
    append(made(tmp_path), 1)
    with pytest.raises(HeadConflict):
        made(tmp_path)
    assert opened(tmp_path).head().size == 1


def test_a_log_that_lost_its_head_is_not_begun_again(tmp_path: Path) -> None:
    append(made(tmp_path), 1)
    (tmp_path / "log" / "head").unlink()
    with pytest.raises(LogCorrupt, match="no head"):
        made(tmp_path)
    with pytest.raises(LogCorrupt, match="no head"):
        opened(tmp_path)


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(LogCorrupt, match="no trusted key"):
        opened(tmp_path, OTHER)


def test_a_head_that_was_set_back_is_refused(tmp_path: Path) -> None:
    """As after restoring an older file: going on would sign a second root for sizes that were signed already."""
    log = made(tmp_path)
    append(log, 1)
    old = (tmp_path / "log" / "head").read_bytes()
    append(log, 2)
    (tmp_path / "log" / "head").write_bytes(old)
    with pytest.raises(LogCorrupt, match="does not follow"), opened(tmp_path).exclusive():
        pass
    assert [finding.code for finding in log.check()] == ["log-tile-unexpected"] * 2 + ["log-checkpoint-ahead"]


def test_what_was_published_ahead_of_a_head_tells_that_it_was_set_back(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, 1)
    old, _ = (tmp_path / "log" / "head").read_bytes(), append(log, 2)
    newest = log.head()
    assert log.ahead is None
    (tmp_path / "log" / "head").write_bytes(old)
    assert opened(tmp_path).ahead == newest
    for nobodys in (b"?", checkpoint.sign(Checkpoint(SIGNER.name, 9, bytes(32)), [OTHER]).note):
        (tmp_path / "log" / "checkpoint").write_bytes(nobodys)
        assert opened(tmp_path).ahead is None
    (tmp_path / "log" / "checkpoint").unlink()
    assert opened(tmp_path).ahead is None


class LateHeads(FileHeads):
    """A store whose next answer is older than what is there when it arrives."""

    late: bytes | None = None

    def read(self) -> bytes | None:
        told, self.late = self.late, None
        return super().read() if told is None else told


def test_a_head_that_is_moved_while_it_is_compared_is_no_corruption(tmp_path: Path) -> None:
    """Only somebody whose turn was broken into sees that: the next turn looks again."""
    log = made(tmp_path)
    append(log, 1)
    old, _ = log.head().note, append(log, 2)
    heads = LateHeads(tmp_path / "log" / "head")
    slow = Log.open(tmp_path / "log", SIGNER, heads)
    heads.late = old
    with pytest.raises(LogUnavailable, match="moved meanwhile"), slow.exclusive():
        pass
    assert append(slow, 3) == range(2, 3)


def test_a_head_of_another_tree_is_refused(tmp_path: Path) -> None:
    append(made(tmp_path), 1)
    forked = checkpoint.sign(Checkpoint(SIGNER.name, 1, merkle.leaf_hash(entry(2))), [SIGNER])
    (tmp_path / "log" / "head").write_bytes(forked.note)
    with pytest.raises(LogCorrupt, match="does not follow"), opened(tmp_path).exclusive():
        pass
    (tmp_path / "log" / "checkpoint").write_bytes(forked.note)
    with pytest.raises(LogCorrupt, match="right edge"), opened(tmp_path).exclusive():
        pass
    with pytest.raises(LogCorrupt, match="do not prove"):
        opened(tmp_path).tlog_proof(0)


def test_a_published_checkpoint_that_is_not_signed_is_not_overwritten(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "log" / "checkpoint").write_bytes(b"?")
    with pytest.raises(LogCorrupt, match="published"), opened(tmp_path).exclusive():
        pass


def test_what_is_beyond_the_head_is_refused(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(10))
    for question in (
        lambda: log.prove(10), lambda: log.prove(-1), lambda: log.prove(5, 5), lambda: log.prove(0, 11),
        lambda: log.prove_growth(11), lambda: log.prove_growth(0), lambda: log.prove_growth(6, 5),
        lambda: log.entries(0, 11), lambda: log.entries(-1, 2), lambda: log.entries(3, 2), lambda: log.tlog_proof(10),
        lambda: log.root(11),
    ):  # fmt: skip
        with pytest.raises(LogError):
            question()


def test_a_missing_tile_is_corruption_and_a_missing_folder_unavailable(tmp_path: Path) -> None:
    log = made(tmp_path)
    append(log, *range(10))
    (tmp_path / "log" / Tile(0, 0, 10).path).unlink()
    with pytest.raises(LogCorrupt, match="missing"):
        log.tlog_proof(0)
    absent = Log(tmp_path / "absent", SIGNER, FileHeads(tmp_path / "log" / "head"))
    with pytest.raises(LogUnavailable), absent.exclusive():
        pass


def test_a_signature_of_a_witness_does_not_disturb(tmp_path: Path) -> None:
    """Whatever else signs the head later, the log reads it by its own key."""
    log = made(tmp_path)
    text, _ = note.split(log.head().note)
    FileHeads(tmp_path / "log" / "head").swap(log.head().note, note.sign(text, [SIGNER, OTHER]))
    append(opened(tmp_path), 1)
    assert opened(tmp_path).head().size == 1


class Grow(RuleBasedStateMachine):
    """Any interleaving of two writers and restarts is one list, under heads that only grow."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.writers = [made(self.folder), opened(self.folder)]
        self.kept: list[bytes] = []
        self.head = self.writers[0].head()

    @rule(writer=st.integers(0, 1), count=st.one_of(st.integers(0, 4), st.integers(250, 520)))
    def append(self, writer: int, count: int) -> None:
        batch = [entry(len(self.kept) + number) for number in range(count)]
        with self.writers[writer].exclusive():
            assert self.writers[writer].append(batch) == range(len(self.kept), len(self.kept) + count)
        self.kept += batch

    @rule(writer=st.integers(0, 1))
    def restart(self, writer: int) -> None:
        self.writers[writer] = opened(self.folder)

    @invariant()
    def one_list(self) -> None:
        if not hasattr(self, "folder"):
            return
        head = self.writers[1].head()
        assert (head.size, head.root) == (len(self.kept), tree_hash(self.kept))
        if self.head.size > 0:
            proof = self.writers[0].prove_growth(self.head.size)
            merkle.verify_consistency(self.head.size, head.size, proof, self.head.root, head.root)
        self.head = head
        assert list(self.writers[0].check()) == []

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.cleanup()


TestGrow = Grow.TestCase
TestGrow.settings = settings(max_examples=15, stateful_step_count=10, deadline=None)
