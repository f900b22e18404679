"""What is wrong with recordings to look at or to hear: rows beside the playable copy, derived and replaced with it.

Hints for people, with the moment to look at. Nothing is decided by them, and no claim about an original rests on one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from catalog.identity import RecordingId
from catalog.tables import older_copies, quality_findings, renditions


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One stretch with one thing wrong: a stable code, and seconds from the recording's start."""

    code: str
    start_s: float
    end_s: float


def read_quality(connection: Connection, recording: RecordingId) -> tuple[QualityFinding, ...]:
    """A recording's findings in the order of time."""
    mine = select(quality_findings).where(quality_findings.c.recording_id == recording)
    rows = connection.execute(mine.order_by(quality_findings.c.position))
    return tuple(QualityFinding(row.code, row.start_ms / 1000, row.end_ms / 1000) for row in rows)


def write_quality(connection: Connection, recording: RecordingId, found: Sequence[tuple[str, int, int]]) -> None:
    """Those of a copy that was just made: code, start and end in milliseconds, in the order of time."""
    rows = [
        {"recording_id": recording, "position": position, "code": code, "start_ms": start, "end_ms": end}
        for position, (code, start, end) in enumerate(found)
    ]
    if rows:
        connection.execute(insert(quality_findings), rows)


def remove_copy(connection: Connection, recording: RecordingId) -> None:
    """Take the rows of a playable copy and of what was found in it; whoever makes it anew is too late."""
    connection.execute(delete(older_copies).where(older_copies.c.recording_id == recording))
    connection.execute(delete(quality_findings).where(quality_findings.c.recording_id == recording))
    connection.execute(delete(renditions).where(renditions.c.recording_id == recording))
