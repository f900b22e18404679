"""What became of uploads that left the spool, kept in memory instead of in the catalog."""

from dataclasses import dataclass, field

from catalog.identity import StationId, UploadId
from ingest.spool import Announced
from ingest.upload import PastUpload


@dataclass
class FakePast:
    """Implements `ingest.upload.PastUploads`; `known` can be filled by a test."""

    known: dict[UploadId, PastUpload] = field(default_factory=dict)
    endings: list[tuple[UploadId, int, str]] = field(default_factory=list)

    def find(self, upload: UploadId) -> PastUpload | None:
        return self.known.get(upload)

    def ended(self, announced: Announced, offset: int, reason: str) -> None:
        self.endings.append((announced.upload, offset, reason))
        station = StationId(announced.statement.station or "")
        self.known[announced.upload] = PastUpload(station, reason, announced.length)
