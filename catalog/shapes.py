"""Shapes of what people type: the one place that says which text, code or number a field takes.

Only shapes: whether something exists or is allowed is never decided here.
"""

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


def text(field: str, value: str, longest: int) -> str:
    """Text without control characters and with something in it, trimmed; InvalidInput names the field."""
    trimmed = value.strip()
    if not trimmed:
        raise InvalidInput(field, "must not be empty")
    if len(trimmed) > longest:
        raise InvalidInput(field, f"takes at most {longest} characters")
    if any(
        (ord(character) < 32 and character not in "\n\t") or "\ud800" <= character <= "\udfff" for character in trimmed
    ):
        raise InvalidInput(field, "holds characters that are no text")
    return trimmed


def optional_text(field: str, value: str | None, longest: int) -> str | None:
    """The same, or None where there is nothing in it."""
    return text(field, value, longest) if value and value.strip() else None


def one_of(field: str, value: str, codes: Collection[str]) -> str:
    """One of the known codes."""
    if value not in codes:
        raise InvalidInput(field, f"is one of {', '.join(codes)}")
    return value
