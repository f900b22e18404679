"""Several vaults as one: the contract of a vault, and references into each of them."""

from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.errors import VaultError
from integrity.vault import Vault, VaultRef
from integrity.vault_files import FileVault
from integrity.vault_route import RoutedVault
from tests.contracts.vault import BODY, Damage, VaultContract, spooled, stored
from tests.fakes.immutable import clear_one


@pytest.fixture
def spool(place: Path) -> Path:
    (place / "spool").mkdir()
    return place / "spool"


@pytest.fixture
def former(place: Path) -> FileVault:
    return FileVault(place / "former", "former")


@pytest.fixture
def vault(place: Path, former: FileVault) -> Vault:
    return RoutedVault(FileVault(place / "vault"), former)


@pytest.fixture
def damage(place: Path) -> Damage:
    def change(digest: Digest, body: bytes) -> None:
        path = place / "vault" / digest.hex[0:2] / digest.hex[2:4] / digest.hex
        clear_one(path)
        path.chmod(0o600)
        path.write_bytes(body)

    return change


class TestRoutedVault(VaultContract):
    pass


def test_what_lies_in_a_former_vault_is_read_there(vault: Vault, former: FileVault, spool: Path) -> None:
    ref = former.put_once(spooled(spool), Digest.of(BODY))
    assert stored(vault, ref) == BODY
    assert b"".join(vault.read(ref)) == BODY
    assert vault.find(Digest.of(BODY)) is None, "new bytes go into the first one, whatever the others hold"
    newer = vault.put_once(spooled(spool), Digest.of(BODY))
    assert (newer.vault, ref.vault) == ("files", "former")


def test_a_vault_that_does_not_exist_is_named(vault: Vault) -> None:
    with pytest.raises(VaultError, match="elsewhere"):
        vault.read(VaultRef("elsewhere", Digest.of(BODY), len(BODY)))
