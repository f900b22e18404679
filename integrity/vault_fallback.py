"""Opening sealed bytes wherever they are whole: in the vault that a reference names, else in one that holds a copy.

Every file is hashed before anybody reads from it, whatever the vault says of it, so a damaged object is one more vault
that cannot help and never what somebody gets to see. For reading alone: nothing is put, repaired or claimed here, and
audit and scrub go past it, for they ask each vault by itself. Whoever was served from a copy is told of, or a vault
that loses bytes would go unnoticed for as long as another has them.
"""

from collections.abc import Callable, Iterable
from typing import BinaryIO

from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultUnavailable
from integrity.vault import Opener, VaultRef

Copies = Callable[[Digest], Iterable[VaultRef]]
"""Where else these bytes should lie; asked only once the vault they were put into has failed."""
Told = Callable[[Digest, str, str, VaultError], None]
"""Called with whose bytes it was about, the vault they should have come from, the one they came from, and why."""


class FallbackOpener:
    """An `Opener` over vaults and what the catalog knows of copies in them. Safe to use from every thread."""

    def __init__(self, vaults: Opener, copies: Copies, told: Told) -> None:
        self._vaults = vaults
        self._copies = copies
        self._told = told

    def open(self, ref: VaultRef) -> BinaryIO:
        """The bytes of the reference's digest, at offset 0, from the first place that has them whole.

        Where none has: VaultUnavailable when one of them may answer later, else what the named vault said.
        """
        try:
            return self._whole(ref)
        except VaultError as error:
            refused = worst = error
        for copy in self._copies(ref.digest):
            try:
                file = self._whole(copy)
            except VaultUnavailable as error:
                worst = error
            except VaultError:
                continue
            else:
                self._told(ref.digest, ref.vault, copy.vault, refused)
                return file
        raise worst

    def _whole(self, ref: VaultRef) -> BinaryIO:
        file = self._vaults.open(ref)
        try:
            found = Digest.of_fd(file.fileno())
        except OSError as error:
            file.close()
            raise VaultUnavailable(f"vault {ref.vault}: {error.strerror or error}") from error
        if found != ref.digest:
            file.close()
            raise VaultConflict(f"the object {ref.digest} has other bytes in vault {ref.vault}")
        return file
