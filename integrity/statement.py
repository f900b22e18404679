"""What an uploader declared about an upload, as one canonical document whose digest the manifest carries.

Agency, station and person come from the credentials that were used; everything else is the uploader's word and is
kept as such. Never corrected afterwards: a correction is a new fact beside it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import InvalidManifest
from integrity.fields import Fields, reading

FORMAT = "tiezheng-statement-v1"
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

    def __post_init__(self) -> None:
        if (self.station is None) == (self.person is None):
            raise InvalidManifest("a statement is made by a station or by a person, and by one of them")
        if (self.filing is None) == (self.kind == "document"):
            raise InvalidManifest("a document, and nothing else, says how it was filed")

    def encode(self) -> bytes:
        """Its canonical bytes; InvalidManifest when they cannot be made or are too long."""
        with reading(InvalidManifest):
            content = canonical({"format": FORMAT, **self._texts(), **self._facts()})
        if len(content) > LIMIT:
            raise InvalidManifest(f"a statement has at most {LIMIT} bytes")
        return content

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The inverse of `encode`; InvalidManifest for anything else."""
        with reading(InvalidManifest):
            fields = Fields(parse_canonical(content, LIMIT))
            fields.expect("format", FORMAT)
            filing = fields.optional_object("filing")
            statement = cls(
                agency=fields.text("agency"), kind=fields.text("kind"), name=fields.text("name"),
                **{name: fields.optional_text(name) for name in _OPTIONAL_TEXTS},
                sha256=fields.optional_digest("sha256"),
                started_at=fields.optional_instant("started_at"), ended_at=fields.optional_instant("ended_at"),
                clock_offset_ms=fields.optional_number("clock_offset_ms"),
                clock_uncertainty_ms=fields.optional_number("clock_uncertainty_ms"),
                filing=None if filing is None else Filing.read(filing),
            )  # fmt: skip
            fields.finish()
        return statement

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


_OPTIONAL_TEXTS = ("station", "person", "filetype", "device", "operator", "session", "channel", "case")


def optional_instant(at: datetime | None) -> str | None:
    """A time as text, or None; InvalidManifest for one that does not say in which zone it is."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise InvalidManifest("a time without a zone is no time")
    return instant(at)
