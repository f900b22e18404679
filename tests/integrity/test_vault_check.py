"""A vault read again: objects that differ, are missing, are nobody's or are none, each named; on real files."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.s3 import Bucket
from integrity.vault_check import Claimed, LockCheck, VaultCheck
from integrity.vault_files import FileVault
from integrity.vault_s3 import S3Vault
from tests.contracts.vault import spooled
from tests.fakes.immutable import clear_immutable
from tests.fakes.s3_terms import SHORT

ONE, TWO = Digest.of(b"one"), Digest.of(b"two")
CLAIMS = [Claimed("original 1", "files", ONE, 3, None), Claimed("original 2", "files", TWO, 3, None)]


@pytest.fixture
def folder(place: Path) -> Path:
    vault = FileVault(place / "vault")
    for body in (b"one", b"two"):
        vault.put_once(spooled(place, body), Digest.of(body))
    clear_immutable(place / "vault")
    return place / "vault"


def found(
    folder: Path, claims: list[Claimed] = CLAIMS, on_their_way: set[bytes] | None = None
) -> list[tuple[str, str]]:
    check = VaultCheck(FileVault(folder))
    there, findings = check.listed()
    findings += check.object_findings(there, claims, on_their_way or set())
    findings += check.byte_findings(claims)
    return [(finding.code, finding.subject) for finding in findings]


def path_of(folder: Path, digest: Digest) -> Path:
    return folder / digest.hex[:2] / digest.hex[2:4] / digest.hex


def test_what_nobody_touched_is_clean(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize("position", range(3))
def test_any_flipped_byte(folder: Path, position: int) -> None:
    path = path_of(folder, ONE)
    content = bytearray(b"one")
    content[position] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    assert found(folder) == [("vault-object-differs", f"vault {ONE}")]


def test_a_missing_object(folder: Path) -> None:
    path_of(folder, TWO).unlink()
    assert found(folder) == [("vault-object-missing", f"vault {TWO}")]


def test_an_object_that_came_after_the_listing_is_there(folder: Path) -> None:
    check = VaultCheck(FileVault(folder))
    assert list(check.object_findings(set(), CLAIMS, set())) == []


def test_an_object_that_nobody_claims(folder: Path) -> None:
    assert found(folder, CLAIMS[:1]) == [("vault-object-unclaimed", f"vault {TWO}")]
    assert found(folder, CLAIMS[:1], {TWO.raw}) == [], "it is being sealed"


def test_a_size_that_the_catalogue_says_otherwise(folder: Path) -> None:
    claims = [CLAIMS[0], Claimed("original 2", "files", TWO, 4, None)]
    assert found(folder, claims) == [("vault-object-differs", f"vault {TWO}")]


def test_what_is_no_object(folder: Path) -> None:
    (folder / "README").write_bytes(b"")
    assert found(folder) == [("vault-stray", "vault files")]


def test_an_object_that_cannot_be_read(folder: Path) -> None:
    path_of(folder, ONE).unlink()
    path_of(folder, ONE).symlink_to("/etc/hostname")
    codes = {code for code, _ in found(folder)}
    assert codes == {"vault-stray", "vault-object-unreadable"}


def test_a_claim_on_another_vault_is_no_claim_on_this_one(folder: Path) -> None:
    claims = [CLAIMS[0], Claimed("original 2", "s3", TWO, 3, None)]
    assert found(folder, claims) == [("vault-object-unclaimed", f"vault {TWO}")]


def test_progress_and_protection_are_told(folder: Path) -> None:
    check, told = VaultCheck(FileVault(folder)), []
    assert list(check.byte_findings(CLAIMS, lambda done, total: told.append((done, total)))) == []
    assert told == [(3, 6), (6, 6)], "in bytes"
    assert check.protection().detail


def test_a_large_object_is_told_of_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that is longer than is claimed never takes it beyond the end."""
    monkeypatch.setattr("integrity.vault_check._TOLD", 1)
    told: list[tuple[int, int]] = []
    claims = [replace(CLAIMS[0], size=2), CLAIMS[1]]
    findings = list(VaultCheck(FileVault(folder)).byte_findings(claims, lambda done, total: told.append((done, total))))
    assert [finding.code for finding in findings] == ["vault-object-differs"]
    assert told == [(2, 5), (2, 5), (5, 5), (5, 5)]


def test_a_lock_is_compared_with_what_the_store_was_told(s3_bucket: Bucket, place: Path) -> None:
    vault = S3Vault(s3_bucket, SystemClock(), SHORT, place)
    ref = vault.put_once(spooled(place, b"one"), ONE)
    claim, check = Claimed("original 1", "s3", ONE, 3, ref.version), LockCheck(vault)
    until = vault.locked(ref).until
    assert until is not None

    def codes(until: datetime, held: bool) -> list[str]:
        return [finding.code for finding in check.findings(claim, until, held)]

    assert codes(until, False) == []
    assert codes(until + timedelta(seconds=1), False) == ["vault-lock-short"]
    assert codes(until, True) == ["vault-hold-missing"]
    unlocked = s3_bucket.put_plain(f"{s3_bucket.place.prefix}{ONE}", b"one")
    other = Claimed("original 1", "s3", ONE, 3, unlocked)
    assert [finding.code for finding in check.findings(other, until, False)] == ["vault-lock-short"]
