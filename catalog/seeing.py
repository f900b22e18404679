"""A snapshot for whoever may see a recording: what is told of it is read there, and a refused try is on record."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Subject
from catalog.evidence import find_recording
from catalog.identity import RecordingId
from catalog.permissions import Principal, Right, require


@contextmanager
def seeing(
    database: Database, attempts: Attempts, principal: Principal, recording: RecordingId
) -> Iterator[Connection]:
    """Read within; NotFound, and the error of `require` for whoever may not."""
    trying = attempts.of(principal, Right.SEE, Subject("recording", recording))
    with trying as attempt, database.read() as connection:
        attempt.agency = find_recording(connection, recording).agency_id
        require(connection, principal, Right.SEE, attempt.agency)
        yield connection
