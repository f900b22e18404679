"""A witness killed before and after each of its durable calls, and its disk failing both ways: never two pasts."""

from pathlib import Path

import pytest

from integrity.watched import WatchedLogs
from tests.fakes.interruptions import calls_of, failing, killed
from tests.faults import witness_scenario
from tests.faults.witness_scenario import newest, prove_one_past, told


def test_killed_anywhere(quick: Path) -> None:
    folders = killed(witness_scenario.__name__, quick)
    assert len(folders) > 15
    for folder in folders:
        assert newest(folder).size >= told(folder)[-1][0], "nothing is told that is not durable"
        prove_one_past(folder)
        [log] = WatchedLogs(folder / "logs").all()
        assert list(log.folder.rglob(".*")) == [], "what was half-written is swept"


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_failing_anywhere(quick: Path, after: bool) -> None:
    counted = quick / "counted"
    counted.mkdir()
    witness_scenario.begin(counted)
    for number in range(1, calls_of(lambda: witness_scenario.work(counted)) + 1):
        folder = quick / str(number)
        folder.mkdir()
        witness_scenario.begin(folder)
        with failing(number, after):
            witness_scenario.work(folder)
        assert newest(folder).size >= told(folder)[-1][0]
        prove_one_past(folder)
