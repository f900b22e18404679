"""The store of renditions: whole or not there, repeated without harm, and nothing but its own files handed out."""

import os
from pathlib import Path

import pytest

from catalog.errors import InvalidInput, NotFound
from catalog.identity import RecordingId, new_id
from catalog.renditions import RenditionStore, content_type

RECORDING = RecordingId(new_id())


@pytest.fixture
def store(tmp_path: Path) -> RenditionStore:
    return RenditionStore(tmp_path / "renditions")


def kept(store: RenditionStore, content: bytes = b"copy") -> None:
    (store.begin(RECORDING) / "media.mp4").write_bytes(content)
    store.settle(RECORDING)
    store.keep(RECORDING, "r1")


def read(store: RenditionStore, name: str = "media.mp4") -> bytes:
    with store.open(RECORDING, "r1", name) as file:
        return file.read()


def test_files_of_further_parts_are_known_by_their_number() -> None:
    assert content_type("media.mp4") == content_type("media-2.mp4") == content_type("media-256.mp4") == "video/mp4"
    assert content_type("sprite-17.jpg") == "image/jpeg"
    for name in ("media-1.mp4", "media-02.mp4", "media-2000.mp4", "poster-2.jpg", "media-2.jpg", "media-2.mp4.mp4", ""):
        assert content_type(name) is None, name


def test_what_was_made_is_there_and_cannot_be_written(store: RenditionStore, tmp_path: Path) -> None:
    kept(store)
    assert read(store) == b"copy"
    assert store.names(RECORDING, "r1") == {"media.mp4"}
    assert (tmp_path / "renditions" / RECORDING / "r1" / "media.mp4").stat().st_mode & 0o777 == 0o400
    assert not (tmp_path / "renditions" / ".work" / RECORDING).exists()


def test_nothing_is_there_before_it_is_kept(store: RenditionStore) -> None:
    (store.begin(RECORDING) / "media.mp4").write_bytes(b"half")
    with pytest.raises(NotFound):
        read(store)
    assert store.names(RECORDING, "r1") == set()


def test_beginning_again_starts_empty(store: RenditionStore) -> None:
    (store.begin(RECORDING) / "media.mp4").write_bytes(b"half")
    assert list(store.begin(RECORDING).iterdir()) == []


def test_keeping_again_replaces_what_a_call_cut_short_had_moved(store: RenditionStore) -> None:
    kept(store, b"first")
    kept(store, b"second")
    assert read(store) == b"second"


def test_giving_up_leaves_nothing_and_may_be_repeated(store: RenditionStore) -> None:
    work = store.begin(RECORDING)
    store.give_up(RECORDING)
    store.give_up(RECORDING)
    assert not work.exists()


@pytest.mark.parametrize(
    "name", ["../media.mp4", "", ".", "catalog.sqlite3", "media.mp4/", "/etc/passwd", "poster.jpg"]
)
def test_another_name_is_not_found(store: RenditionStore, name: str) -> None:
    kept(store)
    with pytest.raises(NotFound):
        read(store, name)


def test_what_is_no_regular_file_is_not_found(store: RenditionStore, tmp_path: Path) -> None:
    kept(store)
    place = tmp_path / "renditions" / RECORDING / "r1"
    (tmp_path / "secret").write_text("secret")
    (place / "poster.jpg").symlink_to(tmp_path / "secret")
    (place / "text.txt").mkdir()
    os.mkfifo(place / "sprite.jpg")
    for name in ("poster.jpg", "text.txt", "sprite.jpg"):
        with pytest.raises(NotFound):
            read(store, name)


@pytest.mark.parametrize("recording", ["..", "", "../../etc", "A" * 26, "x"])
def test_what_is_no_identifier_names_no_folder(store: RenditionStore, recording: str) -> None:
    with pytest.raises(InvalidInput):
        store.begin(RecordingId(recording))


@pytest.mark.parametrize("recipe", ["", "..", "r1/..", "r 1"])
def test_what_is_no_recipe_names_no_folder(store: RenditionStore, recipe: str) -> None:
    with pytest.raises(InvalidInput):
        store.open(RECORDING, recipe, "media.mp4")


def test_every_file_and_folder_is_synced_before_it_is_moved(
    store: RenditionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(fd: int) -> None:
        done.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        real_fsync(fd)

    def replace(source: Path, target: Path) -> None:
        done.append("moved")
        real_replace(source, target)

    work = store.begin(RECORDING)
    (work / "media.mp4").write_bytes(b"copy")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    store.settle(RECORDING)
    store.keep(RECORDING, "r1")
    assert done.index("media.mp4") < done.index("moved")
    assert done.index(work.name) < done.index("moved")
    assert RECORDING in done[done.index("moved") :], "the folder that has the new name"


def test_workers_that_share_a_store_do_not_meet(store: RenditionStore, tmp_path: Path) -> None:
    one, two = (RenditionStore(tmp_path / "renditions", name) for name in ("one", "two"))
    for maker in (one, two):
        (maker.begin(RECORDING) / "media.mp4").write_bytes(b"half")
    one.give_up(RECORDING)
    assert store.holds(RECORDING)
    two.settle(RECORDING)
    two.keep(RECORDING, "r1")
    assert read(store) == b"half"


def test_what_a_lost_worker_left_is_removed(tmp_path: Path) -> None:
    one, two = (RenditionStore(tmp_path / "renditions", name) for name in ("one", "two"))
    left, mine = one.begin(RECORDING), two.begin(RECORDING)
    two.abandon("one")
    assert (left.exists(), mine.exists()) == (False, True)
    two.remove(RECORDING)
    assert not two.holds(RECORDING)
