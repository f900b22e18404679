"""Tiles and entry bundles (C2SP tlog-tiles): how a log's tree and its entries lie in files that never change.

A tile is 256 hashes of one level, an entry bundle the 256 entries below a tile of level 0; the rightmost ones are
partial and carry their width in their path. Files are only ever added; a partial one is removed once the full one that
contains it is durable. Nothing here knows which sizes were signed, that is `integrity.log`, nor where tiles lie:
`integrity.tile_store`.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from integrity.errors import LogCorrupt
from integrity.merkle import HASH_SIZE

WIDTH = 256
"""Hashes in a full tile."""

ENTRIES = -1
"""The level of an entry bundle."""

CONTENT_LIMIT = WIDTH * (2 + 0xFFFF)
"""Bytes of a tile or entry bundle that are read: the largest that the format knows."""

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
