"""Fixtures of the doors' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name in a conftest
from tests.fakes.immutable import clear_immutable
from tests.scripts.dockside import Dockside
from tests.scripts.installation import copied, fill


@pytest.fixture
def dockside(tmp_path: Path) -> Iterator[Dockside]:
    """A server with a station."""
    side = Dockside(tmp_path).start()
    yield side
    side.stop()
    side.works.close()
    clear_immutable(tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clean installation with one of everything; not to be changed."""
    data = tmp_path_factory.mktemp("installed") / "data"
    data.mkdir()
    fill(data)
    yield data
    clear_immutable(data)


@pytest.fixture
def tampered(installed: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with: nothing in it is immutable."""
    return copied(installed, tmp_path / "data")
