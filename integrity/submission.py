"""What a log sends to a witness (C2SP tlog-witness, add-checkpoint): the size the witness should know, the growth since
then, and the new checkpoint. Only the format, read strictly; what any of it is worth, the witness decides.
"""

import base64
import re
from dataclasses import dataclass
from typing import Self

from integrity import checkpoint, note
from integrity.errors import InvalidNote
from integrity.merkle import HASH_SIZE

LIMIT = 64 * 1024
"""Bytes of a submission that are read: 63 hashes and a note of a hundred signatures are a quarter of it."""

PROOF_LIMIT = 63
"""Hashes of a consistency proof that are looked at; the format allows no more."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Submission:
    """A parsed request. `old` may be 0: then the witness is asked to say what it knows, or to see the log first."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def to_bytes(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *(base64.b64encode(hashed).decode() for hashed in self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a body; InvalidNote unless it is one. The checkpoint is looked at no further than where it begins."""
        head, separator, signed = content.partition(b"\n\n")
        if len(content) > LIMIT or not separator:
            raise InvalidNote("a submission has a blank line before its checkpoint, and is small")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise InvalidNote("a submission's lines are ASCII") from error
        match = _OLD.fullmatch(first)
        if match is None or int(match[1]) >= checkpoint.SIZE_LIMIT or len(lines) > PROOF_LIMIT:
            raise InvalidNote("a submission begins with an old size and at most 63 hashes")
        return cls(int(match[1]), tuple(_hash(line) for line in lines), signed)


def _hash(line: str) -> bytes:
    hashed = note.decode_base64(line)
    if len(hashed) != HASH_SIZE:
        raise InvalidNote(f"a hash has {HASH_SIZE} bytes")
    return hashed
