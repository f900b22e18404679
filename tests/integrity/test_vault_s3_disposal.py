"""Removing from a real S3: what the order names and no lock keeps, all of it; again is the same; nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.disposal import Order
from integrity.errors import InvalidOrder, VaultError, VaultRefused
from integrity.s3 import Bucket, Credentials, Place
from integrity.vault import VaultRef
from integrity.vault_s3 import S3Vault
from integrity.vault_s3_disposal import S3Disposer
from tests.contracts.vault import BODY, spooled, stored
from tests.fakes.s3_terms import SHORT
from tests.servers.seaweed import secret_of

DIGEST = Digest.of(BODY)
ORDER = Order("order", "recording", frozenset({DIGEST}))


@pytest.fixture
def disposer(s3_place: Place) -> Iterator[S3Disposer]:
    removing, holding = (Bucket(s3_place, Credentials(who, secret_of(who))) for who in ("disposal", "hold"))
    yield S3Disposer(removing, holding, "s3")
    removing.close()
    holding.close()


def unlocked(bucket: Bucket, body: bytes = BODY) -> VaultRef:
    """An object as it is when its lock is over."""
    digest = Digest.of(body)
    version = bucket.put_plain(f"{bucket.place.prefix}{digest.hex}", body)
    return VaultRef("s3", digest, len(body), version)


def test_every_version_and_marker_goes_and_again_is_the_same(s3_bucket: Bucket, disposer: S3Disposer) -> None:
    ref = unlocked(s3_bucket)
    unlocked(s3_bucket)
    s3_bucket.delete(f"{s3_bucket.place.prefix}{DIGEST.hex}")
    other = unlocked(s3_bucket, b"another")
    for _again in range(2):
        disposer.dispose(ref, ORDER)
        assert [one.version for one in s3_bucket.listed(s3_bucket.place.prefix)] == [other.version]


def test_a_lock_is_stronger_than_an_order(s3_bucket: Bucket, disposer: S3Disposer, tmp_path: Path) -> None:
    vault = S3Vault(s3_bucket, SystemClock(), SHORT, tmp_path)
    ref = vault.put_once(spooled(tmp_path), DIGEST)
    with pytest.raises(VaultRefused):
        disposer.dispose(ref, ORDER)
    assert stored(vault, ref) == BODY


def test_a_hold_is_taken_off_first(s3_bucket: Bucket, s3_place: Place, disposer: S3Disposer) -> None:
    ref = unlocked(s3_bucket)
    holding = Bucket(s3_place, Credentials("hold", secret_of("hold")))
    holding.hold(f"{s3_place.prefix}{DIGEST.hex}", str(ref.version), True)
    holding.close()
    disposer.dispose(ref, ORDER)
    assert list(s3_bucket.listed(s3_place.prefix)) == []


def test_what_the_order_does_not_name_stays(s3_bucket: Bucket, disposer: S3Disposer) -> None:
    ref = unlocked(s3_bucket, b"another")
    with pytest.raises(InvalidOrder):
        disposer.dispose(ref, ORDER)
    with pytest.raises(VaultError, match="elsewhere"):
        disposer.dispose(VaultRef("elsewhere", DIGEST, 4), ORDER)
    assert [one.version for one in s3_bucket.listed(s3_bucket.place.prefix)] == [ref.version]
