"""The tree over tiles: grown in any steps it is the tree of RFC 6962, and reading it touches few tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import merkle
from integrity.errors import LogCorrupt
from integrity.tiles import ENTRIES, Tile, tile_at
from integrity.tree import RightEdge, StoredTree
from tests.integrity.test_merkle import tree_hash

ENTRIES_OF = [number.to_bytes(32, "big") for number in range(70_000)]


class Store(dict[Tile, bytes]):
    """Tiles in memory that counts what is read, and forgets partial tiles when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def fetch(self, tile: Tile) -> bytes:
        self.reads += 1
        if tile not in self:
            raise LogCorrupt(f"{tile.path} is missing")
        return self[tile]


def grown(*batches: list[bytes]) -> tuple[RightEdge, Store]:
    edge, store = RightEdge(), Store()
    for batch in batches:
        edge, files = edge.grow(batch)
        for tile, content in files:
            assert store.setdefault(tile, content) == content, "a tile never changes"
    return edge, store


@given(st.lists(st.integers(0, 400), max_size=6))
def test_grown_in_any_steps_it_is_the_same_tree(steps: list[int]) -> None:
    size = sum(steps)
    batches, start = [], 0
    for step in steps:
        batches.append(ENTRIES_OF[start : start + step])
        start += step
    edge, store = grown(*batches)
    assert edge.size == size
    assert edge.root() == tree_hash(ENTRIES_OF[:size])
    tree = StoredTree(size, store.fetch)
    assert merkle.root(size, tree.read) == tree_hash(ENTRIES_OF[:size])
    assert list(tree.entries(0, size)) == ENTRIES_OF[:size]
    again = RightEdge.load(size, store.fetch)
    assert (again.size, again.root(), again.entries) == (size, edge.root(), edge.entries)
    assert again.grow(ENTRIES_OF[:9])[0].root() == edge.grow(ENTRIES_OF[:9])[0].root()


def test_the_tiles_of_70000_leaves_are_those_of_the_specification() -> None:
    edge, store = grown(ENTRIES_OF)
    expected = {tile_at(level, index, 70_000) for level, count in ((0, 274), (1, 2), (2, 1)) for index in range(count)}
    expected |= {tile_at(ENTRIES, index, 70_000) for index in range(274)}
    assert set(store) == expected
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES_OF]
    assert store[Tile(2, 0, 1)] == merkle.complete_root(leaves[:65536])
    assert edge.root() == merkle.root(70_000, merkle.reader(leaves))


def test_reading_and_growing_touch_few_tiles() -> None:
    edge, store = grown(ENTRIES_OF)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        store.reads = 0
        proof = merkle.inclusion_proof(index, 70_000, StoredTree(70_000, store.fetch).read)
        merkle.verify_inclusion(merkle.leaf_hash(ENTRIES_OF[index]), index, 70_000, proof, edge.root())
        assert store.reads <= 6
    store.reads = 0
    RightEdge.load(70_000, store.fetch)
    assert store.reads <= 4
    assert len(edge.grow(ENTRIES_OF[:1])[1]) == 2, "the bundle and the tile of level 0"


@pytest.mark.parametrize(("old", "new"), [(1, 70_000), (256, 257), (65_536, 65_537), (69_999, 70_000), (300, 70_000)])
def test_growth_is_proved_from_tiles(old: int, new: int) -> None:
    _, store = grown(ENTRIES_OF)
    read = StoredTree(70_000, store.fetch).read
    proof = merkle.consistency_proof(old, new, read)
    merkle.verify_consistency(old, new, proof, merkle.root(old, read), merkle.root(new, read))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 1), (255, 257), (256, 512), (69_990, 70_000), (5, 5)])
def test_ranges_of_entries(start: int, end: int) -> None:
    _, store = grown(ENTRIES_OF)
    assert list(StoredTree(70_000, store.fetch).entries(start, end)) == ENTRIES_OF[start:end]


def test_an_edge_whose_entries_are_not_its_leaves_is_refused() -> None:
    _, store = grown(ENTRIES_OF[:300])
    content = bytearray(store[Tile(ENTRIES, 1, 44)])
    content[10] ^= 1
    store[Tile(ENTRIES, 1, 44)] = bytes(content)
    with pytest.raises(LogCorrupt, match="do not hash"):
        RightEdge.load(300, store.fetch)


def test_a_missing_tile_is_named() -> None:
    _, store = grown(ENTRIES_OF[:300])
    del store[Tile(0, 1, 44)]
    with pytest.raises(LogCorrupt, match=r"tile/0/001\.p/44"):
        RightEdge.load(300, store.fetch)
