"""One body from a socket pair into a spool: whole, cut, silent, given up, and on a disk that fails."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.identity import UploadId
from ingest.direct import LARGE_PIECE, PIECE, Rest, Taking
from ingest.errors import SpaceExhausted, UploadInterrupted, UploadStalled
from ingest.pace import Pace
from ingest.reception import Reception
from ingest.spool import SpoolFile
from integrity.digest import Digest
from tests.ingest.house import STATION, House


class Line:
    """An upload, a connection for its bytes, and what takes them."""

    def __init__(self, house: House, length: int) -> None:
        self.house = house
        self.upload: UploadId = house.create(length)
        self.near, self.far = socket.socketpair()

    def begin(
        self, first: bytes, left: int, checksum: Digest | None = None, pace: Pace | None = None, piece: int = PIECE
    ) -> Taking:
        offset = self.house.offset(self.upload)
        reception: Reception = self.house.uploads.begin(
            STATION, self.upload, offset, len(first) + left, checksum
        )  # fmt: skip
        self.near.settimeout(pace.idle_seconds if pace else 20)
        return Taking(Rest(first, self.near, left), reception, pace or Pace(), piece)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    house.uploads.limits = type(house.uploads.limits)(3 * PIECE, house.uploads.limits.expires_after)
    return house


@pytest.fixture
def line(house: House) -> Iterator[Line]:
    line = Line(house, 10)
    yield line
    line.near.close()
    line.far.close()


def test_what_came_already_and_what_comes(line: Line) -> None:
    line.far.sendall(b"3456789and the next request")
    taking = line.begin(b"012", 7)
    assert taking.run() == 10
    assert taking.whole
    assert line.house.content(line.upload) == b"0123456789"
    assert line.house.received == [line.upload]


def test_nothing_beyond_the_body_is_read(line: Line) -> None:
    line.far.sendall(b"0123456789next")
    kept = line.near.dup()
    line.begin(b"", 10).run()
    assert kept.recv(10) == b"next"
    kept.close()


def test_a_connection_that_ends_early_keeps_what_came(line: Line) -> None:
    line.far.sendall(b"abc")
    line.far.close()
    taking = line.begin(b"", 10)
    with pytest.raises(UploadInterrupted):
        taking.run()
    assert not taking.whole
    assert line.house.offset(line.upload) == 3
    assert not line.house.uploads.writers.busy(line.upload)


def test_a_silent_connection_keeps_what_came(line: Line) -> None:
    line.far.sendall(b"abc")
    with pytest.raises(UploadStalled):
        line.begin(b"", 10, pace=Pace(0.01, 0)).run()
    assert line.house.offset(line.upload) == 3


def test_a_dripping_connection_keeps_what_came(line: Line) -> None:
    line.far.sendall(b"abc")
    with pytest.raises(UploadStalled):
        line.begin(b"", 10, pace=Pace(0.000001, 10**12)).run()
    assert line.house.offset(line.upload) == 3


def test_one_that_is_asked_to_end_keeps_what_came(line: Line) -> None:
    taking = line.begin(b"abc", 7)
    taking.end()
    with pytest.raises(UploadStalled):
        taking.run()
    taking.end()  # harmless
    assert line.house.offset(line.upload) == 3


def test_a_checksum_that_does_not_get_its_bytes_leaves_nothing(line: Line) -> None:
    line.far.close()
    with pytest.raises(UploadInterrupted):
        line.begin(b"abc", 7, Digest.of(b"abcdefghij")).run()
    assert line.house.offset(line.upload) == 0


def test_a_disk_that_is_full_keeps_what_was_acknowledged(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.house.send(line.upload, 0, b"01")

    def full(_file: SpoolFile, _chunk: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(SpoolFile, "append", full)
        with pytest.raises(SpaceExhausted):
            line.begin(b"23", 0).run()
    assert line.house.offset(line.upload) == 2
    assert line.house.send(line.upload, 2, b"23456789") == 10


@pytest.mark.parametrize("piece", [PIECE, LARGE_PIECE])
@pytest.mark.parametrize("offset", [0, 1, 4096, 4097])
def test_more_than_one_buffer_at_any_place(house: House, offset: int, piece: int) -> None:
    content = os.urandom(piece + 4099)
    line = Line(house, len(content))
    if offset:
        house.send(line.upload, 0, content[:offset])
    first = content[offset : offset + 1000]
    rest = content[offset + 1000 :]
    child = os.fork()
    if child == 0:
        line.far.sendall(rest)
        os._exit(0)
    assert line.begin(first, len(rest), piece=piece).run() == len(content)
    os.waitpid(child, 0)
    line.far.close()
    assert house.content(line.upload) == content
    whole = house.spool.whole(line.upload)
    assert whole is not None
    assert whole.digest == Digest.of(content)
