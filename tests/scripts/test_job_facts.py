"""What is told of jobs: depths and ages where things lie, failures, dead letters, workers; by command and metrics."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import select, update

from catalog import tables
from catalog.identity import RecordingId
from catalog.job_failures import JobFailures
from catalog.ledger import SYSTEM
from catalog.preparation import ATTEMPTS
from catalog.workers import Workers
from ingest.recipe import FORMER, RECIPE
from scripts.assemble import House, open_house
from scripts.engine import Engine, Work, sqlite_url
from scripts.job_facts import job_facts, lines, queued
from scripts.metrics import StateCollector
from scripts.settings import load
from scripts.status import status_of
from tests.fakes.clocks import START, FakeClock
from tests.ingest.children import until
from tests.servers.service import tiezheng

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture
def house(tampered: Path) -> Iterator[House]:
    """An installation of the test's own."""
    opened = open_house(tampered, load(environment={}))
    yield opened
    opened.close()


@pytest.fixture
def dead(house: House) -> RecordingId:
    """A recording that killed its decoders."""
    with house.database.write() as connection:
        recording = RecordingId(connection.scalars(select(tables.recordings.c.id)).all()[0])
        one = update(tables.recordings).where(tables.recordings.c.id == recording)
        connection.execute(one.values(state="catalogued", catalogued_at=START, attempts=0))
    for _ in range(ATTEMPTS):
        house.recordings.claim(recording)
        house.recordings.child_failed(recording, "child-crashed: SIGSEGV")
        house.recordings.let_go(recording)
    return recording


def test_what_waits_is_counted_where_it_lies(house: House) -> None:
    with house.database.write() as connection:
        connection.execute(update(tables.recordings).values(state="catalogued", catalogued_at=START))
    upload = house.data / "spool" / ("0" * 26)
    upload.mkdir()
    (upload / "received.json").touch()
    now = START + timedelta(seconds=90)
    os.utime(upload / "received.json", (now.timestamp() - 7, now.timestamp() - 7))
    counted = len(house.recordings.to_prepare())
    kinds = job_facts(_at(house, now.timestamp() - START.timestamp()))["kinds"]
    assert kinds["seal"] == {"waiting": 1, "running": 0, "oldest_seconds": 7}
    assert kinds["prepare"] == {"waiting": counted, "running": 0, "oldest_seconds": 90}
    claimed = house.recordings.claim_next()
    assert claimed is not None
    after = job_facts(_at(house, 90))["kinds"]["prepare"]
    assert after == {"waiting": counted - 1, "running": 1, "oldest_seconds": 90}
    assert house.recordings.postpone(claimed)
    apart = job_facts(_at(house, 90))["kinds"]
    assert apart["prepare"] == {"waiting": counted - 1, "running": 0, "oldest_seconds": 90}
    assert apart["transcode"] == {"waiting": 1, "running": 0, "oldest_seconds": 90}


def _at(house: House, seconds: float) -> House:
    return replace(house, clock=FakeClock(at=START + timedelta(seconds=seconds)))


def test_the_engines_queue_is_read_beside_it(tmp_path: Path, house: House) -> None:
    file = tmp_path / "jobs.sqlite3"
    assert {depth.waiting for depth in queued(file, START).values()} == {0}, "before it has one"
    running: list[str] = []
    go = tmp_path / "go"

    def run(subject: str) -> None:
        running.append(subject)
        until(go.exists)

    engine = Engine(sqlite_url(file), {"bundle": Work(run), "prepare": Work(run, 0)})
    engine.start()
    try:
        for subject in ("one", "two", "three"):
            engine.wake("bundle", subject)
        engine.wake("prepare", "others do it")
        assert until(lambda: len(running) == 1)
        assert until(lambda: queued(file, START)["bundle"].waiting == 2)
        depth = queued(file, house.clock.now() + timedelta(seconds=50))["bundle"]
        assert (depth.waiting, depth.running) == (2, 1)
        assert depth.oldest_seconds >= 50
        go.touch()
        assert until(lambda: queued(file, START)["bundle"].waiting == 0)
        assert until(lambda: len(running) == 3), "what is taken off the queue is begun, unless the engine ends first"
    finally:
        engine.stop()
    assert running == ["one", "two", "three"]


