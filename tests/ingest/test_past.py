"""What became of uploads, as the catalog tells it."""

import pytest

from catalog.identity import UploadId, new_id
from ingest.errors import UploadFinished, UploadGone
from ingest.past import CatalogPast
from ingest.upload import PastUpload
from tests.ingest.works import Works


def test_what_became_of_uploads(works: Works) -> None:
    past = CatalogPast(works.recordings, works.clock)
    catalogued, given_up = works.send(b"footage"), works.announce(3)
    works.intake.complete(catalogued)
    works.uploads.terminate(works.station.id, given_up)
    assert past.find(catalogued) == PastUpload(works.station.id, "catalogued", 7)
    assert past.find(given_up) == PastUpload(works.station.id, "terminated", 0)
    assert past.find(UploadId(new_id())) is None
    with pytest.raises(UploadGone):
        works.uploads.state(works.station.id, given_up)
    with pytest.raises(UploadFinished):
        works.uploads.terminate(works.station.id, catalogued)
    [entry] = works.entries("upload-terminated")
    assert entry["actor"]["id"] == works.station.id
