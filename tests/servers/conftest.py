"""Fixtures of the servers' own tests."""

from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name in a conftest
