"""The whole write side over one folder, of real parts: SQLite, log, vault, ledger, intake; only the authority is fake.

`restart` throws away what a process holds in memory and builds everything anew over the same folder, as a start after
a crash does. No thread runs unless a test starts one: `finish` drives the work to its end in the test's own thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from catalog import tables
from catalog.agencies import Agencies
from catalog.database import Database, sqlite_url
from catalog.entry import SYSTEM
from catalog.identity import StationId, UploadId
from catalog.jobs import Kind
from catalog.ledger import Ledger
from catalog.recordings import Recordings
from catalog.schema import migrate
from catalog.sequencer import Sequencer
from catalog.stations import Station, Stations
from ingest.errors import DeclaredDigestMismatch
from ingest.filing import Filing
from ingest.intake import Intake
from ingest.metadata import write_header
from ingest.past import CatalogPast
from ingest.quarantine import Quarantine
from ingest.receipt import Receipts
from ingest.resume import Reconciler
from ingest.spool import Spool
from ingest.upload import Limits, Uploads
from integrity.canonical import parse_canonical
from integrity.clock import system_random
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.receipt import Receipt, verify_receipt
from integrity.seal import Sealer
from integrity.trust import Trust
from integrity.vault_files import FileVault
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import FakeClock
from tests.fakes.signers import OTHER, SIGNER

TRUST = Trust(receipt_keys=(OTHER.verifier,), logs=(SIGNER.verifier,))


class Jobs:
    """A `JobPort` that remembers who was woken."""

    def __init__(self) -> None:
        self.woken: list[tuple[Kind, str]] = []

    def wake(self, kind: Kind, subject: str, priority: int = 0) -> None:
        self.woken.append((kind, subject))

    def active(self, kind: Kind) -> set[str]:
        return {subject for woken, subject in self.woken if woken == kind}


@dataclass
class Works:
    """Everything between a station and the catalog."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    authority: FakeAuthority = field(default_factory=FakeAuthority)
    database: Database | None = None

    def found(self) -> "Works":
        """Make the folder's installation and enrol a station."""
        migrate(sqlite_url(self.root / "catalog.sqlite3"))
        Log.create(self.root / "log", SIGNER, FileHeads(self.root / "log" / "head"))
        self.restart()
        self.agency = self.agencies.first("main", "某市城管局").id
        self.station, _ = self.stations.enrol(SYSTEM, self.agency, "dock 1")
        return self

    def restart(self, ended: bool = True) -> "Works":
        """Begin anew over the same folder."""
        if self.database is not None and ended:
            self.database.close()
        self.database = Database.open(sqlite_url(self.root / "catalog.sqlite3"))
        self.log = Log.open(self.root / "log", SIGNER, FileHeads(self.root / "log" / "head"))
        self.sequencer = Sequencer(self.database, self.log)
        self.ledger = Ledger(self.database, self.clock, system_random, self.sequencer)
        self.recordings = Recordings(self.database, self.ledger, self.clock, system_random)
        self.agencies = Agencies(self.database, self.ledger, self.clock, system_random)
        self.stations = Stations(self.database, self.ledger, self.clock, system_random)
        self.vault = FileVault(self.root / "vault")
        self._ingest()
        self.reconciler.begin()
        return self

    def _ingest(self) -> None:
        self.jobs = Jobs()
        self.spool = Spool(self.root / "spool", self.clock)
        self.folder = Spool(self.root / "quarantine", self.clock)
        self.sealer = Sealer(self.vault, [self.authority], self.sequencer, self.clock, system_random)
        self.receipts = Receipts(self.recordings, self.agencies, self.log, OTHER, self.clock, {"files": "readback"})
        self.intake = Intake(self.spool, self.sealer, self.recordings, self.receipts, self.jobs, threads=2)
        past = CatalogPast(self.recordings, self.clock)
        limits = Limits(max_size=10_000_000, expires_after=timedelta(days=7))
        self.uploads = Uploads(self.spool, self.folder, past, limits, self.clock)
        self.quarantine = Quarantine(self.folder, self.spool, self.recordings, self.ledger, self.intake)
        self.uploads.on_received = self.intake.submit
        self.uploads.on_mismatch = self.quarantine.enter
        self.filing = Filing(self.spool, self.intake, self.clock, max_size=10_000_000)
        self.reconciler = Reconciler(
            self.spool, self.folder, self.uploads, self.intake, self.quarantine, self.recordings,
            self.receipts, self.sealer, self.jobs,
        )  # fmt: skip

    def adopt(self) -> "Works":
        """Begin over a folder that another process founded."""
        self.restart()
        with self.read() as connection:
            row = connection.execute(select(tables.stations)).one()
        self.agency = row.agency_id
        self.station = Station(StationId(row.id), row.agency_id, row.name, row.enrolled_at)
        return self

    def announce(self, length: int, **metadata: str) -> UploadId:
        return self.uploads.create(self.station, length, write_header(metadata)).upload

    def send(self, body: bytes, **metadata: str) -> UploadId:
        """Upload a whole file."""
        upload = self.announce(len(body), **metadata)
        if body:
            reception = self.uploads.begin(self.station.id, upload, 0, len(body), None)
            reception.take(body)
            with suppress(DeclaredDigestMismatch):
                reception.finish()
        return upload

    def finish(self) -> None:
        """Take everything to its end."""
        self.reconciler.look()
        for upload in list(self.spool.uploads()):
            self.intake.complete(upload)
        self.reconciler.look()
        while self.sequencer.drain():
            pass

    def receipt(self, upload: UploadId) -> Receipt:
        """The upload's receipt, verified."""
        body = self.receipts.receipt(upload)
        assert body is not None, "no receipt"
        return verify_receipt(body, TRUST)

    def count(self, table: str) -> int:
        with self.read() as connection:
            return connection.scalar(select(func.count()).select_from(getattr(tables, table))) or 0

    def entries(self, action: str) -> list[dict[str, Any]]:
        """The ledger's bodies of an action."""
        mine = select(tables.ledger.c.body).where(tables.ledger.c.action == action).order_by(tables.ledger.c.id)
        with self.read() as connection:
            return [parse_canonical(bytes(body)) for body in connection.scalars(mine)]

    @contextmanager
    def read(self) -> Iterator[Any]:
        assert self.database is not None
        with self.database.read() as connection:
            yield connection

    def close(self) -> None:
        if self.database is not None:
            self.database.close()
            self.database = None


def accounts(works: Works) -> None:
    """Each leaf is claimed by one body, each body has one leaf, each original is whole in the vault; nothing else."""
    claimed: list[int] = []
    known = set()
    with works.read() as connection:
        for row in connection.execute(select(tables.originals)):
            claimed.append(row.leaf_index)
            known |= {row.sha256, row.manifest_sha256}
        for row in connection.execute(select(tables.repeated_manifests)):
            claimed.append(row.leaf_index)
            known.add(row.manifest_sha256)
        claimed += connection.scalars(select(tables.ledger_leaves.c.leaf_index))
        assert connection.scalar(select(func.count()).select_from(tables.outbox)) == 0
    assert sorted(claimed) == list(range(works.log.head().checkpoint.size))
    stored = {digest.hex for digest in works.vault.digests()}
    assert stored == known
    for digest in works.vault.digests():
        ref = works.vault.find(digest)
        assert ref is not None
        with works.vault.open(ref) as file:
            assert type(digest).of_fd(file.fileno()) == digest
    assert list(works.log.check()) == []
