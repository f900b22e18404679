"""A log whose tiles lie in a real S3, with each of its requests failing: lost, done without an answer, done late; and
its process dying before and after each that changes something.

Afterwards the whole state is proved by `tests.faults.log.scenario.prove_whole`: what was told is there, the heads only
grew, the tree is the list, and nothing in the bucket is wrong or missing. The head is a file beside it: how a store of
heads fails is told there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrity.errors import HeadConflict, LogUnavailable
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.s3 import Bucket, Credentials, Place
from integrity.tiles_s3 import S3Tiles
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.s3_front import Front, standing_before
from tests.fakes.signers import SIGNER
from tests.faults.log import scenario
from tests.integrity.test_log import append, entry
from tests.servers.seaweed import Seaweed, secret_of

pytestmark = pytest.mark.xdist_group("s3")
BATCHES = scenario.BATCHES[1:2]
"""Three leaves that fill tiles, so that narrower ones go."""
GIVEN = {number: number for number in range(255, 258)}


class Elsewhere:
    """Logs behind one front, each under a prefix of its own, with a head and a lock in a folder of its own.

    What is prepared, and what is looked at afterwards, goes past the front.
    """

    def __init__(self, front: Front, place: Place, folder: Path) -> None:
        self.front, self.folder = front, folder
        self.bucket = Bucket(replace(place, endpoint=front.url), Credentials("ingest", secret_of("ingest")))
        self.direct = Bucket(place, Credentials("ingest", secret_of("ingest")))
        append(self.make_or_open("begun"), *range(254))
        append(self.opened("begun"), 254)
        self.first = {path: self.direct.newest(f"{place.prefix}begun/{path}", 1 << 20) for path in self.lying("begun")}

    def close(self) -> None:
        self.bucket.close()
        self.direct.close()

    def heads(self, name: str) -> FileHeads:
        return FileHeads(self.folder / name / "head")

    def store(self, name: str, bucket: Bucket | None = None) -> S3Tiles:
        return S3Tiles(bucket or self.bucket, name, self.folder / name / "lock")

    def make_or_open(self, name: str) -> Log:
        """What every start does."""
        try:
            return Log.create(self.store(name), SIGNER, self.heads(name))
        except HeadConflict:
            return self.opened(name)

    def opened(self, name: str) -> Log:
        return Log.open(self.store(name), SIGNER, self.heads(name))

    def looked_at(self, name: str) -> Log:
        return Log.open(self.store(name, self.direct), SIGNER, self.heads(name))

    def begin(self, name: str) -> Log:
        """A log of 255 leaves in two batches, that has just been opened."""
        for path, content in self.first.items():
            self.direct.replace(f"{self.bucket.place.prefix}{name}/{path}", content or b"")
        (self.folder / name).mkdir()
        shutil.copy(self.folder / "begun" / "head", self.folder / name)
        return self.opened(name)

    def lying(self, name: str) -> list[str]:
        """What lies in the bucket of a log."""
        prefix = f"{self.bucket.place.prefix}{name}/"
        return [key.removeprefix(prefix) for key in self.direct.keys(prefix)]


@pytest.fixture
def elsewhere(seaweed: Seaweed, s3_place: Place, tmp_path: Path) -> Iterator[Elsewhere]:
    with standing_before(seaweed) as front:
        made = Elsewhere(front, s3_place, tmp_path)
        yield made
        made.close()


def requests_of(elsewhere: Elsewhere) -> list[str]:
    """What an undisturbed run asks for."""
    log = elsewhere.begin("counted")
    with elsewhere.front.failing(0, False) as made:
        scenario.go_on(log, BATCHES)
    return list(made)


def changes_in(made: list[str]) -> list[int]:
    """The requests that change something: only of these is it something else to be done without an answer."""
    found = [number for number, request in enumerate(made, 1) if request.lower().startswith(("put", "delete"))]
    assert len(found) > 10
    return found


def whole(elsewhere: Elsewhere, name: str, *given: dict[int, int]) -> None:
    """Everything holds for somebody who starts now, and nothing is left over."""
    log = elsewhere.looked_at(name)
    before = elsewhere.looked_at("begun").head()
    scenario.prove_whole(log, {index: number for one in given for index, number in one.items()}, [before])
    assert log.head().size == 258
    assert [path for path in elsewhere.lying(name) if not path.startswith("tile/")] == ["checkpoint"]


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-not-answered"])
def test_each_request_fails(elsewhere: Elsewhere, after: bool) -> None:
    made = requests_of(elsewhere)
    assert {"GET object", "PUT object", "DELETE object", "GET list-type"} == set(made)
    assert len(made) > 25
    for number in changes_in(made) if after else range(1, len(made) + 1):
        log = elsewhere.begin(str(number))
        before = log.head()
        with elsewhere.front.failing(number, after):
            given = scenario.go_on(log, BATCHES)
        assert given == GIVEN, made[number - 1]
        scenario.prove_whole(log, given, [before])
        whole(elsewhere, str(number), given)


def test_each_change_is_carried_out_late(elsewhere: Elsewhere) -> None:
    """The caller has given up, gone on, and finished; then the network delivers."""
    made = requests_of(elsewhere)
    for number in changes_in(made):
        log = elsewhere.begin(f"late-{number}")
        with elsewhere.front.delaying(number):
            given = scenario.go_on(log, BATCHES)
        elsewhere.front.carry_out()
        whole(elsewhere, f"late-{number}", given)


class Died(BaseException):
    """The process is gone: nothing after this line of it was ever run."""


@contextmanager
def dying(number: int, after: bool) -> Iterator[list[str]]:
    """Within the block the process dies at request `number` (from 1; 0: never), before or after it was done."""
    made, real = list[str](), Bucket._ask

    def ask(self: Bucket, operation: str, **arguments: Any) -> Any:
        made.append(operation)
        if len(made) == number and not after:
            raise Died
        answer = real(self, operation, **arguments)
        if len(made) == number:
            raise Died
        return answer

    Bucket._ask = ask  # type: ignore[method-assign]
    try:
        yield made
    finally:
        Bucket._ask = real  # type: ignore[method-assign]


def told_until_death(log: Log, number: int, after: bool) -> dict[int, int]:
    """Append batch by batch; the indices that were told before the end."""
    told: dict[int, int] = {}
    with suppress(Died), dying(number, after):
        for batch in BATCHES:
            told.update(zip(append(log, *batch), batch, strict=True))
    return told


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_process_dies_at_each_change(elsewhere: Elsewhere, after: bool) -> None:
    log = elsewhere.begin("counted")
    with dying(0, False) as made:
        for batch in BATCHES:
            append(log, *batch)
    assert len(made) > 20
    for number in changes_in(made):  # and so on both sides of the head's swap, which lies between two of them
        name = f"died-{number}"
        told = told_until_death(elsewhere.begin(name), number, after)
        reborn = elsewhere.opened(name)
        before = reborn.head()
        with reborn.exclusive():
            assert reborn.head() == before, "recovery signs nothing"
        assert list(elsewhere.looked_at(name).check()) == []
        whole(elsewhere, name, told, scenario.go_on(reborn, BATCHES))


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-not-answered"])
def test_making_a_log_fails_at_each_request(elsewhere: Elsewhere, after: bool) -> None:
    with elsewhere.front.failing(0, False) as counted:
        elsewhere.make_or_open("counted")
    requests = len(counted)
    assert requests > 3
    for number in range(1, requests + 1):
        name = f"made-{number}"
        with elsewhere.front.failing(number, after), suppress(LogUnavailable):
            elsewhere.make_or_open(name)
        log = elsewhere.make_or_open(name)
        assert append(log, 0) == range(1)
        scenario.prove_whole(elsewhere.opened(name), {0: 0}, [])


def test_the_store_is_away_for_a_while(elsewhere: Elsewhere) -> None:
    """Nothing is appended, and nobody is told that it was; when it is back the log goes on by itself."""
    log = elsewhere.begin("away")
    elsewhere.front.gone = True
    for _ in range(2):
        with pytest.raises(LogUnavailable):
            append(log, 255)
        with pytest.raises(LogUnavailable):
            log.tlog_proof(0)
    assert log.head().size == 255
    elsewhere.front.gone = False
    given = scenario.go_on(log, BATCHES)
    whole(elsewhere, "away", given)


def test_away_right_after_the_swap_is_told_as_success_and_made_up_for(elsewhere: Elsewhere) -> None:
    """Publishing never blocks: the leaf is under a durable head and in a staged batch; only the tiles are behind."""
    log = elsewhere.begin("swapped")
    with log.exclusive():
        pass
    swap = FileHeads.swap

    def then_away(heads: FileHeads, old: bytes | None, new: bytes) -> None:
        swap(heads, old, new)
        elsewhere.front.gone = True

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FileHeads, "swap", then_away)
        assert append(log, 255, 256, 257) == range(255, 258)
    elsewhere.front.gone = False
    assert log.behind
    assert list(log.entries(255, 258)) == [entry(255), entry(256), entry(257)]
    assert [finding.code for finding in log.check()] == ["log-checkpoint-behind"]
    whole(elsewhere, "swapped", scenario.go_on(log, BATCHES))


def test_somebody_who_lost_the_turn_loses_no_batch(elsewhere: Elsewhere) -> None:
    """A node whose lock at the database broke, unnoticed: it has staged, another sweeps, and then it wins the swap and
    dies. The head promises what only the staged batch has."""
    slow, other = elsewhere.begin("turns"), elsewhere.opened("turns")
    other._store = S3Tiles(elsewhere.bucket, "turns", elsewhere.folder / "another-machine" / "lock")
    swap = FileHeads.swap

    def swept_meanwhile(heads: FileHeads, old: bytes | None, new: bytes) -> None:
        with other.exclusive():
            pass
        swap(heads, old, new)
        raise Died

    with slow.exclusive(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(FileHeads, "swap", swept_meanwhile)
        with pytest.raises(Died):
            slow.append([entry(255), entry(256), entry(257)])
    whole(elsewhere, "turns", scenario.go_on(elsewhere.opened("turns"), BATCHES))
