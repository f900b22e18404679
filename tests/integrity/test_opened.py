"""Bytes that are open for reading."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.opened import OpenedFile, as_file

BODY = os.urandom(200_000)


@pytest.fixture
def opened(tmp_path: Path) -> OpenedFile:
    (tmp_path / "file").write_bytes(BODY)
    return OpenedFile.of((tmp_path / "file").open("rb"))


def is_open(opened: OpenedFile) -> bool:
    try:
        os.fstat(opened.fd)
    except OSError:
        return False
    return True


def test_a_file_is_read_anywhere_and_whole(opened: OpenedFile) -> None:
    with closing(opened):
        assert opened.size == len(BODY)
        assert opened.read_at(70_000, 20) == BODY[70_000:70_020]
        assert opened.read_at(len(BODY) - 1, 20) == BODY[-1:]
        assert opened.read_at(len(BODY), 20) == b""
        assert Digest.of_pieces(opened.pieces()) == Digest.of(BODY)
    assert not is_open(opened)


def test_it_is_what_it_was_made_of_and_that_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(BODY)
    with (tmp_path / "file").open("rb") as file:
        file.read(10)
        opened = OpenedFile.of(file)
        assert file.closed
    assert opened.read_at(0, 5) == BODY[:5], "whoever read from it before"
    opened.close()


def test_it_can_be_read_as_a_file(opened: OpenedFile) -> None:
    with as_file(opened) as file:
        assert file.read(10) + file.read() == BODY
        assert file.read(1) == b""
    file.close()
    assert not is_open(opened)
