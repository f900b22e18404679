"""What every `TileStore` must do. An implementation's test module subclasses `TileStoreContract`, with its fixtures.

Needed: `opened`, a function that opens the same place once more, as another process would; `damage`, which puts other
bytes at a path below the place, as somebody with its own powers could.
"""

import threading
from collections.abc import Callable

import pytest

from integrity import tiles
from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.errors import LogCorrupt
from integrity.tile_store import CHECKPOINT, SUCCESSION, TileStore
from integrity.tiles import ENTRIES, Tile
from integrity.tree import Files

Opened = Callable[[], TileStore]
Damage = Callable[[str, bytes], None]

HASHES = bytes(range(256)) * 32
BUNDLE = tiles.encode_entries([bytes([number]) * 32 for number in range(256)])
BATCH: Files = [(Tile(ENTRIES, 0, 2), b"\x00\x01a\x00\x01\n"), (Tile(0, 0, 2), bytes(64)), (Tile(1, 1234067), b"")]


def head(size: int, root: bytes = bytes(32)) -> SignedCheckpoint:
    return SignedCheckpoint(b"", Checkpoint("o", size, root))


class TileStoreContract:
    """The suite; pytest collects only its subclasses."""

    def test_a_place_is_empty_until_something_lies_there(self, opened: Opened) -> None:
        store = opened()
        assert not store.begin()
        assert not opened().begin(), "made twice is made once"
        assert (list(store.paths()), store.published(CHECKPOINT), store.staged(head(1))) == ([], None, None)
        store.publish(CHECKPOINT, b"one")
        assert opened().begin()

    def test_tiles_alone_are_something_too(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        store.write(Tile(0, 0, 1), bytes(32))
        assert opened().begin()

    def test_what_is_written_is_read_by_everybody(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        written = {
            Tile(0, 1234067): HASHES,
            Tile(ENTRIES, 1, 3): BUNDLE[:102],
            Tile(63, 0, 255): HASHES[:-32],
            Tile(2, 0): b"",
        }
        for tile, content in written.items():
            store.write(tile, content)
        assert {tile: opened().read(tile) for tile in written} == written
        assert sorted(opened().paths()) == sorted(tile.path for tile in written)
        assert store.read(Tile(0, 7)) is store.read(Tile(0, 7, 9)) is None

    def test_a_tile_is_written_once(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        store.write(Tile(0, 0, 1), bytes(32))
        opened().write(Tile(0, 0, 1), bytes(32))
        for other in (bytes(31) + b"1", bytes(31), bytes(33), b""):
            with pytest.raises(LogCorrupt, match=r"tile/0/000\.p/1 holds other bytes"):
                store.write(Tile(0, 0, 1), other)
        assert store.read(Tile(0, 0, 1)) == bytes(32)

    def test_a_damaged_tile_is_told_as_it_lies_there_and_never_repaired(self, opened: Opened, damage: Damage) -> None:
        store = opened()
        store.begin()
        store.write(Tile(0, 0, 1), bytes(32))
        damage("tile/0/000.p/1", b"other")
        assert store.read(Tile(0, 0, 1)) == b"other"
        with pytest.raises(LogCorrupt):
            store.write(Tile(0, 0, 1), bytes(32))

    def test_a_tile_of_any_size_does_not_fill_the_memory(self, opened: Opened, damage: Damage) -> None:
        store = opened()
        store.begin()
        damage("tile/0/000", bytes(tiles.CONTENT_LIMIT + 70_000))
        damage("checkpoint", bytes(4_000_000))
        assert len(store.read(Tile(0, 0)) or b"") == tiles.CONTENT_LIMIT + 1
        assert len(store.published(CHECKPOINT) or b"") < 4_000_000

    def test_a_partial_tile_is_cut_from_the_full_one_when_it_is_gone(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        for tile in (Tile(0, 1, 5), Tile(0, 1, 77), Tile(0, 11, 5), Tile(0, 1)):
            store.write(tile, HASHES[: tile.width * 32])
        store.write(Tile(ENTRIES, 1), BUNDLE)
        store.drop_partials(Tile(0, 1))
        store.drop_partials(Tile(ENTRIES, 1))
        opened().drop_partials(Tile(0, 1))
        assert sorted(store.paths()) == ["tile/0/001", "tile/0/011.p/5", "tile/entries/001"]
        assert store.read(Tile(0, 1, 5)) == HASHES[:160]
        assert store.read(Tile(ENTRIES, 1, 5)) == tiles.encode_entries([bytes([i]) * 32 for i in range(5)])

    def test_what_is_no_tile_is_told_of_too(self, opened: Opened, damage: Damage) -> None:
        store = opened()
        store.begin()
        damage("tile/0/999/strange", b"?")
        assert list(store.paths()) == ["tile/0/999/strange"]

    def test_a_batch_is_read_back_for_its_own_head_only(self, opened: Opened) -> None:
        store, other = opened(), head(2, bytes(31) + b"1")
        store.begin()
        store.stage(head(2), BATCH)
        opened().stage(head(2), BATCH)
        store.stage(other, [])
        assert (opened().staged(head(2)), opened().staged(other), store.staged(head(3))) == (BATCH, [], None)
        store.unstage(head(2))
        opened().unstage(head(2))
        assert (store.staged(head(2)), store.staged(other)) == (None, [])
        assert list(store.paths()) == [], "a batch is no tile"

    def test_a_damaged_batch_is_refused(self, opened: Opened, damage: Damage) -> None:
        store = opened()
        store.begin()
        store.stage(head(2), BATCH)
        damage(f"staging/2-{'00' * 32}", b"tiezheng-staging-v1\n" + bytes(32))
        with pytest.raises(LogCorrupt):
            store.staged(head(2))

    def test_only_batches_that_no_head_can_need_are_swept(self, opened: Opened) -> None:
        """A larger one may be of somebody who lost the turn, does not know yet, and still wins the swap."""
        store = opened()
        store.begin()
        store.sweep(0)
        for size in (9, 10, 11, 100):
            store.stage(head(size), BATCH)
        store.sweep(10)
        assert [size for size in (9, 10, 11, 100) if store.staged(head(size)) is not None] == [11, 100]
        store.sweep_beside(BATCH)
        store.sweep(100)
        assert store.staged(head(100)) is None

    def test_what_is_published_is_replaced_as_a_whole(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        for content in (b"one", "日志 — \n\n".encode() + bytes(range(256)) * 30, b""):
            store.publish(CHECKPOINT, content)
            assert opened().published(CHECKPOINT) == content
        assert store.published(SUCCESSION) is None
        store.publish(SUCCESSION, b"told")
        assert (store.published(SUCCESSION), store.published(CHECKPOINT)) == (b"told", b"")

    def test_one_at_a_time(self, opened: Opened) -> None:
        """Whoever has opened the same place, from whatever thread."""
        first, second, order = opened(), opened(), list[str]()
        first.begin()

        def enter() -> None:
            with second.turn():
                order.append("second")

        waiting = threading.Thread(target=enter)
        with first.turn():
            waiting.start()
            waiting.join(0.2)
            assert waiting.is_alive()
            order.append("first")
        waiting.join(30)
        assert order == ["first", "second"]

    def test_a_turn_ends_however_its_block_does(self, opened: Opened) -> None:
        store = opened()
        store.begin()
        with pytest.raises(OSError, match="mine"), store.turn():
            raise OSError("mine, and no trouble of the store")
        with opened().turn():
            pass
