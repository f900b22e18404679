"""Uploads over a folder, as the tests of this package use them."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from catalog.identity import AgencyId, StationId, UploadId
from ingest.metadata import write_header
from ingest.spool import CONTENT, Spool
from ingest.upload import Limits, Uploads
from ingest.writers import Writers
from integrity.digest import Digest
from integrity.trace import Traces
from tests.fakes.clocks import FakeClock
from tests.fakes.past import FakePast

AGENCY, STATION, OTHER = AgencyId("a" * 26), StationId("s" * 26), StationId("t" * 26)
LIMITS = Limits(max_size=1000, expires_after=timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A station as `Uploads` needs it."""

    id: StationId
    agency_id: AgencyId
    name: str
    key: str | None = None


@dataclass
class House:
    """Uploads over a folder; `restart` forgets all that a killed process would forget."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    past: FakePast = field(default_factory=FakePast)
    received: list[UploadId] = field(default_factory=list)
    mismatches: list[UploadId] = field(default_factory=list)
    reserve: int = 0
    monotonic: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.spool = Spool(self.root / "spool", self.clock, self.reserve)
        self.spool.sweep()
        quarantine = Spool(self.root / "quarantine", self.clock)
        writers = Writers(monotonic=lambda: self.monotonic)
        self.traces = Traces()
        self.uploads = Uploads(
            self.spool, quarantine, self.past, LIMITS, self.clock, writers=writers, traces=self.traces
        )
        self.uploads.on_received = self.received.append
        self.uploads.on_mismatch = self.mismatches.append

    def create(self, length: int, **metadata: str) -> UploadId:
        return self.uploads.create(Enrolled(STATION, AGENCY, "dock 1"), length, write_header(metadata)).upload

    def offset(self, upload: UploadId) -> int:
        return self.uploads.state(STATION, upload).offset

    def send(self, upload: UploadId, offset: int, *chunks: bytes, checksum: Digest | None = None) -> int:
        reception = self.uploads.begin(STATION, upload, offset, sum(map(len, chunks)), checksum)
        try:
            for chunk in chunks:
                reception.take(chunk)
        except BaseException:
            reception.interrupt()
            raise
        return reception.finish()

    def content(self, upload: UploadId) -> bytes:
        return (self.spool.folder(upload) / CONTENT).read_bytes()
