"""What is being verified, as bytes by path: a folder or a zip, either of them perhaps made to harm whoever reads it.

Names are judged before anything is opened: no link is followed, nothing outside is reached, nothing special (a pipe, a
device) is read. Whatever is wrong with the container itself is a finding in `defects`; what cannot be read raises
InvalidBundle. Reads in small pieces and keeps no file in memory but those asked for by `content`, up to a limit.
"""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from integrity.digest import READ_SIZE, Digest
from integrity.errors import InvalidBundle
from integrity.finding import Finding

FILES = 20_000
"""Files and folders that are looked at: four thousand recordings with their proofs."""

PATH_LENGTH = 1024
DEPTH = 8


class Container(Protocol):
    """Files by path relative to the bundle's own folder, and what is wrong with how they lie there."""

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every file that may be read."""
        ...

    @property
    def defects(self) -> list[Finding]: ...

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of one file of `sizes`; InvalidBundle when they cannot be read to the end."""
        ...

    def close(self) -> None: ...


def digest_of(container: Container, path: str) -> Digest:
    """Hash one file; InvalidBundle when it cannot be read or is not as long as its entry says."""
    state, size = hashlib.sha256(), 0
    for chunk in container.chunks(path):
        state.update(chunk)
        size += len(chunk)
    if size != container.sizes[path]:
        raise InvalidBundle(f"{size} bytes where its entry says {container.sizes[path]}")
    return Digest(state.digest())


def content_of(container: Container, path: str, limit: int) -> bytes:
    """A small file, whole; InvalidBundle when it is larger than `limit` bytes or cannot be read."""
    if container.sizes[path] > limit:
        raise InvalidBundle(f"larger than {limit} bytes")
    content = bytearray()
    for chunk in container.chunks(path):
        content += chunk
        if len(content) > limit:
            raise InvalidBundle(f"larger than {limit} bytes")
    return bytes(content)


class Folder:
    """A folder on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sizes: dict[str, int] = {}
        self.defects: list[Finding] = []
        names = Names(self.defects)
        pending = [""]
        while pending:
            self._list(pending.pop(), names, pending)

    def chunks(self, path: str) -> Iterator[bytes]:
        try:
            fd = os.open(self._folder / path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    raise InvalidBundle("no regular file any more")
                while chunk := os.read(fd, READ_SIZE):
                    yield chunk
            finally:
                os.close(fd)
        except OSError as error:
            raise InvalidBundle(f"cannot be read: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is held open."""

    def _list(self, place: str, names: "Names", pending: list[str]) -> None:
        try:
            with os.scandir(self._folder / place) as entries:
                for entry in entries:
                    self._add(f"{place}{entry.name}", entry, names, pending)
        except OSError as error:
            self.defects.append(Finding("file-unreadable", printable(place), f"cannot be listed: {error.strerror}"))

    def _add(self, path: str, entry: "os.DirEntry[str]", names: "Names", pending: list[str]) -> None:
        state = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            if names.folder(path):
                pending.append(f"{path}/")
        elif not stat.S_ISREG(state.st_mode):
            self.defects.append(Finding("not-a-file", printable(path), "a link, pipe or device; it was not opened"))
        elif names.file(path):
            self.sizes[path] = state.st_size


class Names:
    """Judges the paths of one container as they come: harmless, in Unicode, and different everywhere they may land."""

    def __init__(self, defects: list[Finding]) -> None:
        self._defects = defects
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}
        self._count = 0

    def folder(self, path: str) -> bool:
        """Whether a folder may be entered."""
        return self._harmless(path)

    def file(self, path: str) -> bool:
        """Whether a file may be used; if not, there is a finding that says why."""
        if not self._harmless(path):
            return False
        folded = _folded(path)
        parents = ["/".join(folded.split("/")[:depth]) for depth in range(1, folded.count("/") + 1)]
        taken = [self._files.get(name) for name in (folded, *parents)] + [self._folders.get(folded)]
        for earlier in taken:
            if earlier is not None:
                self._defects.append(
                    Finding("name-repeated", printable(path), f"lands where {printable(earlier)} does")
                )
                return False
        self._files[folded] = path
        self._folders.update(dict.fromkeys(parents, path))
        return True

    def _harmless(self, path: str) -> bool:
        self._count += 1
        if self._count > FILES:
            raise InvalidBundle(f"more than {FILES} files")
        reason = unsafe(path)
        if reason is not None:
            self._defects.append(Finding("name-unsafe", printable(path), reason))
        return reason is None


def unsafe(path: str) -> str | None:
    """Why a path may not be used anywhere, or None."""
    try:
        length = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "not in UTF-8"
    parts = path.split("/")
    if length > PATH_LENGTH or len(parts) > DEPTH or any(len(part.encode()) > 255 for part in parts):
        return "longer or deeper than any file of a bundle"
    if any(part in ("", ".", "..") for part in parts):
        return "leads out of the bundle, or is not in its plain form"
    if any(character in "\\:" or unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in path):
        return "holds a character that means something else elsewhere"
    return None


def _folded(path: str) -> str:
    """One form for all the names that some file system takes for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def printable(text: str) -> str:
    """A hostile name, fit for a terminal and for JSON: everything that is not plainly visible is escaped, and cut."""
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text[:PATH_LENGTH]
    )
    return shown.encode("utf-8", "backslashreplace").decode()
