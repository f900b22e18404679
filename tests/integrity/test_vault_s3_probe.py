"""The probe of a store: a real one that keeps locks passes; each way of not keeping them is named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrity.clock import SystemClock, system_random
from integrity.errors import VaultRefused, VaultUnavailable, VaultUnprotected
from integrity.s3 import Bucket, Credentials, Kept, Place
from integrity.vault import Lock
from integrity.vault_s3_probe import PREFIX, Probe
from tests.fakes.clocks import FakeClock
from tests.fakes.s3_front import Front, standing_before
from tests.servers.seaweed import REGION, Seaweed, secret_of


@pytest.fixture
def front(seaweed: Seaweed) -> Iterator[Front]:
    with standing_before(seaweed) as made:
        yield made


def reached(place: Place, access_key: str) -> Bucket:
    return Bucket(place, Credentials(access_key, secret_of(access_key)))


def probe_of(bucket: Bucket, removing: Bucket | None = None) -> Probe:
    place = bucket.place
    return Probe(bucket, removing or reached(place, "disposal"), reached(place, "hold"), SystemClock(), system_random)


def test_a_store_that_keeps_its_locks_passes(s3_bucket: Bucket, s3_place: Place) -> None:
    probe_of(s3_bucket).run()
    before = [one for one in s3_bucket.listed(PREFIX) if one.size is not None]
    assert {one.key.rpartition("-")[2] for one in before} == {"whole", "parts"}
    assert list(s3_bucket.listed(s3_place.prefix)) == [], "nothing but probes"


def test_a_store_that_drops_the_lock_of_parts_is_named(front: Front, s3_place: Place) -> None:
    front.drop_multipart_lock = True
    with pytest.raises(VaultUnprotected) as refused:
        probe_of(reached(replace(s3_place, endpoint=front.url), "ingest")).run()
    assert refused.value.lacking == "lock-parts"
    front.drop_multipart_lock = False
    probe_of(reached(replace(s3_place, endpoint=front.url), "ingest")).run()


def test_a_bucket_without_object_lock_is_named(seaweed: Seaweed) -> None:
    place = Place(seaweed.bucket(locking=False), seaweed.url, REGION)
    with pytest.raises(VaultUnprotected) as refused:
        probe_of(reached(place, "ingest")).run()
    assert refused.value.lacking == "object-lock"


def test_a_credential_that_may_remove_nothing_proves_nothing(s3_bucket: Bucket, s3_place: Place) -> None:
    with pytest.raises(VaultUnprotected) as refused:
        probe_of(s3_bucket, removing=reached(s3_place, "hold")).run()
    assert refused.value.lacking == "removal-untried"


def test_a_store_that_is_away_is_unavailable(front: Front, s3_place: Place) -> None:
    front.gone = True
    with pytest.raises(VaultUnavailable):
        probe_of(reached(replace(s3_place, endpoint=front.url), "ingest")).run()


class Forgetful(Bucket):
    """The real store, which on the way back to us loses one of the things it must do."""

    def __init__(self, place: Place, lost: str) -> None:
        super().__init__(place, Credentials("ingest", secret_of("ingest")))
        self.lost = lost

    def head(self, key: str, version: str | None = None) -> Kept:
        kept = super().head(key, version)
        if self.lost == "checksum":
            return replace(kept, checksum=None)
        if self.lost == "version":
            return replace(kept, version=None)
        if self.lost == "until":
            return replace(kept, lock=Lock("COMPLIANCE", datetime.now(UTC)))
        if self.lost == "mode":
            return replace(kept, lock=replace(kept.lock, mode="GOVERNANCE"))
        return kept

    def read(self, key: str, version: str | None = None) -> Iterator[bytes]:
        return iter([b"laid over it"]) if self.lost == "first-version" else super().read(key, version)

    def lock(self, key: str, version: str, until: datetime) -> None:
        """Says yes."""

    def delete(self, key: str, version: str | None = None) -> None:
        try:
            super().delete(key, version)
        except VaultRefused:
            if self.lost != "removal":
                raise


@pytest.mark.parametrize(
    ("lost", "lacking"),
    [("checksum", "checksum-whole"), ("version", "version-whole"), ("until", "lock-whole"), ("mode", "lock-whole"),
     ("first-version", "first-version-whole"), ("removal", "removal-whole"), ("lock", "shortening-whole")],
)  # fmt: skip
def test_each_thing_that_a_store_may_not_do_is_named(s3_place: Place, lost: str, lacking: str) -> None:
    forgetful, removing = Forgetful(s3_place, lost), reached(s3_place, "disposal")
    if lost == "removal":
        removing = Forgetful(s3_place, lost)
        removing = _as_disposal(removing, s3_place)
    holding = forgetful if lost == "lock" else reached(s3_place, "hold")
    with pytest.raises(VaultUnprotected) as refused:
        Probe(forgetful, removing, holding, SystemClock(), system_random).run()
    assert refused.value.lacking == lacking


def _as_disposal(bucket: Forgetful, place: Place) -> Bucket:
    bucket._client = reached(place, "disposal")._client
    return bucket


def test_probes_of_earlier_days_are_cleared(s3_bucket: Bucket, s3_place: Place) -> None:
    clock = FakeClock(datetime.now(UTC) - timedelta(days=3))
    old = f"{PREFIX}{clock.now():%Y%m%dT%H%M%SZ}-old-whole"
    s3_bucket.put_plain(old, b"an earlier probe, whose lock is over")
    probe_of(s3_bucket).run()
    assert list(s3_bucket.listed(old)) == []
