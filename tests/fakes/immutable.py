"""Clears the immutable flag of what a test made, so that its folder can be removed afterwards."""

import array
import fcntl
import os
from contextlib import suppress
from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _IMMUTABLE = 0x80086601, 0x40086602, 0x10


def clear_immutable(folder: Path) -> None:
    """Clear the flag of every regular file below `folder`; where there is no such flag nothing happens."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                with suppress(FileNotFoundError):  # gone meanwhile: what ends last tidies up last
                    clear_one(path)


def clear_one(path: Path) -> None:
    """Clear one file's flag, as an administrator who wants to tamper would."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        word = array.array("i", [0])
        fcntl.ioctl(fd, _GET_FLAGS, word, True)
        if word[0] & _IMMUTABLE:
            fcntl.ioctl(fd, _SET_FLAGS, array.array("i", [word[0] & ~_IMMUTABLE]), False)
    except OSError:
        return
    finally:
        os.close(fd)
