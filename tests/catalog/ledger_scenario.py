"""Two ledger entries and a seal brought into a real log, to be killed at each durable call of it."""

import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.database import Database, sqlite_url
from catalog.entry import SYSTEM, Entry, Subject
from catalog.ledger import Ledger
from catalog.schema import migrate
from catalog.sequencer import Sequencer
from integrity.clock import system_random
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import Signer
from tests.fakes.clocks import FakeClock

SIGNER = Signer("tiezheng.example/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
NOTE = Entry("note", SYSTEM, Subject("service", "test"), "done")
SEAL = b"\x07" * 32


def opened(folder: Path) -> tuple[Database, Log]:
    """What is durable in the folder."""
    log = Log.open(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))
    return Database.open(sqlite_url(folder / "catalog.sqlite3")), log


def begin(folder: Path) -> None:
    template = folder.parent / "template.sqlite3"
    if not template.exists():
        migrate(sqlite_url(template))
    shutil.copyfile(template, folder / "catalog.sqlite3")
    create_log(folder / "log")


def create_log(folder: Path) -> Log:
    """An empty log."""
    folder.mkdir()
    return Log.create(folder, SIGNER, FileHeads(folder / "head"))


def work(folder: Path) -> None:
    database, log = opened(folder)
    sequencer = Sequencer(database, log)
    ledger = Ledger(database, FakeClock(), system_random, sequencer)
    ledger.record(NOTE, wait=False)
    sequencer.append(SEAL)
    ledger.record(NOTE)
    database.close()
