"""Bytes of a rendition or a bundle over HTTP: one range, conditional, in chunks of a megabyte (RFC 9110 §13–14).

Knows no case and no right: whoever calls it has asked the gate for the open file. Plain ASGI, so that the framework
stays in the routes. Never caches and never lets a browser cache: each answer was permitted for one session.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import quote

from integrity.digest import Digest
from integrity.opened import Opened

CHUNK = 2 * 1024 * 1024
"""Bytes read and handed over at a time: larger ones stall other requests, smaller ones cost processor time."""

# A pool of its own: anyio's forty threads serve the routes, and a slow disk must not hold those.
_READERS = ThreadPoolExecutor(8, thread_name_prefix="stream")

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Answer = TypeVar("Answer")
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Delivery(Protocol):
    """Who is told how far the bytes went; called in a thread, so it may write to a database."""

    def before(self, end: int) -> None:
        """Bytes up to this offset are about to be handed over; an error ends the answer."""
        ...

    def finished(self, end: int) -> None:
        """All that was asked for, up to this offset, has left this process, and the client was still there."""
        ...

    def closed(self) -> None:
        """The answer has ended, however it did."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """An open file that is to be sent, once: it is closed when the answer has ended, however it ends."""

    source: Opened
    size: int
    content_type: str
    digest: Digest
    attachment: str | None = None  # the name under which a browser stores it

    @property
    def etag(self) -> str:
        """A strong validator: the bytes' own digest."""
        return f'"{self.digest.hex}"'


@dataclass(frozen=True, slots=True)
class Slice:
    """What will be sent: the status, and `length` bytes from `start`."""

    status: Literal[200, 206, 304, 412, 416]
    start: int
    length: int


def slice_of(content: Content, headers: Mapping[str, str]) -> Slice:
    """Decide by the request's headers (lower-case names) which bytes answer it.

    Several ranges, other units and malformed ones are ignored, as RFC 9110 §14.2 allows: the whole is sent.
    """
    if (wanted := headers.get("if-match")) and not _named(wanted, content.etag):
        return Slice(412, 0, 0)
    if (known := headers.get("if-none-match")) and _named(known, content.etag):
        return Slice(304, 0, 0)
    whole = Slice(200, 0, content.size)
    asked = headers.get("range")
    if asked is None or ("if-range" in headers and headers["if-range"].strip() != content.etag):
        return whole
    match = _RANGE.fullmatch(asked.strip().lower())
    if match is None or match[1] == match[2] == "":
        return whole
    return _bounded(match[1], match[2], content.size, whole)


def _bounded(first: str, last: str, size: int, whole: Slice) -> Slice:
    if first == "":
        length = min(int(last), size)
        return Slice(206, size - length, length) if length else Slice(416, 0, 0)
    start = int(first)
    if last and int(last) < start:
        return whole
    if start >= size:
        return Slice(416, 0, 0)
    end = min(int(last), size - 1) if last else size - 1
    return Slice(206, start, end - start + 1)


def _named(header: str, etag: str) -> bool:
    """Whether a list of entity tags names this one; a weak tag never matches, for these bytes are exact."""
    return header.strip() == "*" or etag in [tag.strip() for tag in header.split(",")]


def headers_of(content: Content, part: Slice) -> Iterator[tuple[bytes, bytes]]:
    """The answer's header fields."""
    yield b"accept-ranges", b"bytes"
    yield b"cache-control", b"no-store"
    yield b"etag", content.etag.encode()
    yield b"content-length", str(part.length).encode()
    if part.status == 416:
        yield b"content-range", f"bytes */{content.size}".encode()
    if part.status == 206:
        yield b"content-range", f"bytes {part.start}-{part.start + part.length - 1}/{content.size}".encode()
    if part.status in (200, 206):
        yield b"content-type", content.content_type.encode("latin-1")
        if content.attachment is not None:
            # RFC 6266 with RFC 8187: whatever the name holds, nothing of it ends the field.
            yield b"content-disposition", f"attachment; filename*=UTF-8''{quote(content.attachment, safe='')}".encode()


async def send_content(
    content: Content,
    method: str,
    headers: Mapping[str, str],
    receive: Receive,
    send: Send,
    delivery: Delivery | None = None,
) -> None:
    """Answer with the file and close it; `delivery` hears how far it went.

    A file shorter than promised ends the connection instead of the answer: a client must never take a part for all.
    """
    gone = asyncio.create_task(_disconnected(receive))
    try:
        part = slice_of(content, headers)
        await send({"type": "http.response.start", "status": part.status, "headers": list(headers_of(content, part))})
        if method == "HEAD":
            await send({"type": "http.response.body", "body": b""})
        else:
            await _send_body(content.source, part, send, gone, delivery)
    finally:
        gone.cancel()
        content.source.close()
        if delivery is not None:
            await asyncio.shield(_aside(delivery.closed))


async def _send_body(
    source: Opened, part: Slice, send: Send, gone: "asyncio.Task[None]", delivery: Delivery | None
) -> None:
    # The server's `send` returns at once for a client that has left, and otherwise waits until the chunk before has
    # been taken from it: so the bytes count as gone out only after the empty one at the end, and never once `gone`.
    offset, end = part.start, part.start + part.length
    while offset < end and not gone.done():
        length = min(CHUNK, end - offset)
        if delivery is not None:
            await _aside(delivery.before, offset + length)
        chunk = await _aside(source.read_at, offset, length)
        if not chunk:
            raise OSError(f"file ended at {offset}, {end} were promised")
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        offset += len(chunk)
    if offset == end:
        await send({"type": "http.response.body", "body": b""})
        if delivery is not None and part.length and not gone.done():
            await _aside(delivery.finished, end)


async def _aside(call: Callable[..., Answer], *arguments: Any) -> Answer:
    """Run in a reader's thread."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, call, *arguments)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
