"""The vault on a local file system whose objects a keeper owns: read here, put by handing a descriptor over.

Differs from `integrity.vault_files` in who may do what: this process cannot write in the folder, so whoever takes it
over can neither clear a flag nor lay another file in an object's place. What the keeper says it took is read back here.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from integrity import durable
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultMissing, VaultUnavailable
from integrity.keeper import KeeperClient
from integrity.spooled import opened
from integrity.trace import Traces
from integrity.uncached import holds
from integrity.vault import Checked, Protection, VaultRef
from integrity.vault_files import FileVault


class KeptVault:
    """A `Vault` over a keeper's folder, which must be there already."""

    checked: Checked = "readback"

    def __init__(self, folder: Path, keeper: KeeperClient, name: str = "files", traces: Traces | None = None) -> None:
        self._folder = folder
        self._files = FileVault(folder, name)
        self._keeper = keeper
        self._traces = traces or Traces()

    @property
    def name(self) -> str:
        return self._files.name

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """See `Vault.put_once`: taken by the keeper, read back by us, and only then is the source removed."""
        try:
            try:
                with opened(source) as fd:
                    self._keeper.take(fd, digest)
            except FileNotFoundError:
                return self._read_back(digest)  # an earlier call took it, or it never was
            ref = self._read_back(digest)
            durable.remove(source)
        except OSError as error:
            raise VaultUnavailable(f"{error.strerror or error}: {error.filename or 'vault'}") from error
        return ref

    def read(self, ref: VaultRef) -> Iterator[bytes]:
        """See `Vault.read`."""
        return self._files.read(ref)

    def open(self, ref: VaultRef) -> BinaryIO:
        """See `Vault.open`."""
        return self._files.open(ref)

    def find(self, digest: Digest) -> VaultRef | None:
        """See `Vault.find`."""
        return self._files.find(digest)

    def digests(self) -> Iterator[Digest]:
        """See `Vault.digests`."""
        return self._files.digests()

    def protection(self) -> Protection:
        """See `Vault.protection`: what the keeper measures, and that the folder is indeed not ours."""
        told = self._keeper.measure()
        if told.immutable and self._folder.stat().st_uid == os.geteuid():
            return Protection(False, "tamper-evident only (the keeper runs as the user that runs the service)")
        return told

    def _read_back(self, digest: Digest) -> VaultRef:
        ref = self.find(digest)
        if ref is None:
            raise VaultMissing(f"no object {digest}")
        with self.open(ref) as file:
            if not holds(file.fileno(), digest, self._traces.take(digest)):
                raise VaultConflict(f"the object {digest} has other bytes")
        return ref
