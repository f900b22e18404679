"""Which files of a folder are finished, for those whom nobody tells: recorders deliver, and cameras come and go.

A file is finished when it does not have the name of an unfinished one, when it has not changed for a while, and when
nobody on this machine has it open for writing. What was tried in vain is left alone for a while that grows. Reads
only, and never follows a symbolic link.
"""

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

UNFINISHED = frozenset({".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".upload", ".writing"})
"""Endings that FTP and SMB clients give to what they still write; the rename at the end makes the file visible."""
LONGEST_WAIT = 3600.0
"""Seconds after which what was tried in vain is tried again at the latest."""

UNREADABLE = (errno.EACCES, errno.EPERM, errno.EIO)
"""Why nothing can be read of a file that is there: nobody is waited for, and whoever docks it is told."""
GONE = (errno.ENOENT, errno.ENOTDIR)

State = tuple[int, int, int, int]
"""Inode, size, and the times of the last change of bytes and of anything: what must stay the same."""


def state_of(path: Path) -> State | None:
    """How a regular file looks now; None for anything else, and for what is gone."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def open_for_writing(path: Path) -> bool:
    """Whether a process of this machine writes to it; False where the file system cannot tell."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return error.errno not in UNREADABLE  # gone, or no file any more: not now
    try:
        # A writer that comes while the lease is held is told to us by this signal; its default would be to end us.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(fd)
    return False


def files_in(
    folder: Path, apart: Container[Path] = (), unread: Callable[[OSError], object] = lambda _error: None
) -> dict[Path, State]:
    """What lies there and may be finished: regular files, no hidden nor unfinished names; not what is `apart`.

    `unread` hears of each folder that cannot be read.
    """
    found: dict[Path, State] = {}
    for place, folders, names in os.walk(folder, onerror=unread):
        folders[:] = [name for name in folders if not name.startswith(".") and Path(place, name) not in apart]
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.suffix.lower() in UNFINISHED:
                continue
            state = state_of(path)
            if state is not None:
                found[path] = state
    return found


class Unread:
    """Folders that are there and cannot be read: each is told once for as long as it is so. For one thread."""

    def __init__(self) -> None:
        self._found: dict[Path, str] = {}
        self._told: dict[Path, str] = {}

    def __call__(self, error: OSError) -> None:
        """What a walk met."""
        if error.errno not in GONE:
            self._found[Path(error.filename or "")] = error.strerror or str(error)

    def news(self) -> list[tuple[Path, str]]:
        """Those of the look that ends here that were not told at the one before, and why."""
        news = [(path, reason) for path, reason in sorted(self._found.items()) if path not in self._told]
        self._told, self._found = self._found, {}
        return news


@dataclass(slots=True)
class _Known:
    """Something as it was seen before."""

    state: tuple[object, ...]
    since: float
    tries: int = 0
    not_before: float = 0.0


class Settling:
    """What was seen at earlier looks, and since when it is as it is. For one thread; nothing is kept over a restart."""

    def __init__(self, monotonic: Callable[[], float], settle: float) -> None:
        self._monotonic = monotonic
        self._settle = settle
        self._known: dict[Path, _Known] = {}

    def forget_but(self, there: Container[Path]) -> None:
        """Forget all that is not there any more: it may come back as something else."""
        self._known = {path: known for path, known in self._known.items() if path in there}

    def see(self, path: Path, *state: object) -> None:
        """Tell how it looks now; a change lets it settle anew, and ends the wait for what was tried in vain."""
        known = self._known.get(path)
        if known is None or known.state != state:
            self._known[path] = _Known(state, self._monotonic())

    def settled(self, path: Path) -> bool:
        """Whether it has looked the same for long enough."""
        known = self._known.get(path)
        return known is not None and self._monotonic() - known.since >= self._settle

    def due(self, path: Path) -> bool:
        """Whether it is settled, and the wait over that `later` began."""
        return self.settled(path) and self._monotonic() >= self._known[path].not_before

    def later(self, path: Path) -> None:
        """It was tried in vain: not again for a while, ten seconds first and at most `LONGEST_WAIT`."""
        known = self._known.get(path)
        if known is None:
            return  # it is gone
        known.not_before = self._monotonic() + min(LONGEST_WAIT, 10.0 * 2.0 ** min(known.tries, 20))
        known.tries += 1
