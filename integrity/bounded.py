"""Reading a file that somebody else could have made larger than it can be: never more of it than that.

What comes back longer than `limit` is for the format's own reader to refuse; nothing here fills the memory first.
"""

from pathlib import Path


def read_bounded(path: Path, limit: int) -> bytes:
    """The file's bytes, and of one that is longer than `limit` no more than one byte beyond it; OSError."""
    with path.open("rb") as file:
        return file.read(limit + 1)
