"""Shapes of what people type: the one place that says which text, code or number a field takes.

Only shapes: whether something exists or is allowed is never decided here.
"""

import unicodedata
from collections.abc import Collection

from catalog.errors import InvalidInput

STAGES = ("start", "investigation", "decision", "service")
"""Stages of a case, in order."""
SUBJECT_KINDS = ("person", "organisation")
COPY_ACTIONS = ("copy", "release", "publish")
"""What a request for a copy can ask for: 复制, 对外提供, 网上发布."""
RECIPIENT_KINDS = ("court", "party", "agency", "media", "other")
DOCUMENT_KINDS = ("record", "inspection", "filing", "notice", "decision", "receipt", "other")
DECISIONS = ("approved", "refused")
RECORDING_KINDS = (
    *("body-camera", "interview-room", "hearing-room", "voice-recorder", "photo", "phone", "fixed-camera"),
    *("import", "other"),
)
"""What a recording can be of: the kinds a station declares."""
IMPORTANCE = ("ordinary", "major")
"""How much hangs on a case: what a retention rule may ask for."""


def text(field: str, value: str, longest: int) -> str:
    """Text without control characters and with something in it, trimmed; InvalidInput names the field."""
    trimmed = value.strip()
    if not trimmed:
        raise InvalidInput(field, "must not be empty")
    if len(trimmed) > longest:
        raise InvalidInput(field, f"takes at most {longest} characters")
    if any(_no_text(character) for character in trimmed):
        raise InvalidInput(field, "holds characters that are no text")
    return trimmed


def _no_text(character: str) -> bool:
    """Controls, halves of characters, and what turns the direction of the words after it, as forged names do."""
    if character in "\n\t":
        return False
    turning = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return turning or unicodedata.category(character) in ("Cc", "Cs")


def optional_text(field: str, value: str | None, longest: int) -> str | None:
    """The same, or None where there is nothing in it."""
    return text(field, value, longest) if value and value.strip() else None


def one_of(field: str, value: str, codes: Collection[str]) -> str:
    """One of the known codes."""
    if value not in codes:
        raise InvalidInput(field, f"is one of {', '.join(codes)}")
    return value
