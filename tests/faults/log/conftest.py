"""A folder in memory where there is one: a kill proves nothing about fsync, so no slow disk is needed to survive it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108  mkdtemp makes a private folder inside


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """Like `tmp_path`, on a file system that need not wait for a disk."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="tiezheng-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder)
