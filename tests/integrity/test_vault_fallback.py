"""Opening where bytes are whole: the named vault first, a copy where it cannot; never other bytes, never in silence."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultMissing, VaultRefused, VaultUnavailable
from integrity.vault import VaultRef
from integrity.vault_fallback import FallbackOpener
from integrity.vault_files import FileVault
from integrity.vault_route import RoutedVault
from tests.contracts.vault import BODY, spooled
from tests.fakes.immutable import clear_one

DIGEST = Digest.of(BODY)


class Troubled:
    """Two real vaults, one of which may be told to fail; it notes what was asked of it."""

    def __init__(self, vaults: RoutedVault) -> None:
        self.vaults = vaults
        self.fails: dict[str, VaultError] = {}
        self.asked: list[str] = []

    def open(self, ref: VaultRef) -> BinaryIO:
        self.asked.append(ref.vault)
        if ref.vault in self.fails:
            raise self.fails[ref.vault]
        return self.vaults.open(ref)


class House:
    """A vault `files`, its copy `replica`, and what was told of reads that the copy served."""

    def __init__(self, place: Path) -> None:
        self.place = place
        files, replica = FileVault(place / "files"), FileVault(place / "replica", "replica")
        self.ref = files.put_once(spooled(place), DIGEST)
        self.copy = replica.put_once(spooled(place), DIGEST)
        self.vaults = Troubled(RoutedVault(files, replica))
        self.copies: Callable[[Digest], list[VaultRef]] = lambda digest: [self.copy] if digest == DIGEST else []
        self.told: list[tuple[Digest, str, str, str]] = []

    def read(self, ref: VaultRef | None = None) -> bytes:
        opener = FallbackOpener(self.vaults, lambda digest: self.copies(digest), self.tell)
        with opener.open(ref or self.ref) as file:
            assert file.tell() == 0
            return file.read()

    def tell(self, digest: Digest, vault: str, copy: str, error: VaultError) -> None:
        self.told.append((digest, vault, copy, error.code))

    def damage(self, vault: str, body: bytes) -> None:
        path = self.place / vault / DIGEST.hex[:2] / DIGEST.hex[2:4] / DIGEST.hex
        clear_one(path)
        path.chmod(0o600)
        path.write_bytes(body)

    def remove(self, vault: str) -> None:
        path = self.place / vault / DIGEST.hex[:2] / DIGEST.hex[2:4] / DIGEST.hex
        clear_one(path)
        path.unlink()


@pytest.fixture
def house(place: Path) -> Iterator[House]:
    yield House(place)


def test_the_named_vault_serves_and_no_copy_is_looked_for(house: House) -> None:
    def never(digest: Digest) -> list[VaultRef]:
        raise AssertionError("asked where the copies are, although nothing failed")

    house.copies = never
    assert house.read() == BODY
    assert (house.vaults.asked, house.told) == (["files"], [])


@pytest.mark.parametrize("error", [VaultUnavailable("away"), VaultRefused("no right"), VaultError("no such vault")],
                         ids=lambda error: str(error.code))  # fmt: skip
def test_a_copy_serves_while_the_vault_cannot(house: House, error: VaultError) -> None:
    house.vaults.fails["files"] = error
    assert house.read() == BODY
    assert house.told == [(DIGEST, "files", "replica", error.code)]


def test_a_copy_serves_where_the_vault_lost_the_bytes(house: House) -> None:
    house.remove("files")
    assert house.read() == BODY
    assert house.told == [(DIGEST, "files", "replica", "vault-missing")]


@pytest.mark.parametrize("bad", [b"", BODY[:-1], BODY + b"x", b"X" + BODY[1:]], ids=["empty", "cut", "long", "flip"])
def test_damaged_bytes_are_never_passed_on(house: House, bad: bytes) -> None:
    """Not even those of the right length, which a comparison of sizes lets through."""
    house.damage("files", bad)
    assert house.read() == BODY
    assert house.told == [(DIGEST, "files", "replica", "vault-conflict")]
    house.damage("replica", bad)
    with pytest.raises(VaultConflict, match="in vault files"):
        house.read()
    house.copies = lambda digest: []
    with pytest.raises(VaultConflict, match="in vault files"):
        house.read()
    assert len(house.told) == 1, "nobody was served, so nobody was told that somebody was"


def test_the_next_copy_is_tried_when_one_is_bad(house: House) -> None:
    third = FileVault(house.place / "third", "third")
    further = third.put_once(spooled(house.place), DIGEST)
    house.vaults.vaults = RoutedVault(FileVault(house.place / "files"), FileVault(house.place / "replica", "replica"),
                                      third)  # fmt: skip
    house.copies = lambda digest: [house.copy, further]
    house.remove("files")
    house.damage("replica", b"?")
    assert house.read() == BODY
    assert house.told == [(DIGEST, "files", "third", "vault-missing")]


def test_where_nobody_has_them_it_says_whether_to_come_again(house: House) -> None:
    house.remove("files")
    house.vaults.fails["replica"] = VaultUnavailable("away")
    with pytest.raises(VaultUnavailable, match="away"):
        house.read()
    house.vaults.fails.clear()
    house.remove("replica")
    with pytest.raises(VaultMissing):
        house.read()
    house.vaults.fails["files"] = VaultUnavailable("its disk is away")
    with pytest.raises(VaultUnavailable, match="its disk"):
        house.read()
    assert house.told == []


def test_a_disk_that_breaks_off_in_the_middle_is_one_that_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Digest.of_fd, list[int]()

    def broken(fd: int) -> Digest:
        calls.append(fd)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")
        return real(fd)

    monkeypatch.setattr(Digest, "of_fd", broken)
    assert house.read() == BODY
    assert house.told == [(DIGEST, "files", "replica", "vault-unavailable")]
