"""The logs that a witness watches, as files: one folder a log, named by the SHA-256 of its origin line.

    logs/<sha256>/keys       the origin, then the log's verifier keys, a line each
    logs/<sha256>/head       the newest head that was cosigned; the one thing that must never be lost or set back
    logs/<sha256>/refused/   what the log signed and nobody could prove to continue its past, named by SHA-256

A folder that is lost, or restored from a backup, makes this witness see a log's past for the first time again, and then
it may cosign another one: hence a new key after a loss, never an old folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integrity import durable
from integrity.digest import Digest
from integrity.errors import InvalidNote, LogUnavailable
from integrity.heads import FileHeads
from integrity.note import Verifier

REFUSED_LIMIT = 100
"""Refused checkpoints that are kept of one log. Half of the room is for those that are proof by themselves: anybody can
send a true checkpoint with a wrong proof, but only the log can sign two trees of one size."""

_FOLDER = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """One log's folder, opened."""

    folder: Path
    origin: str
    keys: Sequence[Verifier]
    heads: FileHeads

    def keep_refused(self, signed: bytes, *, proof: bool) -> None:
        """Keep it once, up to the limit; LogUnavailable when that fails, so that it is submitted again."""
        place = self.folder / "refused"
        path = place / Digest.of(signed).hex
        try:
            durable.make_folder(place)
            if not path.exists() and self.refused < (REFUSED_LIMIT if proof else REFUSED_LIMIT // 2):
                durable.replace(path, signed)
        except OSError as error:
            raise LogUnavailable(f"the refused checkpoint cannot be kept: {error}") from error

    @property
    def refused(self) -> int:
        """How many checkpoints of this log were refused and kept."""
        place = self.folder / "refused"
        return sum(1 for path in place.iterdir() if _FOLDER.fullmatch(path.name)) if place.is_dir() else 0


class WatchedLogs:
    """All logs below one folder. Read anew for each question, so that `add` works beside a running witness."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[str, FileHeads] = {}

    def add(self, key: Verifier, origin: str | None = None) -> WatchedLog:
        """Watch the log of this origin (default: the key's name); a further key of a log that is watched counts too."""
        origin = key.name if origin is None else origin
        if not origin or "\n" in origin:
            raise InvalidNote("an origin is one line")
        known = self.of(origin)
        keys = (*known.keys, key) if known else (key,)
        folder = self._folder / origin_hash(origin)
        durable.make_folder(folder)
        lines = [origin, *dict.fromkeys(one.vkey for one in keys)]
        durable.replace(folder / "keys", "".join(f"{line}\n" for line in lines).encode())
        return self._open(folder, origin, keys)

    def of(self, origin: str) -> WatchedLog | None:
        """The log of this origin; None where it is not watched."""
        return self.named(origin_hash(origin))

    def named(self, origin_sha256: str) -> WatchedLog | None:
        """The log by the hash that its folder, and its address, is named by; LogUnavailable when it cannot be read."""
        if not _FOLDER.fullmatch(origin_sha256):
            return None
        folder = self._folder / origin_sha256
        try:
            origin, *vkeys = (folder / "keys").read_text(encoding="utf-8").removesuffix("\n").split("\n")
            keys = tuple(map(Verifier.from_vkey, vkeys))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, InvalidNote) as error:
            raise LogUnavailable(f"{folder.name}/keys cannot be read: {error}") from error
        if origin_hash(origin) != origin_sha256 or not keys:
            raise LogUnavailable(f"{folder.name}/keys is of another log, or without a key")
        return self._open(folder, origin, keys)

    def all(self) -> list[WatchedLog]:
        """Every log, in the order of their folders."""
        there = sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []
        return [log for name in there if (log := self.named(name)) is not None]

    def sweep(self) -> None:
        """Remove what a crash left half-written."""
        for log in self.all():
            for folder in (log.folder, log.folder / "refused"):
                durable.sweep(folder)

    def _open(self, folder: Path, origin: str, keys: Sequence[Verifier]) -> WatchedLog:
        # One store object a log: it knows what it has synced already.
        heads = self._opened.setdefault(folder.name, FileHeads(folder / "head"))
        return WatchedLog(folder, origin, keys, heads)


def origin_hash(origin: str) -> str:
    """How tlog-witness names a log in addresses: SHA-256 of the origin line, in hexadecimal."""
    return Digest.of(origin.encode()).hex
