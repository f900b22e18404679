"""Sealing and witnessing, with the power cut right after each of their durable calls (PROOF §8)."""

import shutil
from pathlib import Path

import pytest

from tests.fakes import power
from tests.faults import careless_scenario, seal_scenario, witness_scenario
from tests.faults.test_seal_kills import left_in_order, whole
from tests.faults.witness_scenario import newest, prove_one_past, told, told_by

WHY = power.missing()
pytestmark = pytest.mark.skipif(WHY is not None, reason=str(WHY))


def test_what_nobody_synced_is_lost(quick: Path) -> None:
    """The method can tell: without an fsync the bytes are gone, though the process had been told they were written."""
    images = 0
    for image in power.cuts(careless_scenario.__name__, quick):
        images += 1
        with power.mounted(image) as place:
            unsynced = place / "unsynced"
            assert not unsynced.exists() or unsynced.read_bytes() == b""
    assert images == 1


def test_a_power_cut_anywhere_ends_in_one_manifest_and_one_leaf(quick: Path) -> None:
    images = 0
    for image in power.cuts(seal_scenario.__name__, quick):
        images += 1
        with power.mounted(image) as place:
            left_in_order(place, seal_scenario.told_by(quick / "running.mounted"))
            whole(place, seal_scenario.work(place))
    assert images >= 50


def test_a_power_cut_anywhere_leaves_a_witness_of_one_past(quick: Path) -> None:
    """No head is lost that was answered with, and none is signed beside it."""
    images = 0
    for image in power.cuts(witness_scenario.__name__, quick):
        images += 1
        with power.mounted(image) as place:
            shutil.copy(told_by(quick / "running.mounted"), told_by(place))
            assert newest(place).size >= told(place)[-1][0], "nothing is told that a power cut takes back"
            prove_one_past(place)
    assert images > 7
