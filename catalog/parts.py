"""Which sealed originals a recording consists of, in order. Reads only, and says nothing of who may see them."""

from sqlalchemy import select

from catalog.database import Database
from catalog.errors import NotFound
from catalog.identity import OriginalId, RecordingId
from catalog.originals import StoredOriginal, read_original
from catalog.tables import parts


class Parts:
    """Looks up a recording's originals. Safe to use from every thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, recording: RecordingId) -> tuple[StoredOriginal, ...]:
        """At least one original; NotFound."""
        mine = select(parts.c.original_id).where(parts.c.recording_id == recording).order_by(parts.c.position)
        with self._database.read() as connection:
            found = tuple(read_original(connection, OriginalId(one)) for one in connection.scalars(mine).all())
        if not found:
            raise NotFound(f"no recording {recording}")
        return found
