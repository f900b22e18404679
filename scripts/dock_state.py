"""What a docking station remembers beside its credentials, so that a restart goes on where the last run stopped.

    CREDENTIALS                what `tiezheng enrol` or `tiezheng admin enrol-station` wrote, mode 0600
    trust.json                 beside it: what receipts are checked against
    receipts/                  <sha256>.receipt.json: those that were verified; the station's proof, so they are synced
    CREDENTIALS.state/         uploads that are under way by SHA-256 of the file, the log's last checkpoint, and locks

Losing the state folder costs time, never evidence: what was under way is sent again. Losing receipts costs the proof.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity import durable
from integrity.clock import from_instant, instant
from integrity.digest import Digest
from integrity.note import Signer


class WrongCredentials(Exception):
    """The credentials file cannot be used; the text says why."""

    code = "credentials-file-wrong"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An enrolled station's id, name and bearer token; `server` where the file names one.

    `key` is the station's own Ed25519 private key; without one it signs nothing. Never printed, never sent.
    `since` tells when the station got its token, where it knows; `former` is the token before, kept until the present
    one was accepted (`scripts.dock_token`).
    """

    path: Path
    station: str
    name: str
    token: str
    server: str | None
    key: Ed25519PrivateKey | None = None
    since: datetime | None = None
    former: str | None = None

    @property
    def signer(self) -> Signer | None:
        """What the station signs with, under its own id."""
        return None if self.key is None else Signer(self.station, self.key)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; WrongCredentials when others can read it too, or it is not one."""
        try:
            if path.stat().st_mode & 0o077:
                raise WrongCredentials(f"{path} can be read by others: chmod 600")
            fields = json.loads(path.read_bytes())
            station, name, token = (_text(fields, field) for field in ("station", "name", "token"))
            server, key, since, former = (
                None if fields.get(field) is None else _text(fields, field)
                for field in ("server", "key", "token_since", "former_token")
            )
            return cls(
                path, station, name, token, server, None if key is None else read_key(key),
                None if since is None else from_instant(since), former,
            )  # fmt: skip
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise WrongCredentials(f"{path}: {error}") from error

    def write(self) -> None:
        """Put the file in place, durably and for its owner's eyes only."""
        fields = {"server": self.server, "station": self.station, "name": self.name, "token": self.token}
        key = None if self.key is None else write_key(self.key)
        since = None if self.since is None else instant(self.since)
        fields |= {"key": key, "token_since": since, "former_token": self.former}
        told = {name: value for name, value in fields.items() if value is not None}
        durable.replace(self.path, (json.dumps(told, ensure_ascii=False) + "\n").encode(), 0o600)


def write_key(key: Ed25519PrivateKey) -> str:
    """A private key as credentials keep it: its 32 bytes in base64."""
    return base64.b64encode(key.private_bytes_raw()).decode()


def read_key(text: str) -> Ed25519PrivateKey:
    """The inverse; ValueError."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


class DockState:
    """The folders beside the credentials. Safe for threads and for several runs at a time: each file is replaced."""

    def __init__(self, credentials: Path) -> None:
        self._folder = state_folder(credentials)
        self.receipts = credentials.with_name("receipts")
        for folder in (self._folder, self.receipts):
            durable.make_folder(folder)
            durable.sweep(folder)

    def upload(self, digest: Digest) -> str | None:
        """The address of the upload under way for these bytes."""
        return _read(self._folder / f"{digest.hex}.url")

    def begin_upload(self, digest: Digest, url: str) -> None:
        durable.replace(self._folder / f"{digest.hex}.url", url.encode())

    def end_upload(self, digest: Digest) -> None:
        durable.remove(self._folder / f"{digest.hex}.url")

    def receipt(self, digest: Digest) -> bytes | None:
        """The receipt kept for these bytes."""
        try:
            return self.receipt_path(digest).read_bytes()
        except FileNotFoundError:
            return None

    def receipt_path(self, digest: Digest) -> Path:
        return self.receipts / f"{digest.hex}.receipt.json"

    def keep_receipt(self, digest: Digest, receipt: bytes) -> Path:
        durable.replace(self.receipt_path(digest), receipt)
        return self.receipt_path(digest)

    def checkpoint(self) -> bytes | None:
        """The largest checkpoint of the log that was ever seen and verified."""
        note = _read(self._folder / "checkpoint")
        return None if note is None else note.encode()

    def keep_checkpoint(self, note: bytes) -> None:
        durable.replace(self._folder / "checkpoint", note)


def state_folder(credentials: Path) -> Path:
    """What is remembered beside these credentials."""
    return credentials.with_name(credentials.name + ".state")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace")  # what a disk spoiled is no address, and no checkpoint
    except FileNotFoundError:
        return None


def _text(fields: Any, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value
