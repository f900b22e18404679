"""Cosignatures of checkpoints (C2SP tlog-cosignature, cosignature/v1, Ed25519): a witness's word on a log.

It says: at this time, this was the largest tree of this log that I had seen, and it continues all that I had seen
before. It stands as one more signature line of the checkpoint's note, by a key of another type (0x04) than the log's,
so neither can be taken for the other; it is over the note's text with two lines before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from integrity import note
from integrity.errors import InvalidNote
from integrity.note import Signature

_KIND = b"\x04"
_TIME_SIZE = 8
_RAW_SIZE = _TIME_SIZE + 64
_TIME_LIMIT = 253402300800
"""The year 10000 in POSIX seconds; the format allows more, no clock shows it."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """A witness's public key with its name; what a `vkey` of type 0x04 says."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        note.require_key(self.name, self.public_key)

    @classmethod
    def from_vkey(cls, text: str) -> Self:
        """Read `name+id+base64(0x04, public key)`; InvalidNote when its parts do not agree, or it is another type."""
        return cls(*note.read_vkey(text, _KIND))

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, LF, 0x04, public key), its first four bytes."""
        return note.key_id(self.name, _KIND, self.public_key)

    @property
    def vkey(self) -> str:
        """The inverse of `from_vkey`."""
        return note.write_vkey(self.name, _KIND, self.public_key)

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verify(self, text: str, signature: Signature) -> datetime:
        """When this witness cosigned this checkpoint's text; InvalidNote unless it did."""
        if len(signature.raw) != _RAW_SIZE:
            raise InvalidNote(f"a cosignature of {self.name} has {len(signature.raw)} bytes, not {_RAW_SIZE}")
        seconds = int.from_bytes(signature.raw[:_TIME_SIZE])
        if not 0 < seconds < _TIME_LIMIT:
            raise InvalidNote(f"a cosignature of {self.name} has no time")
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(signature.raw[_TIME_SIZE:], _message(text, seconds))
        except (InvalidSignature, ValueError) as error:
            raise InvalidNote(f"the cosignature of {self.name} does not hold") from error
        return datetime.fromtimestamp(seconds, UTC)


class Cosigner:
    """A witness's private key with its name."""

    __slots__ = ("_private", "key")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key = WitnessKey(name, private.public_key().public_bytes_raw())

    def cosign(self, text: str, at: datetime) -> Signature:
        """Sign a checkpoint's text, its last newline included. Only for what was verified to continue all before."""
        seconds = int(at.timestamp())
        if not 0 < seconds < _TIME_LIMIT:
            raise InvalidNote("no cosignature without a time")
        raw = seconds.to_bytes(_TIME_SIZE) + self._private.sign(_message(text, seconds))
        return Signature(self.key.name, self.key.key_id, raw)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that holds: by whom, when, and its line."""

    witness: WitnessKey
    at: datetime
    signature: Signature


def cosignatures(signed: bytes, witnesses: Sequence[WitnessKey]) -> tuple[Cosignature, ...]:
    """Those of these witnesses on a checkpoint, each witness once: the earliest. Lines of others are ignored.

    InvalidNote when one that claims to be by one of them is not. The log's own signature is not looked at here.
    """
    text, lines = note.split(signed)
    found: dict[WitnessKey, Cosignature] = {}
    for signature in lines:
        for witness in witnesses:
            if witness.made(signature):
                made = Cosignature(witness, witness.verify(text, signature), signature)
                if witness not in found or made.at < found[witness].at:
                    found[witness] = made
    return tuple(found.values())


def cosigned(signed: bytes, signatures: Iterable[Signature]) -> bytes:
    """The note with these lines added; those it has already stay as they are."""
    held = set(note.split(signed)[1])
    return signed + "".join(line.line() for line in dict.fromkeys(signatures) if line not in held).encode()


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
