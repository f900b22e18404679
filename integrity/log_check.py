"""Reading a whole log again: every entry, every tile, checkpoint and head, compared with what the signed head promises.

Each 256 leaves are hashed twice, from their entries and from their tile; where the two differ the signed root says
which is right, so a flipped byte is laid to the file it is in. Collects all findings; changes nothing. May run beside
a writer: it judges the head it was given, and what is newer is the next run's.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import overload

from integrity import checkpoint, merkle
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import InvalidNote, LogCorrupt, LogError, LogUnavailable
from integrity.finding import Finding
from integrity.heads import HeadStore
from integrity.log_keys import LogKeys
from integrity.tile_store import TileStore
from integrity.tiles import ENTRIES, WIDTH, Tile, decode_entries, decode_hashes, tile_at

Progress = Callable[[int, int], None]
"""Called with leaves read so far and leaves in all."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The root over the leaves of one tile of level 0, by its entries and by the tile; None where unreadable."""

    index: int
    by_entries: bytes | None
    by_tile: bytes | None

    @property
    def doubtful(self) -> bool:
        return self.by_entries is None or self.by_entries != self.by_tile

    @property
    def candidates(self) -> list[bytes]:
        return [hashed for hashed in (self.by_entries, self.by_tile) if hashed is not None]


