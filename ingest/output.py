"""How much a confined child has written so far, and whether that is more than it may: looked at while it runs.

The kernel bounds each file and not all of them together (RLIMIT_FSIZE), and a file without a name is seen in no folder.
So the supervisor counts what came into the child's folder since its start, and what its threads hold open that has no
name any more. Between two looks a child may write what the disk takes; all of it goes with the attempt.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

OVERFLOWED = 90
"""The exit status that says so; a child that ends itself with it calls itself unplayable, which it may."""
_BLOCK = 512
"""Bytes of a block in st_blocks, whatever the file system's own is."""


@dataclass(slots=True)
class _Counted:
    size: int = 0
    files: int = 0

    def add(self, facts: os.stat_result) -> None:
        self.size += max(facts.st_size, facts.st_blocks * _BLOCK)
        self.files += 1


@dataclass(slots=True)
class Output:
    """Of one child; made before it runs. `size` bytes and `files` may be added to the folder, unnamed ones included."""

    folder: Path | None
    size: int
    files: int
    original: int | None = None  # the descriptor that it was given, whose file may have no name either
    _before: _Counted = field(default_factory=_Counted)
    _seen: bool = False  # what it holds open

    def __post_init__(self) -> None:
        self._before = self._named()

    def excess(self, worker: int | None = None) -> str | None:
        """What is too much by now, in words; None while all is well. `worker`: the child, while it may run."""
        found = self._named()
        unnamed = _Counted() if worker is None else self._unnamed(worker)
        if unnamed is None:
            return "hides which files it holds open"
        size, files = found.size + unnamed.size - self._before.size, found.files + unnamed.files - self._before.files
        if size > self.size:
            return f"wrote more than {self.size} bytes"
        return f"made more than {self.files} files" if files > self.files else None

    def _named(self) -> _Counted:
        counted = _Counted()
        for folder, _folders, names in os.walk(self.folder) if self.folder else ():
            for name in names:
                with suppress(FileNotFoundError):
                    counted.add(os.lstat(f"{folder}/{name}"))
        return counted

    def _unnamed(self, worker: int) -> _Counted | None:
        """None for a child that can be looked into no more; where it never could, its folder alone is counted."""
        counted, known = _Counted(), {self._given()}
        for thread in _listed(Path(f"/proc/{worker}/task")):
            try:
                held = [facts for entry in _listed(thread / "fd") if (facts := _facts(entry))]
            except PermissionError:
                if self._seen and not _ending(thread):
                    return None
                continue
            self._seen = True
            for facts in held:
                if stat.S_ISREG(facts.st_mode) and not facts.st_nlink and _key(facts) not in known:
                    known.add(_key(facts))
                    counted.add(facts)
        return counted

    def _given(self) -> tuple[int, int] | None:
        return None if self.original is None else _key(os.fstat(self.original))


def _listed(folder: Path) -> list[Path]:
    """Nothing of a thread that has just ended."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ending(thread: Path) -> bool:
    """A thread on its way out has no memory left, and belongs to nobody: the kernel shows its files to root alone."""
    try:
        return "VmSize:" not in (thread / "status").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True


def _facts(entry: Path) -> os.stat_result | None:
    """None for a descriptor that was closed meanwhile; PermissionError."""
    try:
        return entry.stat()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _key(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino
