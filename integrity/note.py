"""Signed notes (C2SP signed-note): text, a blank line, and signature lines by named keys. Ed25519 only.

A note's text is not looked at before a trusted key's signature on it has been verified. Signatures of unknown keys are
ignored, as the format asks (witnesses, a key of the next year); a wrong signature of a known key refuses the note.
Never holds a key it was not handed, and never prints one.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from integrity.errors import InvalidNote

SIZE_LIMIT = 1024 * 1024
"""Bytes of a note that are looked at."""

SIGNATURE_LIMIT = 100
"""Signature lines that are looked at; the format asks for at least 16."""

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name, its four-byte id, and what it made."""

    name: str
    key_id: bytes
    raw: bytes

    def line(self) -> str:
        """As it stands in the note, newline included."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.raw).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name; what a `vkey` says."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_key(self.name, self.public_key)

    @classmethod
    def from_vkey(cls, text: str) -> Self:
        """Read `name+id+base64(0x01, public key)`; InvalidNote when its parts do not agree."""
        return cls(*read_vkey(text, _ED25519))

    @property
    def key_id(self) -> bytes:
        """SHA-256(name, LF, 0x01, public key), its first four bytes."""
        return key_id(self.name, _ED25519, self.public_key)

    @property
    def vkey(self) -> str:
        """The inverse of `from_vkey`."""
        return write_vkey(self.name, _ED25519, self.public_key)

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def verify(self, text: bytes, signature: Signature) -> None:
        """InvalidNote unless this key made this signature over this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature.raw, text)
        except (InvalidSignature, ValueError) as error:
            raise InvalidNote(f"the signature of {self.name} does not hold") from error


class Signer:
    """A private key with its name."""

    __slots__ = ("_key", "verifier")

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.verifier = Verifier(name, key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        return self.verifier.name

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def sign(self, text: bytes) -> Signature:
        """Sign a note's text, its last newline included."""
        return Signature(self.name, self.verifier.key_id, self._key.sign(text))


def sign(text: str, signers: Iterable[Signer]) -> bytes:
    """A note of this text; InvalidNote when the text could not be one."""
    _require_text(text)
    lines = "".join(signer.sign(text.encode()).line() for signer in signers)
    return f"{text}\n{lines}".encode()


def open_note(note: bytes, verifiers: Sequence[Verifier]) -> str:
    """The text of a note that at least one of these keys signed; InvalidNote otherwise.

    A signature that claims to be by one of these keys and is not refuses the whole note.
    """
    return verified(note, verifiers)[0]


def verified(note: bytes, verifiers: Sequence[Verifier]) -> tuple[str, list[Signature]]:
    """The same, and which of its signatures are by these keys; all others may be anybody's."""
    text, signatures = split(note)
    known = []
    for signature in signatures:
        for verifier in verifiers:
            if verifier.made(signature):
                verifier.verify(text.encode(), signature)
                known.append(signature)
    if not known:
        raise InvalidNote("no trusted key signed this note")
    return text, known


def split(note: bytes) -> tuple[str, list[Signature]]:
    """Text and signature lines, unverified: only for showing what a note claims, and for `open_note`."""
    if len(note) > SIZE_LIMIT:
        raise InvalidNote("the note is too large")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote("a note is UTF-8") from error
    text, separator, block = whole.rpartition("\n\n")
    if not separator:
        raise InvalidNote("a note has a blank line before its signatures")
    text += "\n"
    _require_text(text)
    return text, read_lines(block)


def read_lines(block: str) -> list[Signature]:
    """Signature lines by themselves, as a witness answers them; InvalidNote unless they are 1 to 100 whole lines."""
    lines = [line + "\n" for line in block.split("\n")[:-1]] if block.endswith("\n") else []
    if not 1 <= len(lines) <= SIGNATURE_LIMIT:
        raise InvalidNote(f"a note has 1 to {SIGNATURE_LIMIT} signature lines, each ending in a newline")
    return [_signature(line) for line in lines]


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise InvalidNote("a malformed signature line")
    raw = decode_base64(match[2])
    if len(raw) < 5:
        raise InvalidNote("a signature of four bytes or less")
    return Signature(match[1], raw[:4], raw[4:])


def _require_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in text):
        raise InvalidNote("a note's text ends in a newline and has no other control character")


def require_key(name: str, public_key: bytes) -> None:
    """InvalidNote unless a line can carry the name, and the key has an Ed25519 key's length."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise InvalidNote(f"{name!r} is no key name: it may not be empty nor hold a space or a plus")
    if len(public_key) != 32:
        raise InvalidNote("an Ed25519 public key has 32 bytes")


def key_id(name: str, kind: bytes, public_key: bytes) -> bytes:
    """SHA-256(name, LF, the type's byte, public key), its first four bytes."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public_key).digest()[:4]


def write_vkey(name: str, kind: bytes, public_key: bytes) -> str:
    """`name+id+base64(kind, public key)`."""
    return f"{name}+{key_id(name, kind, public_key).hex()}+{base64.b64encode(kind + public_key).decode()}"


def read_vkey(text: str, kind: bytes) -> tuple[str, bytes]:
    """Name and public key of a verifier key of this type; InvalidNote when it is another, or its id is not its own."""
    name, _, rest = text.partition("+")
    claimed, _, encoded = rest.partition("+")
    key = decode_base64(encoded)
    if key[:1] != kind:
        raise InvalidNote(f"a verifier key of another type than {kind.hex()}")
    require_key(name, key[1:])
    if key_id(name, kind, key[1:]).hex() != claimed:
        raise InvalidNote("the verifier key's id is not the one of its name and key")
    return name, key[1:]


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical form: no second spelling of a signature or hash is accepted."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNote("malformed base64") from error
    if base64.b64encode(raw).decode() != text:
        raise InvalidNote("base64 that is not in its canonical form")
    return raw
