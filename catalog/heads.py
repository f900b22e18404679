"""A log's signed head as a row: the HeadStore of several nodes, and of one whose catalogue is a server.

The swap is one conditional UPDATE in a transaction of its own, so whatever else a node believes, of two that start from
one head one loses. A commit whose outcome is unknown is never repeated: the log reads again and swaps what it read for
itself. Never joins the log's step with the catalogue's: an index is told after the swap, and claimed by another commit.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.database import Database
from catalog.errors import CatalogUnavailable
from catalog.tables import log_heads
from integrity.errors import HeadConflict, LogUnavailable


class SqlHeads:
    """The row of one log. A committed row is on the disk: the database is opened so (`catalog.database`)."""

    def __init__(self, database: Database, origin: str) -> None:
        self._database = database
        self._origin = origin

    def read(self) -> bytes | None:
        """The head, None before the first; LogUnavailable."""
        mine = select(log_heads.c.note).where(log_heads.c.origin == self._origin)
        with _as_log_errors(), self._database.read() as connection:
            note = connection.scalar(mine)
        return None if note is None else bytes(note)

    def swap(self, old: bytes | None, new: bytes) -> None:
        """Put `new` where `old` is, committed on return; HeadConflict, LogUnavailable where that is not known."""
        moved = update(log_heads).where(log_heads.c.origin == self._origin, log_heads.c.note == old).values(note=new)
        try:
            with _as_log_errors(), self._database.write() as connection:
                if old is None:
                    connection.execute(insert(log_heads).values(origin=self._origin, note=new))
                elif connection.execute(moved).rowcount != 1:
                    raise HeadConflict("another writer moved the head")
        except IntegrityError as error:
            raise HeadConflict("there is a head already") from error

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One node at a time, for the length of the block; a node that dies, or its connection, gives the turn back."""
        with ExitStack() as stack:
            with _as_log_errors():  # of taking the turn: what fails inside the block is not ours to name
                stack.enter_context(self._database.turn("log", self._origin))
            yield


@contextmanager
def _as_log_errors() -> Iterator[None]:
    try:
        yield
    except CatalogUnavailable as error:
        raise LogUnavailable(f"the head's database: {error}") from error
