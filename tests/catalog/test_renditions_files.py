"""Renditions in a folder: the contract, and what is of files alone."""

import os
from pathlib import Path

import pytest

from catalog.errors import NotFound, RenditionsUnavailable
from catalog.renditions_files import FileRenditions
from tests.contracts.rendition_store import RECORDING, Damage, Opened, RenditionStoreContract, kept, read


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return lambda worker: FileRenditions(tmp_path / "renditions", worker)


@pytest.fixture
def damage(tmp_path: Path) -> Damage:
    def change(path: str, content: bytes) -> None:
        target = tmp_path / "renditions" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    return change


class TestFileRenditions(RenditionStoreContract):
    pass


def test_what_was_kept_cannot_be_written(opened: Opened, tmp_path: Path) -> None:
    store = opened("one")
    place = kept(store)
    assert (tmp_path / "renditions" / RECORDING / place / "media.mp4").stat().st_mode & 0o777 == 0o400
    assert not list((tmp_path / "renditions" / ".work").iterdir())


def test_what_is_no_regular_file_is_not_found(opened: Opened, tmp_path: Path) -> None:
    store = opened("one")
    place = kept(store)
    folder = tmp_path / "renditions" / RECORDING / place
    (tmp_path / "secret").write_text("secret")
    (folder / "poster.jpg").symlink_to(tmp_path / "secret")
    (folder / "picture.jpg").mkdir()
    os.mkfifo(folder / "sprite.jpg")
    for name in ("poster.jpg", "picture.jpg", "sprite.jpg"):
        with pytest.raises(NotFound):
            read(store, place, name)


def test_a_disk_that_does_not_answer_is_no_missing_file(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened("one")
    place, real = kept(store), os.open

    def failing(path: Path, *arguments: int) -> int:
        if str(path).endswith("media.mp4"):
            raise OSError(5, "Input/output error", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", failing)
    with pytest.raises(RenditionsUnavailable, match="Input/output error"):
        store.open(RECORDING, place, "media.mp4")


def test_every_file_and_folder_is_synced_before_it_is_moved(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(fd: int) -> None:
        done.append(Path(f"/proc/self/fd/{fd}").readlink().name)
        real_fsync(fd)

    def replace(source: Path, target: Path) -> None:
        done.append("moved")
        real_replace(source, target)

    store = opened("one")
    work = store.begin(RECORDING)
    (work / "media.mp4").write_bytes(b"copy")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    store.keep(RECORDING, "r1")
    assert done.index("media.mp4") < done.index("moved")
    assert done.index(work.name) < done.index("moved")
    assert RECORDING in done[done.index("moved") :], "the folder that has the new name"


def test_workers_that_share_a_store_do_not_meet(opened: Opened) -> None:
    one, two = opened("one"), opened("two")
    for maker in (one, two):
        (maker.begin(RECORDING) / "media.mp4").write_bytes(b"half")
    one.give_up(RECORDING)
    assert read(one, two.keep(RECORDING, "r1")) == b"half"
