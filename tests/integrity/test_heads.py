"""The embedded HeadStore: the contract, and what a file adds to it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from integrity.errors import LogUnavailable
from integrity.heads import FileHeads, HeadStore
from tests.contracts.head_store import HeadStoreContract
from tests.fakes.interruptions import calls_of, failing


class TestFileHeads(HeadStoreContract):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Callable[[], HeadStore]:
        return lambda: FileHeads(tmp_path / "head")


def test_a_head_that_another_process_left_is_made_durable_before_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "head").write_bytes(b"one\n")
    heads = FileHeads(tmp_path / "head")
    assert calls_of(heads.read) == 2, "the file and its folder"
    assert calls_of(heads.read) == 0, "once is enough for the same file"
    (tmp_path / "other").write_bytes(b"two\n")
    (tmp_path / "other").replace(tmp_path / "head")
    assert calls_of(heads.read) == 2
    assert heads.read() == b"two\n"


def test_what_was_just_swapped_in_is_durable_already(tmp_path: Path) -> None:
    heads = FileHeads(tmp_path / "head")
    heads.swap(None, b"one\n")
    assert calls_of(heads.read) == 0
    FileHeads(tmp_path / "head").swap(b"one\n", b"two\n")
    assert calls_of(heads.read) == 2, "another's"


@pytest.mark.parametrize("after", [False, True])
def test_a_failure_anywhere_in_a_swap_is_an_unknown_outcome(tmp_path: Path, after: bool) -> None:
    heads = FileHeads(tmp_path / "head")
    heads.swap(None, b"0")
    for number in range(1, 1 + calls_of(lambda: heads.swap(b"0", b"0"))):
        old = heads.read()
        with failing(number, after), pytest.raises(LogUnavailable):
            heads.swap(old, b"%d" % number)
        assert heads.read() in (old, b"%d" % number), "whole, whichever it is"


def test_a_head_that_cannot_be_read_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LogUnavailable):
        FileHeads(tmp_path / "folder").read()
    (tmp_path / "head").write_bytes(b"one\n")

    def fail(fd: int) -> NoReturn:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LogUnavailable):
        FileHeads(tmp_path / "head").read()
    with pytest.raises(LogUnavailable):
        FileHeads(tmp_path / "absent" / "head").swap(None, b"one\n")
