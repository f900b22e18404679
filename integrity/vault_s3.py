"""The vault in an S3 bucket with Object Lock: `<prefix><sha256>`, each object one version under a COMPLIANCE lock.

The lock protects versions: a plain overwrite lays a newer version over the first, a plain delete a marker, and both
succeed. So a reference carries the version id and nothing is read without it; newer versions and markers are found by
the audit and change nothing. After every put the store is asked what it keeps: size, checksum, mode, until when.
An answer that did not come is an unknown outcome: the versions are read again, nothing is sent a second time blindly.
The source stays where it was, for until the catalog knows the object the spool is the only sure copy.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, cast

from integrity.clock import Clock
from integrity.digest import Digest
from integrity.errors import (
    VaultConflict,
    VaultError,
    VaultMissing,
    VaultStrays,
    VaultUnavailable,
    VaultUnprotected,
)
from integrity.finding import Finding
from integrity.s3 import Bucket, Kept, Listed, checksum_of
from integrity.spooled import opened
from integrity.vault import COMPLIANCE, Checked, Lock, Protection, VaultRef
from integrity.vault_s3_put import PART_SIZE, Sums, send, sums_of

_KEY = re.compile(r"[0-9a-f]{64}")
_SLACK = timedelta(hours=1)
"""By how much a lock may end early: a put that is tried again shortly after need not lock anew."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How objects are kept: for how long at least from their put on, and what is sent in one piece, in bytes."""

    minimum: timedelta
    part_size: int = PART_SIZE


