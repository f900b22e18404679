"""From a socket to the disk in one thread: received into one aligned buffer, hashed there, written around the cache.

No byte of a large body passes through Python objects or the page cache: `recv` into the buffer, SHA-256 over it,
`O_DIRECT` from it (`SpoolFile.append`). All else, what counts and what a checksum says, is the `Reception`'s, as on
the plain way. Never leaves its reception open, and never reads a byte beyond the body.
"""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

from ingest.errors import UploadInterrupted, UploadStalled
from ingest.pace import Pace
from ingest.reception import Reception
from ingest.uncached import BLOCK
from integrity.uncached import aligned

PIECE = 2 * 1024 * 1024
"""Bytes of the buffer: what is written at once. Each connection has one."""
LARGE_PIECE = 2 * PIECE
"""The same where memory is at hand: takes a tenth less of the CPU."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A body on its way: what of it came already, its socket as a descriptor of our own, and what is left to read."""

    first: bytes
    socket: socket.socket
    left: int


class Taking:
    """One body; `run` in a thread, `end` from any other."""

    def __init__(self, rest: Rest, reception: Reception, pace: Pace, piece: int = PIECE) -> None:
        self.whole = False
        self._socket = rest.socket
        self._first = memoryview(rest.first)
        self._left = rest.left
        self._reception = reception
        self._pace = pace
        self._ended = threading.Event()
        self._buffer = aligned(piece)
        # The first byte stands in the buffer as its place in the file stands in a block, so that all that follow do.
        self._start = self._filled = reception.written % BLOCK

    def end(self) -> None:
        """Ask `run` to keep what came and to return; harmless when it did. A wait for more bytes ends at once."""
        self._ended.set()
        with suppress(OSError):  # closed: by the other side, or because all bytes came meanwhile
            self._socket.shutdown(socket.SHUT_RD)

    def run(self) -> int:
        """Take the whole body and finish: the offset, durable. Whatever `Reception.take` and `finish` raise.

        UploadStalled when nothing comes for too long or `end` was called, UploadInterrupted when the connection broke.
        """
        with self._socket:
            try:
                self._take()
            except BaseException:
                self._reception.interrupt()
                raise
            return self._reception.finish()

    def _take(self) -> None:
        try:
            while self._first or self._left:
                self._fill()
                if self._filled == len(self._buffer):
                    self._write()
            self.whole = True
        finally:
            self._write()  # of a connection that broke too: what came counts

    def _write(self) -> None:
        """Give what is in the buffer to the reception, once: what could not be written is not tried again."""
        piece = self._buffer[self._start : self._filled]
        self._start = self._filled = 0
        if piece:
            self._reception.take(piece)

    def _fill(self) -> None:
        room = self._buffer[self._filled :]
        if self._first:
            count = min(len(room), len(self._first))
            room[:count], self._first = self._first[:count], self._first[count:]
            self._filled += count
            return
        count = self._receive(room[: self._left])
        self._filled += count
        self._left -= count
        self._reception.claim.heard()
        self._pace.heard(count)

    def _receive(self, room: memoryview) -> int:
        try:
            count = 0 if self._ended.is_set() else self._socket.recv_into(room)
        except TimeoutError:
            raise UploadStalled("no byte came for too long; what came is kept") from None
        except OSError as error:
            raise UploadInterrupted("the connection broke; what came is kept") from error
        if count == 0 and self._ended.is_set():
            raise UploadStalled("the connection was ended; what came is kept")
        if count == 0:
            raise UploadInterrupted("the connection ended early; what came is kept")
        return count
