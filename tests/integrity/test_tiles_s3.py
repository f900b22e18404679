"""A log's place in a real S3: the contract of a tile store, and what is of buckets alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrity.errors import LogUnavailable
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.s3 import Bucket, Credentials, Place
from integrity.tile_store import CHECKPOINT
from integrity.tiles import Tile
from integrity.tiles_s3 import S3Tiles
from tests.contracts.tile_store import BATCH, Damage, Opened, TileStoreContract, head
from tests.fakes.s3_front import Front, standing_before
from tests.fakes.signers import SIGNER
from tests.integrity.test_log import append, entry
from tests.servers.seaweed import Seaweed, secret_of

pytestmark = pytest.mark.xdist_group("s3")


@pytest.fixture
def opened(s3_bucket: Bucket, tmp_path: Path) -> Opened:
    return lambda: S3Tiles(s3_bucket, "log", tmp_path / "log" / "lock")


@pytest.fixture
def damage(s3_bucket: Bucket) -> Damage:
    def change(path: str, content: bytes) -> None:
        s3_bucket.put_plain(f"{s3_bucket.place.prefix}log/{path}", content)

    return change


class TestS3Tiles(TileStoreContract):
    pass


@pytest.fixture
def front(seaweed: Seaweed) -> Iterator[Front]:
    with standing_before(seaweed) as made:
        yield made


@pytest.fixture
def behind(front: Front, s3_place: Place, tmp_path: Path) -> Iterator[S3Tiles]:
    """The store as it is reached through the front."""
    bucket = Bucket(replace(s3_place, endpoint=front.url), Credentials("ingest", secret_of("ingest")))
    yield S3Tiles(bucket, "log", tmp_path / "log" / "lock")
    bucket.close()


def test_two_logs_in_one_bucket_see_nothing_of_each_other(s3_bucket: Bucket, tmp_path: Path) -> None:
    first, second = (S3Tiles(s3_bucket, name, tmp_path / name / "lock") for name in ("log", "log-2"))
    first.begin()
    first.write(Tile(0, 0, 1), bytes(32))
    first.stage(head(1), BATCH)
    assert not second.begin()
    second.sweep(1)
    assert first.staged(head(1)) == BATCH


def test_in_a_bucket_with_versions_the_newest_counts(s3_bucket: Bucket, opened: Opened) -> None:
    """A bucket with Object Lock keeps what was replaced and removed; none of it is read, or listed, again."""
    store = opened()
    store.begin()
    for content in (b"one", b"two"):
        store.publish(CHECKPOINT, content)
    store.stage(head(1), BATCH)
    store.unstage(head(1))
    store.sweep(0)
    assert store.published(CHECKPOINT) == b"two"
    assert store.staged(head(1)) is None
    assert len(list(s3_bucket.listed(s3_bucket.place.prefix))) == 4, "two versions, one with a marker over it"


def test_a_store_that_is_away_or_refuses_is_unavailable(front: Front, behind: S3Tiles, s3_place: Place) -> None:
    behind.begin()
    calls = (
        lambda: behind.begin(), lambda: behind.read(Tile(0, 0)), lambda: behind.write(Tile(0, 0), b""),
        lambda: behind.drop_partials(Tile(0, 0)), lambda: list(behind.paths()), lambda: behind.stage(head(1), BATCH),
        lambda: behind.staged(head(1)), lambda: behind.unstage(head(1)), lambda: behind.sweep(1),
        lambda: behind.published(CHECKPOINT), lambda: behind.publish(CHECKPOINT, b""),
    )  # fmt: skip
    front.gone = True
    for call in calls:
        with pytest.raises(LogUnavailable, match="the log's store"):
            call()
    front.gone = False
    stranger = Bucket(s3_place, Credentials("ingest", "not its secret"))
    with pytest.raises(LogUnavailable, match="refused"):
        S3Tiles(stranger, "log", behind._lock).published(CHECKPOINT)
    stranger.close()
    nowhere = Bucket(replace(s3_place, bucket="nowhere"), Credentials("ingest", secret_of("ingest")))
    with pytest.raises(LogUnavailable):
        S3Tiles(nowhere, "log", behind._lock).published(CHECKPOINT)
    nowhere.close()


def test_what_breaks_off_is_no_damage(front: Front, behind: S3Tiles) -> None:
    """Half a tile from a store that went away must not read as a log that somebody tampered with."""
    behind.write(Tile(0, 0), bytes(8192))
    front.cut = True
    with pytest.raises(LogUnavailable):
        behind.read(Tile(0, 0))
    with pytest.raises(LogUnavailable):
        behind.write(Tile(0, 0), bytes(8192))
    front.cut = False
    assert behind.read(Tile(0, 0)) == bytes(8192)


def test_a_store_that_says_nothing_of_the_checksum_is_read_back(front: Front, behind: S3Tiles) -> None:
    with front.failing(0, False) as made:
        behind.publish(CHECKPOINT, b"one")
    assert made == ["PUT object"], "the store compared it"
    front.deaf = True
    with front.failing(0, False) as made:
        behind.publish(CHECKPOINT, b"two")
    assert made == ["PUT object", "GET object"]


def test_a_store_that_does_not_have_what_it_took_is_unavailable(
    opened: Opened, s3_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that neither compares nor keeps: the next read tells."""
    monkeypatch.setattr(Bucket, "replace", lambda self, key, body: s3_bucket.put_plain(key, body + b"!") and False)
    with pytest.raises(LogUnavailable, match="does not have what was put"):
        opened().stage(head(1), BATCH)


def test_a_whole_log(opened: Opened, tmp_path: Path) -> None:
    """Made, grown past a full tile, read by somebody who has nothing of it on his own disk but the head."""
    heads = FileHeads(tmp_path / "log" / "head")
    log = Log.create(opened(), SIGNER, heads)
    for batch in (range(3), range(3, 250), range(250, 600)):
        append(log, *batch)
    reader = Log.open(opened(), SIGNER.verifier, heads)
    assert list(reader.entries(0, 600)) == [entry(number) for number in range(600)]
    assert reader.public_file("tile/0/000.p/3") == (reader.public_file("tile/0/000") or b"")[:96]
    assert reader.public_file("checkpoint") == log.head().note
    assert reader.public_file("staging") is reader.public_file("head") is None
    assert list(reader.check()) == []
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["head", "lock"]
