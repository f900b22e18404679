"""A recording's originals, in order."""

import pytest

from catalog.database import Database
from catalog.errors import NotFound
from catalog.identity import RecordingId
from catalog.parts import Parts
from catalog.recordings import Recordings
from integrity.digest import Digest
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes.clocks import START

__all__ = ["recordings", "sealer"]


def test_the_original_of_a_recording(database: Database, recordings: Recordings, sealer: FakeSealer) -> None:
    done = recordings.catalogue(sealer.seal(BODY, FOOTAGE), FOOTAGE, upload_id(1), START, STATION)
    assert done.recording is not None
    (original,) = Parts(database).of(done.recording)
    assert (original.id, original.digest, original.size) == (done.original, Digest.of(BODY), len(BODY))


def test_of_what_is_not_there(database: Database, recordings: Recordings) -> None:
    with pytest.raises(NotFound):
        Parts(database).of(RecordingId("z" * 26))
