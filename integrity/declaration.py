"""What a station declares of an upload and signs before it sends a byte: FORMAT's declaration.

Canonical JSON of the station's own making, so the signature is over bytes and needs no second spelling; anybody checks
it with `openssl pkeyutl`. It travels inside the statement, whose digest is in the sealed manifest. The key is a
verifier key (C2SP signed-note) named by the station's id, so one station's key never passes for another's.
Never says that what was declared is true: only that whoever held this station's key said so, of these very bytes.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import InvalidDeclaration, InvalidNote
from integrity.fields import Fields, reading
from integrity.note import Signature, Signer, Verifier, decode_base64

FORMAT = "tiezheng-declaration-v1"
LIMIT = 16 * 1024
"""Bytes of a declaration at most."""

TEXTS = ("filetype", "device", "operator", "session", "channel", "case")
"""What a station may leave unsaid, as text."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One upload's declaration; `station` is its id, `size` in bytes, times are aware, offsets milliseconds.

    `clock_offset_ms` is the camera's clock minus true time as the station measured it, give or take the uncertainty.
    """

    station: str
    size: int
    sha256: Digest
    name: str
    kind: str
    filetype: str | None = None
    device: str | None = None
    operator: str | None = None
    session: str | None = None
    channel: str | None = None
    case: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    clock_offset_ms: int | None = None
    clock_uncertainty_ms: int | None = None

    def json(self) -> dict[str, Json]:
        """The fields of FORMAT."""
        return {
            "format": FORMAT,
            "station": self.station,
            "size": self.size,
            "sha256": self.sha256.hex,
            "name": self.name,
            "kind": self.kind,
            **{name: getattr(self, name) for name in TEXTS},
            "started_at": None if self.started_at is None else instant(self.started_at),
            "ended_at": None if self.ended_at is None else instant(self.ended_at),
            "clock_offset_ms": self.clock_offset_ms,
            "clock_uncertainty_ms": self.clock_uncertainty_ms,
        }

    def encode(self) -> bytes:
        """Its canonical bytes; InvalidDeclaration when they cannot be made or are too long."""
        with reading(InvalidDeclaration):
            content = canonical(self.json())
        if len(content) > LIMIT:
            raise InvalidDeclaration(f"a declaration has at most {LIMIT} bytes")
        return content

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The inverse of `encode`; InvalidDeclaration for anything else."""
        with reading(InvalidDeclaration):
            fields = Fields(parse_canonical(content, LIMIT))
            fields.expect("format", FORMAT)
            declaration = cls(
                station=fields.text("station"), size=fields.number("size"), sha256=fields.digest("sha256"),
                name=fields.text("name"), kind=fields.text("kind"),
                **{name: fields.optional_text(name) for name in TEXTS},
                started_at=fields.optional_instant("started_at"), ended_at=fields.optional_instant("ended_at"),
                clock_offset_ms=fields.optional_number("clock_offset_ms"),
                clock_uncertainty_ms=fields.optional_number("clock_uncertainty_ms"),
            )  # fmt: skip
            fields.finish()
        return declaration


@dataclass(frozen=True, slots=True)
class SignedDeclaration:
    """A declaration's bytes, and who signed them: what a statement carries. Nothing is verified by holding one."""

    content: bytes
    key: Verifier
    signature: bytes

    @classmethod
    def sign(cls, declaration: Declaration, signer: Signer) -> Self:
        """Sign what a station declares; the signer is named by the station's id."""
        content = declaration.encode()
        return cls(content, signer.verifier, signer.sign(content).raw)

    def verify(self) -> Declaration:
        """What was declared, once the key made the signature and is named by the station; InvalidDeclaration."""
        try:
            self.key.verify(self.content, Signature(self.key.name, self.key.key_id, self.signature))
        except InvalidNote as error:
            raise InvalidDeclaration(f"its signature does not hold: {error}") from error
        declaration = Declaration.parse(self.content)
        if declaration.station != self.key.name:
            raise InvalidDeclaration(f"station {declaration.station} declared it, and a key of {self.key.name} signed")
        return declaration

    def json(self) -> Json:
        return {
            "declaration": self.content.decode(),
            "key": self.key.vkey,
            "signature": base64.b64encode(self.signature).decode(),
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The inverse of `json`; InvalidNote for a key or a signature that cannot be read."""
        content, key = fields.text("declaration").encode(), Verifier.from_vkey(fields.text("key"))
        signature = decode_base64(fields.text("signature"))
        fields.finish()
        return cls(content, key, signature)
