"""Upload-Metadata (tus 1.0, creation extension): what the uploader declares about a file, read strictly.

Strictly, because every value ends in a sealed manifest: a key nobody knows, a name that is really a path, a control
character or a time without its zone is refused with the key's name and never dropped or repaired in silence.
Never believes what it reads: all of it is declared by the uploader and labelled so wherever it is shown.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from catalog.identity import AgencyId, StationId
from ingest.errors import InvalidMetadata
from integrity.clock import from_rfc3339
from integrity.digest import Digest
from integrity.errors import InvalidDigest
from integrity.statement import Statement

Read = TypeVar("Read")

KEYS = (
    *("filename", "filetype", "sha256", "kind", "device", "operator", "case", "session", "channel"),
    *("started_at", "ended_at", "clock_offset_ms", "clock_uncertainty_ms"),
)
KINDS = (
    *("body-camera", "interview-room", "hearing-room", "voice-recorder", "photo", "phone", "fixed-camera"),
    *("import", "other"),
)
MAX_HEADER = 8 * 1024
"""Bytes of the whole header; longer is refused before anything in it is read."""
MAX_NAME = 255
"""Bytes of a file name in UTF-8: what common file systems can store."""
MAX_TEXT = 128
"""Characters of any other text."""
UNNAMED = "unnamed"
"""The name of a file whose uploader gave none."""

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}(?:; ?[\x20-\x7e]{1,64})?")
_OFFSET = re.compile(r"-?(?:0|[1-9]\d{0,11})", re.ASCII)
# Cc control, Cs surrogate, Zl/Zp line and paragraph separators; the direction overrides make a name read as another.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_statement(header: str | None, agency: AgencyId, station: StationId) -> Statement:
    """What this station declares in the header's value (None: no header); InvalidMetadata names the key at fault."""
    values = _decode(header or "")
    started, ended = _optional(values, "started_at", _time), _optional(values, "ended_at", _time)
    if started and ended and ended < started:
        raise InvalidMetadata("ended_at", "is before started_at")
    return Statement(
        agency=agency,
        station=station,
        name=_optional(values, "filename", file_name) or UNNAMED,
        filetype=_optional(values, "filetype", _media_type),
        sha256=_optional(values, "sha256", _digest),
        kind=_optional(values, "kind", _kind) or "other",
        device=_optional(values, "device", text),
        operator=_optional(values, "operator", text),
        case=_optional(values, "case", text),
        session=_optional(values, "session", text),
        channel=_optional(values, "channel", text),
        started_at=started,
        ended_at=ended,
        clock_offset_ms=_optional(values, "clock_offset_ms", _milliseconds),
        clock_uncertainty_ms=_optional(values, "clock_uncertainty_ms", _uncertainty),
    )


def write_header(values: Mapping[str, str]) -> str:
    """The header's value for these keys and texts: what a client sends."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode('ascii')}" for key, value in values.items())


def file_name(field: str, value: str) -> str:
    """A plain file name of at most 255 bytes: no path, no control or direction character, no blank at either end."""
    text(field, value, longest=MAX_NAME)
    if len(value.encode()) > MAX_NAME:
        raise InvalidMetadata(field, f"is longer than {MAX_NAME} bytes in UTF-8")
    if "/" in value or "\\" in value or value in (".", ".."):
        raise InvalidMetadata(field, "is a path, not a name")
    return value


def text(field: str, value: str, longest: int = MAX_TEXT) -> str:
    """One line of text of 1 to `longest` characters, without control or direction characters or blanks at its ends."""
    if not value or value != value.strip():
        raise InvalidMetadata(field, "is empty, or starts or ends with a blank")
    if len(value) > longest:
        raise InvalidMetadata(field, f"is longer than {longest} characters")
    for character in value:
        if shown_otherwise(character):
            raise InvalidMetadata(field, f"contains U+{ord(character):04X}, which is not shown as it is stored")
    return value


def shown_otherwise(character: str) -> bool:
    """Whether a character is not shown as it is stored, or changes how those after it are shown."""
    return unicodedata.category(character) in _REFUSED_CATEGORIES or character in _DIRECTION


def _decode(header: str) -> dict[str, str]:
    """Keys and decoded values; each pair is `key base64`, or `key` alone for an empty value (tus 1.0)."""
    if len(header) > MAX_HEADER:
        raise InvalidMetadata("Upload-Metadata", f"is longer than {MAX_HEADER} bytes")
    values: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip(" \t").partition(" ")
        if key not in KEYS:
            raise InvalidMetadata(_shown(key), f"is none of {', '.join(KEYS)}")
        if key in values:
            raise InvalidMetadata(key, "is given twice")
        values[key] = _decode_value(key, encoded)
    return values


def _decode_value(key: str, encoded: str) -> str:
    if not _BASE64.fullmatch(encoded):
        raise InvalidMetadata(key, "is not base64 (RFC 4648, section 4, with padding)")
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidMetadata(key, "is not UTF-8 in base64") from error


def _shown(key: str) -> str:
    """A key of a stranger's making, fit for an error text."""
    return ascii(key[:40]) if key else "Upload-Metadata"


def _optional(values: Mapping[str, str], key: str, read: Callable[[str, str], Read]) -> Read | None:
    return read(key, values[key]) if key in values else None


def _media_type(field: str, value: str) -> str:
    if not _MEDIA_TYPE.fullmatch(value):
        raise InvalidMetadata(field, "is no media type such as video/mp4")
    return value


def _digest(field: str, value: str) -> Digest:
    try:
        return Digest.from_hex(value)
    except InvalidDigest as error:
        raise InvalidMetadata(field, str(error)) from error


def _kind(field: str, value: str) -> str:
    if value not in KINDS:
        raise InvalidMetadata(field, f"is none of {', '.join(KINDS)}")
    return value


def _time(field: str, value: str) -> datetime:
    try:
        return from_rfc3339(value)
    except ValueError as error:
        raise InvalidMetadata(field, str(error)) from error


def _milliseconds(field: str, value: str) -> int:
    if not _OFFSET.fullmatch(value):
        raise InvalidMetadata(field, "is no whole number of milliseconds")
    return int(value)


def _uncertainty(field: str, value: str) -> int:
    if value.startswith("-"):
        raise InvalidMetadata(field, "is less than nothing")
    return _milliseconds(field, value)
