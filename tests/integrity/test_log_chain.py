"""One numbering over a log that ended and its successor."""

from pathlib import Path

import pytest

from integrity.errors import LogError
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.log_chain import EndedLog, LogChain
from integrity.note import Signer
from integrity.tlog_proof import TlogProof
from tests.fakes.signers import KEY, SIGNER

NEXT = Signer("log.example/2", KEY)


def entry(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def chain(tmp_path: Path) -> LogChain:
    """300 leaves in a log that ended, 5 in its successor."""
    logs = []
    for signer, numbers in ((SIGNER, range(300)), (NEXT, range(300, 305))):
        folder = tmp_path / signer.name.replace("/", "-")
        log = Log.create(folder, signer, FileHeads(folder / "head"))
        with log.exclusive():
            log.append([entry(number) for number in numbers])
        logs.append(log)
    return LogChain([EndedLog(logs[0], 300, known=320)], logs[1])


def test_entries_are_numbered_through(chain: LogChain) -> None:
    assert chain.head().checkpoint.size == 305
    for start, end in ((0, 305), (298, 303), (300, 305), (0, 300), (299, 300), (300, 300), (304, 305)):
        assert list(chain.entries(start, end)) == [entry(number) for number in range(start, end)]


def test_appending_goes_on_in_the_last(chain: LogChain) -> None:
    with chain.exclusive():
        assert chain.append([entry(305), entry(306)]) == range(305, 307)
    assert chain.log.head().size == 7
    assert (chain.origin, chain.verifier) == (NEXT.name, NEXT.verifier)
    assert chain.ended[0].log.head().size == 300


@pytest.mark.parametrize(
    ("number", "signer", "own"), [(0, SIGNER, 0), (299, SIGNER, 299), (300, NEXT, 0), (304, NEXT, 4)]
)
def test_each_leaf_is_proven_in_its_own_log(chain: LogChain, number: int, signer: Signer, own: int) -> None:
    proof = TlogProof.from_bytes(chain.tlog_proof(number))
    assert proof.index == own
    proof.verify(entry(number), [signer.verifier], signer.name)


def test_no_leaf_beyond_and_none_before(chain: LogChain) -> None:
    for number in (305, -1):
        with pytest.raises(LogError):
            chain.tlog_proof(number)


def test_logs_are_found_by_name_and_what_was_lost_by_size(chain: LogChain) -> None:
    assert chain.named(SIGNER.name) is chain.ended[0].log
    assert chain.named(NEXT.name) is chain.log
    assert chain.named("other") is None
    assert [size for size in (299, 300, 301, 320, 321) if chain.lost(SIGNER.name, size)] == [301, 320]
    assert not chain.lost(NEXT.name, 310)
