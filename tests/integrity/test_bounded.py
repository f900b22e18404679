"""Reading no more than a limit: at it, below it, beyond it."""

from pathlib import Path

import pytest

from integrity.bounded import read_bounded


@pytest.mark.parametrize(("size", "read"), [(0, 0), (9, 9), (10, 10), (11, 11), (12, 11), (1 << 40, 11)])
def test_one_byte_beyond_the_limit_tells(tmp_path: Path, size: int, read: int) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(size)
    assert read_bounded(tmp_path / "file", 10) == bytes(read)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "file", 10)
