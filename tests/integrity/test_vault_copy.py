"""A copy in a second vault: equal, of its own, and never made of bytes that are not what they are named."""

from pathlib import Path

import pytest

from integrity.clock import SystemClock
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultMissing, VaultUnavailable
from integrity.s3 import Bucket
from integrity.vault import Vault, VaultRef
from integrity.vault_copy import copy
from integrity.vault_files import FileVault
from integrity.vault_s3 import S3Vault
from tests.contracts.vault import BODY, spooled, stored
from tests.fakes.immutable import clear_immutable
from tests.fakes.s3_terms import SHORT

DIGEST = Digest.of(BODY)


@pytest.fixture
def first(place: Path) -> FileVault:
    return FileVault(place / "vault")


@pytest.fixture(params=["files", "s3"])
def second(request: pytest.FixtureRequest, place: Path) -> Vault:
    if request.param == "files":
        return FileVault(place / "replica", "replica")
    bucket: Bucket = request.getfixturevalue("s3_bucket")
    return S3Vault(bucket, SystemClock(), SHORT, place, "replica")


@pytest.fixture
def scratch(place: Path) -> Path:
    (place / "scratch").mkdir()
    return place / "scratch"


def test_a_copy_is_equal_and_again_is_the_same(place: Path, first: FileVault, second: Vault, scratch: Path) -> None:
    ref = first.put_once(spooled(place), DIGEST)
    made = copy(first, ref, second, scratch)
    assert (made.vault, made.digest, made.size) == ("replica", DIGEST, len(BODY))
    assert stored(second, made) == BODY
    assert copy(first, ref, second, scratch) == made
    assert list(scratch.iterdir()) == [], "nothing is left on the way"
    assert stored(first, ref) == BODY


def test_two_folders_share_no_inode(place: Path, first: FileVault, scratch: Path) -> None:
    ref = first.put_once(spooled(place), DIGEST)
    copy(first, ref, FileVault(place / "replica", "replica"), scratch)
    paths = [path for path in place.rglob(DIGEST.hex) if path.is_file()]
    assert len({path.stat().st_ino for path in paths}) == len(paths) == 2


def test_bytes_that_are_not_what_they_are_named_are_not_copied(
    place: Path, first: FileVault, second: Vault, scratch: Path
) -> None:
    ref = first.put_once(spooled(place), DIGEST)
    clear_immutable(place / "vault")
    path = next((place / "vault").rglob(DIGEST.hex))
    path.chmod(0o600)
    path.write_bytes(b"X" + BODY[1:])
    with pytest.raises(VaultConflict, match=DIGEST.hex):
        copy(first, ref, second, scratch)
    assert list(second.digests()) == []


def test_what_is_not_there_cannot_be_copied(first: FileVault, second: Vault, scratch: Path) -> None:
    with pytest.raises(VaultMissing):
        copy(first, VaultRef("files", DIGEST, len(BODY)), second, scratch)


def test_without_room_for_the_way_nothing_is_lost(place: Path, first: FileVault, second: Vault) -> None:
    ref = first.put_once(spooled(place), DIGEST)
    with pytest.raises(VaultUnavailable):
        copy(first, ref, second, place / "no such folder")
    assert stored(first, ref) == BODY
