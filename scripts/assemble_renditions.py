"""Where the viewing copies of an installation lie, by the settings: in a folder, or in a bucket.

Part of the assembly, and the only place that names what keeps them. They are never looked for in both: what the
settings say is where they are.
"""

from collections.abc import Iterator
from pathlib import Path

from catalog.errors import CatalogError
from catalog.rendition_trial import try_store
from catalog.renditions import RenditionStore
from catalog.renditions_files import FileRenditions
from scripts.buckets import Buckets
from scripts.settings import Settings


def open_renditions(data: Path, settings: Settings, worker: str = "") -> RenditionStore:
    """The store of a data folder, for this worker; close it. WrongSettings names what is missing or does not fit."""
    folder = settings.renditions(data)
    if settings.renditions_s3_bucket is None:
        return FileRenditions(folder, worker)
    # Imported here: what boto3 costs at the start, nobody pays who keeps files.
    from catalog.renditions_s3 import S3Renditions

    return S3Renditions(Buckets(settings, "renditions_").reach(), folder, worker)


def tried(settings: Settings, store: RenditionStore) -> Iterator[str]:
    """What to say of a bucket at the start; nothing of a folder. One that does not work stops nobody: copies wait."""
    if settings.renditions_s3_bucket is not None:
        try:
            try_store(store)
        except (CatalogError, OSError) as error:
            yield f"viewing copies: bucket {settings.renditions_s3_bucket} does not work: {error}"
        else:
            yield f"viewing copies: bucket {settings.renditions_s3_bucket}: put, read and removed"
