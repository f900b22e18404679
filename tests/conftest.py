"""What holds for every test: no example is judged by how long it took, for machines are busy at times; tests of a group
run in one process, one after the other; a test's name is short and the same in every process; a process compiles each
statement once; and no immutable file stays behind that pytest could not remove when it removes the folders of old runs.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.compiled import keep_statements
from tests.fakes.immutable import clear_immutable

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


@pytest.fixture(scope="session", autouse=True)
def statements_are_kept() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        keep_statements(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_immutable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ours when we are done; those of runs that were killed before, but not of runs that still hold their lock."""
    own = tmp_path_factory.getbasetemp()
    yield
    clear_immutable(own)
    root = next((folder for folder in own.parents if folder.name.startswith("pytest-of-")), own)
    for run in root.glob("pytest-*"):
        if run.is_dir() and not run.is_symlink() and run not in own.parents and not (run / ".lock").exists():
            clear_immutable(run)
