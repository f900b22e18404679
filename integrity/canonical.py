"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that a digest or signature covers the meaning.

Reading is as strict as writing: whatever is not byte for byte what `canonical` would write is refused, so two readers
can never see different things in the same signed bytes. Never repairs what it reads.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import rfc8785

from integrity.errors import InvalidCanonical

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

LIMIT = 1024 * 1024
"""Bytes that are parsed at most, unless the caller says otherwise."""

DEPTH = 32
"""How deep objects and arrays may nest."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""Strings first, one that never ends included: so no byte is looked at twice."""


def canonical(value: Json) -> bytes:
    """The bytes of a value; InvalidCanonical for what I-JSON cannot carry.

    That is: NaN and infinities, integers beyond 2^53 - 1, lone surrogates, keys that are no strings.
    """
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:  # ValueError: also the encoder's own, of a lone surrogate in a key
        raise InvalidCanonical(str(error)) from error


def parse_canonical(content: bytes, limit: int = LIMIT) -> dict[str, Any]:
    """Read an object; InvalidCanonical when it is longer than `limit` bytes, or is not exactly canonical."""
    if len(content) > limit:
        raise InvalidCanonical(f"longer than {limit} bytes")
    if _depth(content) > DEPTH:
        raise InvalidCanonical(f"nested deeper than {DEPTH}")
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_without_repetition, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise InvalidCanonical(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidCanonical("not an object")
    if canonical(value) != content:
        raise InvalidCanonical("not in canonical form")
    return value


def _integer(digits: str) -> int | float:
    """An integer, or the double that RFC 8785 writes without a fraction; other digits do not survive the comparison."""
    value = float(digits)
    return int(digits) if abs(value) < 2**53 else value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidCanonical("a key is there twice")
    return value


def _depth(content: bytes) -> int:
    """An upper bound of the nesting, brackets inside strings left out; linear, and before any parser runs."""
    deepest = depth = 0
    for token in _BRACKETS.finditer(content):
        if token[0] in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in (b"]", b"}"):
            depth -= 1
    return deepest
