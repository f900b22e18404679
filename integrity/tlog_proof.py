"""Offline proofs that a leaf is in a log (C2SP tlog-proof@v1): index, audit path, checkpoint, in one small text file.

Self-contained: whoever has the entry and the log's public key needs nothing else and asks nobody.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from integrity import checkpoint, merkle, note
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import InvalidNote
from integrity.note import Verifier

SIZE_LIMIT = note.SIZE_LIMIT + 64 * 1024
"""Bytes of a proof file that are looked at."""

PATH_LIMIT = 63
"""Hashes of an audit path: one for each level of a tree."""

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A parsed proof: says nothing until `verify` has."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """The file."""
        lines = [_HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(hashed).decode() for hashed in self.path)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a file; InvalidNote unless writing it again gives the same bytes."""
        head, separator, signed = content.partition(b"\n\n")
        if len(content) > SIZE_LIMIT or not separator:
            raise InvalidNote("a proof has a blank line before its checkpoint, and is small")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise InvalidNote("a proof's lines are ASCII") from error
        if lines.pop(0) != _HEADER:
            raise InvalidNote(f"a proof begins with {_HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = note.decode_base64(lines.pop(0).removeprefix("extra "))
        match = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if match is None or len(lines) > PATH_LIMIT:
            raise InvalidNote("a proof has an index and at most 63 hashes")
        return cls(int(match[1]), tuple(note.decode_base64(line) for line in lines), signed, extra)

    def verify(self, entry: bytes, verifiers: Sequence[Verifier], origin: str) -> SignedCheckpoint:
        """The checkpoint that covers this entry.

        InvalidNote when its origin or signature is not the one asked for, InvalidProof when the entry is not there.
        """
        signed = checkpoint.open_checkpoint(self.checkpoint, verifiers, origin)
        self.require(entry, signed)
        return signed

    def require(self, entry: bytes, signed: SignedCheckpoint) -> None:
        """InvalidProof unless the entry is in the tree of this checkpoint, which the caller verified."""
        merkle.verify_inclusion(merkle.leaf_hash(entry), self.index, signed.size, self.path, signed.root)
