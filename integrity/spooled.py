"""A file that is to be put into a vault, opened as what it must be: a regular file under its own name, and no link."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrity.errors import VaultError


@contextmanager
def opened(source: Path) -> Iterator[int]:
    """A descriptor of a regular file; VaultError for anything else, FileNotFoundError where there is none."""
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise VaultError(f"{source.name} cannot be taken: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise VaultError(f"{source.name} is no regular file")
        yield fd
    finally:
        os.close(fd)
