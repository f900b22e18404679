"""A put into the file vault killed before and after each of its durable calls, and failing both ways."""

from pathlib import Path

import pytest

from integrity import immutable
from integrity.digest import Digest
from integrity.errors import VaultUnavailable
from integrity.vault_files import FileVault
from tests.fakes.interruptions import calls_of, failing, killed
from tests.faults import vault_scenario
from tests.faults.vault_scenario import BODY

DIGEST = Digest.of(BODY)


def bodies(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def whole(folder: Path) -> None:
    """One name of the bytes, in the vault, protected as well as it can be."""
    vault = FileVault(folder / "vault")
    assert list(vault.digests()) == [DIGEST]
    assert bodies(folder) == [BODY]
    path = next(path for path in folder.rglob(DIGEST.hex))
    assert path.stat().st_mode & 0o7777 == 0o444
    assert immutable.is_protected(path) == (immutable.measure(folder) is None)


def test_a_kill_anywhere_loses_nothing_and_the_next_call_finishes(place: Path) -> None:
    places = killed(vault_scenario.__name__, place)
    assert len(places) > 20
    for folder in places:
        assert BODY in bodies(folder), folder.name
        assert set(bodies(folder)) == {BODY}, f"{folder.name}: no name of anything but the whole bytes"
        vault_scenario.work(folder)
        whole(folder)


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_a_failing_call_is_unavailable_and_the_next_call_finishes(place: Path, after: bool) -> None:
    vault_scenario_folder = place / "counted"
    vault_scenario_folder.mkdir()
    vault_scenario.begin(vault_scenario_folder)
    for number in range(1, calls_of(lambda: vault_scenario.work(vault_scenario_folder)) + 1):
        folder = place / str(number)
        folder.mkdir()
        vault_scenario.begin(folder)
        with failing(number, after) as made:
            try:
                vault_scenario.work(folder)
            except VaultUnavailable:
                pass
            else:
                assert made[number - 1] == "ioctl", "only the flag may fail without a word: protection() tells"
        assert BODY in bodies(folder)
        vault_scenario.work(folder)
        whole(folder)
