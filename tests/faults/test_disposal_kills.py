"""An order of disposal killed before and after its durable calls: nothing that is kept goes, nothing that goes stays.

`make test` takes a seeded sample of the points; `TIEZHENG_TEST_KILLS=all` (or a number) takes more, and
`TIEZHENG_TEST_SEED` other ones.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.vault_files import FileVault
from scripts.audit import run
from tests.fakes.immutable import clear_immutable
from tests.fakes.interruptions import calls_of, killed
from tests.faults import disposal_scenario as scenario
from tests.faults.disposal_scenario import ALONE, HELD, SHARED
from tests.scripts.installation import dba, one

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
WANTED = os.environ.get("TIEZHENG_TEST_KILLS", "5")

pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the installation that every point begins from."""
    folder = tmp_path_factory.mktemp("disposal")
    try:
        scenario.template(folder)
        yield folder
    finally:
        clear_immutable(folder)


def lies(folder: Path, body: bytes) -> bool:
    return FileVault(folder / "vault").find(Digest.of(body)) is not None


def left_in_order(folder: Path) -> None:
    """What must hold at every instant: the audit explains all of it, and no byte went without a tombstone's leaf.

    A head that is durable may be not yet published: the next writer does that.
    """
    assert {finding.code for finding in run(folder).findings} <= {"log-checkpoint-behind"}
    assert lies(folder, SHARED)
    assert lies(folder, HELD)
    if not lies(folder, ALONE):
        assert one(folder, "SELECT count(*) FROM tombstones JOIN ledger_leaves USING (entry_id)") >= 1


def whole(folder: Path) -> None:
    """The order is carried out: once, and no further than it reaches."""
    report = run(folder)
    assert report.findings == ()
    assert "disposal-unfinished" not in {note.code for note in report.notes}
    assert (lies(folder, ALONE), lies(folder, SHARED), lies(folder, HELD)) == (False, True, True)
    states = [scenario.state_of(folder, body) for body in (ALONE, SHARED, HELD)]
    assert states == ["done", "done", "kept"]
    assert not (folder / "renditions" / scenario.recording_of(folder, ALONE)).exists()
    assert one(folder, "SELECT count(*) FROM tombstones") == 2
    assert one(folder, "SELECT count(*) FROM ledger WHERE action = 'disposed'") == 2
    assert one(folder, "SELECT count(*) FROM ledger WHERE action = 'disposal-kept'") == 1
    assert one(folder, "SELECT count(*) FROM erased_openings JOIN ledger_openings USING (entry_id)") == 0


def points(place: Path) -> list[tuple[int, bool]]:
    """All of them, or a sample; the undisturbed run they are counted in is proved whole."""
    folder = place / "counted"
    scenario.begin(folder)
    calls = calls_of(lambda: scenario.work(folder), scenario.FURTHER)
    whole(folder)
    every = [(number, after) for number in range(1, calls + 1) for after in (False, True)]
    return every if WANTED == "all" else random.Random(SEED).sample(every, int(WANTED))  # noqa: S311  to be repeated


def test_killed_anywhere(place: Path) -> None:
    wanted = points(place)
    folders = killed(scenario.__name__, place, wanted)
    print(f"seed {SEED}: {len(folders)} of {len(wanted)} points: {[folder.name for folder in folders]}")
    assert len(folders) > len(wanted) // 2, "some may lie beyond the end of a run whose threads took other turns"
    for folder in folders:
        left_in_order(folder)
        scenario.work(folder)
        whole(folder)


def test_the_demands_are_able_to_fail(place: Path) -> None:
    folder = place / "done"
    scenario.begin(folder)
    scenario.work(folder)
    whole(folder)
    vault = FileVault(folder / "vault")
    (folder / "again").write_bytes(ALONE)
    vault.put_once(folder / "again", Digest.of(ALONE))
    with pytest.raises(AssertionError):
        whole(folder)
    dba(folder, "DELETE FROM tombstones")
    with pytest.raises(AssertionError):
        left_in_order(folder)
