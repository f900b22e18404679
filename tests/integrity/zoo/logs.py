"""Broken logs: `folder` is a log of 300 leaves in two batches, as files; each case changes some of them."""

import shutil
from pathlib import Path

from integrity import checkpoint, merkle
from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.staging import Staging
from integrity.tiles import ENTRIES, Tile, encode_entries
from tests.fakes.signers import OTHER, SIGNER
from tests.integrity.test_log import entry
from tests.integrity.zoo import Cage
from tests.integrity.zoo.specimen import flipped

cage = Cage()
case = cage.case
SIZE = 300


def made(folder: Path) -> Path:
    """A good one."""
    log = Log.create(folder, SIGNER, FileHeads(folder / "head"))
    with log.exclusive():
        log.append([entry(number) for number in range(200)])
        log.append([entry(number) for number in range(200, SIZE)])
    return folder


def signed(size: int, root: bytes) -> SignedCheckpoint:
    """A checkpoint by the log's own key, whatever it says."""
    return checkpoint.sign(Checkpoint(SIGNER.name, size, root), [SIGNER])


def _root(folder: Path, size: int) -> bytes:
    return Log.open(folder, SIGNER, FileHeads(folder / "head")).root(size)


def _change(path: Path, at: int) -> None:
    path.write_bytes(flipped(path.read_bytes(), at))


@case("log-entry-differs")
def a_byte_of_an_entry_changed(folder: Path) -> None:
    _change(folder / "tile/entries/000", 2)


@case("log-entry-unreadable")
def the_length_of_an_entry_changed(folder: Path) -> None:
    _change(folder / "tile/entries/000", 1)


@case("log-entry-unreadable")
def the_last_entries_are_cut_short(folder: Path) -> None:
    path = folder / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes()[:-1])


@case("log-tile-differs")
def a_byte_of_a_tile_changed(folder: Path) -> None:
    _change(folder / "tile/0/000", 20)


@case("log-tile-differs")
def a_byte_of_an_upper_tile_changed(folder: Path) -> None:
    _change(folder / "tile/1/000.p/1", 20)


@case("log-tile-differs")
def a_narrower_tile_is_of_another_log(folder: Path) -> None:
    place = folder / Tile(0, 1, 10).path
    place.write_bytes(bytes(10 * 32))


@case("log-tile-differs")
def a_tile_is_empty(folder: Path) -> None:
    (folder / "tile/0/001.p/44").write_bytes(b"")


@case("log-tile-differs")
def a_tile_of_four_megabytes(folder: Path) -> None:
    (folder / "tile/0/000").write_bytes(bytes(4 << 20))


@case("log-tile-missing")
def a_tile_is_missing(folder: Path) -> None:
    (folder / "tile/0/000").unlink()


@case("log-tile-missing")
def entries_are_missing(folder: Path) -> None:
    (folder / "tile/entries/000").unlink()


@case("log-tile-unreadable")
def a_folder_is_where_a_tile_was(folder: Path) -> None:
    path = folder / "tile/0/001.p/44"
    path.unlink()
    path.mkdir()


@case("log-tile-unexpected")
def a_tile_that_no_tree_of_this_size_has(folder: Path) -> None:
    (folder / "tile/0/002").write_bytes(bytes(8192))


@case("log-tile-unexpected")
def a_file_that_is_no_tile(folder: Path) -> None:
    (folder / "tile/notes.txt").write_bytes(b"trust me")


@case("log-root-differs")
def a_leaf_exchanged_in_entries_and_tile_alike(folder: Path) -> None:
    """Both agree with each other; only the signed root tells."""
    entries = [entry(number if number != SIZE - 1 else 7) for number in range(256, SIZE)]
    (folder / Tile(ENTRIES, 1, 44).path).write_bytes(encode_entries(entries))
    (folder / Tile(0, 1, 44).path).write_bytes(b"".join(map(merkle.leaf_hash, entries)))


@case("log-root-differs")
def the_head_is_signed_over_another_root(folder: Path) -> None:
    note = signed(SIZE, bytes(32)).note
    (folder / "head").write_bytes(note)
    (folder / "checkpoint").write_bytes(note)


@case("log-head-missing")
def there_is_no_head(folder: Path) -> None:
    (folder / "head").unlink()


@case("log-head-signature")
def a_byte_of_the_head_changed(folder: Path) -> None:
    _change(folder / "head", 20)


@case("log-head-signature")
def the_head_is_signed_by_a_stranger(folder: Path) -> None:
    head = checkpoint.sign(Checkpoint(SIGNER.name, SIZE, _root(folder, SIZE)), [OTHER])
    (folder / "head").write_bytes(head.note)


@case("log-checkpoint-missing")
def there_is_no_checkpoint(folder: Path) -> None:
    (folder / "checkpoint").unlink()


@case("log-checkpoint-signature")
def a_byte_of_the_checkpoint_changed(folder: Path) -> None:
    _change(folder / "checkpoint", 20)


@case("log-checkpoint-behind")
def less_is_published_than_signed(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(signed(200, _root(folder, 200)).note)


@case("log-checkpoint-behind", "log-checkpoint-differs")
def less_is_published_and_it_was_another_tree(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(signed(200, bytes(32)).note)


@case("log-checkpoint-differs")
def two_signed_heads_of_one_size(folder: Path) -> None:
    (folder / "checkpoint").write_bytes(signed(SIZE, bytes(32)).note)


@case("log-checkpoint-ahead", "log-tile-unexpected")
def a_log_that_was_set_back(folder: Path) -> None:
    """Its head is an older one of its own; what was published since is still there."""
    (folder / "head").write_bytes(signed(200, _root(folder, 200)).note)
    (folder / Tile(0, 0, 200).path).parent.mkdir(parents=True, exist_ok=True)
    tile = (folder / "tile/0/000").read_bytes()
    (folder / Tile(0, 0, 200).path).write_bytes(tile[: 200 * 32])
    (folder / Tile(ENTRIES, 0, 200).path).parent.mkdir(parents=True, exist_ok=True)
    (folder / Tile(ENTRIES, 0, 200).path).write_bytes(encode_entries([entry(number) for number in range(200)]))


@case("log-checkpoint-behind", "log-staging-damaged", "log-tile-missing", "log-root-differs")
def a_staged_batch_is_damaged(folder: Path) -> None:
    """As after a crash between head and tiles, and then the disk changed a byte of the only copy."""
    log = Log.open(folder, SIGNER, FileHeads(folder / "head"))
    with log.exclusive():
        state = log._state
    assert state is not None
    edge, batch = state.edge.grow([entry(SIZE)])
    head = signed(SIZE + 1, edge.root())
    Staging(folder / "staging").write(head, batch)
    FileHeads(folder / "head").swap(log.head().note, head.note)
    (path,) = (folder / "staging").iterdir()
    _change(path, 60)


@case("log-head-missing", "log-checkpoint-missing")
def an_empty_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
