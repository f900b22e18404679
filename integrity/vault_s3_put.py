"""A file into an S3 bucket as one new version, hashed and sent in the same read: whole, or in parts.

The store is given the checksum of all it is sent and compares. The checksum of a version of several parts is made of
the parts' digests and not the file's; both come from one read here, so the store's word can be compared with ours.
Never finishes a version whose bytes do not have the digest they should.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from integrity.digest import Digest
from integrity.errors import VaultError, VaultUnavailable
from integrity.s3 import Bucket, checksum_of, composite_of

PART_SIZE = 16 * 1024 * 1024
"""Bytes of a part, and of the largest file that is put whole: what is held in memory for each file being sent."""
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Sums:
    """What one read of a file found: size in bytes, SHA-256, and the checksum S3 gives it, sent as it would be."""

    digest: Digest
    size: int
    checksum: str


def sums_of(fd: int, part_size: int = PART_SIZE) -> Sums:
    """Read a file once."""
    whole, digests, size = sha256(), [], 0
    for body in _parts(fd, part_size):
        whole.update(body)
        digests.append(sha256(body).digest())
        size += len(body)
    return _sums(whole.digest(), digests, size)


def send(
    bucket: Bucket, key: str, fd: int, digest: Digest | None, until: datetime | None, part_size: int = PART_SIZE
) -> Sums:
    """Read a file once and store it as a new version; VaultError when it does not have the digest, and then nothing is.

    Without a digest it is whatever was read, and without a time under no lock. VaultUnavailable leaves it unknown
    whether the version is there.
    """
    if os.fstat(fd).st_size <= part_size:
        body = b"".join(_parts(fd, part_size))
        sums = _sums(sha256(body).digest(), [sha256(body).digest()], len(body))
        _require(sums, digest)
        bucket.put(key, body, until)
        return sums
    return _send_parts(bucket, key, fd, digest, until, part_size)


def _send_parts(
    bucket: Bucket, key: str, fd: int, digest: Digest | None, until: datetime | None, part_size: int
) -> Sums:
    upload = bucket.begin(key, until)
    whole, parts, size = sha256(), list[tuple[str, bytes]](), 0
    try:
        for number, body in enumerate(_parts(fd, part_size), 1):
            whole.update(body)
            part = sha256(body).digest()
            parts.append((bucket.put_part(key, upload, number, body, part), part))
            size += len(body)
        sums = _sums(whole.digest(), [part for _tag, part in parts], size)
        _require(sums, digest)
    except BaseException:
        with suppress(VaultError):  # a part that stays costs room, and is given up by the bucket's own rule
            bucket.abort(key, upload)
        raise
    try:
        bucket.finish(key, upload, parts)
    except VaultUnavailable:
        raise  # it may be finished, so it is not given up
    except VaultError:
        with suppress(VaultError):
            bucket.abort(key, upload)
        raise
    return sums


def _parts(fd: int, part_size: int) -> Iterator[bytes]:
    """The bytes of a file in parts; larger ones where there would be too many."""
    size = os.fstat(fd).st_size
    length = max(part_size, -(-size // MOST_PARTS))
    offset = 0
    while body := _read(fd, length, offset):
        yield body
        offset += len(body)


def _read(fd: int, length: int, offset: int) -> bytes:
    """`length` bytes, fewer only at the end: one pread gives 2 GiB at most, and less whenever it likes."""
    pieces, left = [], length
    while left and (piece := os.pread(fd, left, offset)):
        pieces.append(piece)
        offset += len(piece)
        left -= len(piece)
    return b"".join(pieces)


def _sums(whole: bytes, digests: list[bytes], size: int) -> Sums:
    return Sums(Digest(whole), size, composite_of(digests) if len(digests) > 1 else checksum_of(whole))


def _require(sums: Sums, digest: Digest | None) -> None:
    if digest not in (None, sums.digest):
        raise VaultError(f"the file has the digest {sums.digest}, not {digest}")
