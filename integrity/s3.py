"""One bucket of an S3 under one credential: the only module that calls boto3, and what it is asked is typed here.

Every call is made once. A put whose answer did not come may have happened: whoever asked reads again, nothing here
tries again. Foreign errors become VaultError's children: VaultMissing (no such key or version), VaultRefused (the
store says no), VaultUnavailable (no answer, or not now: the outcome is unknown).
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.client import HTTPException
from threading import Lock as Mutex
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from integrity.errors import VaultError, VaultMissing, VaultRefused, VaultUnavailable
from integrity.vault import COMPLIANCE, Lock

CONNECT_SECONDS = 5
READ_SECONDS = 60
_CHUNK = 1024 * 1024
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload"}
_LATER = {"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted"}


_MAKING = Mutex()
"""A session makes one client at a time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is. `endpoint` is a URL, or None for the cloud's own; `prefix` begins every key of a vault."""

    bucket: str
    endpoint: str | None = None
    region: str = "us-east-1"
    prefix: str = "vault/"


@dataclass(frozen=True, slots=True)
class Credentials:
    """One access key; the secret is never shown."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says of a version: size in bytes, SHA-256 checksum (base64, `-N` if of N parts), and its lock.

    `tag` is the entity tag: of these bytes and no others.
    """

    version: str | None
    size: int
    checksum: str | None
    lock: Lock
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a listing: a version, or a delete marker, whose size is None."""

    key: str
    version: str
    size: int | None


class Bucket:
    """Typed calls; safe to use from every thread. `close` gives the connections back."""

    def __init__(self, place: Place, credentials: Credentials) -> None:
        self.place = place
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if place.endpoint else "auto"},
            request_checksum_calculation="when_required",  # every checksum is ours, and given with the call
            response_checksum_validation="when_required",
            max_pool_connections=16,
        )
        with translated(), _MAKING:
            self._client: Any = _session().client(
                "s3",
                endpoint_url=place.endpoint,
                region_name=place.region,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                config=config,
            )

    def close(self) -> None:
        self._client.close()

    def locking(self) -> bool:
        """Whether the bucket was made with Object Lock, and so with versions."""
        try:
            found = self._ask("get_object_lock_configuration")
        except VaultMissing:
            return False
        return bool(found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    def put(self, key: str, body: bytes, until: datetime | None) -> str | None:
        """Store a new version, under a COMPLIANCE lock if any, with its checksum for the store to compare; its id."""
        answer = self._ask("put_object", Key=key, Body=body, **_summed(sha256(body).digest()), **_locked(until))
        return _text(answer.get("VersionId"))

    def put_plain(self, key: str, body: bytes) -> str | None:
        """Store a new version without a lock of its own, as an intruder would: for the probe only."""
        return _text(self._ask("put_object", Key=key, Body=body).get("VersionId"))

    def replace(self, key: str, body: bytes) -> bool:
        """Put an object without a lock, over whatever is there; whether the store says that it compared checksums."""
        summed = _summed(sha256(body).digest())
        answer = self._ask("put_object", Key=key, Body=body, **summed)
        return bool(answer.get("ChecksumSHA256") == summed["ChecksumSHA256"])

    def begin(self, key: str, until: datetime | None) -> str:
        """Begin a version of several parts, under a COMPLIANCE lock if any; the upload's id."""
        answer = self._ask("create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256", **_locked(until))
        return str(answer["UploadId"])

    def put_part(self, key: str, upload: str, number: int, body: bytes, digest: bytes) -> str:
        """Store part `number` (from 1) of this SHA-256; its entity tag."""
        answer = self._ask(
            "upload_part", Key=key, UploadId=upload, PartNumber=number, Body=body, **_summed(digest)
        )  # fmt: skip
        return str(answer["ETag"])

    def finish(self, key: str, upload: str, parts: Sequence[tuple[str, bytes]]) -> str | None:
        """Make a version of the parts, given as entity tag and SHA-256; its version id where the store tells it."""
        told = [
            {"PartNumber": number, "ETag": tag, "ChecksumSHA256": _base64(digest)}
            for number, (tag, digest) in enumerate(parts, 1)
        ]
        answer = self._ask("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": told})
        return _text(answer.get("VersionId"))

    def abort(self, key: str, upload: str) -> None:
        """Give up the parts of an upload that was not finished."""
        with suppress(VaultMissing):
            self._ask("abort_multipart_upload", Key=key, UploadId=upload)

    def unfinished(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and upload id of everything that was begun and neither finished nor given up."""
        for page in self._pages("list_multipart_uploads", prefix):
            for one in page.get("Uploads", ()):
                yield str(one["Key"]), str(one["UploadId"])

    def head(self, key: str, version: str | None = None) -> Kept:
        """What the store says of a version, or of the newest; VaultMissing."""
        found = self._ask("head_object", Key=key, ChecksumMode="ENABLED", **_chosen(version))
        until = found.get("ObjectLockRetainUntilDate")
        lock = Lock(
            mode=_text(found.get("ObjectLockMode")),
            until=None if until is None else until.astimezone(UTC),
            hold=found.get("ObjectLockLegalHoldStatus") == "ON",
        )
        return Kept(
            _text(found.get("VersionId")),
            int(found["ContentLength"]),
            _text(found.get("ChecksumSHA256")),
            lock,
            str(found["ETag"]),
        )

    def read(self, key: str, version: str | None = None) -> Iterator[bytes]:
        """The bytes of a version, or of the newest, from the first to the last; VaultMissing, VaultUnavailable where
        they break off.
        """
        body = self._ask("get_object", Key=key, **_chosen(version))["Body"]
        try:
            with translated():
                yield from body.iter_chunks(_CHUNK)
        finally:
            body.close()

    def part(self, key: str, tag: str, start: int, length: int) -> bytes:
        """So many bytes, at least one, of the newest object under a key, which has them; VaultRefused where its entity
        tag is another one by now.
        """
        span = f"bytes={start}-{start + length - 1}"
        with closing(self._ask("get_object", Key=key, Range=span, IfMatch=tag)["Body"]) as body, translated():
            content = bytes(body.read(length + 1))
        if len(content) != length:
            raise VaultUnavailable(f"what the store has at {key} broke off")
        return content

    def newest(self, key: str, limit: int) -> bytes | None:
        """The newest object under a key; of one longer than `limit` bytes no more than one beyond it; None for none."""
        try:
            answer = self._ask("get_object", Key=key)
        except VaultMissing:
            return None
        with closing(answer["Body"]) as body, translated():
            content = bytes(body.read(limit + 1))
        if len(content) != min(int(answer["ContentLength"]), limit + 1):
            raise VaultUnavailable(f"what the store has at {key} broke off")
        return content

    def keys(self, prefix: str) -> Iterator[str]:
        """The key of every newest object, in order."""
        for page in self._pages("list_objects_v2", prefix):
            for one in page.get("Contents", ()):
                yield str(one["Key"])

    def listed(self, prefix: str) -> Iterator[Listed]:
        """Every version and every delete marker, keys in order; of one key the newest first."""
        for page in self._pages("list_object_versions", prefix):
            for one in page.get("Versions", ()):
                yield Listed(str(one["Key"]), str(one["VersionId"]), int(one["Size"]))
            for one in page.get("DeleteMarkers", ()):
                yield Listed(str(one["Key"]), str(one["VersionId"]), None)

    def lock(self, key: str, version: str, until: datetime) -> None:
        """Lock a version in COMPLIANCE mode; VaultRefused where that would shorten a lock."""
        retention = {"Mode": COMPLIANCE, "RetainUntilDate": until}
        self._ask("put_object_retention", Key=key, VersionId=version, Retention=retention)

    def hold(self, key: str, version: str, on: bool) -> None:
        """Put a legal hold on a version, or take it off."""
        status = {"Status": "ON" if on else "OFF"}
        self._ask("put_object_legal_hold", Key=key, VersionId=version, LegalHold=status)

    def delete(self, key: str, version: str | None = None) -> None:
        """Remove a version for good, or without one lay a delete marker over the key; VaultRefused while locked."""
        self._ask("delete_object", Key=key, **_chosen(version))

    def _ask(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        with translated():
            answer: Mapping[str, Any] = getattr(self._client, operation)(Bucket=self.place.bucket, **arguments)
        return answer

    def _pages(self, operation: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        with translated():
            yield from self._client.get_paginator(operation).paginate(Bucket=self.place.bucket, Prefix=prefix)


@cache
def _session() -> Any:
    """One for all clients: each would read the descriptions of the service again."""
    return boto3.session.Session()


@contextmanager
def translated() -> Iterator[None]:
    """Errors of boto3 and of the connection become VaultError's children."""
    try:
        yield
    except ClientError as error:
        raise _told(error) from error
    except (BotoCoreError, HTTPError, HTTPException, OSError) as error:
        raise VaultUnavailable(f"the store does not answer: {error}") from error


def _told(error: ClientError) -> VaultError:
    """What the store's own answer means."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _MISSING or (status == 404 and code != "NoSuchBucket"):
        return VaultMissing(f"no such object or version: {error}")
    if code in _LATER or status >= 500:
        return VaultUnavailable(f"the store cannot answer now: {error}")
    return VaultRefused(f"the store refused: {error}")


def checksum_of(digest: bytes) -> str:
    """A SHA-256 as S3 writes the checksum of a version that was put whole."""
    return _base64(digest)


def composite_of(digests: Sequence[bytes]) -> str:
    """The checksum S3 gives a version made of parts with these SHA-256: of their digests, and how many."""
    return f"{_base64(sha256(b''.join(digests)).digest())}-{len(digests)}"


def _summed(digest: bytes) -> dict[str, str]:
    # Both: a store that does not know the checksum header would otherwise ignore it silently.
    return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": _base64(digest)}


def _locked(until: datetime | None) -> dict[str, Any]:
    return {} if until is None else {"ObjectLockMode": COMPLIANCE, "ObjectLockRetainUntilDate": until}


def _chosen(version: str | None) -> dict[str, str]:
    return {} if version is None else {"VersionId": version}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _text(value: object) -> str | None:
    """A version id; stores without versions say `null` or nothing."""
    return None if value in (None, "", "null") else str(value)
