"""Kill -9 at every durable call of an append and of a log's making, before and after it; then the normal start."""

from pathlib import Path

from tests.fakes.interruptions import killed
from tests.faults.log import scenario, scenario_of_the_first
from tests.integrity.test_log import append, entry, opened


def test_killed_anywhere_in_an_append(quick: Path) -> None:
    folders = killed(scenario.__name__, quick)
    assert len(folders) > 80
    for folder in folders:
        log = opened(folder)
        before = log.head()
        given = scenario.told(folder)
        with log.exclusive():
            assert log.head() == before, "recovery signs nothing"
        scenario.prove_whole(log, given, [before])
        given |= scenario.go_on(log)
        assert log.head().size == scenario.TOTAL
        scenario.prove_whole(opened(folder), given, [before])
        left = [path.name for path in (folder / "log").rglob("*") if path.name.startswith(".")]
        assert left == [], "what was half-written is swept"


def test_killed_anywhere_in_making_a_log(quick: Path) -> None:
    for folder in killed(scenario_of_the_first.__name__, quick):
        log = scenario_of_the_first.make_or_open(folder)
        there = list(log.entries(0, log.head().size))
        if (folder / "told").exists():
            assert there == [entry(0)]
        if not there:
            append(log, 0)
        scenario.prove_whole(log, {0: 0}, [])
