"""The manifest: the statement that is sealed. Which bytes, from whom, declared to be what, received when.

Its canonical bytes are what the log's leaf commits to (with the manifest's own salt) and what `manifest.tsr` stamps.
It is fixed once for an upload and never made again: another salt would be another leaf for the same bytes.
Times in `declared` are the camera's word; `received_at` is ours, with what the kernel said of our clock then.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from integrity.canonical import Json, canonical, parse_canonical
from integrity.clock import ClockState, instant
from integrity.commitment import SALT_SIZE, commit
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidManifest
from integrity.fields import Fields, reading
from integrity.sm3 import Sm3
from integrity.statement import LIMIT, Statement, optional_instant

FORMAT = "tiezheng-manifest-v1"
FORMAT_WITH_SM3 = "tiezheng-manifest-v2"
"""The same and one field more; written only where a deployment asks for SM3."""

IMPORTED = "sealed on import, earlier integrity unknown"
"""The note on everything of kind `import`: old discs prove nothing about the years before."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes came from; agency, station, person and upload are ids of the installation that sealed."""

    kind: str
    agency: str
    upload: str
    station: str | None
    person: str | None
    device: str | None
    operator: str | None
    session: str | None
    channel: str | None

    def json(self) -> Json:
        return {name: getattr(self, name) for name in _SOURCE}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        kind, agency, upload = (fields.text(name) for name in _SOURCE[:3])
        source = cls(kind, agency, upload, **{name: fields.optional_text(name) for name in _SOURCE[3:]})
        fields.finish()
        return source


_SOURCE = ("kind", "agency", "upload", "station", "person", "device", "operator", "session", "channel")


@dataclass(frozen=True, slots=True)
class Declared:
    """What the uploader says of time and case; the offset is the camera's clock minus true time, in milliseconds."""

    started_at: datetime | None
    ended_at: datetime | None
    clock_offset_ms: int | None
    clock_uncertainty_ms: int | None
    case: str | None

    def json(self) -> Json:
        return {
            "started_at": optional_instant(self.started_at),
            "ended_at": optional_instant(self.ended_at),
            "clock_offset_ms": self.clock_offset_ms,
            "clock_uncertainty_ms": self.clock_uncertainty_ms,
            "case": self.case,
        }

    @classmethod
    def read(cls, fields: Fields) -> Self:
        declared = cls(
            fields.optional_instant("started_at"),
            fields.optional_instant("ended_at"),
            fields.optional_number("clock_offset_ms"),
            fields.optional_number("clock_uncertainty_ms"),
            fields.optional_text("case"),
        )
        fields.finish()
        return declared


@dataclass(frozen=True, slots=True)
class Manifest:
    """One original's manifest; `salt` has 32 bytes, `size` counts bytes, `statement` is the statement's digest.

    `sm3` is None where the deployment that sealed did not ask for it.
    """

    digest: Digest
    size: int
    name: str
    source: Source
    declared: Declared
    statement: Digest
    received_at: datetime
    clock: ClockState
    salt: bytes
    note: str | None
    sm3: Sm3 | None = None

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_SIZE:
            raise InvalidManifest(f"a salt has {SALT_SIZE} bytes")
        if self.size < 0:
            raise InvalidManifest("a size is not negative")

    def encode(self) -> bytes:
        """Its canonical bytes; InvalidManifest when they cannot be made or are too long."""
        second: dict[str, Json] = {} if self.sm3 is None else {"sm3": self.sm3.hex}
        with reading(InvalidManifest):
            content = canonical(
                {
                    "format": FORMAT_WITH_SM3 if second else FORMAT,
                    **second,
                    "sha256": self.digest.hex,
                    "size": self.size,
                    "name": self.name,
                    "source": self.source.json(),
                    "declared": self.declared.json(),
                    "statement": self.statement.hex,
                    "received_at": instant(self.received_at),
                    "clock": clock_json(self.clock),
                    "salt": self.salt.hex(),
                    "note": self.note,
                }
            )
        if len(content) > LIMIT:
            raise InvalidManifest(f"a manifest has at most {LIMIT} bytes")
        return content

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The inverse of `encode`; InvalidManifest for anything else."""
        with reading(InvalidManifest):
            fields = Fields(parse_canonical(content, LIMIT))
            manifest = cls(
                sm3=_sm3(fields),
                digest=fields.digest("sha256"),
                size=fields.number("size"),
                name=fields.text("name"),
                source=Source.read(fields.object("source")),
                declared=Declared.read(fields.object("declared")),
                statement=fields.digest("statement"),
                received_at=fields.instant("received_at"),
                clock=read_clock(fields.object("clock")),
                salt=fields.digest("salt").raw,  # 64 lowercase hexadecimal digits, as a digest is
                note=fields.optional_text("note"),
            )
            fields.finish()
        return manifest

    @classmethod
    def of(
        cls,
        statement: Statement,
        digest: Digest,
        size: int,
        upload: str,
        received_at: datetime,
        clock: ClockState,
        salt: bytes,
        sm3: Sm3 | None = None,
    ) -> Self:
        """Make the manifest of an upload from what was received and what was declared."""
        return cls(
            digest=digest,
            size=size,
            name=statement.name,
            source=Source(
                statement.kind, statement.agency, upload, statement.station, statement.person,
                statement.device, statement.operator, statement.session, statement.channel,
            ),
            declared=Declared(
                statement.started_at, statement.ended_at,
                statement.clock_offset_ms, statement.clock_uncertainty_ms, statement.case,
            ),
            statement=Digest.of(statement.encode()),
            received_at=received_at,
            clock=clock,
            salt=salt,
            note=IMPORTED if statement.kind == "import" else None,
            sm3=sm3,
        )  # fmt: skip


def _sm3(fields: Fields) -> Sm3 | None:
    """The second digest, which one version has and the other does not."""
    version = fields.text("format")
    if version not in (FORMAT, FORMAT_WITH_SM3):
        raise InvalidCanonical(f"format: neither {FORMAT} nor {FORMAT_WITH_SM3}")
    return Sm3(fields.digest("sm3").raw) if version == FORMAT_WITH_SM3 else None


def leaf_of(manifest: bytes) -> bytes:
    """The log entry that a manifest's bytes must have: their commitment under their own salt; InvalidManifest."""
    return commit(Manifest.parse(manifest).salt, manifest)


def clock_json(state: ClockState) -> Json:
    """A clock's state as manifests and receipts write it."""
    return {"synchronised": state.synchronised, "max_error_ms": state.max_error_ms}


def read_clock(fields: Fields) -> ClockState:
    """The inverse of `clock_json`."""
    state = ClockState(fields.truth("synchronised"), fields.optional_number("max_error_ms"))
    fields.finish()
    return state
