"""Tiles of a batch, made durable before the head that promises them is signed into place.

After a crash the head says which batch counts: the one staged under its size and root is written out by the same code
that would have written it then; any other never happened. One that leads beyond the head stays until the log has grown
past it: whoever staged it may have lost its turn, and not know yet, and still win the swap. Here: how a batch is
spelled, and a folder of them.
"""

import hashlib
import re
from pathlib import Path

from integrity import durable
from integrity.bounded import read_bounded
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import LogCorrupt
from integrity.tiles import Tile
from integrity.tree import Files

LIMIT = 1 << 30
"""Bytes of a batch that are read: fifteen million leaves at once."""

_NAME = re.compile(r"(0|[1-9][0-9]{0,18})-[0-9a-f]{64}")
_HEADER = b"tiezheng-staging-v1\n"
_LINE = re.compile(rb"([!-~]{1,99}) (0|[1-9][0-9]{0,8})\n")


class Staging:
    """A folder of batches, each one file named by the size and root it leads to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, head: SignedCheckpoint, files: Files) -> None:
        """Durable on return; OSError."""
        if not self._folder.is_dir():
            durable.make_folder(self._folder)
        durable.write_new(self._path(head), encode(files))

    def read(self, head: SignedCheckpoint) -> Files | None:
        """The batch that leads to this head, None where it is written out already; LogCorrupt where it is damaged."""
        try:
            return decode(read_bounded(self._path(head), LIMIT))
        except FileNotFoundError:
            return None

    def discard(self, head: SignedCheckpoint) -> None:
        """Remove a batch that has been written out."""
        if self._path(head).exists():
            durable.remove(self._path(head))

    def sweep(self, size: int) -> None:
        """Remove half-written files, and batches that lead to no more leaves than this durable size; whatever else."""
        if self._folder.is_dir():
            for path in list(self._folder.iterdir()):
                if not leads_beyond(path.name, size):
                    durable.remove(path)

    def _path(self, head: SignedCheckpoint) -> Path:
        return self._folder / batch_name(head)


def batch_name(head: SignedCheckpoint) -> str:
    """What the batch that leads to this head is called."""
    return f"{head.size}-{head.root.hex()}"


def leads_beyond(name: str, size: int) -> bool:
    """Whether a batch of this name leads to more leaves than that."""
    match = _NAME.fullmatch(name)
    return match is not None and int(match[1]) > size


def encode(files: Files) -> bytes:
    """A header, each tile as `path length LF content`, and the SHA-256 of all of it."""
    content = _HEADER + b"".join(f"{tile.path} {len(data)}\n".encode() + data for tile, data in files)
    return content + hashlib.sha256(content).digest()


def decode(content: bytes) -> Files:
    """The inverse; LogCorrupt on any other bytes."""
    if len(content) > LIMIT:
        raise LogCorrupt("a staged batch that is absurdly large")
    body, checksum = content[:-32], content[-32:]
    if not body.startswith(_HEADER) or hashlib.sha256(body).digest() != checksum:
        raise LogCorrupt("a staged batch is damaged")
    files, position = Files(), len(_HEADER)
    while position < len(body):
        line = _LINE.match(body, position)
        tile = None if line is None else Tile.from_path(line[1].decode())
        if line is None or tile is None:
            raise LogCorrupt("a staged batch names something that is no tile")
        position = line.end() + int(line[2])
        if position > len(body):
            raise LogCorrupt("a staged batch ends inside a tile")
        files.append((tile, body[line.end() : position]))
    return files
