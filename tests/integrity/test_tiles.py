"""Tile paths and contents against the specification's examples; every path that is not canonical refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import tiles
from integrity.errors import LogCorrupt
from integrity.tiles import ENTRIES, Tile


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),  # the specification's index
        (Tile(0, 0), "tile/0/000"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(1, 1000, 255), "tile/1/x001/000.p/255"),
        (Tile(ENTRIES, 5, 1), "tile/entries/005.p/1"),
        (Tile(ENTRIES, 123456), "tile/entries/x123/456"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.from_path(path) == tile


@given(st.integers(-1, 63), st.integers(0, (1 << 55) - 1), st.integers(1, 256))
def test_every_tile_has_one_path(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.from_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "tile", "tile/0", "tile/0/0", "tile/0/0000", "tile/0/x000/005", "tile/0/x000/x000/000", "tile/00/000",
     "tile/64/000", "tile/-1/000", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/001.p",
     "/tile/0/001", "tile/0/../../head", "tile/0/001\n",
     "tile/0/００１", "tile/data/001", "tile/0/001/", "tile/0/x01/001"],
)  # fmt: skip
def test_what_is_no_tile_has_no_path(path: str) -> None:
    assert Tile.from_path(path) is None


def test_the_tiles_of_the_specifications_tree_of_70000() -> None:
    """273 full tiles of level 0 and a partial one of 112, one full of level 1 and one of 17, one of level 2 of 1."""
    there = [
        tiles.tile_at(level, index, 70_000) for level, count in ((0, 274), (1, 2), (2, 1)) for index in range(count)
    ]
    assert [tile for tile in there if not tile.full] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    for level, index in ((0, 274), (1, 2), (2, 1), (3, 0)):
        with pytest.raises(LogCorrupt):
            tiles.tile_at(level, index, 70_000)
    assert Tile(0, 273, 112).within(70_000)
    assert not Tile(0, 273, 113).within(70_000)
    assert not Tile(2, 0, 2).within(70_000)
    assert Tile(ENTRIES, 272).within(70_000)


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_entry_bundles(entries: list[bytes]) -> None:
    content = tiles.encode_entries(entries)
    assert content == b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)
    assert tiles.decode_entries(content, len(entries)) == entries
    for other in (content + b"\0", content[:-1] if content else b"\0", content + b"\0\0"):
        with pytest.raises(LogCorrupt):
            tiles.decode_entries(other, len(entries))


def test_a_tile_of_another_length_is_refused() -> None:
    assert tiles.decode_hashes(bytes(64), 2) == [bytes(32), bytes(32)]
    with pytest.raises(LogCorrupt):
        tiles.decode_hashes(bytes(63), 2)
