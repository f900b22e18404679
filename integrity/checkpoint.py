"""Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log at one moment.

A log never signs two different roots for one size; that rule lives in `integrity.log`. Here is only the format, read
strictly: whatever is not exactly what the writer would write is InvalidNote.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrity import note
from integrity.errors import InvalidNote
from integrity.merkle import HASH_SIZE
from integrity.note import Signer, Verifier

SIZE_LIMIT = 1 << 63
"""No log is that large; a number beyond it is a mistake or an attack."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, its number of leaves, and the root over them; extension lines are kept, never interpreted."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note's text."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note that says it, byte for byte."""

    note: bytes
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        return self.checkpoint.root


def parse(text: str) -> Checkpoint:
    """Read a note's text; InvalidNote unless writing it again gives the same text."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise InvalidNote("a checkpoint has at least three lines and no empty one")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) >= SIZE_LIMIT:
        raise InvalidNote("a checkpoint's second line is the size of its tree")
    hashed = note.decode_base64(root)
    if len(hashed) != HASH_SIZE:
        raise InvalidNote("a checkpoint's third line is a SHA-256 root")
    return Checkpoint(origin, int(size), hashed, tuple(extensions))


def sign(checkpoint: Checkpoint, signers: Sequence[Signer]) -> SignedCheckpoint:
    """Sign; what comes back is also what `open_checkpoint` would read from the bytes."""
    return SignedCheckpoint(note.sign(checkpoint.text(), signers), checkpoint)


def open_checkpoint(signed: bytes, verifiers: Sequence[Verifier], origin: str) -> SignedCheckpoint:
    """Read a checkpoint of this origin that one of these keys signed; InvalidNote otherwise."""
    checkpoint = parse(note.open_note(signed, verifiers))
    if checkpoint.origin != origin:
        raise InvalidNote(f"a checkpoint of {checkpoint.origin!r}, not of {origin!r}")
    return SignedCheckpoint(signed, checkpoint)


def own_note(signed: bytes) -> bytes:
    """The note as its log signed it: what a checkpoint's token is over. Cosignatures come later, and may be left out.

    A log's keys are named by its origin, so the lines of that name are kept; InvalidNote where there is none.
    """
    text, signatures = note.split(signed)
    own = [signature.line() for signature in signatures if signature.name == parse(text).origin]
    if not own:
        raise InvalidNote("no line of a key that is named like the log")
    return f"{text}\n{''.join(own)}".encode()


def claimed(signed: bytes) -> Checkpoint:
    """What a note claims, its signatures unread: only to say what was claimed, or to know which origin to trust."""
    return parse(note.split(signed)[0])
