"""Removing an object from an S3 bucket under a verified order: every version of its key, and the markers laid over it.

The store refuses while a lock lasts, whoever asks; then that version stays, and the order is tried again later. A legal
hold is taken off first, by the credential that puts them: an order is given only for what nothing holds any more.
Never touches a key that the order does not name.
"""

from integrity.disposal import Order
from integrity.errors import InvalidOrder, VaultError
from integrity.s3 import Bucket
from integrity.vault import VaultRef


class S3Disposer:
    """A `VaultDisposer` of one bucket: `removing` may remove versions, `holding` take holds off."""

    def __init__(self, removing: Bucket, holding: Bucket, name: str) -> None:
        self._removing = removing
        self._holding = holding
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def dispose(self, ref: VaultRef, order: Order) -> None:
        """See `VaultDisposer.dispose`; VaultRefused while a version is locked. A kill leaves fewer versions."""
        if ref.digest not in order.digests:
            raise InvalidOrder(f"order {order.id} does not name {ref.digest}")
        if ref.vault != self._name:
            raise VaultError(f"a reference into vault {ref.vault}, not {self._name}")
        key = f"{self._removing.place.prefix}{ref.digest.hex}"
        for listed in [one for one in self._removing.listed(key) if one.key == key]:
            if listed.size is not None and self._removing.head(key, listed.version).lock.hold:
                self._holding.hold(key, listed.version, False)
            self._removing.delete(key, listed.version)
