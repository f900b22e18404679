"""Fixtures of the doors' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable
from tests.scripts.dockside import Dockside


@pytest.fixture
def dockside(tmp_path: Path) -> Iterator[Dockside]:
    """A server with a station."""
    side = Dockside(tmp_path).start()
    yield side
    side.stop()
    side.works.close()
    clear_immutable(tmp_path)
