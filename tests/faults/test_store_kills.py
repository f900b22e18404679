"""The real service over a real S3, killed before and after what it asks of the store and at its other durable calls.

The file is more than one part. `make test` takes a seeded sample of the requests; `TIEZHENG_TEST_KILLS=all` takes all
durable calls (or a number of requests), `TIEZHENG_TEST_SEED` another sample.
"""

import os
import random
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.faults import kills
from tests.faults.kills import REQUEST, Trial, calls_of, until
from tests.flow.test_service_on_s3 import settings_of
from tests.servers.seaweed import Seaweed

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
WANTED = os.environ.get("TIEZHENG_TEST_KILLS", "1")
POINTS = 600 if WANTED == "all" else int(WANTED)
BODY = random.Random(SEED).randbytes(17 * 1024 * 1024)  # noqa: S311  to be repeated, not to be secret

pytestmark = pytest.mark.xdist_group("s3")
Settings = dict[str, str]


@pytest.fixture(scope="module")
def settings(seaweed: Seaweed, bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Straight at the store; no second copy, so that the spool lets go by itself."""
    told = settings_of(tmp_path_factory.mktemp("credentials"), seaweed, bucket)
    del told["TIEZHENG_REPLICA_FOLDER"]
    return told


@pytest.fixture(scope="module")
def template(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kills.template(tmp_path_factory.mktemp("template"), **settings)


def begun(template: Path, folder: Path, settings: Settings) -> tuple[Trial, Path]:
    """A trial under a prefix of its own, and the camera's file."""
    file = folder / "现场.dat"
    file.write_bytes(BODY)
    return Trial(template, folder, settings=settings | {"TIEZHENG_S3_PREFIX": f"{uuid4().hex}/"}), file


def demand(trial: Trial, file: Path, seaweed: Seaweed) -> None:
    """What the files' table demands, and one version of each object: nothing was sent a second time blindly."""
    trial.demand(file)
    client = seaweed.client()
    listed = client.list_object_versions(
        Bucket=trial.settings["TIEZHENG_S3_BUCKET"], Prefix=trial.settings["TIEZHENG_S3_PREFIX"]
    )
    client.close()
    assert len(listed["Versions"]) == len({one["Key"] for one in listed["Versions"]}) == 2, "original and manifest"
    assert not listed.get("DeleteMarkers")


@pytest.fixture(scope="module")
def calls(template: Path, settings: Settings, seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The durable calls of a run that nobody interrupts, in their order."""
    trial, file = begun(template, tmp_path_factory.mktemp("counted"), settings)
    service = trial.counted_service().start()
    trial.start_docking(file).join(kills.WAIT_SECONDS)
    until(trial.settled, "the spool is empty")
    assert service.stop() == 0
    demand(trial, file, seaweed)
    made = calls_of(trial.calls)
    print(f"seed {SEED}: {len(made)} durable calls: {' '.join(made)}")
    return made


@pytest.mark.parametrize("number", range(POINTS))
def test_a_kill_loses_nothing_and_sends_nothing_twice(
    number: int, template: Path, calls: list[str], settings: Settings, seaweed: Seaweed, tmp_path: Path
) -> None:
    numbered = [(at, name) for at, name in enumerate(calls, 1) if WANTED == "all" or name == REQUEST]
    points = [(at, when) for at, _name in numbered for when in ("before", "after")]
    assert len(points) > 10, "a version of several parts is begun, filled, finished and asked about"
    if WANTED != "all":
        random.Random(SEED).shuffle(points)  # noqa: S311  to be repeated, not to be secret
    if number >= len(points):
        pytest.skip(f"all {len(points)} points were taken")
    call, when = points[number]
    trial, file = begun(template, tmp_path, settings)
    service = trial.counted_service(f"{call}:{when}").start()
    docking, process = trial.start_docking(file), service.process
    assert process is not None
    until(lambda: process.poll() is not None or (not docking.is_alive() and trial.settled()), "killed or done")
    made = calls_of(trial.calls)
    print(f"seed {SEED}: killed {when} call {call}, {made[-1] if made else None}: {process.poll()}")
    if process.poll() is None:
        service.stop()
    service = trial.service().start()
    try:
        docking.join(kills.WAIT_SECONDS)
        until(trial.settled, "the spool is empty")
    finally:
        trial.give_up()
        service.stop()
    demand(trial, file, seaweed)
