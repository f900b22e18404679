"""Viewing copies in a real S3, with each request of an attempt failing: lost, done without an answer, done late; and
its process dying before and after each that changes something.

Each attempt makes the copy of a recording anew that is shown already. Afterwards the rows lead to whole files, and when
the daily round has come by there is nothing else in the bucket.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.errors import RenditionsUnavailable
from catalog.identity import RecordingId
from catalog.renditions import place_of
from catalog.renditions_s3 import S3Renditions
from catalog.unshown import EVERY, Unshown
from integrity.digest import Digest
from integrity.s3 import Bucket, Credentials, Place
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.clocks import FakeClock
from tests.fakes.copies import copied
from tests.fakes.s3_front import Front, standing_before
from tests.fakes.s3_terms import SMALLEST_PART
from tests.ingest.test_pipeline import Shop
from tests.servers.seaweed import REGION, Seaweed, secret_of

pytestmark = pytest.mark.xdist_group("s3")
KEY = Credentials("ingest", secret_of("ingest"))
LARGE = os.urandom(SMALLEST_PART + 1)
"""Two parts."""


@dataclass
class Site:
    """One recording, whose copies lie behind a front; what is looked at afterwards goes past it."""

    shop: Shop
    recording: RecordingId
    front: Front
    bucket: Bucket
    direct: S3Renditions
    clock: FakeClock
    attempts: int = 0

    def store(self) -> S3Renditions:
        return S3Renditions(self.bucket, self.shop.folder / "behind", part_size=SMALLEST_PART)

    def attempt(self) -> None:
        """What the job does, as one process that knows nothing of another: other bytes each time."""
        self.attempts += 1
        store, states = self.store(), self.shop.recordings
        assert states.claim(self.recording)
        files = {"media.mp4": LARGE + b"%d" % self.attempts, "text.txt": b"%d" % self.attempts}
        work = store.begin(self.recording)
        for name, content in files.items():
            (work / name).write_bytes(content)
        place = store.keep(self.recording, "r1")
        made = [copied(name, content, "text/plain") for name, content in files.items()]
        assert states.prepared(
            self.recording, medium="video", recipe="r1", duration_ms=1, made=made, place=place
        )  # fmt: skip
        Unshown(self.shop.database, store, self.clock).tidy(self.recording)

    def again(self) -> None:
        """It is to be made anew: whoever had taken it is gone."""
        with self.shop.database.write() as connection:
            connection.execute(tables.recordings.update().values(state="catalogued", claimed_by=None))
        self.shop.recordings.let_go(self.recording)

    def until_done(self) -> None:
        """As often as it takes."""
        self.again()
        for _ in range(3):
            try:
                self.attempt()
            except RenditionsUnavailable:
                self.again()
            else:
                return
        pytest.fail("it is never done")

    def shown(self) -> str:
        """The place that the rows lead to, where every file is whole."""
        with self.shop.database.read() as connection:
            rows = connection.execute(select(tables.renditions)).all()
        [place] = {place_of(row) for row in rows}
        for row in rows:
            opened = self.direct.open(self.recording, place, row.name)
            assert (opened.size, Digest.of_pieces(opened.pieces()).hex) == (row.size, row.sha256)
        assert len(rows) == 2
        return place

    def whole(self, after: str) -> None:
        """And nothing else is left, at the latest a day later."""
        place = self.shown()
        self.clock.advance(EVERY.total_seconds())
        Unshown(self.shop.database, self.direct, self.clock).look()
        assert self.direct.places(self.recording) == {place}, after
        assert self.shown() == place, after


@pytest.fixture
def site(seaweed: Seaweed, plain_bucket: str, s3_place: Place, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "a.mp4").write_bytes(b"footage")
    place = Place(plain_bucket, seaweed.url, REGION, s3_place.prefix)
    shop = Shop(tmp_path)
    with (
        standing_before(seaweed) as front,
        closing(Bucket(replace(place, endpoint=front.url), KEY)) as bucket,
        closing(S3Renditions(Bucket(place, KEY), tmp_path / "direct")) as direct,
    ):
        made = Site(shop, shop.add(tmp_path / "a.mp4"), front, bucket, direct, FakeClock())
        made.until_done()
        yield made
    shop.close()


def requests_of(site: Site) -> list[str]:
    """What an undisturbed attempt asks for."""
    with site.front.failing(0, False) as made:
        site.until_done()
    return list(made)


def changes_in(made: list[str]) -> list[int]:
    """The requests that change something: only of these is it something else to be done without an answer."""
    found = [number for number, request in enumerate(made, 1) if request.startswith(("PUT", "POST", "DELETE"))]
    assert len(found) == 7, "two parts between begin and end, one whole; both files of the copy before"
    return found


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-not-answered"])
def test_each_request_fails(site: Site, after: bool) -> None:
    made = requests_of(site)
    for number in changes_in(made) if after else range(1, len(made) + 1):
        with site.front.failing(number, after):
            site.until_done()
        site.whole(made[number - 1])


def test_each_change_is_carried_out_late(site: Site) -> None:
    """The worker has given up, another has finished; then the network delivers."""
    made = requests_of(site)
    for number in changes_in(made):
        with site.front.delaying(number):
            site.until_done()
        site.front.carry_out()
        site.whole(made[number - 1])


class Died(BaseException):
    """The process is gone: nothing after this line of it was ever run."""


CHANGES = ("put", "create", "upload", "complete", "delete")
"""How what changes something is called."""


@contextmanager
def dying(number: int, after: bool) -> Iterator[None]:
    """Within the block the process dies at change `number` (from 1), before or after it was done, for good."""
    made, real = list[str](), Bucket._ask

    def ask(self: Bucket, operation: str, **arguments: Any) -> Any:
        made.extend([operation] if operation.startswith(CHANGES) else [])
        if len(made) > number or (len(made) == number and not after):
            made.append("and whatever it would still do")
            raise Died
        answer = real(self, operation, **arguments)
        if len(made) == number:
            made.append("and whatever it would still do")
            raise Died
        return answer

    Bucket._ask = ask  # type: ignore[method-assign]
    try:
        yield
    finally:
        Bucket._ask = real  # type: ignore[method-assign]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_process_dies_at_each_change(site: Site, after: bool) -> None:
    """Until its rows are told of, the copy from before is shown whole; then the new one is."""
    for number in range(1, len(changes_in(requests_of(site))) + 1):
        site.again()
        with pytest.raises(Died), dying(number, after):
            site.attempt()
        site.shown()
        site.until_done()
        site.shown()
    site.whole("all of them")
