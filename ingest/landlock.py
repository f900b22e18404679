"""The kernel's Landlock (5.13 and later): a child keeps only the files it is given, whatever runs in it later.

A decoder that was taken over runs as the service's own user; without this it could read the log's key. Never loosens
anything: where the kernel has no Landlock the answer says so, and the other limits stand alone.
See landlock(7) and linux/landlock.h for the numbers.
"""

import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE, _READ, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_FILES_OF_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file rights each version knows; later ones know as many as the fifth."""
_NET_SINCE, _NET = 4, 0b11  # bind and connect of TCP
_SCOPE_SINCE, _SCOPE = 6, 0b11  # abstract sockets and signals stay inside


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scope", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict(readable: Iterable[Path], writable: Iterable[Path], descriptors: Iterable[int]) -> str:
    """Give up every file but these, for this process and all it starts; says what was done, never raises OSError.

    `readable` may be read and executed, `writable` folders also written, `descriptors` are open files to read again.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, 0, _VERSION_FLAG)
    if version < 1:
        return f"refused: {errno.errorcode.get(ctypes.get_errno(), 'unknown')}"
    handled = (1 << _FILES_OF_ABI[min(version, max(_FILES_OF_ABI))]) - 1
    rules = _Ruleset(handled, _NET if version >= _NET_SINCE else 0, _SCOPE if version >= _SCOPE_SINCE else 0)
    size = 8 if version < _NET_SINCE else 16 if version < _SCOPE_SINCE else 24
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return f"refused: {errno.errorcode.get(ctypes.get_errno(), 'unknown')}"
    try:
        reading = _EXECUTE | _READ | _READ_DIR
        writing = (reading | _WRITE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE) & ~_EXECUTE
        for path in readable:
            _allow(libc, ruleset, path, reading & handled)
        for path in writable:
            _allow(libc, ruleset, path, writing & handled)
        for fd in descriptors:
            _add(libc, ruleset, fd, _READ)
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT, ruleset, 0) != 0:
            return f"refused: {errno.errorcode.get(ctypes.get_errno(), 'unknown')}"
    finally:
        os.close(ruleset)
    return f"version {version}"


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    """A path that is not there is not needed."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder_only = _READ_DIR | _REMOVE_FILE | _MAKE_FILE
        _add(libc, ruleset, fd, rights if path.is_dir() else rights & ~folder_only)
    finally:
        os.close(fd)


def _add(libc: ctypes.CDLL, ruleset: int, fd: int, rights: int) -> None:
    beneath = _Beneath(rights, fd)
    libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(beneath), 0)
