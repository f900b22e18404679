"""Every durable call of the log reports failure, once without having been done and once after it was.

The process lives on: with the same object, which must notice, and beside it with a new one, as after a restart.
"""

import shutil
from pathlib import Path

import pytest

from integrity.errors import HeadConflict, LogUnavailable
from integrity.heads import FileHeads
from integrity.log import Log
from tests.fakes.interruptions import calls_of, failing
from tests.fakes.signers import SIGNER
from tests.faults.log import scenario
from tests.integrity.test_log import append, entry, opened


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    scenario.begin(folder)
    return folder


def copied(begun: Path, place: Path) -> Path:
    shutil.copytree(begun, place)
    return place


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done"])
def test_each_durable_call_fails(begun: Path, quick: Path, after: bool) -> None:
    spare = copied(begun, quick / "spare")
    calls = calls_of(lambda: scenario.work(spare))
    assert calls > 40
    for number in range(1, calls + 1):
        folder = copied(begun, quick / str(number))
        log = opened(folder)
        before = log.head()
        with failing(number, after):
            given = scenario.go_on(log)
        scenario.prove_whole(log, given, [before])
        scenario.prove_whole(opened(folder), given, [before])
        assert log.head().size == scenario.TOTAL
        shutil.rmtree(folder)


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done"])
def test_nothing_is_told_after_a_failure_that_no_head_covers(begun: Path, quick: Path, after: bool) -> None:
    """Whatever fails, `append` either raises, or the durable head covers what it told."""
    raised = 0
    for number in range(1, 45):
        folder = copied(begun, quick / f"{number}-{after}")
        log = opened(folder)
        with log.exclusive():
            pass
        with failing(number, after):
            try:
                indices = append(log, *scenario.BATCHES[1])
            except LogUnavailable:
                raised += 1
                continue
        assert indices == range(254, 257)
        assert opened(folder).head().size == 257
    assert raised > 3


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done"])
def test_no_second_append_after_a_failure_in_the_same_turn(begun: Path, quick: Path, after: bool) -> None:
    """A blind retry could put a leaf in twice: the turn has to end, and the head to be read again."""
    log = opened(copied(begun, quick / "copy"))
    with log.exclusive():
        with failing(1, after), pytest.raises(LogUnavailable):
            log.append([entry(254)])
        with pytest.raises(LogUnavailable, match="read again"):
            log.append([entry(254)])


class TroubledHeads(FileHeads):
    """A store whose next swap is lost, or done and reported lost, or beaten by another writer; and which notes all."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.trouble = ""
        self.swaps: list[tuple[bytes | None, bytes]] = []

    def swap(self, old: bytes | None, new: bytes) -> None:
        self.swaps.append((old, new))
        trouble, self.trouble = self.trouble, ""
        if trouble == "conflict":
            raise HeadConflict("beaten")
        if trouble != "lost":
            super().swap(old, new)
        if trouble:
            raise LogUnavailable("the connection broke")


@pytest.mark.parametrize(("trouble", "size"), [("lost", 254), ("done", 255), ("conflict", 254)])
def test_a_store_whose_answer_got_lost(begun: Path, quick: Path, trouble: str, size: int) -> None:
    folder = copied(begun, quick / "copy")
    heads = TroubledHeads(folder / "log" / "head")
    log = Log.open(folder / "log", SIGNER, heads)
    with log.exclusive():
        heads.trouble = trouble
        with pytest.raises(LogUnavailable):
            log.append([entry(254)])
    heads.swaps.clear()
    with log.exclusive():
        assert log.head().size == size
    again = log.head().note
    assert heads.swaps == ([] if trouble == "conflict" else [(again, again)]), "written again before it is built on"
    given = scenario.go_on(log)
    scenario.prove_whole(log, given, [])


def test_a_full_disk_after_the_swap_is_told_as_success_and_made_up_for(
    begun: Path, quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing never blocks: the leaves are durable, proofs work, only the published tree is behind."""
    folder = copied(begun, quick / "copy")
    log = opened(folder)

    def full(*_: object) -> None:
        raise LogUnavailable("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("integrity.tiles_files.FileTiles.write", full)
        assert append(log, 254) == range(254, 255)
        assert log.behind
        reader = Log.open(folder / "log", SIGNER.verifier, FileHeads(folder / "log" / "head"))
        assert reader.tlog_proof(254) == log.tlog_proof(254)
        assert list(reader.entries(254, 255)) == [entry(254)]
        assert [finding.code for finding in reader.check()] == ["log-checkpoint-behind"]
        with pytest.raises(LogUnavailable):
            append(log, 255)
    given = scenario.go_on(log)
    assert given[254] == 254
    scenario.prove_whole(log, given, [])
