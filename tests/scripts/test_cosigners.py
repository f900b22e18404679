"""The witnesses of a log, asked in rounds: what they sign is kept, what they object is told, nobody is waited for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import CatalogUnavailable
from integrity.checkpoint import SignedCheckpoint, open_checkpoint
from integrity.errors import LogUnavailable
from integrity.witnessed import CosignedCheckpoints
from scripts.cosigners import AGAIN_SECONDS, LONGEST_WAIT_SECONDS, STALE_SECONDS, Cosigners, facts_of
from scripts.witness_address import WitnessAddress
from tests.fakes.clocks import FakeClock
from tests.fakes.signers import SECOND_WITNESS, SIGNER, WITNESS
from tests.fakes.trees import FakeTree, tree
from tests.fakes.witnesses import FakeWitness

ADDRESSES = (WitnessAddress("http://one", WITNESS.key), WitnessAddress("http://two", SECOND_WITNESS.key))


@dataclass
class FakeLog:
    """The log as it is now; `shown` can be set back or forked."""

    shown: FakeTree = field(default_factory=lambda: tree(5))
    down: bool = False

    def head(self) -> SignedCheckpoint:
        if self.down:
            raise LogUnavailable("switched off by the test")
        return self.shown.signed()

    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]:
        return list(self.shown.growth(old, len(self.shown.leaves) if size is None else size))


def own(signed: bytes) -> SignedCheckpoint:
    return open_checkpoint(signed, [SIGNER.verifier], SIGNER.name)


class House:
    """A log, two witnesses, and what is kept."""

    def __init__(self, folder: Path, quorum: int = 2) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.quorum = folder, quorum
        self.log, self.clock = FakeLog(), FakeClock()
        self.witnesses = {"http://one": FakeWitness(), "http://two": FakeWitness(SECOND_WITNESS)}
        keys = [one.key for one in ADDRESSES]
        self.kept = CosignedCheckpoints(folder / "witnessed", own, keys)
        self.cosigners = self.opened()

    def opened(self, needed: Callable[[int], bool] = lambda _: False) -> Cosigners:
        return Cosigners(
            self.log,
            ADDRESSES,
            self.kept,
            self.folder / "witnesses.json",
            self.clock,
            self.witnesses.__getitem__,
            needed,
        )

    @property
    def one(self) -> FakeWitness:
        return self.witnesses["http://one"]

    def facts(self) -> dict[str, Any]:
        return facts_of(
            [one.key for one in ADDRESSES], self.quorum, self.kept, self.folder / "witnesses.json", self.clock.now()
        )

    def standings(self) -> list[str]:
        return [member["standing"] for member in self.facts()["members"]]

    def asked(self) -> int:
        return sum(len(witness.asked) for witness in self.witnesses.values())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_before_anybody_was_asked(house: House) -> None:
    assert house.standings() == ["not-asked", "not-asked"]
    assert house.facts()["alarms"] == ["witnesses-missing", "witness-away"]


def test_each_new_head_is_cosigned_by_all(house: House) -> None:
    for size in (5, 6, 300):
        house.log.shown = tree(size)
        house.cosigners.ask()
        found = house.kept.best(2)
        assert found is not None
        assert (found.size, len(found.by)) == (size, 2)
    facts = house.facts()
    assert facts["cosigned"] == {"size": 300, "witnesses": [WITNESS.key.name, SECOND_WITNESS.key.name]}
    assert (facts["alarms"], house.standings()) == ([], ["cosigned", "cosigned"])


def test_the_same_head_is_not_shown_again_until_it_is_time(house: House) -> None:
    house.cosigners.ask()
    asked = house.asked()
    house.clock.advance(AGAIN_SECONDS - 1)
    house.cosigners.ask()
    assert house.asked() == asked
    house.clock.advance(1)
    house.cosigners.ask()
    assert house.asked() == asked + 2
    found = house.kept.at(5)
    assert found is not None
    assert len(found.by) == 2, "a witness's later word on the same checkpoint does not count twice"


def test_one_that_is_away_is_an_alarm_and_holds_nobody_up(house: House) -> None:
    house.one.away = True
    house.cosigners.ask()
    found = house.kept.best(2)
    assert found is not None
    assert [one.witness for one in found.by] == [SECOND_WITNESS.key]
    assert house.facts()["alarms"] == ["witnesses-missing", "witness-away"]
    house.quorum = 1
    assert house.facts()["alarms"] == ["witness-away"]


def test_one_that_is_away_is_asked_less_and_less_often_and_comes_back(house: House) -> None:
    house.one.away = True
    tries = 0
    for _ in range(2000):
        before = dict(house.cosigners._failures)
        house.cosigners.ask()
        tries += house.cosigners._failures != before
        house.clock.advance(1)
    assert 2000 / LONGEST_WAIT_SECONDS < tries < 30
    house.one.away = False
    house.clock.advance(LONGEST_WAIT_SECONDS)
    house.cosigners.ask()
    assert house.standings() == ["cosigned", "cosigned"]
    assert house.facts()["alarms"] == []


def test_a_log_that_was_rolled_back_is_the_loudest_alarm(house: House) -> None:
    house.log.shown = tree(9)
    house.cosigners.ask()
    house.log.shown = tree(7)
    house.cosigners.ask()
    assert house.standings() == ["ahead", "ahead"]
    facts = house.facts()
    assert facts["alarms"] == ["witness-objects", "witnesses-missing", "witness-away"]
    assert "9 leaves, the log has 7" in facts["members"][0]["detail"]


def test_the_whole_folder_rolled_back_is_noticed_all_the_same(house: House, tmp_path: Path) -> None:
    """With what it remembered of its witnesses."""
    house.log.shown = tree(9)
    house.cosigners.ask()
    restored = House(tmp_path / "restored")
    restored.witnesses = house.witnesses
    restored.log.shown = tree(7)
    restored.opened().ask()
    assert restored.standings() == ["ahead", "ahead"]


@pytest.mark.parametrize("size", [9, 12])
def test_a_fork_is_the_loudest_alarm(house: House, size: int) -> None:
    house.log.shown = tree(9)
    house.cosigners.ask()
    house.log.shown = tree(size, fork=6)
    house.cosigners.ask()
    assert house.standings() == ["refused", "refused"]
    assert "witness-objects" in house.facts()["alarms"]
    kept = house.kept.best(2)
    assert kept is not None
    assert kept.signed.checkpoint == tree(9).at(9), "what was cosigned stays"


def test_another_node_that_went_on_is_no_alarm(house: House) -> None:
    """It showed the witness its newer head between our reading the log and the witness's answer."""
    house.log.shown = tree(9)
    house.opened().ask()

    class Lagging(FakeLog):
        reads = 0

        def head(self) -> SignedCheckpoint:
            Lagging.reads += 1
            return (tree(7) if Lagging.reads == 1 else tree(9)).signed()

    house.log = Lagging()
    house.opened().ask()
    assert house.standings() == ["cosigned", "cosigned"]


