"""The vault on a real S3: the contract, and what is special to it: versions, locks, parts, markers, other answers."""

from datetime import timedelta
from pathlib import Path

import pytest

from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultMissing, VaultRefused, VaultStrays, VaultUnprotected
from integrity.s3 import Bucket, Credentials, Place, composite_of
from integrity.vault import VaultRef
from integrity.vault_s3 import S3Vault, Terms
from tests.contracts.vault import BODY, Damage, VaultContract, spooled, stored
from tests.servers.seaweed import REGION, Seaweed, secret_of

MINIMUM = timedelta(days=1)
PART = 5 * 1024 * 1024
"""The smallest part that S3 takes."""
LARGE = bytes(range(256)) * (2 * PART // 256) + b"the end"
"""Three parts, the last one short."""


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def vault(s3_bucket: Bucket, tmp_path: Path) -> S3Vault:
    return S3Vault(s3_bucket, SystemClock(), Terms(MINIMUM, PART), tmp_path)


@pytest.fixture
def damage() -> Damage:
    pytest.skip("through S3 nobody changes the bytes of a version: other bytes are another version, tested below")


class TestS3Vault(VaultContract):
    pass


def put(vault: S3Vault, spool: Path, body: bytes = BODY) -> VaultRef:
    return vault.put_once(spooled(spool, body), Digest.of(body))


def key_of(bucket: Bucket, body: bytes = BODY) -> str:
    """Where the format says an object lies, written out rather than asked for."""
    return f"{bucket.place.prefix}{Digest.of(body).hex}"


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["whole", "parts"])
def test_a_version_can_neither_be_removed_nor_its_lock_shortened(
    vault: S3Vault, s3_bucket: Bucket, spool: Path, body: bytes
) -> None:
    ref = put(vault, spool, body)
    lock = vault.locked(ref)
    assert lock.mode == "COMPLIANCE"
    assert lock.until is not None
    assert lock.until - SystemClock().now() > MINIMUM - timedelta(minutes=1)
    with pytest.raises(VaultRefused):
        s3_bucket.delete(key_of(s3_bucket, body), ref.version)
    with pytest.raises(VaultRefused):
        s3_bucket.lock(key_of(s3_bucket, body), str(ref.version), lock.until - timedelta(hours=1))
    assert vault.locked(ref) == lock
    assert stored(vault, ref) == body


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["whole", "parts"])
def test_the_first_version_survives_overwriting_and_deleting(
    vault: S3Vault, s3_bucket: Bucket, spool: Path, body: bytes
) -> None:
    ref = put(vault, spool, body)
    s3_bucket.put_plain(key_of(s3_bucket, body), b"overwritten")
    s3_bucket.delete(key_of(s3_bucket, body))
    assert stored(vault, ref) == body
    assert put(vault, spool, body) == ref, "the first valid version is the one that is told"
    assert vault.find(Digest.of(body)) == ref
    with pytest.raises(VaultStrays) as complaint:
        list(vault.digests())
    assert [finding.code for finding in complaint.value.findings] == ["vault-delete-marker", "vault-overwritten"]


def test_the_checksum_of_parts_is_compared(vault: S3Vault, s3_bucket: Bucket, spool: Path) -> None:
    ref = put(vault, spool, LARGE)
    parts = [LARGE[:PART], LARGE[PART : 2 * PART], LARGE[2 * PART :]]
    kept = s3_bucket.head(key_of(s3_bucket, LARGE), str(ref.version))
    assert kept.checksum == composite_of([Digest.of(part).raw for part in parts])


def test_parts_of_another_digest_leave_nothing(vault: S3Vault, s3_bucket: Bucket, spool: Path) -> None:
    source = spooled(spool, LARGE)
    with pytest.raises(VaultError, match=Digest.of(LARGE).hex):
        vault.put_once(source, Digest.of(BODY))
    assert list(s3_bucket.listed(s3_bucket.place.prefix)) == []
    assert list(s3_bucket.unfinished(s3_bucket.place.prefix)) == []
    assert source.read_bytes() == LARGE


def test_the_source_stays(vault: S3Vault, spool: Path) -> None:
    put(vault, spool)
    assert (spool / "upload").read_bytes() == BODY


def test_equal_parts_of_another_length_are_read_to_be_believed(
    vault: S3Vault, s3_bucket: Bucket, spool: Path, tmp_path: Path
) -> None:
    ref = put(vault, spool, LARGE)
    other = S3Vault(s3_bucket, SystemClock(), Terms(MINIMUM, PART + 1024 * 1024), tmp_path)
    assert put(other, spool, LARGE) == ref
    (spool / "upload").unlink()
    assert other.put_once(spool / "upload", Digest.of(LARGE)) == ref


@pytest.mark.parametrize("bad", [b"", BODY[:-1], BODY + b"x", b"X" + BODY[1:]], ids=["empty", "cut", "long", "flip"])
def test_other_bytes_that_are_there_first_are_a_conflict(
    vault: S3Vault, s3_bucket: Bucket, spool: Path, bad: bytes
) -> None:
    s3_bucket.put_plain(key_of(s3_bucket), bad)
    source = spooled(spool)
    with pytest.raises(VaultConflict, match=Digest.of(BODY).hex):
        vault.put_once(source, Digest.of(BODY))
    assert source.read_bytes() == BODY
    assert len(list(s3_bucket.listed(key_of(s3_bucket)))) == 1, "nothing was laid over it"


