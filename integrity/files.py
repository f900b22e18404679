"""Small files of what is being verified, by path; one that cannot be read is a finding, and None to whoever asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from integrity.container import Container, content_of, printable
from integrity.errors import InvalidBundle
from integrity.inquiry import Inquiry


class Source(Protocol):
    """Where the parts of a seal are found: a folder of its own, or a bundle whose lists were checked first."""

    def has(self, path: str) -> bool: ...

    def paths(self) -> list[str]:
        """All there are, sorted."""
        ...

    def read(self, path: str, limit: int) -> bytes | None:
        """A file that is there, of at most `limit` bytes; None, with a finding now or earlier, if it cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Files that are in memory already."""

    contents: Mapping[str, bytes]

    def has(self, path: str) -> bool:
        return path in self.contents

    def paths(self) -> list[str]:
        return sorted(self.contents)

    def read(self, path: str, limit: int) -> bytes | None:
        content = self.contents.get(path)
        return None if content is None or len(content) > limit else content


@dataclass(frozen=True, slots=True)
class Files:
    """A container as it is."""

    inquiry: Inquiry
    container: Container

    def has(self, path: str) -> bool:
        return path in self.container.sizes

    def paths(self) -> list[str]:
        return sorted(self.container.sizes)

    def read(self, path: str, limit: int) -> bytes | None:
        try:
            return content_of(self.container, path, limit)
        except InvalidBundle as error:
            self.inquiry.find("file-unreadable", printable(path), str(error))
            return None

    def wanted(self, path: str, limit: int) -> bytes | None:
        """A file that must be there."""
        if not self.has(path):
            self.inquiry.find("file-missing", path, "it is not there")
            return None
        return self.read(path, limit)
