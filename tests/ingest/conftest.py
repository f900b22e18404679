"""The write side for this folder's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable
from tests.ingest.works import Works


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    """An installation in the test's own folder, nothing running."""
    made = Works(tmp_path).found()
    yield made
    made.close()
    clear_immutable(tmp_path)
