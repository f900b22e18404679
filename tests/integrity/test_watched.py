"""The folders of watched logs: what is added is found by origin and by hash, and what is damaged is no beginning."""

from pathlib import Path

import pytest

from integrity.errors import InvalidNote, LogUnavailable
from integrity.watched import REFUSED_LIMIT, WatchedLogs, origin_hash
from tests.fakes.signers import OTHER, SIGNER


@pytest.fixture
def logs(tmp_path: Path) -> WatchedLogs:
    return WatchedLogs(tmp_path / "logs")


def test_a_log_is_named_by_the_hash_of_its_origin() -> None:
    # printf %s log.example/1 | sha256sum
    assert origin_hash("log.example/1") == "fc4dafa3f2d4604aae1fa59b9b5a7f83946e6e16a6aee48affb4acd08d1305a0"


def test_what_is_added_is_watched(logs: WatchedLogs, tmp_path: Path) -> None:
    assert logs.of(SIGNER.name) is None
    assert logs.all() == []
    logs.add(SIGNER.verifier)
    beside = WatchedLogs(tmp_path / "logs")
    for seen in (logs, beside):
        log = seen.of(SIGNER.name)
        assert log is not None
        assert (log.origin, tuple(log.keys), log.heads.read(), log.refused) == (
            SIGNER.name,
            (SIGNER.verifier,),
            None,
            0,
        )
        assert seen.named(origin_hash(SIGNER.name)) == log
        assert seen.all() == [log]
    assert logs.of("log.example/2") is None


def test_a_further_key_of_the_same_log(logs: WatchedLogs) -> None:
    for key in (SIGNER.verifier, OTHER.verifier, SIGNER.verifier):
        logs.add(key)
    [log] = logs.all()
    assert tuple(log.keys) == (SIGNER.verifier, OTHER.verifier)


def test_an_origin_that_is_not_the_keys_name(logs: WatchedLogs) -> None:
    logs.add(SIGNER.verifier, "another origin\u2028with a separator")
    log = logs.of("another origin\u2028with a separator")
    assert log is not None
    assert tuple(log.keys) == (SIGNER.verifier,)
    for origin in ("", "two\nlines"):
        with pytest.raises(InvalidNote):
            logs.add(SIGNER.verifier, origin)


@pytest.mark.parametrize("name", ["", ".", "..", "../logs", "A" * 64, "0" * 63, "0" * 64])
def test_a_name_that_is_no_log(logs: WatchedLogs, name: str) -> None:
    logs.add(SIGNER.verifier)
    assert logs.named(name) is None


@pytest.mark.parametrize(
    "content", [b"", b"log.example/1\n", b"log.example/1\nnonsense\n", b"\xff\n", b"log.example/2\n"]
)
def test_damaged_keys_are_no_unknown_log(logs: WatchedLogs, content: bytes) -> None:
    """Unknown would be answered to the log as "not watched", and looked at by nobody."""
    log = logs.add(SIGNER.verifier)
    (log.folder / "keys").write_bytes(content)
    with pytest.raises(LogUnavailable):
        logs.of(SIGNER.name)


def test_what_is_refused_is_kept_once_and_not_without_bound(logs: WatchedLogs) -> None:
    log = logs.add(SIGNER.verifier)
    for _ in range(2):
        log.keep_refused(b"one", proof=False)
    assert log.refused == 1
    for number in range(REFUSED_LIMIT):
        log.keep_refused(b"%d" % number, proof=False)
    assert log.refused == REFUSED_LIMIT // 2
    for number in range(REFUSED_LIMIT):
        log.keep_refused(b"proof %d" % number, proof=True)
    assert log.refused == REFUSED_LIMIT


def test_what_cannot_be_kept_is_not_refused_silently(logs: WatchedLogs) -> None:
    log = logs.add(SIGNER.verifier)
    (log.folder / "refused").write_bytes(b"a file in the way")
    with pytest.raises(LogUnavailable):
        log.keep_refused(b"one", proof=True)


def test_half_written_files_are_swept(logs: WatchedLogs) -> None:
    log = logs.add(SIGNER.verifier)
    log.keep_refused(b"one", proof=True)
    left = [log.folder / ".0011.tmp", log.folder / "refused" / ".0022.tmp"]
    for path in left:
        path.write_bytes(b"half")
    assert log.refused == 1
    logs.sweep()
    assert not any(path.exists() for path in left)
