"""What Prometheus reads while the database is away: what can be measured all the same, and nothing that cannot."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from catalog.database import Database
from catalog.errors import CatalogUnavailable
from integrity.standing import Standing
from scripts.assemble import House, open_house
from scripts.metrics import StateCollector
from scripts.settings import load
from scripts.status import Status, status_beside, status_of

pytestmark = pytest.mark.xdist_group("audit")
STANDING = [Standing("embedded", 3, None, "no route")]


@pytest.fixture
def house(installed: Path) -> Iterator[House]:
    opened = open_house(installed, load(environment={}))
    yield opened
    opened.close()


def page(house: House) -> dict[str, str]:
    """Every sample with its labels, and its value."""
    registry = CollectorRegistry()
    measure = partial(status_of, house, STANDING, {"embedded": 2})
    registry.register(StateCollector(measure, partial(status_beside, house, STANDING, {"embedded": 2})))
    return dict(re.findall(r"^(tiezheng\S+) (\S+)$", generate_latest(registry).decode(), re.MULTILINE))


def away(_database: Database) -> None:
    raise CatalogUnavailable("the database did not answer")


def test_while_the_database_is_away_the_rest_is_told_and_nothing_of_what_it_knows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page(house)
    assert before["tiezheng_database_up"] == "1.0"
    for way in ("read", "write"):
        monkeypatch.setattr(Database, way, away)
    during = page(house)
    assert during.pop("tiezheng_database_up") == "0.0"
    steady = {name for name in during if "_seconds" not in name}
    assert {name: during[name] for name in steady} == {name: before[name] for name in steady}
    names = {sample.partition("{")[0].removeprefix("tiezheng_") for sample in during}
    assert names == {
        "waiting", "jobs", "jobs_oldest_seconds", "decoder_holes", "authority_failures", "revocations_refused",
        "log_size", "vault_immutable", "vault_alarm", "log_cosigned_size", "witness_alarm",
    }  # fmt: skip
    assert [sample for sample in during if "waiting{" in sample] == ['tiezheng_waiting{where="spool"}']
    kinds = {found.group(1) for sample in during if (found := re.search(r'_jobs{kind="(\w+)"', sample))}
    assert "seal" in kinds
    assert not kinds & {"prepare", "transcode"}, "these wait in the catalogue"
    monkeypatch.undo()
    assert page(house).keys() == before.keys()


def test_a_mistake_of_ours_is_no_database_that_is_away() -> None:
    def broken() -> Status:
        raise ZeroDivisionError

    registry = CollectorRegistry()
    registry.register(StateCollector(broken, dict))
    with pytest.raises(ZeroDivisionError):
        generate_latest(registry)
