"""The installation's transparency logs as commands open them: places, keys, and where each head lies.

A head is a file of its log's folder where the catalogue is a file, and a row where it is a server, which several nodes
share. Never makes a log anew where one was: a second beginning would be a second history.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from catalog.database import Database
from catalog.heads import SqlHeads
from integrity.clock import Clock, SystemClock
from integrity.heads import FileHeads, LogHeads
from integrity.log import Log
from integrity.log_chain import EndedLog, LogChain
from integrity.log_keys import KeyTerm, LogKeys
from scripts.assemble_tiles import LogPlaces
from scripts.keys import signer
from scripts.log_records import LogRecord, NotFounded, origin, read_records

__all__ = ["NotFounded", "heads_of", "make_log", "open_chain", "open_log", "origin", "read_chain", "terms_of"]


def heads_of(data: Path, database: Database, record: LogRecord) -> LogHeads:
    """Where a log's head lies: shared by whoever shares the catalogue."""
    if database.dialect == "postgresql":
        return SqlHeads(database, record.origin)
    return FileHeads(data / record.folder / "head")


def terms_of(record: LogRecord) -> tuple[KeyTerm, ...]:
    """The keys of a log with the sizes they are for; a revoked one too, for we know ourselves what it signed."""
    return tuple(replace(key.term, revoked_at=None) for key in record.keys)


def open_chain(places: LogPlaces, database: Database, clock: Clock | None = None) -> LogChain:
    """Every log, the current one with its keys, for appending."""
    *ended, current = read_records(places.data)
    source = _Keys(places.data, current.origin, clock or SystemClock())
    log = Log.open(places.of(current), source, heads_of(places.data, database, current))
    return LogChain([_ended(places, database, record) for record in ended], log)


def open_log(places: LogPlaces, database: Database) -> Log:
    """The current log with its keys."""
    return open_chain(places, database).log


def read_chain(places: LogPlaces, database: Database, terms: Callable[[LogRecord], tuple[KeyTerm, ...]]) -> LogChain:
    """Every log by the keys that somebody else named, whatever state it is in: for `audit`."""
    *ended, current = read_records(places.data)
    log = Log(places.of(current), LogKeys(terms(current)), heads_of(places.data, database, current))
    return LogChain([_ended(places, database, record, terms(record)) for record in ended], log)


def make_log(places: LogPlaces, database: Database) -> None:
    """Begin the log, if nothing was ever signed."""
    [*_, current] = read_records(places.data)
    heads = heads_of(places.data, database, current)
    if heads.read() is None:
        Log.create(places.of(current), signer(places.data / "keys" / current.keys[-1].file, current.origin), heads)


def _ended(
    places: LogPlaces, database: Database, record: LogRecord, terms: tuple[KeyTerm, ...] | None = None
) -> EndedLog:
    heads = heads_of(places.data, database, record)
    return EndedLog(
        Log(places.of(record), LogKeys(terms or terms_of(record)), heads), record.end or 0, record.known or 0
    )


class _Keys:
    """The current keys of one log, read again when their file was replaced."""

    def __init__(self, data: Path, origin: str, clock: Clock) -> None:
        self._data = data
        self._origin = origin
        self._clock = clock

    def __call__(self) -> LogKeys:
        [record] = [one for one in read_records(self._data) if one.origin == self._origin]
        now = self._clock.now()
        signing = [key for key in record.keys if key.signs_until is None or now < key.signs_until]
        signers = tuple(signer(self._data / "keys" / key.file, record.origin) for key in signing)
        return LogKeys(terms_of(record), signers)
