"""Rounds of the scrub: how much they read, that they go on after a kill, what they find, and what they write down."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.scrub import Scrubs, Terms
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.vault_check import VaultCheck
from scripts.scrubbing import Scrubbing, Stopped
from tests.catalog.proven import Proven
from tests.fakes.immutable import clear_immutable

DAY = 24 * 3600


@dataclass(slots=True)
class Reading:
    """A house with originals, and what reads them."""

    house: Proven
    scrubs: Scrubs = field(init=False)

    def __post_init__(self) -> None:
        self.scrubs = Scrubs(self.house.database, self.house.ledger, self.house.clock, system_random)
        for number in range(4):
            self.house.footage(f"footage {number}".encode(), ready=False)

    def scrubbing(self, days: int = 2, sample: int = 0) -> Scrubbing:
        return Scrubbing(self.scrubs, (VaultCheck(self.house.vault),), Terms(days, sample), 0)

    def defects(self) -> dict[str, str]:
        with self.house.database.read() as connection:
            return {row.sha256: row.code for row in connection.execute(select(tables.scrub_defects))}


@pytest.fixture
def reading(proven: Proven) -> Reading:
    return Reading(proven)


def test_everything_within_so_many_days(reading: Reading) -> None:
    for day in (1, 2):
        assert reading.scrubbing().due()
        reading.scrubbing().tick()
        facts = reading.scrubs.facts()
        assert (facts.checked, facts.bad, facts.defects) == (4, 0, 0), "two originals, each with its manifest"
        assert not reading.scrubbing().due()
        assert len(reading.house.entries("scrub")) == day
        reading.house.clock.advance(DAY)
    first, second = reading.house.entries("scrub")
    assert first["details"]["bytes"] > 0
    assert second["details"]["checked"] == 4


def test_a_sample_is_read_besides(reading: Reading) -> None:
    reading.scrubbing(days=4, sample=2).tick()
    assert reading.scrubs.facts().checked == 6


def test_it_goes_on_where_it_was_killed(reading: Reading) -> None:
    reading.scrubbing(days=1).tick(seconds=0)
    assert reading.scrubs.facts().ended_at is None
    for _ in range(3):
        reading.scrubbing(days=1).tick(seconds=0)
    reading.scrubbing(days=1).tick()
    [entry] = reading.house.entries("scrub")
    assert entry["details"]["checked"] == 8


def test_the_end_of_the_service_comes_in_the_middle_of_an_object(reading: Reading) -> None:
    scrubbing = reading.scrubbing(days=1)
    scrubbing.stop()
    with pytest.raises(Stopped):
        scrubbing.tick()
    assert reading.scrubs.facts().ended_at is None
    reading.scrubbing(days=1).tick()
    assert reading.scrubs.facts().checked == 8


def test_a_flipped_byte_and_a_lost_object_are_alarms_until_they_are_read_well(reading: Reading) -> None:
    flipped, lost = (Digest.of(f"footage {number}".encode()) for number in (0, 1))
    clear_immutable(reading.house.folder)
    places = {digest: reading.house.folder / "vault" / digest.hex[:2] / digest.hex[2:4] / digest.hex
              for digest in (flipped, lost)}  # fmt: skip
    good = {digest: place.read_bytes() for digest, place in places.items()}
    places[flipped].chmod(0o600)
    places[flipped].write_bytes(b"footagE 0")
    places[lost].unlink()
    done = reading.scrubbing().everything()
    assert done is not None
    assert (done.checked, done.bad, done.defects) == (8, 2, 2)
    assert reading.defects() == {flipped.hex: "vault-object-differs", lost.hex: "vault-object-missing"}
    [entry] = reading.house.entries("scrub")
    assert {one["sha256"] for one in entry["details"]["defects"]} == {flipped.hex, lost.hex}
    for digest, place in places.items():
        place.write_bytes(good[digest])
    again = reading.scrubbing().everything()
    assert again is not None
    assert (again.bad, again.defects) == (0, 0)


def test_turned_off(reading: Reading) -> None:
    assert not reading.scrubbing(days=0).due()
    reading.scrubbing(days=0).tick()
    assert reading.house.entries("scrub") == []
