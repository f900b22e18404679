"""One process of a station at a time: to watch, and to change the token. Held by a lock that ends with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrity import durable
from scripts.dock_state import state_folder


@contextmanager
def turn(credentials: Path, name: str, *, waits: bool = True) -> Iterator[None]:
    """Do by oneself what has this name, until the block ends; BlockingIOError if another does and nobody waits."""
    folder = state_folder(credentials)
    durable.make_folder(folder)
    fd = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)
