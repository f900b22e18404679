"""What may leave as a viewing copy: one file of each original, by a maker on record, or nothing at all."""

import pytest
from sqlalchemy import update

from catalog.errors import NotReady
from catalog.identity import RecordingId
from catalog.tables import recordings, rendition_keys, renditions
from catalog.viewing_copies import ViewingCopy, viewing_copies
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.maker import maker_key
from integrity.opened import as_file
from tests.catalog.proven import FILES, Proven
from tests.fakes.copies import MAKER


def copies(house: Proven, recording: RecordingId) -> list[ViewingCopy]:
    with house.database.read() as connection:
        return viewing_copies(connection, recording)


def test_the_file_that_plays_by_itself_and_who_made_it(proven: Proven) -> None:
    recording = proven.footage(b"body")
    [copy] = copies(proven, recording)
    assert (copy.name, copy.original) == ("media.mp4", Digest.of(b"body"))
    with as_file(proven.store.open(copy.recording, copy.place, copy.name)) as file:
        assert file.read() == FILES["media.mp4"]
    entry = CustodyEntry(copy.maker_commitment, b"", copy.maker_body, copy.maker_salt)
    assert maker_key(entry) == MAKER.verifier


@pytest.mark.parametrize(
    "files", [{"picture.jpg": b"still", "poster.jpg": b"small"}, {"text.txt": b"words"}], ids=["picture", "text"]
)
def test_pictures_and_texts_too(proven: Proven, files: dict[str, bytes]) -> None:
    recording = proven.footage(ready=False)
    proven.prepare(recording, files)
    assert [copy.name for copy in copies(proven, recording)] == [next(iter(files))]


def test_what_is_not_ready_has_none(proven: Proven) -> None:
    with pytest.raises(NotReady):
        copies(proven, proven.footage(ready=False))
    with pytest.raises(NotReady):
        copies(proven, RecordingId("0" * 26))


def test_what_tells_of_the_whole_is_no_copy(proven: Proven) -> None:
    recording = proven.footage(ready=False)
    proven.prepare(recording, {"index.m3u8": b"#EXTM3U\n", "poster.jpg": b"still"})
    with pytest.raises(NotReady, match="part 1"):
        copies(proven, recording)


def test_a_copy_of_an_earlier_recipe_is_not_handed_out(proven: Proven) -> None:
    recording = proven.footage()
    with proven.database.write() as connection:
        connection.execute(update(recordings).values(recipe="r9"))
    with pytest.raises(NotReady):
        copies(proven, recording)


def test_a_copy_that_its_maker_did_not_sign_is_not_handed_out(proven: Proven) -> None:
    recording = proven.footage()
    with proven.database.write() as connection:
        connection.execute(update(renditions).values(sha256="0" * 64))
    with pytest.raises(NotReady):
        copies(proven, recording)


def test_a_copy_by_a_maker_on_no_record_is_not_handed_out(proven: Proven) -> None:
    recording = proven.footage()
    with proven.database.write() as connection:
        connection.execute(update(renditions).values(signed_by="0" * 64))
        assert connection.scalar(rendition_keys.select()) is not None
    with pytest.raises(NotReady):
        copies(proven, recording)
