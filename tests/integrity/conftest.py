"""Folders that hold immutable objects, cleared again so that pytest can remove them; and a real S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name in a conftest
from tests.fakes.immutable import clear_immutable


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for a vault and what feeds it; afterwards nothing in it is immutable any more."""
    yield tmp_path
    clear_immutable(tmp_path)
