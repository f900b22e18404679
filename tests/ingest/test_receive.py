"""Chunks that stop, break, overflow or are cancelled: the reception always ends, and what came counts."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.identity import UploadId
from ingest import receive
from ingest.direct import LARGE_PIECE, PIECE, Rest, Taking
from ingest.errors import UploadStalled, UploadTooLarge
from ingest.pace import Pace
from ingest.receive import Receiver
from ingest.reception import Reception
from tests.ingest.house import STATION, House


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def begin(house: House, length: int) -> tuple[UploadId, Reception]:
    upload = house.create(length)
    return upload, house.uploads.begin(STATION, upload, 0, None, None)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def silence(*parts: bytes, silent: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if silent is not None:
        silent.set()
    await asyncio.Event().wait()


async def broken(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError("the cable was pulled")


def test_pieces_are_gathered(house: House, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "GATHERED", 4)
    upload, reception = begin(house, 10)
    taken: list[bytes] = []
    take = reception.take

    def watched(chunk: bytes) -> None:
        taken.append(chunk)
        take(chunk)

    monkeypatch.setattr(reception, "take", watched)
    offset = asyncio.run(Receiver(threads).receive(chunks(b"01", b"2", b"345", b"678", b"9"), reception))
    assert (offset, taken) == (10, [b"012345", b"6789"])
    assert house.content(upload) == b"0123456789"


def test_a_connection_without_bytes(house: House, threads: ThreadPoolExecutor) -> None:
    _, reception = begin(house, 3)
    assert asyncio.run(Receiver(threads).receive(chunks(), reception)) == 0


def test_a_silent_connection_is_ended_and_what_it_brought_counts(house: House, threads: ThreadPoolExecutor) -> None:
    upload, reception = begin(house, 10)
    with pytest.raises(UploadStalled):
        asyncio.run(Receiver(threads, idle_seconds=0.01).receive(silence(b"abc"), reception))
    assert house.offset(upload) == 3
    assert house.send(upload, 3, b"defghij") == 10


def test_a_broken_connection_keeps_what_came(house: House, threads: ThreadPoolExecutor) -> None:
    upload, reception = begin(house, 10)
    with pytest.raises(ConnectionResetError):
        asyncio.run(Receiver(threads).receive(broken(b"abc", b"d"), reception))
    assert house.offset(upload) == 4


def test_a_silent_connection_makes_room_when_asked(house: House, threads: ThreadPoolExecutor) -> None:
    upload, reception = begin(house, 10)

    async def both() -> None:
        receiver, silent = Receiver(threads), asyncio.Event()
        waiting = asyncio.ensure_future(receiver.receive(silence(b"abc", silent=silent), reception))
        await silent.wait()
        house.monotonic += 100
        second = await receiver.run(lambda: house.uploads.begin(STATION, upload, 3, 7, None))
        with pytest.raises(UploadStalled):
            await waiting
        assert await receiver.receive(chunks(b"defghij"), second) == 10

    asyncio.run(both())
    assert house.received == [upload]


def test_a_cancelled_request_keeps_what_came(house: House, threads: ThreadPoolExecutor) -> None:
    upload, reception = begin(house, 10)

    async def cancelled() -> None:
        silent = asyncio.Event()
        task = asyncio.ensure_future(Receiver(threads).receive(silence(b"abc", silent=silent), reception))
        await silent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert house.offset(upload) == 3


def test_too_many_bytes_leave_the_upload_as_it_was(house: House, threads: ThreadPoolExecutor) -> None:
    upload, reception = begin(house, 3)
    with pytest.raises(UploadTooLarge):
        asyncio.run(Receiver(threads).receive(chunks(b"abcd"), reception))
    assert house.offset(upload) == 0
    assert house.send(upload, 0, b"abc") == 3


def test_asking_a_finished_wait_to_give_up_does_nothing(house: House, threads: ThreadPoolExecutor) -> None:
    _, reception = begin(house, 3)
    asyncio.run(Receiver(threads).receive(chunks(b"abc"), reception))
    reception.claim.give_up()


def test_without_a_thread_the_reception_ends_all_the_same(house: House) -> None:
    upload, reception = begin(house, 10)
    threads = ThreadPoolExecutor(1)
    threads.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        asyncio.run(Receiver(threads).receive(chunks(b"abc"), reception))
    assert not house.uploads.writers.busy(upload)
    assert house.send(upload, 0, b"0123456789") == 10


class Handed:
    """A body that is handed over; three bytes of it came before."""

    def __init__(self, left: int) -> None:
        self.near, self.far = socket.socketpair()
        self.given_back: list[bool] = []
        self._left = left

    def claim(self, idle_seconds: float) -> Rest:
        self.near.settimeout(idle_seconds)
        return Rest(b"abc", self.near, self._left)

    def give_back(self, whole: bool) -> None:
        self.given_back.append(whole)


@pytest.mark.parametrize("left", [7, 0])
def test_without_a_thread_for_a_body_what_came_is_kept_and_the_reception_ends(
    house: House, threads: ThreadPoolExecutor, left: int
) -> None:
    upload, reception = begin(house, 3 + left)
    handed, none = Handed(left), ThreadPoolExecutor(1)
    none.shutdown()
    receiver = Receiver(threads, direct_threads=none, direct=1)
    with contextlib.closing(handed.far), pytest.raises(UploadStalled) if left else contextlib.nullcontext():
        asyncio.run(receiver.receive(chunks(), reception, handed))
    assert handed.given_back == [left == 0]
    assert handed.near.fileno() == -1, "closed"
    assert not house.uploads.writers.busy(upload)
    assert house.offset(upload) == 3


def test_a_few_bodies_have_large_buffers_and_more_make_do_with_less(
    house: House, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []

    class Watched(Taking):
        def __init__(self, rest: Rest, reception: Reception, pace: Pace, piece: int) -> None:
            pieces.append(piece)
            super().__init__(rest, reception, pace, piece)

    monkeypatch.setattr(receive, "Taking", Watched)
    monkeypatch.setattr(receive, "FEW", 1)

    async def both() -> None:
        with ThreadPoolExecutor(2) as bodies:
            receiver, handed = Receiver(threads, direct_threads=bodies, direct=2), [Handed(1), Handed(1), Handed(1)]
            waiting = [asyncio.ensure_future(receiver.receive(chunks(), begin(house, 4)[1], one)) for one in handed[:2]]
            await asyncio.sleep(0)  # both have begun
            for one in handed:
                one.far.send(b"d")
            await asyncio.gather(*waiting)
            await receiver.receive(chunks(), begin(house, 4)[1], handed[2])
            for one in handed:
                one.far.close()

    asyncio.run(both())
    assert pieces == [LARGE_PIECE, PIECE, LARGE_PIECE]
