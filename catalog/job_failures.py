"""Jobs that failed when they last ran: how often, since when and why, for those who run the installation.

A row goes when its job succeeds. Nothing is decided by it: what there is to do stands elsewhere in the catalog, and is
tried again whatever is noted here. Deaths of a decoder are not among these (`catalog.preparation` counts them).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from catalog.database import Database
from catalog.jobs import Kind
from catalog.tables import job_failures
from integrity.clock import Clock

LONGEST = 500
"""Characters kept of a reason."""


@dataclass(frozen=True, slots=True)
class JobFailure:
    """A job that has not succeeded since `since`; `reason` is what it met last: a code, a colon, a sentence."""

    kind: str
    subject: str
    failures: int
    reason: str
    since: datetime
    last_at: datetime


class JobFailures:
    """The rows of all jobs that fail. Safe to use from every thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def failed(self, kind: Kind, subject: str, reason: str) -> None:
        """It failed once more."""
        now, said = self._clock.now(), reason[:LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")
        mine = update(job_failures).where(job_failures.c.kind == kind, job_failures.c.subject == subject)
        with self._database.write() as connection:
            self._database.exclusive(connection, "job", kind, subject)
            again = mine.values(failures=job_failures.c.failures + 1, reason=said, last_at=now)
            if not connection.execute(again).rowcount:
                first = {"failures": 1, "reason": said, "since": now, "last_at": now}
                connection.execute(insert(job_failures).values(kind=kind, subject=subject, **first))

    def succeeded(self, kind: Kind, subject: str) -> None:
        """It fails no more."""
        mine = (job_failures.c.kind == kind, job_failures.c.subject == subject)
        with self._database.read() as connection:
            if connection.scalar(select(job_failures.c.failures).where(*mine)) is None:
                return  # the common case costs no write
        with self._database.write() as connection:
            connection.execute(delete(job_failures).where(*mine))

    def list(self, limit: int = 100) -> list[JobFailure]:
        """What fails, the longest first."""
        everything = select(job_failures).order_by(job_failures.c.since, job_failures.c.kind, job_failures.c.subject)
        with self._database.read() as connection:
            return [JobFailure(**row._mapping) for row in connection.execute(everything.limit(limit))]


def reason_of(error: BaseException) -> str:
    """What is said of an error: its stable code, or else its type, and its text."""
    return f"{getattr(error, 'code', type(error).__name__)}: {error}"
