"""Tiles and entry bundles (C2SP tlog-tiles): how a log's tree and its entries lie in files that never change.

A tile is 256 hashes of one level, an entry bundle the 256 entries below a tile of level 0; the rightmost ones are
partial and carry their width in their path. Files are only ever added; a partial one is removed once the full one that
contains it is durable. Nothing here knows which sizes were signed: that is `integrity.log`.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from integrity import durable
from integrity.bounded import read_bounded
from integrity.errors import LogCorrupt
from integrity.merkle import HASH_SIZE

WIDTH = 256
"""Hashes in a full tile."""

ENTRIES = -1
"""The level of an entry bundle."""

CONTENT_LIMIT = WIDTH * (2 + 0xFFFF)
"""Bytes of a tile or entry bundle that are read: the largest that the format knows."""

FILE_MODE = 0o644
"""Everything in a log is public."""

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])"
    r"/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Where a tile is: its level (0 to 63, or ENTRIES), its index in the level, its width (1 to 256)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]`, the index in groups of three digits."""
        digits = str(self.index)
        digits = digits.zfill(len(digits) + -len(digits) % 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        index = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{index}" + ("" if self.full else f".p/{self.width}")

    @classmethod
    def from_path(cls, path: str) -> Self | None:
        """The tile of a path in its one canonical spelling, or None."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        level = ENTRIES if match["level"] == "entries" else int(match["level"])
        tile = cls(level, int(match["index"].replace("/", "").replace("x", "")), int(match["width"] or WIDTH))
        return tile if tile.path == path else None

    @property
    def full(self) -> bool:
        return self.width == WIDTH

    def whole(self) -> "Tile":
        """The full tile in the same place."""
        return Tile(self.level, self.index)

    def within(self, size: int) -> bool:
        """Whether a tree of this size has all that the tile holds."""
        return self.index * WIDTH + self.width <= size >> 8 * max(self.level, 0)


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile in this place as wide as a tree of this size has it; LogCorrupt when it has none there."""
    width = min(WIDTH, (size >> 8 * max(level, 0)) - index * WIDTH)
    if width <= 0:
        raise LogCorrupt(f"a tree of {size} leaves has no tile {index} at level {level}")
    return Tile(level, index, width)


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length, two bytes, big-endian."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_entries(content: bytes, width: int) -> list[bytes]:
    """The entries of a bundle; LogCorrupt unless it holds exactly this many."""
    entries, position = [], 0
    while position < len(content):
        if position + 2 > len(content):
            raise LogCorrupt("an entry bundle ends inside a length")
        (length,) = struct.unpack_from(">H", content, position)
        entry = content[position + 2 : position + 2 + length]
        if len(entry) != length:
            raise LogCorrupt("an entry bundle ends inside an entry")
        entries.append(entry)
        position += 2 + length
    if len(entries) != width:
        raise LogCorrupt(f"an entry bundle of {len(entries)} entries where {width} belong")
    return entries


def decode_hashes(content: bytes, width: int) -> list[bytes]:
    """The hashes of a tile; LogCorrupt unless it holds exactly this many."""
    if len(content) != width * HASH_SIZE:
        raise LogCorrupt(f"a tile of {len(content)} bytes where {width * HASH_SIZE} belong")
    return [content[i : i + HASH_SIZE] for i in range(0, len(content), HASH_SIZE)]


def narrowed(content: bytes, tile: Tile) -> bytes:
    """The content of a partial tile, cut from the full one in its place."""
    if tile.level == ENTRIES:
        return encode_entries(decode_entries(content, WIDTH)[: tile.width])
    return content[: tile.width * HASH_SIZE]


class TileStore(Protocol):
    """Where tiles lie. Errors are OSError, except LogCorrupt where other bytes are there already."""

    def read(self, tile: Tile) -> bytes | None:
        """The content, cut from the full tile where the partial one is gone; None where neither is there."""
        ...

    def write(self, tile: Tile, content: bytes) -> None:
        """Durable on return; equal bytes already there are an earlier call."""
        ...

    def drop_partials(self, tile: Tile) -> None:
        """Remove the partial tiles in the place of a full one that is durable."""
        ...


class FileTiles:
    """Tiles as files under the folder, at their public paths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def locate(self, tile: Tile) -> Path:
        """Where the tile's file is or would be."""
        return self._folder / tile.path

    def read(self, tile: Tile) -> bytes | None:
        for candidate in (tile, tile.whole()):
            try:
                content = read_bounded(self.locate(candidate), CONTENT_LIMIT)
            except FileNotFoundError:
                continue
            return content if candidate == tile else narrowed(content, tile)
        return None

    def write(self, tile: Tile, content: bytes) -> None:
        path = self.locate(tile)
        if not path.parent.is_dir():
            durable.make_folder(path.parent, 0o755)
        try:
            durable.write_new(path, content, FILE_MODE)
        except FileExistsError as error:
            raise LogCorrupt(f"{tile.path} holds other bytes than the log wrote") from error

    def drop_partials(self, tile: Tile) -> None:
        folder = self.locate(tile).with_name(self.locate(tile).name + ".p")
        if folder.is_dir():
            durable.remove_tree(folder)

    def sweep(self, tile: Tile) -> None:
        """Remove what a killed process left half-written beside this tile."""
        parent = self.locate(tile).parent
        if parent.is_dir():
            durable.sweep(parent)

    def paths(self) -> Iterator[str]:
        """Every file there is, as a path below the folder, in no order; half-written ones are left out."""
        root = self._folder / "tile"
        folders = [root] if root.is_dir() else []
        while folders:
            for entry in list(folders.pop().iterdir()):
                if entry.is_dir() and not entry.is_symlink():
                    folders.append(entry)
                elif not durable.is_temporary(entry.name):
                    yield entry.relative_to(self._folder).as_posix()
