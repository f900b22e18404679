"""What became of uploads that left the spool, as the catalog tells; and the record of those that ended unfinished."""

from catalog.entry import SYSTEM
from catalog.identity import StationId, UploadId
from catalog.recordings import Recordings
from ingest.spool import Announced
from ingest.upload import PastUpload
from integrity.clock import Clock


class CatalogPast:
    """`ingest.upload.PastUploads` over the catalog."""

    def __init__(self, recordings: Recordings, clock: Clock) -> None:
        self._recordings = recordings
        self._clock = clock

    def find(self, upload: UploadId) -> PastUpload | None:
        """Its state and size; None for an upload the catalog never heard of."""
        row = self._recordings.upload(upload)
        if row is None:
            return None
        return PastUpload(StationId(row.station) if row.station else None, row.state, row.size)

    def ended(self, announced: Announced, offset: int, reason: str) -> None:
        """Record that it ended unfinished: given up by its station, or by us because nothing came for too long."""
        uploader = announced.actor if reason == "terminated" else SYSTEM
        self._recordings.terminated(
            announced.upload, announced.statement, offset, received_at=self._clock.now(), uploader=uploader,
            began_at=announced.created_at,
        )  # fmt: skip
