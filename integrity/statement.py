"""What an uploader declared about an upload, as one canonical document whose digest the manifest carries.

Agency, station and person come from the credentials that were used; everything else is the uploader's word and is
kept as such. Never corrected afterwards: a correction is a new fact beside it. A station with a key signs its word
itself (`integrity.declaration`); the statement then carries that, in a version of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import instant
from integrity.declaration import TEXTS, Declaration, SignedDeclaration
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidDeclaration, InvalidManifest, InvalidNote
from integrity.fields import Fields, reading

FORMAT = "tiezheng-statement-v1"
FORMAT_SIGNED = "tiezheng-statement-v2"
"""The same and one field more: what the station signed."""

LIMIT = 64 * 1024
"""Bytes of a statement at most, and of a manifest."""


@dataclass(frozen=True, slots=True)
class Filing:
    """How a document was filed: to which case, under which title; only where `kind` is `document`."""

    case: str
    title: str
    kind: str
    stage: str
    content_type: str

    def json(self) -> Json:
        return {
            "case": self.case,
            "title": self.title,
            "kind": self.kind,
            "stage": self.stage,
            "content_type": self.content_type,
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        names = ("case", "title", "kind", "stage", "content_type")
        filing = cls(**{name: fields.text(name) for name in names})
        fields.finish()
        return filing


@dataclass(frozen=True, slots=True)
class Statement:
    """One upload's declaration. Ids are those of this installation; times are aware; offsets are milliseconds."""

    agency: str
    kind: str
    name: str
    station: str | None = None
    person: str | None = None
    filetype: str | None = None
    sha256: Digest | None = None
    device: str | None = None
    operator: str | None = None
    session: str | None = None
    channel: str | None = None
    case: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    clock_offset_ms: int | None = None
    clock_uncertainty_ms: int | None = None
    filing: Filing | None = None
    signed: SignedDeclaration | None = None

    def __post_init__(self) -> None:
        if (self.station is None) == (self.person is None):
            raise InvalidManifest("a statement is made by a station or by a person, and by one of them")
        if (self.filing is None) == (self.kind == "document"):
            raise InvalidManifest("a document, and nothing else, says how it was filed")

    def encode(self) -> bytes:
        """Its canonical bytes; InvalidManifest when they cannot be made or are too long."""
        signed: dict[str, Json] = {} if self.signed is None else {"signed": self.signed.json()}
        with reading(InvalidManifest):
            content = canonical(
                {"format": FORMAT_SIGNED if signed else FORMAT, **signed, **self._texts(), **self._facts()}
            )
        if len(content) > LIMIT:
            raise InvalidManifest(f"a statement has at most {LIMIT} bytes")
        return content

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The inverse of `encode`; InvalidManifest for anything else."""
        with reading(InvalidManifest):
            fields = Fields(parse_canonical(content, LIMIT))
            signed = _signed(fields)
            filing = fields.optional_object("filing")
            statement = cls(
                agency=fields.text("agency"), kind=fields.text("kind"), name=fields.text("name"),
                **{name: fields.optional_text(name) for name in _OPTIONAL_TEXTS},
                sha256=fields.optional_digest("sha256"),
                started_at=fields.optional_instant("started_at"), ended_at=fields.optional_instant("ended_at"),
                clock_offset_ms=fields.optional_number("clock_offset_ms"),
                clock_uncertainty_ms=fields.optional_number("clock_uncertainty_ms"),
                filing=None if filing is None else Filing.read(filing), signed=signed,
            )  # fmt: skip
            fields.finish()
        return statement

    def declaration(self, size: int) -> Declaration:
        """What the station has to sign of it, of a file of `size` bytes; InvalidDeclaration without its digest."""
        if self.sha256 is None or self.station is None:
            raise InvalidDeclaration("only a station signs, and only for a digest")
        return Declaration(size=size, **{name: getattr(self, name) for name in _DECLARED})

    def require_signed(self, size: int) -> None:
        """InvalidDeclaration unless the station signed exactly what stands here, of a file of `size` bytes.

        Whether the key was the station's, only who knows the station's keys can say.
        """
        if self.signed is None:
            raise InvalidDeclaration("nobody signed it")
        declared = self.signed.verify()
        differ = [name for name in _DECLARED if getattr(declared, name) != getattr(self, name)]
        if declared.size != size:
            differ.append("size")
        if differ:
            raise InvalidDeclaration(f"the station signed otherwise of: {', '.join(sorted(differ))}")

    def _texts(self) -> dict[str, Json]:
        return {name: getattr(self, name) for name in ("agency", "kind", "name", *_OPTIONAL_TEXTS)}

    def _facts(self) -> dict[str, Json]:
        return {
            "sha256": None if self.sha256 is None else self.sha256.hex,
            "started_at": optional_instant(self.started_at),
            "ended_at": optional_instant(self.ended_at),
            "clock_offset_ms": self.clock_offset_ms,
            "clock_uncertainty_ms": self.clock_uncertainty_ms,
            "filing": None if self.filing is None else self.filing.json(),
        }


_OPTIONAL_TEXTS = ("station", "person", *TEXTS)
_DECLARED = (
    *("station", "sha256", "name", "kind", *TEXTS),
    *("started_at", "ended_at", "clock_offset_ms", "clock_uncertainty_ms"),
)
"""What a declaration says too."""


def _signed(fields: Fields) -> SignedDeclaration | None:
    """What the station signed, which one version has and the other does not."""
    version = fields.text("format")
    if version == FORMAT:
        return None
    if version != FORMAT_SIGNED:
        raise InvalidCanonical(f"format: neither {FORMAT} nor {FORMAT_SIGNED}")
    try:
        return SignedDeclaration.read(fields.object("signed"))
    except InvalidNote as error:
        raise InvalidCanonical(f"signed: {error}") from error


def optional_instant(at: datetime | None) -> str | None:
    """A time as text, or None; InvalidManifest for one that does not say in which zone it is."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise InvalidManifest("a time without a zone is no time")
    return instant(at)