def test_failures_dead_letters_and_workers_are_told(house: House, dead: RecordingId) -> None:
    JobFailures(house.database, house.clock).failed("copy", "replica", "vault-unavailable: no route")
    workers = Workers(house.database, house.clock)
    workers.arrive("one", "here", 7)
    workers.arrive("two", "there", 8)
    workers.give_up("two", 0)
    facts = job_facts(house)
    assert [(one["kind"], one["failures"], one["reason"]) for one in facts["failing"]] == [
        ("copy", 1, "vault-unavailable: no route")
    ]
    assert facts["dead"] == [{"recording": dead, "reason": "child-crashed: SIGSEGV", "attempts": ATTEMPTS}]
    assert [(one["name"], one["lost"]) for one in facts["workers"]] == [("one", False), ("two", True)]
    assert any(line.startswith(f"dead: recording {dead}") for line in lines(facts))
    registry = CollectorRegistry()
    status = status_of(house)
    registry.register(StateCollector(lambda: status))
    page = generate_latest(registry).decode()
    for line in ('tiezheng_jobs{kind="prepare",state="waiting"} ', 'tiezheng_jobs_oldest_seconds{kind="seal"} ',
                 'tiezheng_jobs_failing{kind="copy"} 1.0', "tiezheng_dead_letters 1.0",
                 'tiezheng_workers{state="alive"} 1.0', 'tiezheng_workers{state="lost"} 1.0'):  # fmt: skip
        assert line in page
    [told] = [facts for _title, facts in status.sections() if "lost_workers" in facts]
    assert (told["failing"], told["dead"], told["workers"], told["lost_workers"]) == (1, 1, 1, 1)


def test_copies_of_an_older_recipe_are_counted_and_what_stays_is_named(house: House) -> None:
    with house.database.write() as connection:
        one, *_others = connection.scalars(select(tables.recordings.c.id).order_by(tables.recordings.c.id)).all()
        connection.execute(update(tables.recordings).values(state="ready", recipe=RECIPE))
        connection.execute(update(tables.recordings).where(tables.recordings.c.id == one).values(recipe=FORMER[-1]))
        connection.execute(update(tables.views).values(expires_at=START))
        connection.execute(update(tables.grants).values(state="expired"))
    assert (job_facts(house)["older"], job_facts(house)["kept"]) == ({"waiting": 1, "running": 0}, [])
    assert house.recordings.claim_older(FORMER, RECIPE) == one
    assert job_facts(house)["older"] == {"waiting": 0, "running": 1}
    house.recordings.unplayable(RecordingId(one), "not-media: no longer")
    facts = job_facts(house)
    kept = {"recording": one, "recipe": RECIPE, "reason": "not-media: no longer", "attempts": 0}
    assert (facts["older"], facts["kept"]) == ({"waiting": 0, "running": 0}, [kept])
    assert any(line.startswith(f"kept: recording {one}") for line in lines(facts))
    status = status_of(house)
    registry = CollectorRegistry()
    registry.register(StateCollector(lambda: status))
    page = generate_latest(registry).decode()
    for state, count in (("waiting", 0), ("running", 0), ("kept", 1)):
        assert f'tiezheng_older_copies{{state="{state}"}} {count}.0' in page
    [told] = [facts for _title, facts in status.sections() if "lost_workers" in facts]
    assert (told["older"], told["kept"]) == (0, 1)
    assert house.recordings.revive(RecordingId(one), SYSTEM)
    assert job_facts(house)["older"] == {"waiting": 1, "running": 0}


def test_a_dead_letter_is_tried_anew_by_the_operator(house: House, dead: RecordingId) -> None:
    before = tiezheng("admin", "jobs", "--data", house.data, "--json")
    assert [letter["recording"] for letter in json.loads(before.stdout)["dead"]] == [dead]
    after = tiezheng("admin", "jobs", "--data", house.data, "--retry", dead, "--json")
    assert (after.returncode, json.loads(after.stdout)["dead"]) == (0, []), after.stderr
    assert dead in house.recordings.to_prepare()
    with house.database.read() as connection:
        row = connection.execute(select(tables.ledger).where(tables.ledger.c.action == "prepare-again")).one()
    assert row.actor_id.startswith("operator:")
    assert tiezheng("admin", "jobs", "--data", house.data, "--retry", dead).returncode == 2, "it waits already"
