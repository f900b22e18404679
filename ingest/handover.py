"""A connection that can hand the rest of a large body over, with its socket, to whoever the request is for.

uvicorn's own protocol, and two things more. When the head of a request with a large body is here, it stops reading and
leaves a `Handover` in the request's scope: a route that has settled who asks, and what for, may claim it and read the
rest itself; where nobody claims it the body comes as always. And a head must come within a time.
Whoever is refused while still sending gets the answer to read: what comes then is read and dropped for a while before
the connection is closed (RFC 9112 section 9.6), for closing at once would reset it and take the answer back.
What is no body has to be short: a parser keeps a head, or what trails a body, until it ends, whoever sends it.
Only where it is simple: HTTP/1.1 without TLS, a body of a told length, nothing before it that is not answered yet,
no `Expect`, no upgrade. Never changes what a request means: only by whom its bytes are read.
"""

import asyncio
import os
import socket
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ingest.direct import Rest

SCOPE = "tiezheng.handover"
"""The name of the `Handover` among a scope's extensions."""
LARGE = 1024 * 1024
"""Bytes of a body from which on it is worth it."""
HEAD_SECONDS = 30.0
"""Within which the head of a request has to be here, from the connection's or the request's first byte on."""
LONGEST = 64 * 1024
"""Bytes of a head, or of anything else that is no body, from where on no more is read: any stranger can send it."""
METHODS = ("PATCH", "POST")
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LINGER_SECONDS = 30.0
"""How long a refused sender is listened to at the most; a station that sends on for longer is reset."""
LINGER_IDLE_SECONDS = 5.0
"""How long it may be silent meanwhile."""


class Handover:
    """One request's body, which stays in the kernel until somebody reads it. To be used on the event loop."""

    def __init__(self, connection: "Connection", cycle: RequestResponseCycle, size: int) -> None:
        self._connection = connection
        self._cycle = cycle
        self._size = size
        self._parsed = False

    def claim(self, idle_seconds: float) -> Rest | None:
        """Take the body over, with reads that wait so long; None when the connection is gone: then as always."""
        shared = self._connection.transport.get_extra_info("socket")
        if self._cycle.disconnected or self._connection.transport.is_closing() or shared is None:
            return None
        first, self._cycle.body = bytes(self._cycle.body), bytearray()
        self._parsed = not self._cycle.more_body
        own = socket.socket(fileno=os.dup(shared.fileno()))
        own.settimeout(idle_seconds)
        return Rest(first, own, self._size - len(first))

    def give_back(self, whole: bool) -> None:
        """The bytes were read, to the last or not: what follows is the next request, or the end of the connection."""
        if not whole:
            self._cycle.keep_alive = False
            self._connection.unread = True
        elif not self._parsed:
            self._connection.expect_request()
        self._cycle.more_body = False


class Connection(HttpToolsProtocol):
    """Says `Handover` where it can; see above."""

    large = LARGE
    longest = LONGEST
    head_seconds = HEAD_SECONDS
    linger_seconds = LINGER_SECONDS
    linger_idle_seconds = LINGER_IDLE_SECONDS
    unread = False
    """Whether bytes of a body that was handed over are still to come."""
    lingers = True
    """Whether a refused sender is listened to; not by a service that is ending, whose successor is waited for."""
    _head: asyncio.TimerHandle | None = None
    _unsaid = 0
    """Bytes that came since there was a request or a piece of its body."""
    _linger: tuple[asyncio.TimerHandle, asyncio.TimerHandle] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock of the first head runs from here."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._head_came()
        for timer in self._linger or ():
            timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Bytes of requests; of one that was refused they are dropped."""
        if self._linger is None:
            self._unsaid += len(data)
            super().data_received(data)
            if self._unsaid > self.longest:
                self._refuse_length()
            return
        most, idle = self._linger
        idle.cancel()
        self._linger = most, self.loop.call_later(self.linger_idle_seconds, self._give_up)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._head_came()
        self._await_head()

    def on_headers_complete(self) -> None:
        """All of the head: from here on there is a request."""
        self._unsaid = 0
        self._head_came()
        before: RequestResponseCycle | None = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = cast(asyncio.Transport, _Answering(self, self.cycle))
        size = self._size()
        if size is None or self.cycle is before or (before is not None and not before.response_complete):
            return
        self.flow.pause_reading()  # until somebody asks for the body, or claims it
        # Its values have no shape that would be agreed for all servers (ASGI, extensions).
        self.scope["extensions"] = {SCOPE: Handover(self, self.cycle, size)}  # type: ignore[dict-item]

    def on_body(self, body: bytes) -> None:
        self._unsaid = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unsaid = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The last byte of an answer was written; after a refusal no further request is waited for."""
        if self._linger is None:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()

    def shutdown(self) -> None:
        """The service is ending: close as soon as nothing is being answered."""
        self.lingers = False
        super().shutdown()

    def linger(self) -> None:
        """Say that nothing more comes from us, and let the other side find that out."""
        if self.transport.is_closing() or self._linger is not None:
            return
        self._linger = (
            self.loop.call_later(self.linger_seconds, self._give_up),
            self.loop.call_later(self.linger_idle_seconds, self._give_up),
        )
        self.transport.write_eof()

    def expect_request(self) -> None:
        """What comes next on this connection is a request."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _size(self) -> int | None:
        """The body's length, where it may be handed over."""
        if self.scope["method"] not in METHODS or self.scope["http_version"] != "1.1" or self.scheme != "http":
            return None
        if self.expect_100_continue or self.parser.should_upgrade():
            return None
        fields: dict[bytes, Any] = dict(self.headers)
        length = fields.get(b"content-length", b"")
        if b"transfer-encoding" in fields or b"expect" in fields or not length.isdigit():
            return None
        return int(length) if int(length) >= self.large else None

    def _refuse_length(self) -> None:
        """Listen no more: with an answer where it is the head that does not end, and no answer is under way."""
        if self.transport.is_closing():
            return
        answering: RequestResponseCycle | None = self.cycle
        if self._head is None or (answering is not None and not answering.response_complete):
            self.transport.close()
            return
        self._head_came()
        self.transport.write(TOO_LONG)
        self.linger()

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.head_seconds, self._give_up)

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class _Answering:
    """The transport as one request's answer has it: closing it lets a sender, where there is one, read the answer."""

    def __init__(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        self._connection = connection
        self._cycle = cycle
        self.write = connection.transport.write
        self.is_closing = connection.transport.is_closing

    def close(self) -> None:
        """What `RequestResponseCycle` does when the connection is not to be kept, or the application failed."""
        connection = self._connection
        sending = connection.unread or self._cycle.more_body
        if self._cycle.response_complete and sending and connection.lingers and connection.transport.can_write_eof():
            connection.linger()
        else:
            connection.transport.close()