class LogCheck:
    """One run over the files of one log. `known`: of one that ended, how many leaves others remember; else 0."""

    def __init__(self, store: TileStore, keys: LogKeys, heads: HeadStore, known: int = 0) -> None:
        self._known = known
        self._keys = keys
        self._heads = heads
        self._store = store
        self._staged: dict[Tile, bytes] = {}
        self._narrower: dict[tuple[int, int], list[Tile]] = {}
        self._findings: list[Finding] = []

    def run(self, head: bytes | None, published: bytes | None, progress: Progress | None) -> list[Finding]:
        """Every finding; `head` and `published` were read while no writer was at work."""
        signed = self._open(head, "log-head", "head")
        told = self._open(published, "log-checkpoint", "checkpoint")
        if signed is None:
            return self._findings
        lost = told is not None and signed.size < told.size <= self._known
        if told is not None and lost:
            # It ended below what lies here: all of that is read, and the head must be an earlier one of the same tree.
            signed, told = told, signed
        self._list_files(signed.size)
        try:
            self._staged = dict(self._store.staged(signed) or [])
        except (LogUnavailable, LogCorrupt) as error:
            self._find("log-staging-damaged", "staging", str(error))
        places = [self._place(index, signed.size, progress) for index in range(-(-signed.size // WIDTH))]
        roots = self._settle(places, signed)
        self._upper_tiles(roots[: signed.size // WIDTH], signed.size)
        if told is not None:
            self._compare(told, signed, roots, lost)
        return self._findings

    def _find(self, code: str, subject: str, detail: str) -> None:
        self._findings.append(Finding(code, subject, detail))

    # --- what is signed -----------------------------------------------------------------------------------------------

    def _open(self, note: bytes | None, code: str, subject: str) -> SignedCheckpoint | None:
        if note is None:
            self._find(f"{code}-missing", subject, "there is none")
            return None
        try:
            return self._keys.open(note)
        except InvalidNote as error:
            self._find(f"{code}-signature", subject, str(error))
            return None

    def _compare(self, told: SignedCheckpoint, head: SignedCheckpoint, roots: list[bytes], lost: bool) -> None:
        """The published checkpoint against the head: the same, or an earlier one of the same tree.

        `lost`: the other way round, and that the earlier one is earlier is known.
        """
        subject = "checkpoint"
        if told.size > head.size:
            detail = f"{told.size} leaves were published, the head has {head.size}: it was set back"
            self._find("log-checkpoint-ahead", subject, detail)
        elif told.size < head.size:
            if not lost:
                self._find("log-checkpoint-behind", subject, f"{told.size} of {head.size} signed leaves are published")
            if told.size and self._root_at(told.size, head.size, roots) not in (None, told.root):
                self._find("log-checkpoint-differs", subject, f"the tree had another root at {told.size} leaves")
        elif told.note != head.note:
            self._find("log-checkpoint-differs", subject, f"two signed heads of {head.size} leaves")

    def _root_at(self, size: int, whole: int, roots: list[bytes]) -> bytes | None:
        """The root at an earlier size of the tree of `whole` leaves; None, with a finding, where they are missing."""
        complete, width = divmod(size, WIDTH)
        pieces = [*roots[:complete]]
        if width:
            leaves = self._leaves(tile_at(0, complete, whole))
            if leaves is None:
                return None
            pieces.append(_root(leaves[:width]))
        return _tree_root(pieces, size)

    # --- files --------------------------------------------------------------------------------------------------------

    def _list_files(self, size: int) -> None:
        """Files that no tree of this log has, and the narrower tiles that were left beside wider ones."""
        paths = sorted(self._store.paths())
        with suppress(LogError, InvalidNote):  # a head read after the listing covers all that was listed
            size = max(size, checkpoint.claimed(self._heads.read() or b"").size)
        for path in paths:
            tile = Tile.from_path(path)
            if tile is None or not tile.within(size):
                self._find("log-tile-unexpected", path, f"no tree of {size} leaves has this file")
            elif not tile.full:
                self._narrower.setdefault((tile.level, tile.index), []).append(tile)

    def _read(self, tile: Tile) -> bytes | None:
        try:
            content = self._store.read(tile)
        except (LogUnavailable, LogCorrupt) as error:
            self._find("log-tile-unreadable", tile.path, str(error))
            return None
        content = self._staged.get(tile) if content is None else content
        if content is None:
            self._find("log-tile-missing", tile.path, "a tree of this size has it")
        return content

    def _leaves(self, tile: Tile) -> list[bytes] | None:
        """The leaf hashes that a tile of level 0, or an entry bundle, stands for."""
        content = self._read(tile)
        try:
            if content is None:
                return None
            if tile.level == ENTRIES:
                return [merkle.leaf_hash(entry) for entry in decode_entries(content, tile.width)]
            return decode_hashes(content, tile.width)
        except LogCorrupt as error:
            self._find("log-entry-unreadable" if tile.level == ENTRIES else "log-tile-differs", tile.path, str(error))
            return None

    # --- the tree -----------------------------------------------------------------------------------------------------

    def _place(self, index: int, size: int, progress: Progress | None) -> _Place:
        by_entries = self._leaves(tile_at(ENTRIES, index, size))
        by_tile = self._leaves(tile_at(0, index, size))
        if by_entries is not None and by_entries == by_tile:
            for level in (ENTRIES, 0):
                self._narrower_tiles(tile_at(level, index, size), by_entries)
        if progress:
            progress(min((index + 1) * WIDTH, size), size)
        return _Place(index, _root(by_entries), _root(by_tile))

    def _narrower_tiles(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        """Partial tiles of earlier sizes, which a reader may still fetch: each begins what the wider one holds."""
        for narrower in self._narrower.get((tile.level, tile.index), ()):
            if narrower.width < tile.width and self._leaves(narrower) not in (None, list(hashes[: narrower.width])):
                self._find(_differs(tile.level), narrower.path, "other hashes than in the wider tile in its place")

    def _settle(self, places: list[_Place], head: SignedCheckpoint) -> list[bytes]:
        """Decide between entries and tiles by the signed root, and name what is wrong."""
        choices: tuple[Callable[[_Place], bytes], ...] = (
            _by_entries,
            _by_tile,
            lambda place: self._by_parent(place, head.size, _by_entries),
            lambda place: self._by_parent(place, head.size, _by_tile),
        )
        for choice in choices:
            roots = [choice(place) for place in places]
            if _tree_root(roots, head.size) == head.root:
                break
        else:
            self._find("log-root-differs", "head", "the leaves do not give the signed root")
        for place, root in zip(places, roots, strict=True):
            if place.doubtful and len(place.candidates) == 2:
                level = 0 if root == place.by_entries else ENTRIES
                path = tile_at(level, place.index, head.size).path
                self._find(_differs(level), path, "entries and tile differ, and the signed root holds for the other")
        return roots

    def _by_parent(self, place: _Place, size: int, otherwise: Callable[[_Place], bytes]) -> bytes:
        """What the tile of level 1 says, for when several files are wrong."""
        parent, offset = divmod(place.index, WIDTH)
        if place.index >= size // WIDTH:
            return otherwise(place)
        content = self._store.read(tile_at(1, parent, size)) or b""
        stored = content[offset * merkle.HASH_SIZE : (offset + 1) * merkle.HASH_SIZE]
        return stored if stored in place.candidates or not place.candidates else otherwise(place)

    def _upper_tiles(self, row: list[bytes], size: int) -> None:
        level = 1
        while row:
            for index in range(-(-len(row) // WIDTH)):
                tile = tile_at(level, index, size)
                hashes = row[index * WIDTH : index * WIDTH + tile.width]
                if self._leaves(tile) not in (None, hashes):
                    self._find("log-tile-differs", tile.path, "other hashes than the leaves below it give")
                self._narrower_tiles(tile, hashes)
            row = [_root(row[i : i + WIDTH]) for i in range(0, len(row) - WIDTH + 1, WIDTH)]
            level += 1


def _differs(level: int) -> str:
    return "log-entry-differs" if level == ENTRIES else "log-tile-differs"


def _by_entries(place: _Place) -> bytes:
    return place.candidates[0] if place.candidates else b""


def _by_tile(place: _Place) -> bytes:
    return place.candidates[-1] if place.candidates else b""


@overload
def _root(hashes: Sequence[bytes]) -> bytes: ...
@overload
def _root(hashes: None) -> None: ...
def _root(hashes: Sequence[bytes] | None) -> bytes | None:
    return None if hashes is None else merkle.root(len(hashes), merkle.reader(hashes))


def _tree_root(roots: list[bytes], size: int) -> bytes:
    """The root of a tree from the roots over each 256 leaves, the last perhaps over fewer."""
    if not roots:
        return merkle.EMPTY_ROOT
    complete = size // WIDTH
    read = merkle.reader(roots[:complete])
    pieces = [read(height, index) for height, index in merkle.subtrees(0, complete)]
    return merkle.fold(pieces + roots[complete:])
