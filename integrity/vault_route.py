"""Several vaults as one: puts go into the first, and a reference is followed into whichever vault it names.

So an installation whose vault was changed still reads what lies in the former one. Never copies and never guesses: what
is not where a reference says is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from integrity.digest import Digest
from integrity.errors import VaultError
from integrity.vault import Checked, Protection, Vault, VaultRef


class RoutedVault:
    """A `Vault` over several; their names differ."""

    def __init__(self, first: Vault, *others: Vault) -> None:
        self._first = first
        self._by_name = {vault.name: vault for vault in (*others, first)}

    @property
    def name(self) -> str:
        return self._first.name

    @property
    def checked(self) -> Checked:
        """See `Vault.checked`: of the vault that puts go into."""
        return self._first.checked

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """See `Vault.put_once`."""
        return self._first.put_once(source, digest)

    def read(self, ref: VaultRef) -> Iterator[bytes]:
        """See `Vault.read`."""
        return self._named(ref).read(ref)

    def open(self, ref: VaultRef) -> BinaryIO:
        """See `Vault.open`."""
        return self._named(ref).open(ref)

    def find(self, digest: Digest) -> VaultRef | None:
        """See `Vault.find`: in the vault that puts go into."""
        return self._first.find(digest)

    def digests(self) -> Iterator[Digest]:
        """See `Vault.digests`: of the vault that puts go into; each of the others is asked by itself."""
        return self._first.digests()

    def protection(self) -> Protection:
        """See `Vault.protection`: of the vault that puts go into."""
        return self._first.protection()

    def _named(self, ref: VaultRef) -> Vault:
        found = self._by_name.get(ref.vault)
        if found is None:
            raise VaultError(f"a reference into vault {ref.vault}, and there is no such vault")
        return found
