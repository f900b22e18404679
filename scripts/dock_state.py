"""What a docking station remembers beside its credentials, so that a restart goes on where the last run stopped.

    CREDENTIALS                what `tiezheng admin enrol-station` wrote, mode 0600
    trust.json                 beside it: what receipts are checked against
    receipts/                  <sha256>.receipt.json: those that were verified; the station's proof, so they are synced
    CREDENTIALS.state/         uploads that are under way by SHA-256 of the file, and the log's last checkpoint

Losing the state folder costs time, never evidence: what was under way is sent again. Losing receipts costs the proof.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from integrity import durable
from integrity.digest import Digest


class WrongCredentials(Exception):
    """The credentials file cannot be used; the text says why."""

    code = "credentials-file-wrong"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An enrolled station's id, name and bearer token; `server` where the file names one."""

    path: Path
    station: str
    name: str
    token: str
    server: str | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; WrongCredentials when others can read it too, or it is not one."""
        try:
            if path.stat().st_mode & 0o077:
                raise WrongCredentials(f"{path} can be read by others: chmod 600")
            fields = json.loads(path.read_bytes())
            station, name, token = (_text(fields, field) for field in ("station", "name", "token"))
            server = None if fields.get("server") is None else _text(fields, "server")
            return cls(path, station, name, token, server)
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise WrongCredentials(f"{path}: {error}") from error


class DockState:
    """The folders beside the credentials. Safe for threads and for several runs at a time: each file is replaced."""

    def __init__(self, credentials: Path) -> None:
        self._folder = credentials.with_name(credentials.name + ".state")
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


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _text(fields: Any, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value
