"""Sealing, with the power cut right after each of its durable calls (PROOF §8)."""

from pathlib import Path

import pytest

from tests.fakes import power
from tests.faults import careless_scenario, seal_scenario
from tests.faults.test_seal_kills import left_in_order, whole

WHY = power.missing()
pytestmark = pytest.mark.skipif(WHY is not None, reason=str(WHY))


def test_what_nobody_synced_is_lost(tmp_path: Path) -> None:
    """The method can tell: without an fsync the bytes are gone, though the process had been told they were written."""
    images = 0
    for image in power.cuts(careless_scenario.__name__, tmp_path):
        images += 1
        with power.mounted(image) as place:
            unsynced = place / "unsynced"
            assert not unsynced.exists() or unsynced.read_bytes() == b""
    assert images == 1


def test_a_power_cut_anywhere_ends_in_one_manifest_and_one_leaf(tmp_path: Path) -> None:
    images = 0
    for image in power.cuts(seal_scenario.__name__, tmp_path):
        images += 1
        with power.mounted(image) as place:
            left_in_order(place, seal_scenario.told_by(tmp_path / "running.mounted"))
            whole(place, seal_scenario.work(place))
    assert images >= 50
