"""The installation's transparency log as commands open it: its folder, its key, and where its head lies.

The head is a file of the folder where the catalogue is one, and a row where the catalogue is a server, which several
nodes share. Never makes a log anew where one was: a second beginning would be a second history.
"""

from pathlib import Path

from catalog.database import Database
from catalog.heads import SqlHeads
from integrity.heads import FileHeads, LogHeads
from integrity.log import Log
from integrity.note import Signer, Verifier
from scripts.keys import signer


class NotFounded(Exception):
    """There is no installation in this folder yet; `tiezheng serve` makes one."""

    code = "data-not-founded"


def origin(data: Path) -> str:
    """The origin line of this installation's log; NotFounded where there is none."""
    try:
        return (data / "keys" / "origin").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFounded(f"{data} holds no installation yet: start `tiezheng serve --data {data}` first") from error


def log_signer(data: Path) -> Signer:
    """The key that signs heads."""
    return signer(data / "keys" / "log.key", origin(data))


def heads_of(data: Path, database: Database) -> LogHeads:
    """Where the log's head lies: shared by whoever shares the catalogue."""
    if database.dialect == "postgresql":
        return SqlHeads(database, origin(data))
    return FileHeads(data / "log" / "head")


def open_log(data: Path, database: Database) -> Log:
    """The log with its key, for appending."""
    return Log.open(data / "log", log_signer(data), heads_of(data, database))


def read_log(data: Path, database: Database, key: Verifier) -> Log:
    """The log by a key that somebody else named, whatever state it is in: for `audit`."""
    return Log(data / "log", key, heads_of(data, database))


def make_log(data: Path, database: Database) -> None:
    """Begin the log, if nothing was ever signed."""
    heads = heads_of(data, database)
    if heads.read() is None:
        Log.create(data / "log", log_signer(data), heads)
