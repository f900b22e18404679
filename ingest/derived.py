"""What originals say of themselves, asked of a confined child and checked field by field before it is kept.

The child may have been taken over by what it read: an answer of another shape is no answer, and costs nothing but the
facts. The name's own time, where it follows a maker's pattern, needs no child. Never lets a preparation fail.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from catalog.identity import OriginalId
from ingest.child import Decoder
from ingest.errors import ChildFailed, Unplayable
from ingest.rendering import Original
from ingest.task import MIB, Limits, Task

SOURCES = ("quicktime", "gpmf", "novatek", "exif", "nmea", "gpx", "filename", "camera-mark")
POINTS = 2000
MARKS = 1000
MARK_KINDS = ("highlight", "chapter")
LATEST_MS = 7 * 24 * 3600 * 1000
PATTERNS = (
    r"(?P<device>[A-Za-z]{2,8}\d{3,12})[_@-](?P<time>\d{14}|\d{8}[_-]\d{6})\D.{0,200}",
    r"(?:VID|IMG|MOV|AUD|REC)[_-]?(?P<time>\d{8}[_-]?\d{6})\D.{0,200}",
    r"(?P<time>\d{14}|\d{8}[_-]\d{6})\D.{0,200}",
    r"(?P<time>\d{4}-\d\d-\d\d[ T_-]\d\d[.:-]\d\d[.:-]\d\d)\D.{0,200}",
)
"""Names as many cameras, phones and recorders write them; a deployment adds its makers' own."""
_LIMITS = Limits(wall_s=120, cpu_s=60, memory=1024 * MIB, file_size=MIB)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LOCAL = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", re.ASCII)

_log = structlog.get_logger()


class Derived:
    """Reads originals' own facts; used from any thread."""

    def __init__(self, children: Decoder, patterns: Sequence[str]) -> None:
        self._children = children
        self._patterns = [re.compile(pattern, re.ASCII) for pattern in (*patterns, *PATTERNS)]

    def read(self, original: Original) -> list[dict[str, Any]]:
        """Facts by source; ChildrenStopped passes, every other failure of the child is an answer without facts."""
        facts = list(self._of_name(original.name))
        try:
            facts += checked(self._children.run(Task("telemetry", {}, original.fd), _LIMITS).answer)
        except (ChildFailed, Unplayable, ValueError, KeyError, TypeError) as error:
            _log.warning("facts-not-read", original=original.digest.hex, error=repr(error)[:300])
        return facts

    def _of_name(self, name: str) -> list[dict[str, Any]]:
        """The device's local time and code in a name, by the first pattern that fits: groups `time`, `device`."""
        for pattern in self._patterns:
            match = pattern.fullmatch(name)
            if match is None:
                continue
            named = match.groupdict()
            digits = re.sub(r"\D", "", named.get("time") or "")
            try:
                local = datetime.strptime(digits + "+0000", "%Y%m%d%H%M%S%z").strftime("%Y:%m:%d %H:%M:%S")
            except ValueError:
                continue
            return [{"source": "filename", "points": [], "points_read": 0, "created_at": None,
                     "device": (named.get("device") or "")[:64] or None, "local_time": local}]  # fmt: skip
        return []


class Telling:
    """Reads an original and keeps what it says; what `Pipeline` calls for each original it opens."""

    def __init__(self, derived: Derived, keep: Callable[[OriginalId, Sequence[Mapping[str, Any]]], None]) -> None:
        self._derived = derived
        self._keep = keep

    def __call__(self, original: OriginalId, source: Original) -> None:
        """Whatever was kept before is replaced."""
        self._keep(original, self._derived.read(source))


def checked(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The child's answer, each field of its type and range; ValueError, KeyError or TypeError for anything else."""
    facts = answer["facts"]
    if not isinstance(facts, list) or len(facts) > len(SOURCES):
        raise ValueError("facts: no list")
    found = [_fact(fact) for fact in facts]
    if len({fact["source"] for fact in found}) != len(found):
        raise ValueError("facts: a source is there twice")
    return found


def _fact(said: Mapping[str, Any]) -> dict[str, Any]:
    points = said["points"]
    if said["source"] not in SOURCES or not isinstance(points, list) or len(points) > POINTS:
        raise ValueError("facts: no known source, or too many points")
    fact = {
        "source": said["source"],
        "points": [_point(point) for point in points],
        "points_read": _number(said["points_read"], 0, 1 << 40),
        "created_at": _shaped(said["created_at"], _TIME),
        "device": _words(said["device"]),
        "local_time": _shaped(said.get("local_time"), _LOCAL),
    }
    return fact | {"marks": _marks(said["marks"])} if said["source"] == "camera-mark" else fact


def _marks(said: Any) -> list[dict[str, Any]]:
    if not isinstance(said, list) or len(said) > MARKS:
        raise ValueError("facts: no marks, or too many")
    if any(mark["kind"] not in MARK_KINDS for mark in said):
        raise ValueError("facts: no known kind of mark")
    return [
        {"at_ms": _number(mark["at_ms"], 0, LATEST_MS), "kind": mark["kind"], "title": _words(mark["title"]) or None}
        for mark in said
    ]


def _point(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": _shaped(said["at"], _TIME),
        "lat_e7": _number(said["lat_e7"], -900_000_000, 900_000_000),
        "lon_e7": _number(said["lon_e7"], -1_800_000_000, 1_800_000_000),
    }


def _number(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError("facts: no number, or out of range")
    return value


def _shaped(value: Any, shape: "re.Pattern[str]") -> str | None:
    """Text of one shape; what a camera wrote otherwise is left out."""
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= 128 and value.isprintable() else None