class S3Vault:
    """A `LockedVault` over one bucket.

    `scratch` is a folder for copies that are open for reading; it keeps none. `holding` is the same bucket under the
    credential that may lengthen locks and put holds.
    """

    checked: Checked = "store-checksum"

    def __init__(
        self, bucket: Bucket, clock: Clock, terms: Terms, scratch: Path, name: str = "s3", holding: Bucket | None = None
    ) -> None:
        self._bucket = bucket
        self._holding = holding or bucket
        self._clock = clock
        self._terms = terms
        self._scratch = scratch
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """See `Vault.put_once`; the source stays."""
        with _read_errors():
            try:
                with opened(source) as fd:
                    return self._put(fd, digest)
            except FileNotFoundError:
                return self._put_before(digest)

    def read(self, ref: VaultRef) -> Iterator[bytes]:
        """See `Vault.read`."""
        return self._bucket.read(self._key(ref.digest), self._version(ref))

    def open(self, ref: VaultRef) -> BinaryIO:
        """See `Vault.open`: a nameless local copy, whole and compared with its digest before anybody reads it."""
        state, size = sha256(), 0
        with _read_errors():
            file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._scratch))  # noqa: SIM115  the caller closes it
            try:
                for piece in self.read(ref):
                    state.update(piece)
                    size += file.write(piece)
                if (Digest(state.digest()), size) != (ref.digest, ref.size):
                    raise VaultConflict(f"the object {ref.digest} has other bytes")
                file.seek(0)
            except BaseException:
                file.close()
                raise
        return file

    def find(self, digest: Digest) -> VaultRef | None:
        """See `Vault.find`: the first version that the store's checksum does not speak against."""
        for listed in self._versions(digest):
            kept = self._bucket.head(listed.key, listed.version)
            if _says_equal(kept, digest) is not False:
                return VaultRef(self._name, digest, kept.size, listed.version)
        return None

    def digests(self) -> Iterator[Digest]:
        """See `Vault.digests`: markers, foreign keys and versions that differ under one key are told at the end."""
        strays: list[Finding] = []
        for key, versions in groupby(self._listing(strays), key=lambda one: one.key):
            name = key.removeprefix(self._bucket.place.prefix)
            if not _KEY.fullmatch(name):
                strays.append(self._stray("vault-stray", key, "it is no object of this vault"))
                continue
            yield Digest.from_hex(name)
            if self._differ(list(versions)):
                strays.append(self._stray("vault-overwritten", key, "versions with other bytes lie over the first"))
        if strays:
            raise VaultStrays(strays)

    def protection(self) -> Protection:
        """See `Vault.protection`. The lock itself is proved by the probe at each start (`integrity.vault_s3_probe`)."""
        if self._bucket.locking():
            return Protection(True, "S3 Object Lock, COMPLIANCE: the store refuses to remove a version before its time")
        return Protection(False, "tamper-evident only (the bucket has no Object Lock)")

    def locked(self, ref: VaultRef) -> Lock:
        """See `LockedVault.locked`."""
        return self._bucket.head(self._key(ref.digest), self._version(ref)).lock

    def extend(self, ref: VaultRef, until: datetime) -> None:
        """See `LockedVault.extend`."""
        until = _whole_seconds(until)
        if not _keeps(self.locked(ref), until, timedelta(0)):
            self._holding.lock(self._key(ref.digest), self._version(ref), until)
            if not _keeps(self.locked(ref), until, timedelta(0)):
                raise VaultUnprotected("lock", f"the store does not keep the longer lock of {ref.digest}")

    def hold(self, ref: VaultRef, on: bool) -> None:
        """See `LockedVault.hold`."""
        if self.locked(ref).hold != on:
            self._holding.hold(self._key(ref.digest), self._version(ref), on)
            if self.locked(ref).hold != on:
                raise VaultUnprotected("hold", f"the store does not keep the hold on {ref.digest}")

    # --- putting ------------------------------------------------------------------------------------------------------

    def _put(self, fd: int, digest: Digest) -> VaultRef:
        until = self._until()
        if self._versions(digest):
            return self._compared(sums_of(fd, self._terms.part_size), digest, until)
        try:
            sums = send(self._bucket, self._key(digest), fd, digest, until, self._terms.part_size)
        except VaultUnavailable:
            sums = sums_of(fd, self._terms.part_size)
            if not self._versions(digest):
                raise
        return self._compared(sums, digest, until)

    def _compared(self, sums: Sums, digest: Digest, until: datetime) -> VaultRef:
        """The first version that has these bytes, locked; VaultConflict when there are only others."""
        if sums.digest != digest:
            raise VaultError(f"the file has the digest {sums.digest}, not {digest}")
        for listed in self._versions(digest):
            kept = self._bucket.head(listed.key, listed.version)
            if kept.size == sums.size and (kept.checksum == sums.checksum or self._holds(listed, kept, digest)):
                self._secure(listed, kept, until)
                return VaultRef(self._name, digest, sums.size, listed.version)
        raise VaultConflict(f"the object {digest} has other bytes")

    def _put_before(self, digest: Digest) -> VaultRef:
        """An object whose source is gone: an earlier call put it, or there never was one."""
        for listed in self._versions(digest):
            kept = self._bucket.head(listed.key, listed.version)
            if self._holds(listed, kept, digest):
                self._secure(listed, kept, self._until())
                return VaultRef(self._name, digest, kept.size, listed.version)
        raise VaultMissing(f"no object {digest}")

    def _holds(self, listed: Listed, kept: Kept, digest: Digest) -> bool:
        """Whether a version has the digest: by the store's checksum of the whole, or else by reading all of it."""
        said = _says_equal(kept, digest)
        if said is None:
            state = sha256()
            for piece in self._bucket.read(listed.key, listed.version):
                state.update(piece)
            return state.digest() == digest.raw
        return said

    def _secure(self, listed: Listed, kept: Kept, until: datetime) -> None:
        """Lock a version for the minimum at least, and believe it only when the store says so afterwards."""
        if kept.version != listed.version:
            raise VaultUnprotected("version", f"the store keeps no versions of {listed.key}")
        if _keeps(kept.lock, until):
            return
        self._bucket.lock(listed.key, listed.version, until)
        if not _keeps(self._bucket.head(listed.key, listed.version).lock, until):
            raise VaultUnprotected("lock", f"the store does not keep the lock of {listed.key}")

    def _until(self) -> datetime:
        return _whole_seconds(self._clock.now() + self._terms.minimum)

    # --- looking ------------------------------------------------------------------------------------------------------

    def _key(self, digest: Digest) -> str:
        return f"{self._bucket.place.prefix}{digest.hex}"

    def _version(self, ref: VaultRef) -> str:
        if ref.vault != self._name:
            raise VaultError(f"a reference into vault {ref.vault}, not {self._name}")
        if ref.version is None:
            raise VaultMissing(f"the reference to {ref.digest} names no version")
        return ref.version

    def _versions(self, digest: Digest) -> list[Listed]:
        """The versions of one object, the first one first."""
        key = self._key(digest)
        found = [one for one in self._bucket.listed(key) if one.key == key and one.size is not None]
        # Stores list the newest first. Not by their times: those are whole seconds, and a new lock may change them.
        return found[::-1]

    def _listing(self, strays: list[Finding]) -> Iterator[Listed]:
        """Every version, keys in order; the markers among them are complaints."""
        for listed in self._bucket.listed(self._bucket.place.prefix):
            if listed.size is None:
                strays.append(self._stray("vault-delete-marker", listed.key, "somebody deleted it; its versions stay"))
            else:
                yield listed

    def _differ(self, versions: list[Listed]) -> bool:
        """Whether versions of one key are of different bytes; equal ones come of a put whose answer was lost."""
        if len(versions) == 1:
            return False
        heads = [self._bucket.head(one.key, one.version) for one in versions]
        return len({(kept.size, kept.checksum) for kept in heads}) > 1 or heads[0].checksum is None

    def _stray(self, code: str, key: str, detail: str) -> Finding:
        return Finding(code, f"vault {self._name}", f"{key}: {detail}")


def _says_equal(kept: Kept, digest: Digest) -> bool | None:
    """What the store's checksum says of a version; None where it is of parts, or there is none."""
    if kept.checksum is None or "-" in kept.checksum:
        return None
    return kept.checksum == checksum_of(digest.raw)


def _keeps(lock: Lock, until: datetime, slack: timedelta = _SLACK) -> bool:
    return lock.mode == COMPLIANCE and lock.until is not None and lock.until >= until - slack


def _whole_seconds(until: datetime) -> datetime:
    """The next whole second: stores keep no fractions."""
    return until if not until.microsecond else until.replace(microsecond=0) + timedelta(seconds=1)


@contextmanager
def _read_errors() -> Iterator[None]:
    """A local disk that fails is no fault of the store, and nothing is known to be lost."""
    try:
        yield
    except OSError as error:
        raise VaultUnavailable(f"{error.strerror or error}: {error.filename or 'scratch'}") from error
