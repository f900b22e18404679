"""Checkpoints of the own log with the cosignatures that witnesses gave them, as files; asked for once, kept for good.

    recent/<size>   the newest ones, and older ones that more witnesses signed
    kept/<size>     those that something else rests on, such as a token over the checkpoint

A leaf is proved under any of them that is large enough. Nothing is given out that does not verify now: a damaged file,
or a line of a witness that is not asked any more, counts as not there. Losing a file costs a cosignature, no evidence.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from integrity import checkpoint, durable
from integrity.checkpoint import SignedCheckpoint
from integrity.cosignature import Cosignature, WitnessKey, cosignatures, cosigned
from integrity.errors import InvalidNote
from integrity.note import Signature

RECENT = 64
"""How many of the newest are kept whatever they are worth: long enough to see whether a token comes."""

_NAME = re.compile(r"[0-9]{20}")


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """A checkpoint with the log's signature and the cosignatures that hold; `signed.note` has their lines."""

    signed: SignedCheckpoint
    by: tuple[Cosignature, ...]

    @property
    def size(self) -> int:
        return self.signed.size


class CosignedCheckpoints:
    """One log's cosigned checkpoints. Readers may be other processes; one writer at a time.

    `open_own` reads a checkpoint that the log signed, and raises InvalidNote for any other.
    """

    def __init__(
        self, folder: Path, open_own: Callable[[bytes], SignedCheckpoint], witnesses: Sequence[WitnessKey]
    ) -> None:
        self._recent = folder / "recent"
        self._kept = folder / "kept"
        self._open = open_own
        self._witnesses = tuple(witnesses)

    @property
    def asked(self) -> bool:
        """Whether there is any witness whose signature counts."""
        return bool(self._witnesses)

    def add(self, head: SignedCheckpoint, lines: Iterable[Signature]) -> None:
        """Keep these lines with those that this checkpoint has already; OSError when that fails."""
        durable.make_folder(self._recent)
        held = self.at(head.size)
        base = head.note if held is None or held.signed.root != head.root else held.signed.note
        grown = cosigned(base, lines)
        if held is None or grown != held.signed.note:
            durable.replace(self._recent / _name(head.size), grown)

    def at(self, size: int) -> CosignedCheckpoint | None:
        """The cosigned checkpoint of exactly this size."""
        for folder in (self._recent, self._kept):
            found = self._read(folder / _name(size))
            if found is not None:
                return found
        return None

    def best(self, quorum: int, beyond: int = -1) -> CosignedCheckpoint | None:
        """Of those that cover leaf `beyond`: with as many witnesses as are asked for if any has, then the newest."""
        best: CosignedCheckpoint | None = None
        for one in self.recent():
            if one.size > beyond and (best is None or len(one.by) > len(best.by)):
                best = one
            if best is not None and len(best.by) >= quorum:
                break
        return best

    def recent(self) -> Iterator[CosignedCheckpoint]:
        """The recent ones, the newest first."""
        for path in sorted(self._paths(), reverse=True):
            found = self._read(path)
            if found is not None:
                yield found

    def with_lines(self, published: bytes) -> bytes:
        """A published note with the cosignatures that its checkpoint has; the note itself where it has none."""
        try:
            claimed = checkpoint.claimed(published)
            found = self.at(claimed.size)
            if found is None or found.signed.checkpoint != claimed:
                return published
            return cosigned(published, (one.signature for one in found.by))
        except InvalidNote:
            return published

    def thin(self, needed: Callable[[int], bool]) -> None:
        """Let go of what nobody needs: those something rests on are moved aside, of the others the best are kept."""
        durable.sweep(self._recent)
        most = 0
        for position, one in enumerate(self.recent()):
            path = self._recent / _name(one.size)
            if needed(one.size):
                self._keep(path.name, one.signed.note)
            if position >= RECENT and len(one.by) <= most:
                durable.remove(path)
            most = max(most, len(one.by))

    def _keep(self, name: str, content: bytes) -> None:
        durable.make_folder(self._kept)
        with suppress(FileNotFoundError):
            if (self._kept / name).read_bytes() == content:
                return
        durable.replace(self._kept / name, content)

    def _paths(self) -> list[Path]:
        return [path for path in self._recent.iterdir() if _NAME.fullmatch(path.name)] if self._recent.is_dir() else []

    def _read(self, path: Path) -> CosignedCheckpoint | None:
        with suppress(OSError, InvalidNote):
            content = path.read_bytes()
            signed = self._open(content)
            found = cosignatures(content, self._witnesses)
            if found:
                whole = cosigned(checkpoint.own_note(content), (one.signature for one in found))
                return CosignedCheckpoint(SignedCheckpoint(whole, signed.checkpoint), found)
        return None


def _name(size: int) -> str:
    return f"{size:020}"
