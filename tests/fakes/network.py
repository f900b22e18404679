"""A bad network between a station and a service: a relay on loopback that cuts, mutes, slows and hangs.

Bytes pass as they come, until a request begins for which a `Fault` is waiting. Nothing is invented and nothing altered:
what arrives is a beginning of what was sent, as on a real line.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["cut", "mute", "drip", "hang"]
CHUNK = 64 * 1024
DRIP, PAUSE_SECONDS = 64, 0.2
"""Bytes that a dripping line lets through, and how often."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request, after so many bytes of it passed.

    `cut`: the connection breaks. `mute`: all of it passes, and the connection breaks before the answer does. `drip`:
    the rest passes in drops. `hang`: nothing passes any more, either way, and neither end is told.
    """

    kind: Kind
    after: int = 0


@dataclass
class Line:
    """The relay, listening on `port`; `faults` wait for the next requests of `method`, one each."""

    to: int
    method: bytes = b"PATCH"
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    suffered: list[Fault] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    """The beginnings of the requests of that method."""
    answers: list[bytes] = field(default_factory=list)
    """The first line of each answer that passed."""
    ended: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)

    def fate(self, beginning: bytes) -> Fault | None:
        """What becomes of the request that begins so."""
        if not beginning.startswith(self.method + b" "):
            return None
        self.heads.append(beginning.partition(b"\r\n\r\n")[0])
        if not self.faults:
            return None
        self.suffered.append(self.faults.pop(0))
        return self.suffered[-1]


@contextmanager
def between(to: int, *faults: Fault) -> Iterator[Line]:
    """A line to this port of loopback until the block ends."""
    line = Line(to, faults=list(faults))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.port = listener.getsockname()[1]
        accepting = threading.Thread(target=_accept, args=(line, listener), daemon=True)
        accepting.start()
        try:
            yield line
        finally:
            line.ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for end in line.open:
                _close(end)


def _accept(line: Line, listener: socket.socket) -> None:
    while not line.ended.is_set():
        with suppress(OSError):
            near, _ = listener.accept()
            _Relay(line, near, socket.create_connection(("127.0.0.1", line.to)))


class _Relay:
    """One connection: a thread for each direction."""

    def __init__(self, line: Line, near: socket.socket, far: socket.socket) -> None:
        self._line, self._near, self._far = line, near, far
        self._fault: Fault | None = None
        self._left = 0
        for end in (near, far):
            line.open.append(end)
        for way in (self._forth, self._back):
            threading.Thread(target=self._run, args=(way,), daemon=True).start()

    def _run(self, way: Callable[[], None]) -> None:
        with suppress(OSError):
            way()
        if self._fault is None or self._fault.kind != "hang":
            _close(self._near)
            _close(self._far)

    def _forth(self) -> None:
        while chunk := self._near.recv(CHUNK):
            if self._fault is None and (fault := self._line.fate(chunk)):
                self._fault, self._left = fault, fault.after
            if self._fault is None or self._fault.kind == "mute":
                self._far.sendall(chunk)
            elif not self._spoilt(self._fault, chunk):
                return

    def _spoilt(self, fault: Fault, chunk: bytes) -> bool:
        """Pass what may pass of it; False when that was the last."""
        whole, rest = chunk[: self._left], chunk[self._left :]
        self._left -= len(whole)
        self._far.sendall(whole)
        if fault.kind != "drip":
            return not rest
        for start in range(0, len(rest), DRIP):
            if self._line.ended.wait(PAUSE_SECONDS):
                return False
            self._far.sendall(rest[start : start + DRIP])
        return True

    def _back(self) -> None:
        while chunk := self._far.recv(CHUNK):
            fault = self._fault
            if fault is not None and fault.kind in ("mute", "hang"):
                return
            self._line.answers.append(chunk.partition(b"\r\n")[0])
            self._near.sendall(chunk)


def _close(end: socket.socket) -> None:
    """What passed before arrives; a thread that waits for this end is woken."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        end.close()
