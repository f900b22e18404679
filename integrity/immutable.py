"""The immutable attribute of a file (`chattr +i`, FS_IOC_SETFLAGS): no write, no link, no rename, no removal.

Setting it needs CAP_LINUX_IMMUTABLE, a file system that knows it, and ownership; where any is missing, `protect` says
no and the file stays tamper-evident only. The service never clears the flag of anything but the probe it made itself;
`clear` is for root's command that carries out a disposal (`integrity.disposal`).
"""

import array
import fcntl
import os
from contextlib import suppress
from pathlib import Path

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h, on 64-bit machines
_SET_FLAGS = 0x40086602
_IMMUTABLE = 0x00000010
_WORD = "i"  # an int, whatever the numbers above say of a long

PROBE = ".probe"
"""The name of the file that `measure` tries the flag on."""


def protect(path: Path) -> bool:
    """Set the flag; False where the kernel or the file system does not let us, and then nothing has changed."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        flags = _flags(fd)
        if not flags & _IMMUTABLE:
            _set_flags(fd, flags | _IMMUTABLE)
        return True
    except OSError:  # ENOTTY, EOPNOTSUPP: no such attribute here; EPERM, EACCES: not for us
        return False
    finally:
        os.close(fd)


def clear(path: Path) -> None:
    """Take the flag off; OSError where that is not ours to do."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        _set_flags(fd, _flags(fd) & ~_IMMUTABLE)
    finally:
        os.close(fd)


def is_protected(path: Path) -> bool:
    """Whether the flag is set; False also where there is no such attribute."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        return bool(_flags(fd) & _IMMUTABLE)
    except OSError:
        return False
    finally:
        os.close(fd)


def measure(folder: Path) -> str | None:
    """Try on a probe file in `folder` whether the flag is set and stops a removal; None when it does, else why not.

    One probe at a time; one left by a killed process is taken over.
    """
    fd, probe = _open_probe(folder)
    try:
        flags = _flags(fd)
        _set_flags(fd, flags | _IMMUTABLE)
        try:
            probe.unlink()
        except PermissionError:
            return None
        return "the flag was set, and the probe could be removed all the same"
    except OSError as error:
        return f"the flag cannot be set: {error.strerror}"
    finally:
        _drop_probe(fd, probe)


def _open_probe(folder: Path) -> tuple[int, Path]:
    """Create or take over the probe and lock it; again when its last user removed it meanwhile."""
    probe = folder / PROBE
    while True:
        fd = os.open(probe, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o400)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return fd, probe
        os.close(fd)


def _drop_probe(fd: int, probe: Path) -> None:
    with suppress(OSError):  # where there is no such attribute there is nothing to clear
        _set_flags(fd, _flags(fd) & ~_IMMUTABLE)
    with suppress(OSError):
        probe.unlink()
    os.close(fd)


def _flags(fd: int) -> int:
    word = array.array(_WORD, [0])
    fcntl.ioctl(fd, _GET_FLAGS, word, True)
    return word[0] & 0xFFFFFFFF


def _set_flags(fd: int, flags: int) -> None:
    fcntl.ioctl(fd, _SET_FLAGS, array.array(_WORD, [flags]), False)
