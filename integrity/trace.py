"""A keyed trace of bytes as they passed, by which the process that hashed them knows them again on the disk.

Reading a file back with SHA-256 costs as much as receiving it did; GMAC (NIST SP 800-38D) costs a twelfth of that.
Under a random key that never leaves this process, other bytes have the same tag with a chance of at most one in 2^90,
whoever made them. So a trace says that the disk holds what was hashed, and nothing of whether it was hashed right: it
stands in for the hash of a read-back only where somebody else computed the same SHA-256 (`Uploads.settle`). Never
stored, never told, and never a proof to anybody but the process that took it.
"""

import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import AEADEncryptionContext, Cipher, algorithms, modes

from integrity.clock import Random
from integrity.digest import Digest

KEY_SIZE = 32
NONCE_SIZE = 12
REMEMBERED = 1024
"""Traces kept for files that are not in the vault yet; an older one is read back with SHA-256."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes up to `end`, from where the stretch before it ended; its tag, and a nonce that no other one has."""

    end: int
    nonce: bytes
    tag: bytes


@dataclass(frozen=True, slots=True)
class Trace:
    """All bytes of a file from its first on."""

    key: bytes
    stretches: tuple[Stretch, ...]

    @property
    def size(self) -> int:
        return self.stretches[-1].end if self.stretches else 0


class Tracer:
    """Takes a trace while bytes pass, of those that are kept. Not for two threads."""

    def __init__(self, random: Random) -> None:
        self._key = random(KEY_SIZE)
        self._kept: list[Stretch] = []
        self._nonces = 0
        self._begin()

    def update(self, chunk: bytes | memoryview) -> None:
        """The next bytes, before anything else is done with them: then a change on the way shows."""
        self._mac.authenticate_additional_data(chunk)
        self._passed += len(chunk)

    def keep(self) -> None:
        """What passed since the last time counts."""
        if self._passed:
            self._mac.finalize()
            self._kept.append(Stretch(self._end + self._passed, self._nonce, self._mac.tag))
            self._begin()

    def drop(self) -> None:
        """What passed since the last time does not count."""
        self._begin()

    def trace(self) -> Trace:
        """Of all that counts."""
        return Trace(self._key, tuple(self._kept))

    @property
    def _end(self) -> int:
        return self._kept[-1].end if self._kept else 0

    def _begin(self) -> None:
        self._nonce = self._nonces.to_bytes(NONCE_SIZE, "big")
        self._nonces += 1
        self._mac = _gmac(self._key, self._nonce)
        self._passed = 0


class Comparison:
    """Is given a file's bytes in order; `same` afterwards, where they are exactly those of the trace."""

    def __init__(self, trace: Trace) -> None:
        self._key = trace.key
        self._left = list(reversed(trace.stretches))
        self._offset = 0
        self._mac: AEADEncryptionContext | None = None
        self._differs = False

    def update(self, chunk: bytes | memoryview) -> None:
        """The next bytes."""
        view = memoryview(chunk)
        while view and self._left:
            stretch = self._left[-1]
            self._mac = self._mac or _gmac(self._key, stretch.nonce)
            piece = view[: stretch.end - self._offset]
            self._mac.authenticate_additional_data(piece)
            self._offset += len(piece)
            view = view[len(piece) :]
            if self._offset == stretch.end:
                self._conclude(self._mac, self._left.pop())
        self._differs |= bool(view)  # bytes behind the last

    @property
    def same(self) -> bool:
        """False while anything is missing, and for ever once anything was another."""
        return not self._differs and not self._left

    def _conclude(self, mac: AEADEncryptionContext, stretch: Stretch) -> None:
        mac.finalize()
        self._differs |= not hmac.compare_digest(mac.tag, stretch.tag)
        self._mac = None


class Traces:
    """The traces of files on their way to a vault, by digest. Safe to use from every thread."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[Digest, Trace] = OrderedDict()
        self._most = most

    def keep(self, digest: Digest, trace: Trace) -> None:
        """These bytes passed and have this digest, as two parties computed it."""
        with self._lock:
            self._traces[digest] = trace
            while len(self._traces) > self._most:
                self._traces.popitem(last=False)

    def take(self, digest: Digest) -> Trace | None:
        """The trace of a file, once: whoever comes again hashes."""
        with self._lock:
            return self._traces.pop(digest, None)


def _gmac(key: bytes, nonce: bytes) -> AEADEncryptionContext:
    return Cipher(algorithms.AES256(key), modes.GCM(nonce)).encryptor()
