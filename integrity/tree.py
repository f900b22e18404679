"""A log's tree over its tiles: read anywhere, grown at its right edge.

Reading touches only the tiles on a path, growing only those at the right edge, so neither reads the whole log whatever
its size. Pure: tiles come in through a function and go out as values; nothing is written here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from integrity import merkle
from integrity.errors import LogCorrupt
from integrity.tiles import ENTRIES, WIDTH, Tile, decode_entries, decode_hashes, encode_entries, tile_at

Fetch = Callable[[Tile], bytes]
"""The content of a tile that the tree has; LogCorrupt where it is missing."""

Files = list[tuple[Tile, bytes]]
"""Tiles to be written, in the order of writing."""


class StoredTree:
    """The tree of `size` leaves; each tile is fetched once in the life of this object, so keep it short."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def read(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree: a `merkle.Reader`."""
        level, rest = divmod(height, 8)
        first = index << rest
        place, offset = divmod(first, WIDTH)
        hashes = self._hashes(level, place)[offset : offset + (1 << rest)]
        return merkle.complete_root(hashes)

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end), bundle by bundle."""
        for place in range(start // WIDTH, -(-end // WIDTH)):
            tile = tile_at(ENTRIES, place, self.size)
            bundle = decode_entries(self._fetch(tile), tile.width)
            yield from bundle[max(start - place * WIDTH, 0) : end - place * WIDTH]

    def _hashes(self, level: int, place: int) -> list[bytes]:
        found = self._tiles.get((level, place))
        if found is None:
            tile = tile_at(level, place, self.size)
            found = self._tiles[level, place] = decode_hashes(self._fetch(tile), tile.width)
        return found


@dataclass(frozen=True, slots=True)
class RightEdge:
    """All that growing needs: the size, the hashes of each level's partial tile, the entries of the partial bundle."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()
    entries: tuple[bytes, ...] = ()

    @classmethod
    def load(cls, size: int, fetch: Fetch) -> "RightEdge":
        """Read the partial tiles; LogCorrupt when the entries do not hash to the leaves above them."""
        levels = []
        for level in range((max(size.bit_length(), 1) + 7) // 8):
            width = (size >> 8 * level) % WIDTH
            tile = Tile(level, size >> 8 * (level + 1), width)
            levels.append(tuple(decode_hashes(fetch(tile), width)) if width else ())
        width = size % WIDTH
        bundle = decode_entries(fetch(Tile(ENTRIES, size // WIDTH, width)), width) if width else []
        if any(merkle.leaf_hash(entry) != hashed for entry, hashed in zip(bundle, levels[0], strict=True)):
            raise LogCorrupt("the last entries do not hash to the last leaves")
        return cls(size, tuple(levels), tuple(bundle))

    def root(self) -> bytes:
        """The root of the tree."""
        pieces = []
        for hashes in reversed(self.levels):  # the highest level's subtrees are the leftmost
            pieces += [
                merkle.complete_root(hashes[index << height : (index + 1) << height])
                for height, index in merkle.subtrees(0, len(hashes))
            ]
        return merkle.fold(pieces) if pieces else merkle.EMPTY_ROOT

    def grow(self, entries: Sequence[bytes]) -> "tuple[RightEdge, Files]":
        """The edge after these entries, and every tile that is new or wider than before."""
        levels = [list(hashes) for hashes in self.levels]
        bundle, files, size = list(self.entries), Files(), self.size
        for entry in entries:
            bundle.append(entry)
            size += 1
            if len(bundle) == WIDTH:
                files.append((Tile(ENTRIES, size // WIDTH - 1), encode_entries(bundle)))
                bundle = []
            _push(levels, merkle.leaf_hash(entry), size, files)
        files += _partial_tiles(levels, bundle, self.size, size)
        return RightEdge(size, tuple(map(tuple, levels)), tuple(bundle)), files


def _push(levels: list[list[bytes]], hashed: bytes, size: int, files: Files) -> None:
    """Add a leaf; a tile that gets full is written and its root goes one level up."""
    for level in range(len(levels) + 1):
        if level == len(levels):
            levels.append([])
        levels[level].append(hashed)
        if len(levels[level]) < WIDTH:
            return
        files.append((Tile(level, (size >> 8 * (level + 1)) - 1), b"".join(levels[level])))
        hashed = merkle.complete_root(levels[level])
        levels[level] = []


def _partial_tiles(levels: list[list[bytes]], bundle: list[bytes], old: int, size: int) -> Files:
    """The partial tiles at the right edge that the tree of `old` leaves did not have."""
    files = Files()
    if bundle and size != old:
        files.append((Tile(ENTRIES, size // WIDTH, len(bundle)), encode_entries(bundle)))
    for level, hashes in enumerate(levels):
        if hashes and size >> 8 * level != old >> 8 * level:
            files.append((Tile(level, size >> 8 * (level + 1), len(hashes)), b"".join(hashes)))
    return files
