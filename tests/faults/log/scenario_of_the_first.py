"""Making a log and appending its first leaf, to be killed at each durable call."""

from pathlib import Path

from integrity.errors import HeadConflict
from integrity.log import Log
from tests.integrity.test_log import append, made, opened


def begin(folder: Path) -> None:
    """From nothing."""


def work(folder: Path) -> None:
    append(make_or_open(folder), 0)
    (folder / "told").write_bytes(b"0")


def make_or_open(folder: Path) -> Log:
    """What every start does."""
    try:
        return made(folder)
    except HeadConflict:
        return opened(folder)
