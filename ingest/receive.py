"""From a connection to a `Reception`, in one of two ways with the same result, and ended properly however it ends.

The plain way takes chunks from the event loop, gathers them and has a thread write them. The direct way, where the
connection hands its socket over and a thread is free, leaves the whole body to that thread (`ingest.direct`).
The event loop never waits for a disk. A connection that brings nothing for a while, or next to nothing, is ended, and
what it brought is kept; so is one whose upload a newer connection claims. Never leaves a reception open: its bytes
would not count and its upload would stay locked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from ingest.direct import LARGE_PIECE, PIECE, Rest, Taking
from ingest.errors import UploadStalled
from ingest.pace import FLOOR, IDLE_SECONDS, Pace
from ingest.reception import Reception

GATHERED = 1024 * 1024
"""Bytes gathered before a thread is asked to write them."""
FEW = 8
"""Bodies at once that have large buffers; those beyond them make do with less, so that memory stays what it is."""

Answer = TypeVar("Answer")


class Handover(Protocol):
    """A body that can be read by ourselves: `ingest.handover.Handover`."""

    def claim(self, idle_seconds: float) -> Rest | None: ...
    def give_back(self, whole: bool) -> None: ...


class Receiver:
    """Runs receptions on threads of its own: the framework's pool is for short questions.

    `direct` is how many of them at once may each have a whole body to itself; those of a pool of their own, or silent
    connections would keep short questions waiting.
    """

    def __init__(
        self,
        threads: Executor,
        idle_seconds: float = IDLE_SECONDS,
        floor: int = FLOOR,
        direct_threads: Executor | None = None,
        direct: int = 0,
    ) -> None:
        self._threads = threads
        self._idle_seconds = idle_seconds
        self._floor = floor
        self._direct_threads = direct_threads
        self._most = self._free = direct if direct_threads else 0

    def run(self, work: Callable[[], Answer]) -> Awaitable[Answer]:
        """Run blocking work; it is not cut short when the caller is."""
        return asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, work))

    async def receive(
        self, chunks: AsyncIterator[bytes], reception: Reception, handover: Handover | None = None
    ) -> int:
        """Take the whole body; the offset, durable. UploadStalled, and whatever `Reception.take` and `finish` raise."""
        rest = handover.claim(self._idle_seconds) if handover and self._free else None
        if handover is None or rest is None:
            return await self._plain(chunks, reception)
        taking = Taking(rest, reception, self._pace(), LARGE_PIECE if self._most - self._free < FEW else PIECE)
        reception.claim.give_up = taking.end
        self._free -= 1
        try:
            return await self._ended(self._begun(taking), taking)
        finally:
            handover.give_back(taking.whole)
            self._free += 1

    async def end(self, reception: Reception) -> None:
        """Interrupt a reception, in a thread where one is to be had."""
        try:
            ended = self.run(reception.interrupt)
        except RuntimeError:  # as below
            reception.interrupt()
        else:
            await ended

    def _begun(self, taking: Taking) -> asyncio.Future[int]:
        loop = asyncio.get_running_loop()
        try:
            return loop.run_in_executor(self._direct_threads, taking.run)
        except RuntimeError:
            # No thread is to be had: the service is ending, or the machine can make no more of them. So the little
            # that came is kept here, and the reception ends: its upload would be locked until the next start.
            taking.end()
            done = loop.create_future()
            done.set_result(taking.run())
            return done

    async def _ended(self, work: asyncio.Future[int], taking: Taking) -> int:
        """Wait for the thread, which ends the reception in any case; let it go early when we are ended."""
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            taking.end()
            await asyncio.wait([work])
            raise

    def _pace(self) -> Pace:
        return Pace(self._idle_seconds, self._floor)

    async def _plain(self, chunks: AsyncIterator[bytes], reception: Reception) -> int:
        pump, pace = _Pump(self, reception), self._pace()
        try:
            async with asyncio.timeout(self._idle_seconds) as patience:
                reception.claim.give_up = _giving_up(patience)
                async for chunk in chunks:
                    patience.reschedule(asyncio.get_running_loop().time() + self._idle_seconds)
                    reception.claim.heard()
                    await pump.add(chunk)
                    pace.heard(len(chunk))
            await pump.flush()
            finished = self.run(reception.finish)
        except TimeoutError:
            await pump.interrupt()
            raise UploadStalled("no byte came for too long; what came is kept") from None
        except BaseException:  # a broken connection, a full disk, the end of the service: what came is kept
            await pump.interrupt()
            raise
        return await finished


class _Pump:
    """Gathers chunks and has at most one piece being written."""

    def __init__(self, receiver: Receiver, reception: Reception) -> None:
        self._receiver = receiver
        self._reception = reception
        self._chunks: list[bytes] = []
        self._gathered = 0
        self._writing: asyncio.Future[None] | None = None

    async def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._gathered += len(chunk)
        if self._gathered >= GATHERED:
            await self._written()
            self._start()

    async def flush(self) -> None:
        """Return when all that was added is written."""
        await self._written()
        if self._gathered:
            self._start()
            await self._written()

    async def interrupt(self) -> None:
        """Write what can be written, and end the reception; the reason of the interruption is the caller's to tell."""
        try:
            await self.flush()
        except Exception:  # noqa: BLE001  the piece that failed is gone; what was acknowledged before it stays
            self._writing = None
        await self._receiver.end(self._reception)

    def _start(self) -> None:
        piece, self._chunks, self._gathered = b"".join(self._chunks), [], 0
        self._writing = asyncio.ensure_future(self._receiver.run(lambda: self._reception.take(piece)))

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None


def _giving_up(patience: asyncio.Timeout) -> Callable[[], None]:
    """Ends the wait for more bytes at once; from any thread, and harmless when the wait is over."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        if patience.when() is not None and not patience.expired():
            try:
                patience.reschedule(loop.time())
            except RuntimeError:
                return  # all bytes came meanwhile

    return lambda: _call(loop, end)


def _call(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(end)
