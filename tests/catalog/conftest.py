"""Fixtures of the catalogue's tests."""

from tests.contracts.catalog import *  # noqa: F403  fixtures are found by name in a conftest
