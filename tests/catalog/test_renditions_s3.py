"""Renditions in a real S3: the contract, in a bucket without versions, and what is of buckets alone."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalog import renditions_s3
from catalog.errors import NotFound, RenditionsUnavailable
from catalog.renditions_s3 import S3Renditions
from integrity.s3 import Bucket, Credentials, Kept, Place
from tests.contracts.rendition_store import BODY, OTHER, RECORDING, Damage, Opened, RenditionStoreContract, kept, read
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.s3_front import Front, standing_before
from tests.fakes.s3_terms import SMALLEST_PART
from tests.servers.seaweed import REGION, Seaweed, secret_of

pytestmark = pytest.mark.xdist_group("s3")
KEY = Credentials("ingest", secret_of("ingest"))


@pytest.fixture
def unversioned(seaweed: Seaweed, plain_bucket: str, s3_place: Place) -> Place:
    return Place(plain_bucket, seaweed.url, REGION, s3_place.prefix)


@pytest.fixture
def plain(unversioned: Place) -> Iterator[Bucket]:
    with closing(Bucket(unversioned, KEY)) as made:
        yield made


@pytest.fixture
def opened(plain: Bucket, tmp_path: Path) -> Opened:
    return lambda worker: S3Renditions(plain, tmp_path / "renditions", worker, part_size=SMALLEST_PART)


@pytest.fixture
def damage(plain: Bucket) -> Damage:
    def change(path: str, content: bytes) -> None:
        plain.put_plain(f"{plain.place.prefix}{path}", content)

    return change


class TestS3Renditions(RenditionStoreContract):
    pass


@pytest.fixture
def front(seaweed: Seaweed) -> Iterator[Front]:
    with standing_before(seaweed) as made:
        yield made


@pytest.fixture
def behind(front: Front, unversioned: Place, tmp_path: Path) -> Iterator[S3Renditions]:
    """The store as it is reached through the front."""
    bucket = Bucket(replace(unversioned, endpoint=front.url), KEY)
    with closing(S3Renditions(bucket, tmp_path / "behind", "one", part_size=SMALLEST_PART)) as made:
        yield made


def test_nothing_but_what_is_being_made_lies_on_this_machine(opened: Opened, tmp_path: Path) -> None:
    kept(opened("one"))
    assert [path for path in (tmp_path / "renditions").rglob("*") if path.name != ".work"] == []


def test_what_is_larger_than_a_part_is_put_in_parts_and_read_in_ranges(opened: Opened) -> None:
    store, body = opened("one"), os.urandom(SMALLEST_PART * 2 + 77)
    with closing(store.open(RECORDING, kept(store, body), "media.mp4")) as found:
        assert found.size == len(body)
        assert found.read_at(SMALLEST_PART - 5, 10) == body[SMALLEST_PART - 5 : SMALLEST_PART + 5]
        assert b"".join(found.pieces()) == body


def test_of_what_is_removed_no_version_stays(s3_bucket: Bucket, tmp_path: Path) -> None:
    """In a bucket that keeps versions: overwritten and deleted by somebody, and parts of what was never put whole."""
    store, prefix = S3Renditions(s3_bucket, tmp_path / "renditions"), s3_bucket.place.prefix
    place, stays = kept(store), kept(store, recording=OTHER)
    key = f"{prefix}{RECORDING}/{place}/media.mp4"
    s3_bucket.put_plain(key, b"laid over it")
    s3_bucket.delete(key)
    s3_bucket.begin(f"{prefix}{RECORDING}/{place}/sprite.jpg", None)
    with pytest.raises(NotFound):
        read(store, place)
    store.remove(RECORDING)
    under = f"{prefix}{RECORDING}/"
    assert (list(s3_bucket.listed(under)), list(s3_bucket.unfinished(under))) == ([], [])
    assert not store.holds(RECORDING)
    assert store.places(OTHER) == {stays}


def test_parts_of_what_was_never_put_whole_are_something_that_lies_there(opened: Opened, plain: Bucket) -> None:
    store = opened("one")
    begun, place = "r1-0123456789abcdef", kept(store)
    for recording in (RECORDING, OTHER):
        plain.begin(f"{plain.place.prefix}{recording}/{begun}/media.mp4", None)
    assert store.holds(OTHER)
    assert (store.places(RECORDING), store.places(OTHER)) == ({place, begun}, {begun})
    assert dict(store.lying()) == {RECORDING: {place, begun}, OTHER: {begun}}
    store.discard(OTHER, begun)
    assert not store.holds(OTHER)
    assert dict(store.lying()) == {RECORDING: {place, begun}}


def test_a_store_that_is_away_or_refuses_has_lost_nothing(
    front: Front, behind: S3Renditions, unversioned: Place, tmp_path: Path
) -> None:
    lying = kept(behind)
    found = behind.open(RECORDING, lying, "media.mp4")
    (behind.begin(RECORDING) / "media.mp4").write_bytes(b"made")
    calls = (
        lambda: behind.keep(RECORDING, "r1"), lambda: behind.open(RECORDING, lying, "media.mp4"),
        lambda: found.read_at(0, 1), lambda: list(found.pieces()), lambda: behind.places(RECORDING),
        lambda: list(behind.lying()), lambda: behind.discard(RECORDING, lying), lambda: behind.holds(RECORDING),
        lambda: behind.remove(RECORDING),
    )  # fmt: skip
    front.gone = True
    for call in calls:
        with pytest.raises(RenditionsUnavailable, match="the store of viewing copies"):
            call()
    front.gone = False
    assert found.read_at(0, 3) == BODY[:3]
    for wrong in (
        Bucket(unversioned, Credentials("ingest", "not its secret")),
        Bucket(replace(unversioned, bucket="nowhere"), KEY),
    ):
        with closing(S3Renditions(wrong, tmp_path / "wrong")) as store, pytest.raises(RenditionsUnavailable):
            store.open(RECORDING, lying, "media.mp4")


def test_what_breaks_off_is_no_shorter_file(front: Front, behind: S3Renditions) -> None:
    found = behind.open(RECORDING, kept(behind), "media.mp4")
    front.cut = True
    with pytest.raises(RenditionsUnavailable):
        found.read_at(0, 1000)
    with pytest.raises(RenditionsUnavailable):
        b"".join(found.pieces())
    front.cut = False
    assert found.read_at(0, 1000) == BODY[:1000]


def test_what_was_opened_is_read_and_nothing_that_was_laid_over_it(
    opened: Opened, plain: Bucket, damage: Damage
) -> None:
    store = opened("one")
    place = kept(store)
    found = store.open(RECORDING, place, "media.mp4")
    damage(f"{RECORDING}/{place}/media.mp4", BODY[::-1])
    with pytest.raises(RenditionsUnavailable, match="refused"):
        found.read_at(0, 10)
    store.discard(RECORDING, place)
    with pytest.raises(NotFound):
        found.read_at(0, 10)


def test_a_store_that_says_nothing_of_the_checksum_is_read_back(front: Front, behind: S3Renditions) -> None:
    behind.begin(RECORDING).joinpath("media.mp4").write_bytes(BODY)
    with front.failing(0, False) as made:
        behind.keep(RECORDING, "r1")
    assert made == ["PUT object", "HEAD object"], "the store compared it"
    front.deaf = True
    with front.failing(0, False) as made:
        behind.keep(RECORDING, "r1")
    assert made == ["PUT object", "HEAD object", "GET object"]


def test_a_store_that_does_not_have_what_it_took_is_told_of(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Bucket.put
    monkeypatch.setattr(Bucket, "put", lambda self, key, body, until: real(self, key, body + b"!", until))
    store = opened("one")
    (store.begin(RECORDING) / "media.mp4").write_bytes(BODY)
    with pytest.raises(RenditionsUnavailable, match="does not have what was put"):
        store.keep(RECORDING, "r1")


def test_a_silent_store_holds_only_so_many(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who answer requests are needed for others too: the rest is refused after a moment."""
    monkeypatch.setattr(renditions_s3, "ASKING", 2)
    monkeypatch.setattr(renditions_s3, "PATIENCE_S", 0.05)
    store, silent, asked = opened("one"), threading.Event(), threading.Semaphore(0)
    place, real = kept(store), Bucket.head

    def head(self: Bucket, key: str, version: str | None = None) -> Kept:
        asked.release()
        assert silent.wait(60)
        return real(self, key, version)

    monkeypatch.setattr(Bucket, "head", head)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(read, store, place) for _ in range(2)]
        try:
            for _ in waiting:
                assert asked.acquire(timeout=60)
            with pytest.raises(RenditionsUnavailable, match="too many"):
                read(store, place)
        finally:
            silent.set()
        assert [one.result(60) for one in waiting] == [BODY, BODY]
    assert read(store, place) == BODY, "and then it goes on"


def test_what_is_no_regular_file_is_not_put(opened: Opened, tmp_path: Path) -> None:
    store = opened("one")
    (store.begin(RECORDING) / "media.mp4").symlink_to(tmp_path)
    with pytest.raises(RenditionsUnavailable, match="cannot be taken"):
        store.keep(RECORDING, "r1")
    assert store.places(RECORDING) == set()
