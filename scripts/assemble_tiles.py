"""Where the logs of an installation lie, by the settings: each in its folder, or in a bucket that several nodes share.

Part of the assembly, and the only place that names what keeps tiles in S3. A log is never looked for in both: what the
settings say is where it is, and tiles that are missing there are missing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from integrity.tile_store import TileStore
from integrity.tiles_files import FileTiles
from scripts.buckets import Buckets
from scripts.log_records import LogRecord
from scripts.settings import Settings

if TYPE_CHECKING:
    from integrity.s3 import Bucket

LOCK = "lock"
"""The file in a log's folder by which this machine's processes take turns, wherever the tiles are."""


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """The place of each log; `close` it."""

    data: Path
    bucket: "Bucket | None" = None

    def of(self, record: LogRecord) -> TileStore:
        """Where this log's tiles, staged batches and published checkpoint lie."""
        folder = self.data / record.folder
        if self.bucket is None:
            return FileTiles(folder)
        from integrity.tiles_s3 import S3Tiles

        return S3Tiles(self.bucket, record.folder, folder / LOCK)

    def close(self) -> None:
        """Give connections back."""
        if self.bucket is not None:
            self.bucket.close()


def open_places(data: Path, settings: Settings) -> LogPlaces:
    """The places of a data folder's logs; WrongSettings names a setting that is missing or does not fit."""
    if settings.log_s3_bucket is None:
        return LogPlaces(data)
    return LogPlaces(data, Buckets(settings, "log_").reach())