def test_equal_bytes_without_a_lock_are_locked_and_not_sent_again(
    vault: S3Vault, s3_bucket: Bucket, spool: Path
) -> None:
    version = s3_bucket.put_plain(key_of(s3_bucket), BODY)
    ref = put(vault, spool)
    assert ref.version == version
    assert vault.locked(ref).mode == "COMPLIANCE"
    with pytest.raises(VaultRefused):
        s3_bucket.delete(key_of(s3_bucket), version)


def test_a_marker_alone_does_not_stop_a_put(vault: S3Vault, s3_bucket: Bucket, spool: Path) -> None:
    s3_bucket.delete(key_of(s3_bucket))
    assert stored(vault, put(vault, spool)) == BODY


def test_nothing_is_read_without_a_version(vault: S3Vault, spool: Path) -> None:
    ref = put(vault, spool)
    with pytest.raises(VaultMissing):
        vault.open(VaultRef(ref.vault, ref.digest, ref.size))


def test_a_version_of_other_bytes_is_not_opened(vault: S3Vault, s3_bucket: Bucket, spool: Path, tmp_path: Path) -> None:
    ref = put(vault, spool)
    other = s3_bucket.put_plain(key_of(s3_bucket), b"other")
    with pytest.raises(VaultConflict):
        vault.open(VaultRef(ref.vault, ref.digest, ref.size, other))
    assert [path.name for path in tmp_path.iterdir()] == ["spool"], "no local copy is left"


def test_foreign_keys_are_named_after_all_objects(vault: S3Vault, s3_bucket: Bucket, spool: Path) -> None:
    put(vault, spool)
    s3_bucket.put_plain(f"{s3_bucket.place.prefix}README", b"")
    s3_bucket.put_plain(f"{key_of(s3_bucket)}.bak", b"")
    told = []
    with pytest.raises(VaultStrays) as complaint:
        for digest in vault.digests():
            told.append(digest)
    assert told == [Digest.of(BODY)]
    assert [finding.code for finding in complaint.value.findings] == ["vault-stray"] * 2


def test_a_bucket_without_locks_is_tamper_evident_only(vault: S3Vault, seaweed: Seaweed, tmp_path: Path) -> None:
    assert vault.protection().immutable
    place = Place(seaweed.bucket(locking=False), seaweed.url, REGION)
    bucket = Bucket(place, Credentials("ingest", secret_of("ingest")))
    unlocked = S3Vault(bucket, SystemClock(), Terms(MINIMUM, PART), tmp_path)
    assert not unlocked.protection().immutable
    assert "tamper-evident only" in unlocked.protection().detail
    with pytest.raises(VaultRefused):
        unlocked.put_once(spooled(tmp_path), Digest.of(BODY))
    bucket.close()


def test_a_wrong_credential_is_refused(seaweed: Seaweed, s3_place: Place, tmp_path: Path) -> None:
    bucket = Bucket(s3_place, Credentials("ingest", "wrong"))
    vault = S3Vault(bucket, SystemClock(), Terms(MINIMUM, PART), tmp_path)
    with pytest.raises(VaultRefused):
        vault.put_once(spooled(tmp_path), Digest.of(BODY))
    assert "wrong" not in repr(Credentials("ingest", "wrong"))
    bucket.close()


def test_a_lock_is_made_longer_and_never_shorter(s3_bucket: Bucket, s3_place: Place, spool: Path) -> None:
    holding = Bucket(s3_place, Credentials("hold", secret_of("hold")))
    vault = S3Vault(s3_bucket, SystemClock(), Terms(MINIMUM, PART), spool, holding=holding)
    ref = put(vault, spool)
    longer = SystemClock().now() + timedelta(days=400)
    vault.extend(ref, longer)
    vault.extend(ref, longer - timedelta(days=300))
    until = vault.locked(ref).until
    assert until is not None
    assert timedelta(0) <= until - longer < timedelta(seconds=1), "the first longer one stays"
    holding.close()


def test_a_hold_is_put_on_and_taken_off(s3_bucket: Bucket, s3_place: Place, spool: Path) -> None:
    holding = Bucket(s3_place, Credentials("hold", secret_of("hold")))
    vault = S3Vault(s3_bucket, SystemClock(), Terms(MINIMUM, PART), spool, holding=holding)
    ref = put(vault, spool)
    for on in (True, True, False, False):
        vault.hold(ref, on)
        assert vault.locked(ref).hold == on
    holding.close()


def test_whoever_takes_in_evidence_cannot_put_a_hold(vault: S3Vault, spool: Path) -> None:
    ref = put(vault, spool)
    with pytest.raises(VaultRefused):
        vault.hold(ref, True)
    assert not vault.locked(ref).hold


def test_a_store_that_forgets_a_longer_lock_or_a_hold_is_found_out(
    s3_bucket: Bucket, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = S3Vault(s3_bucket, SystemClock(), Terms(MINIMUM, PART), spool)
    ref = put(vault, spool)
    monkeypatch.setattr(s3_bucket, "lock", lambda *_: None)
    monkeypatch.setattr(s3_bucket, "hold", lambda *_: None)
    with pytest.raises(VaultUnprotected, match="lock"):
        vault.extend(ref, SystemClock().now() + timedelta(days=400))
    with pytest.raises(VaultUnprotected, match="hold"):
        vault.hold(ref, True)
    s3_bucket.put_plain(key_of(s3_bucket, b"another"), b"another")
    with pytest.raises(VaultUnprotected, match="lock"):
        put(vault, spool, b"another")
