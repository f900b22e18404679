"""Whether a store keeps what it is told to keep: tried on probe objects before anything is entrusted to it.

Some stores drop the lock of a version made of parts, silently; others know no versions or no lock at all. So, for an
object put whole and for one put in parts: what is kept is asked for; removing the version and shortening its lock must
be refused; and after a plain overwrite and a plain delete the first version, read by its id, must have its bytes.
A refusal proves a lock only if the same credential may remove versions at all: that is tried on a delete marker first.
Probe objects lie under `probe/`, locked for one day; those whose time is over are removed by the next probe.
Never touches anything outside that prefix.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from integrity.clock import Clock, Random
from integrity.errors import VaultError, VaultRefused, VaultUnprotected
from integrity.s3 import Bucket, checksum_of, composite_of
from integrity.vault import COMPLIANCE

PREFIX = "probe/"
KEPT_FOR = timedelta(days=1)
_BODY = b"tiezheng probe"


@dataclass(frozen=True, slots=True)
class Probe:
    """One try. `bucket` puts, `removing` is who may remove versions, `holding` who may change locks."""

    bucket: Bucket
    removing: Bucket
    holding: Bucket
    clock: Clock
    random: Random

    def run(self) -> None:
        """VaultUnprotected names, in `lacking`, the first thing the store does not do; VaultUnavailable."""
        if not self.bucket.locking():
            raise VaultUnprotected("object-lock", f"bucket {self.bucket.place.bucket} was made without Object Lock")
        until = (self.clock.now() + KEPT_FOR).replace(microsecond=0)
        name = f"{PREFIX}{self.clock.now():%Y%m%dT%H%M%SZ}-{self.random(6).hex()}"
        self._control(f"{name}-control")
        self._whole(f"{name}-whole", until)
        self._parts(f"{name}-parts", until)
        self._clear()

    def _control(self, key: str) -> None:
        """The credential that is to be refused can remove a version where nothing keeps it: a delete marker."""
        try:
            self.removing.delete(key)
            for listed in list(self.removing.listed(key)):
                self.removing.delete(key, listed.version)
        except VaultRefused as error:
            detail = f"no credential here may remove versions, so that a refusal would prove nothing ({error})"
            raise VaultUnprotected("removal-untried", detail) from error
        if list(self.removing.listed(key)):
            raise VaultUnprotected("removal-untried", "a delete marker that was removed is still there")

    def _whole(self, key: str, until: datetime) -> None:
        version = self.bucket.put(key, _BODY, until)
        self._kept("whole", key, version, until, checksum_of(sha256(_BODY).digest()))

    def _parts(self, key: str, until: datetime) -> None:
        """One part is enough: the lock was given before it, when the version was begun."""
        part = sha256(_BODY).digest()
        upload = self.bucket.begin(key, until)
        tag = self.bucket.put_part(key, upload, 1, _BODY, part)
        version = self.bucket.finish(key, upload, [(tag, part)]) or self._only(key)
        self._kept("parts", key, version, until, composite_of([part]))

    def _only(self, key: str) -> str | None:
        return next((one.version for one in self.bucket.listed(key)), None)

    def _kept(self, kind: str, key: str, version: str | None, until: datetime, checksum: str) -> None:
        """All that is demanded of one version; `kind` is how it was put."""
        if version is None:
            raise VaultUnprotected(f"version-{kind}", "the store tells no version id")
        kept = self.bucket.head(key, version)
        if (kept.version, kept.size) != (version, len(_BODY)):
            raise VaultUnprotected(f"version-{kind}", "the store does not tell what it keeps under a version id")
        if kept.checksum != checksum:
            raise VaultUnprotected(f"checksum-{kind}", "the store does not keep the checksum it was given")
        if kept.lock.mode != COMPLIANCE or kept.lock.until is None or kept.lock.until < until:
            raise VaultUnprotected(f"lock-{kind}", "the store dropped the lock it was given")
        self._refuses(kind, key, version, until)
        self._survives(kind, key, version)

    def _refuses(self, kind: str, key: str, version: str, until: datetime) -> None:
        with suppress(VaultRefused):
            self.holding.lock(key, version, until - KEPT_FOR / 2)
            raise VaultUnprotected(f"shortening-{kind}", "the store shortened a lock in COMPLIANCE mode")
        with suppress(VaultRefused):
            self.removing.delete(key, version)
            raise VaultUnprotected(f"removal-{kind}", "the store removed a locked version")

    def _survives(self, kind: str, key: str, version: str) -> None:
        with suppress(VaultRefused):  # whoever puts evidence need not be able to
            self.bucket.put_plain(key, b"laid over it")
        with suppress(VaultRefused):
            self.removing.delete(key)
        if b"".join(self.bucket.read(key, version)) != _BODY:
            raise VaultUnprotected(f"first-version-{kind}", "after an overwrite the first version has other bytes")

    def _clear(self) -> None:
        """Remove earlier probes whose day is over; one that cannot be removed yet is left to the next probe."""
        for key, version in list(self._earlier()):
            with suppress(VaultError):
                self.removing.delete(key, version)

    def _earlier(self) -> Iterator[tuple[str, str]]:
        latest = f"{PREFIX}{self.clock.now() - 2 * KEPT_FOR:%Y%m%dT%H%M%SZ}"
        return ((one.key, one.version) for one in self.removing.listed(PREFIX) if one.key < latest)
