"""Every durable operation of sealing as one that can fail: lost, or done and reported as failed.

One level above `tests.fakes.interruptions`, which fails system calls: here a whole `durable.write_new`, put into the
vault, swap of the log's head or answer of an authority fails, with the error its caller has to expect.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from integrity import durable
from integrity.errors import AuthorityUnavailable, LogUnavailable, VaultUnavailable
from integrity.heads import FileHeads
from integrity.tiles_files import FileTiles
from integrity.vault_files import FileVault
from tests.fakes.appenders import FakeAppender
from tests.fakes.authorities import FakeAuthority


def _disk() -> Exception:
    return OSError(errno.EIO, "failed by the test")


def _vault() -> Exception:
    return VaultUnavailable("failed by the test")


def _log() -> Exception:
    return LogUnavailable("failed by the test")


def _authority() -> Exception:
    return AuthorityUnavailable("failed by the test")


OPERATIONS: tuple[tuple[Any, str, Callable[[], Exception]], ...] = (
    *((durable, name, _disk) for name in ("write_new", "replace", "make_folder", "link", "move", "remove")),
    *((durable, name, _disk) for name in ("remove_tree", "sweep", "sync_file", "sync_folder")),
    (FileVault, "put_once", _vault),
    (FileVault, "find", _vault),
    (FakeAuthority, "stamp", _authority),
    (FakeAppender, "append", _log),
    (FileHeads, "read", _log),
    (FileHeads, "swap", _log),
    *((FileTiles, name, _log) for name in ("stage", "unstage", "write", "drop_partials", "publish")),
)
"""Owner, name, and what its caller has to expect of it."""


@contextmanager
def failing_operation(number: int, after: bool) -> Iterator[list[str]]:
    """Within the block operation `number` (from 1; 0: none) fails; yields the names of those begun so far."""
    begun: list[str] = []

    def counted(label: str, original: Callable[..., Any], error: Callable[[], Exception]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            begun.append(label)
            mine = len(begun)
            if mine == number and not after:
                raise error()
            result = original(*args, **options)
            if mine == number:
                raise error()
            return result

        return call

    originals = [(owner, name, getattr(owner, name), error) for owner, name, error in OPERATIONS]
    for owner, name, original, error in originals:
        setattr(owner, name, counted(f"{owner.__name__.rpartition('.')[2]}.{name}", original, error))
    try:
        yield begun
    finally:
        for owner, name, original, _ in originals:
            setattr(owner, name, original)
