"""Where a log's signed head lies: the one value that decides what the log has said.

Whoever can change it without comparing can fork the log, so it changes by compare-and-swap only, durably.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from integrity import durable, note
from integrity.bounded import read_bounded
from integrity.errors import HeadConflict, LogUnavailable

_MODE = 0o644


class HeadStore(Protocol):
    """One signed head. Safe for several processes at once."""

    def read(self) -> bytes | None:
        """The head, None before the first; never one that a power cut could still take back. LogUnavailable."""
        ...

    def swap(self, old: bytes | None, new: bytes) -> None:
        """Put `new` where `old` is, durable on return.

        HeadConflict: another head is there, nothing was changed. LogUnavailable: it cannot be known what is there now;
        read again, and swap what was read for itself before building on it.
        """
        ...


class LogHeads(HeadStore, Protocol):
    """What a log needs of it besides."""

    def turn(self) -> AbstractContextManager[None]:
        """Inside the block no process appends that shares this store but not our folder. LogUnavailable.

        It saves losing turns, nothing else: whoever breaks in loses the swap.
        """
        ...


class FileHeads:
    """The embedded store: one file, replaced as a whole under a lock on its folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._synced: tuple[int, int] | None = None

    def read(self) -> bytes | None:
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LogUnavailable(f"the head cannot be read: {error}") from error
        try:
            return self._read(fd)
        except OSError as error:
            raise LogUnavailable(f"the head cannot be read: {error}") from error
        finally:
            os.close(fd)

    def swap(self, old: bytes | None, new: bytes) -> None:
        try:
            with self._turn():
                if self._current() != old:
                    raise HeadConflict("another writer moved the head")
                durable.replace(self._path, new, _MODE)
                self._synced = _identity(self._path.stat())
        except OSError as error:
            raise LogUnavailable(f"whether the head was moved is not known: {error}") from error

    def turn(self) -> AbstractContextManager[None]:
        """Nothing: who shares the file shares the folder, whose lock the log takes."""
        return nullcontext()

    def _read(self, fd: int) -> bytes:
        status = os.fstat(fd)
        content = b""
        while len(content) <= note.SIZE_LIMIT and (chunk := os.read(fd, 65536)):
            content += chunk
        identity = _identity(status)
        if self._synced != identity:
            # Its writer may have died between the rename and the fsync; what is read here is told to others.
            durable.sync_file(fd)
            durable.sync_folder(self._path.parent)
            self._synced = identity
        return content

    def _current(self) -> bytes | None:
        try:
            return read_bounded(self._path, note.SIZE_LIMIT)
        except FileNotFoundError:
            return None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Comparing and replacing are one step for every process that holds this folder's lock."""
        fd = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _identity(status: os.stat_result) -> tuple[int, int]:
    """Which file this is: another inode, or the same number used again later."""
    return status.st_ino, status.st_ctime_ns
