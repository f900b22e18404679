"""Durable changes to the file system: when one of these returns, a power cut no longer undoes it.

The only place that fsyncs, renames, links or removes what must survive (the byte-receiving spool apart), so the
order of steps can be read in one file and a test can stop the machine before and after each of them.

Every operation may be cut short anywhere and then simply be called again: it ends in the same state. What a cut
leaves behind is nothing, the finished thing, or a temporary file `.XXXXXXXXXXXXXXXX.tmp`, which `sweep` removes.
Never overwrites unless it is called `replace`, and never reports success before the folder's entry is on the disk too.

What a cut leaves, by operation ("entry" is a name in a folder):

| operation      | before the first step | in between                                       | after the last |
|----------------|-----------------------|--------------------------------------------------|----------------|
| write_new      | nothing               | a temporary file; or both names; or the new one  | the new file   |
| replace        | the old file          | the old or the new, whole; a temporary file      | the new file   |
| make_folder    | nothing               | the folder, perhaps lost by a power cut          | the folder     |
| link           | nothing               | both names, the new one perhaps lost             | both names     |
| move           | the old name          | one of the two names (files: never none)         | the new name   |
| remove         | the file              | the file or nothing                              | nothing        |
| remove_tree    | the tree              | a part of the tree                               | nothing        |
"""

# ruff: noqa: PTH105, PTH108 (called by their names in `os`, where the kill tests stop the machine)

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_TEMPORARY_SUFFIX = ".tmp"


def sync_file(target: Path | int) -> None:
    """Flush a file's bytes and size to the disk, by path or by open descriptor; OSError where that fails.

    After a failure the pages may be dropped from the cache although they were never written: write again, into
    another file; a second fsync that succeeds says nothing.
    """
    if isinstance(target, int):
        os.fsync(target)
        return
    fd = os.open(target, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries: without it a power cut may forget a name whose file was synced."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def new_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write that appears under `path` whole and durable when the block ends well, and never otherwise.

    FileExistsError when `path` is there by then; an exception in the block leaves nothing behind.
    """
    with _temporary(path, mode) as (temporary, file):
        yield file
        file.flush()
        os.fsync(file.fileno())
        os.link(temporary, path)
    # One fsync for both entries: the temporary one was unlinked when its block ended.
    sync_folder(path.parent)


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file that must not be there yet; one with equal bytes is an earlier call, other bytes FileExistsError."""
    try:
        with new_file(path, mode) as file:
            file.write(content)
    except FileExistsError:
        if path.is_symlink() or path.read_bytes() != content:
            raise FileExistsError(errno.EEXIST, "other bytes are there already", str(path)) from None
        sync_folder(path.parent)  # the call that linked it may have died before this


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file with these bytes at `path`, whatever was there; a reader sees the old or the new, never a mixture."""
    with _temporary(path, mode) as (temporary, file):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.replace(temporary, path)
    sync_folder(path.parent)


def make_folder(path: Path, mode: int = 0o700) -> None:
    """Make a folder and those above it that are missing; one that is there already is kept as it is."""
    if not path.parent.is_dir():
        make_folder(path.parent, mode)
    try:
        path.mkdir(mode)
    except FileExistsError:
        if not path.is_dir():
            raise
    sync_folder(path.parent)


def link(source: Path, target: Path) -> None:
    """Give a file a second name; FileExistsError when that name is taken, EXDEV on another file system."""
    os.link(source, target, follow_symlinks=False)
    sync_folder(target.parent)


def move(source: Path, target: Path) -> None:
    """Rename a file or folder on one file system. A source that is gone while the target is there is an earlier call.

    FileExistsError when both are there. One owner at a time: between the look and the rename nobody else may
    create `target`, for a rename overwrites.
    """
    if os.path.lexists(target):
        if os.path.lexists(source):
            raise FileExistsError(errno.EEXIST, "the target of a move is there already", str(target))
    else:
        os.replace(source, target)
    # The new name first: after a power cut a file with two names is found, one with none is lost.
    sync_folder(target.parent)
    if source.parent.is_dir():
        sync_folder(source.parent)


def remove(path: Path) -> None:
    """Remove a file; one that is gone already, with its folder or without, is an earlier call."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    with suppress(FileNotFoundError):
        sync_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder and all in it, never following a symbolic link; one that is gone already is an earlier call."""
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a symbolic link is not removed as a folder", str(folder))
    if folder.is_dir():
        _remove_entries(folder)
        folder.rmdir()
    sync_folder(folder.parent)


def sweep(folder: Path) -> int:
    """Remove temporary files that a killed process left directly in `folder`, and count them.

    Those another live process is writing are kept: it holds a lock on them that dies with it.
    """
    removed = 0
    for path in sorted(folder.glob(f".*{_TEMPORARY_SUFFIX}")):
        removed += _sweep_one(path)
    return removed


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that `sweep` may remove."""
    return name.startswith(".") and name.endswith(_TEMPORARY_SUFFIX)


@contextmanager
def _temporary(path: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """A locked temporary file beside `path`; its name is gone when the block ends, however it ends."""
    temporary, fd = _create_locked(path)
    with os.fdopen(fd, "wb") as file:
        try:
            os.fchmod(fd, mode)
            yield temporary, file
        finally:
            with suppress(FileNotFoundError):  # replaced, so the name is the target's now
                os.unlink(temporary)


def _create_locked(path: Path) -> tuple[Path, int]:
    """Create and lock; again when `sweep` took the name between the two."""
    while True:
        # Not made from the name it stands for, which may be as long as a name can be already.
        temporary = path.with_name(f".{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return temporary, fd
        os.close(fd)


def _sweep_one(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # gone meanwhile, or no regular file: not ours
        return False
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return False
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
        return True
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(fd)


def _remove_entries(folder: Path) -> None:
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                _remove_entries(Path(entry.path))
                Path(entry.path).rmdir()
            else:
                os.unlink(entry.path)
