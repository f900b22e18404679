"""What holds for every test: no example is judged by how long it took, for machines are busy at times; and tests of one
group run in one process, one after the other; and a test's name is short and the same in every process.
"""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")

NAMED_BY_VALUE = 80
"""Longest text that names a case of a test; signatures, keys and floods of zeros are named by their argument."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names for what is too long to be one, or made anew in each process."""
    return argname if isinstance(val, str | bytes) and len(val) > NAMED_BY_VALUE else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Groups that the distributor does not see are no groups: it reads them from the end of a test's name."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        mark = item.get_closest_marker("xdist_group")
        if mark is not None and not item.nodeid.endswith(f"@{mark.args[0]}"):
            raise pytest.UsageError(f"{item.nodeid} would not stay with its group {mark.args[0]}")