def test_a_witness_that_does_not_watch_the_log(house: House) -> None:
    house.one.log.origin = "log.example/2"
    house.cosigners.ask()
    assert house.standings() == ["not-watching", "cosigned"]


def test_a_restart_knows_what_they_said(house: House) -> None:
    house.cosigners.ask()
    house.log.shown = tree(6)
    again = house.opened()
    before = house.asked()
    again.ask()
    assert house.asked() == before + 2, "no question is lost on asking for the size"


def test_a_broken_memory_costs_a_question(house: House, tmp_path: Path) -> None:
    house.cosigners.ask()
    for content in (b"", b"[]", b"{}", b'{"x": 1}', b'{"x": {"name": 1}}'):
        (tmp_path / "witnesses.json").write_bytes(content)
        again = house.opened()
        again.ask()
        assert house.standings() == ["cosigned", "cosigned"]


def test_an_old_word_says_nothing_of_today(house: House) -> None:
    house.cosigners.ask()
    house.clock.advance(STALE_SECONDS + 1)
    assert house.facts()["alarms"] == ["witnesses-missing", "witness-away"]
    assert house.facts()["members"][0]["asked_seconds_ago"] == STALE_SECONDS + 1


def test_a_log_that_is_down_is_somebody_elses_alarm(house: House) -> None:
    house.log.down = True
    with pytest.raises(LogUnavailable):
        house.cosigners.ask()
    assert house.asked() == 0


def test_it_runs_in_the_background_and_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.cosigners.LOOK_SECONDS", 0.001)
    asked = threading.Event()

    def prove(_old: int, _size: int | None = None) -> list[bytes]:
        asked.set()
        return []

    monkeypatch.setattr(house.log, "prove_growth", prove)
    house.opened().ask()
    house.log.shown = tree(6)
    cosigners = house.opened()
    cosigners.start()
    assert asked.wait(60)
    cosigners.stop()
    assert house.kept.at(5) is not None


def test_what_is_away_ends_no_asking(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, away = threading.Event(), [CatalogUnavailable("away"), LogUnavailable("away"), OSError("away")]

    def ask() -> None:
        if away:
            raise away.pop()
        asked.set()

    monkeypatch.setattr("scripts.cosigners.LOOK_SECONDS", 0.001)
    cosigners = house.opened()
    monkeypatch.setattr(cosigners, "ask", ask)
    cosigners.start()
    assert asked.wait(60)
    cosigners.stop()


def test_nobody_to_ask(house: House) -> None:
    alone = Cosigners(
        house.log, (), house.kept, house.folder / "w.json", house.clock, house.witnesses.__getitem__, bool
    )
    alone.start()
    alone.ask()
    alone.stop()
    assert facts_of((), 0, house.kept, house.folder / "w.json", house.clock.now())["alarms"] == []
