"""From a connection's chunks to a `Reception`: gathered, handed to a thread, and ended properly however it ends.

The event loop never waits for a disk: while one gathered piece is hashed and written in a thread, the next one is
received. A connection that brings nothing for a while is ended and what it brought is kept; so is one whose upload a
newer connection claims. Never leaves a reception open: its bytes would not count and its upload would stay locked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from typing import TypeVar

from ingest.errors import UploadStalled
from ingest.reception import Reception

PIECE = 1024 * 1024
"""Bytes gathered before a thread is asked to write them."""
IDLE_SECONDS = 60.0
"""How long a connection may bring nothing."""

Answer = TypeVar("Answer")


class Receiver:
    """Runs receptions on threads of its own: the framework's pool is for short questions."""

    def __init__(self, threads: Executor, idle_seconds: float = IDLE_SECONDS) -> None:
        self._threads = threads
        self._idle_seconds = idle_seconds

    def run(self, work: Callable[[], Answer]) -> Awaitable[Answer]:
        """Run blocking work; it is not cut short when the caller is."""
        return asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads, work))

    async def receive(self, chunks: AsyncIterator[bytes], reception: Reception) -> int:
        """Take all chunks; the offset, durable. UploadStalled, and whatever `Reception.take` and `finish` raise."""
        pump = _Pump(self, reception)
        try:
            async with asyncio.timeout(self._idle_seconds) as patience:
                reception.claim.give_up = _giving_up(patience)
                async for chunk in chunks:
                    patience.reschedule(asyncio.get_running_loop().time() + self._idle_seconds)
                    reception.claim.heard()
                    await pump.add(chunk)
            await pump.flush()
        except TimeoutError:
            await pump.interrupt()
            raise UploadStalled("no byte came for too long; what came is kept") from None
        except BaseException:  # a broken connection, a full disk, the end of the service: what came is kept
            await pump.interrupt()
            raise
        return await self.run(reception.finish)


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
        if self._gathered >= PIECE:
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
        await self._receiver.run(self._reception.interrupt)

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
