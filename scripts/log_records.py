"""`keys/logs.json`: which logs this installation has had, where they lie, where they ended, and the keys of each.

Written by the first recovery or the first change of a key; until then there is the one log of `keys/origin`, in `log`,
with `keys/log.key`. Replaced as a whole, so a reader sees the state before a change or after it, never between.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from integrity import durable
from integrity.canonical import canonical, parse_canonical
from integrity.clock import instant
from integrity.errors import InvalidNote, InvalidTrust
from integrity.fields import Fields, reading
from integrity.log_keys import KeyTerm
from integrity.note import Verifier
from scripts.keys import signer

FORMAT = "tiezheng-logs-v1"


class NotFounded(Exception):
    """There is no installation in this folder yet; `tiezheng serve` makes one."""

    code = "data-not-founded"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key: its file below `keys`, its term, and until when it signs beside the next (None: it is the newest)."""

    file: str
    term: KeyTerm
    signs_until: datetime | None = None

    def json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "vkey": self.term.verifier.vkey,
            "from_size": self.term.from_size,
            "until_size": self.term.until_size,
            "signs_until": None if self.signs_until is None else instant(self.signs_until),
            "revoked_at": None if self.term.revoked_at is None else instant(self.term.revoked_at),
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The inverse of `json`."""
        file, vkey = fields.text("file"), fields.text("vkey")
        start, end = fields.number("from_size"), fields.optional_number("until_size")
        signs_until, revoked_at = fields.optional_instant("signs_until"), fields.optional_instant("revoked_at")
        fields.finish()
        try:
            return cls(file, KeyTerm(Verifier.from_vkey(vkey), start, end, revoked_at), signs_until)
        except InvalidNote as error:
            raise InvalidTrust(f"keys/logs.json: {error}") from error


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log: its origin, folder and keys, the newest last; where it ended, its size, and what others knew of it."""

    origin: str
    folder: str
    keys: tuple[KeyRecord, ...]
    end: int | None = None
    known: int | None = None

    def json(self) -> dict[str, Any]:
        keys = [key.json() for key in self.keys]
        return {"origin": self.origin, "folder": self.folder, "keys": keys, "end": self.end, "known": self.known}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The inverse of `json`."""
        origin, folder = fields.text("origin"), fields.text("folder")
        keys = tuple(map(KeyRecord.read, fields.objects("keys")))
        record = cls(origin, folder, keys, fields.optional_number("end"), fields.optional_number("known"))
        fields.finish()
        if not record.keys or any(key.term.verifier.name != origin for key in record.keys):
            raise InvalidTrust(f"keys/logs.json: the log {origin} has no key of its name")
        return record

    def ended(self, size: int, known: int) -> "LogRecord":
        """The same, at its end."""
        return replace(self, end=size, known=known)


def origin(data: Path) -> str:
    """The origin line that this installation began with; NotFounded where there is none."""
    try:
        return (data / "keys" / "origin").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFounded(f"{data} holds no installation yet: start `tiezheng serve --data {data}` first") from error


def read_records(data: Path) -> tuple[LogRecord, ...]:
    """Every log, the current one last; NotFounded, InvalidTrust, KeyUnusable."""
    try:
        content = (data / "keys" / "logs.json").read_bytes()
    except FileNotFoundError:
        first = origin(data)
        verifier = signer(data / "keys" / "log.key", first).verifier
        return (LogRecord(first, "log", (KeyRecord("log.key", KeyTerm(verifier)),)),)
    with reading(InvalidTrust):
        fields = Fields(parse_canonical(content))
        fields.expect("format", FORMAT)
        records = tuple(map(LogRecord.read, fields.objects("logs")))
        fields.finish()
    if not records or records[-1].end is not None or any(record.end is None for record in records[:-1]):
        raise InvalidTrust("keys/logs.json: every log but the last has ended")
    return records


def write_records(data: Path, records: tuple[LogRecord, ...]) -> None:
    """Replace the file; durable on return."""
    value: dict[str, Any] = {"format": FORMAT, "logs": [record.json() for record in records]}
    durable.replace(data / "keys" / "logs.json", canonical(value))
