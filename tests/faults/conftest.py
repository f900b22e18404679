"""Folders for faults: one whose immutable objects are cleared afterwards, and one in memory where there is any.

A kill proves nothing about fsync, so no slow disk is needed to survive it.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable
from tests.faults import kills

MEMORY = Path("/dev/shm")  # noqa: S108  mkdtemp makes a private folder inside


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A founded installation and an enrolled station, to be copied; founding takes seconds."""
    return kills.template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for a vault and what feeds it; afterwards nothing in it is immutable any more."""
    yield tmp_path
    clear_immutable(tmp_path)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """Like `tmp_path`, on a file system that need not wait for a disk."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="tiezheng-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder)
