"""Staged batches: read back as written, and refused on any flipped byte."""

import hashlib
from pathlib import Path

import pytest

from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.errors import LogCorrupt
from integrity.staging import Staging, decode, encode
from integrity.tiles import ENTRIES, Tile

FILES = [(Tile(ENTRIES, 0, 2), b"\x00\x01a\x00\x01\n"), (Tile(0, 0, 2), bytes(64)), (Tile(1, 1234067), b"")]
HEAD = SignedCheckpoint(b"", Checkpoint("o", 2, bytes(32)))
LARGER = SignedCheckpoint(b"", Checkpoint("o", 3, bytes(32)))
OTHER = SignedCheckpoint(b"", Checkpoint("o", 2, bytes(31) + b"1"))


def test_a_batch_is_read_back_for_its_own_head_only(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "staging")
    assert staging.read(HEAD) is None
    staging.write(HEAD, FILES)
    staging.write(HEAD, FILES)
    assert Staging(tmp_path / "staging").read(HEAD) == FILES
    assert staging.read(OTHER) is None


def test_a_batch_is_discarded_when_it_is_written_out(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "staging")
    staging.discard(HEAD)
    staging.write(HEAD, FILES)
    staging.write(OTHER, FILES)
    staging.discard(HEAD)
    assert staging.read(HEAD) is None
    assert staging.read(OTHER) == FILES


def test_only_what_no_head_can_need_is_swept(tmp_path: Path) -> None:
    """A batch that leads beyond the head may be of somebody who lost the turn, and still wins the swap."""
    staging = Staging(tmp_path / "staging")
    staging.sweep(5)
    for head in (HEAD, OTHER, LARGER):
        staging.write(head, FILES)
    for name in (".0123456789abcdef.tmp", "3-x", f"03-{'0' * 64}"):
        (tmp_path / "staging" / name).touch()
    staging.sweep(HEAD.size)
    assert (staging.read(HEAD), staging.read(OTHER), staging.read(LARGER)) == (None, None, FILES)
    assert [path.name for path in (tmp_path / "staging").iterdir()] == [f"3-{bytes(32).hex()}"]
    staging.sweep(LARGER.size)
    assert staging.read(LARGER) is None


def test_no_flipped_or_missing_byte_is_accepted() -> None:
    content = encode(FILES)
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1
        with pytest.raises(LogCorrupt):
            decode(bytes(flipped))
        with pytest.raises(LogCorrupt):
            decode(content[:position])


def test_what_names_no_tile_is_refused() -> None:
    body = b"tiezheng-staging-v1\n../../head 0\n"
    with pytest.raises(LogCorrupt, match="no tile"):
        decode(body + hashlib.sha256(body).digest())
