"""A log's place as a folder: the contract of a tile store, and what is of files alone."""

import errno
import os
from pathlib import Path

import pytest

from integrity.errors import LogUnavailable
from integrity.tile_store import CHECKPOINT
from integrity.tiles import Tile
from integrity.tiles_files import FileTiles
from tests.contracts.tile_store import BATCH, Damage, Opened, TileStoreContract, head
from tests.fakes.interruptions import calls_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def opened(folder: Path) -> Opened:
    return lambda: FileTiles(folder)


@pytest.fixture
def damage(folder: Path) -> Damage:
    def change(path: str, content: bytes) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)

    return change


class TestFileTiles(TileStoreContract):
    pass


def test_everything_is_durable_and_public(folder: Path) -> None:
    store = FileTiles(folder)
    assert calls_of(store.begin) > 1
    assert calls_of(lambda: store.write(Tile(0, 0, 1), bytes(32))) > 4, "its folders are durable too"
    assert calls_of(lambda: store.stage(head(1), BATCH)) > 4
    assert calls_of(lambda: store.publish(CHECKPOINT, b"one")) > 2
    for path in (folder / CHECKPOINT, store.locate(Tile(0, 0, 1))):
        assert path.stat().st_mode & 0o777 == 0o644


def test_half_written_files_are_no_tiles_and_can_be_swept(folder: Path) -> None:
    store = FileTiles(folder)
    store.begin()
    store.write(Tile(0, 0, 1), bytes(32))
    left = folder / "tile" / "0" / "000.p" / ".0123456789abcdef.tmp"
    beside = folder / ".0123456789abcdef.tmp"
    for path in (left, beside):
        path.write_bytes(b"")
    assert list(store.paths()) == ["tile/0/000.p/1"]
    store.sweep_beside([(Tile(0, 0, 1), bytes(32)), (Tile(5, 0, 1), bytes(32))])
    assert not left.exists()
    store.sweep(1)
    assert not beside.exists()


def test_what_the_disk_says_is_an_unknown_outcome(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileTiles(folder)
    with pytest.raises(LogUnavailable), store.turn():
        pass
    store.begin()

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LogUnavailable, match="No space left"):
            store.write(Tile(0, 0, 1), bytes(32))
        with pytest.raises(LogUnavailable, match="No space left"):
            store.stage(head(1), BATCH)
        with pytest.raises(LogUnavailable, match="No space left"):
            store.publish(CHECKPOINT, b"one")
    (folder / CHECKPOINT).mkdir()
    (folder / "tile" / "1").mkdir()
    (folder / "tile" / "1" / "000").mkdir()
    with pytest.raises(LogUnavailable):
        store.published(CHECKPOINT)
    with pytest.raises(LogUnavailable):
        store.read(Tile(1, 0))
