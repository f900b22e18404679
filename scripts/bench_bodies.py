"""Bodies for `tiezheng bench upload`, and the client that sends them: random bytes, no two bodies alike, no file read.

The client is no part of what is measured, so it does as little as it can: one connection, one request, bytes of memory.
"""

import http.client
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from urllib.parse import urlsplit

import click

from integrity.clock import system_random
from integrity.digest import Digest

BLOCK = 16 * 1024 * 1024
"""Random bytes that a body repeats after its own beginning: hashes and disks do not see that they are repeated."""
BEGINNING = 64
TIMEOUT = 600.0
_TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True, slots=True)
class Body:
    """Some bytes of its own, then a block again and again, `size` in all."""

    beginning: bytes
    block: memoryview
    size: int
    digest: Digest

    @classmethod
    def of(cls, block: bytes, size: int) -> Self:
        body = cls(system_random(BEGINNING), memoryview(block), size, Digest(bytes(32)))
        state = sha256()
        for piece in body.pieces():
            state.update(piece)
        return cls(body.beginning, body.block, size, Digest(state.digest()))

    def pieces(self) -> Iterator[memoryview]:
        """All of it."""
        left = self.size
        for piece in (memoryview(self.beginning), *[self.block] * (1 + self.size // len(self.block))):
            yield piece[:left]
            left -= min(left, len(piece))


def upload(url: str, body: Body, token: str = "") -> str:
    """Send it by tus, whole, in one request after its creation; where it is now, as the server calls it."""
    headers = _TUS | ({"Authorization": f"Bearer {token}"} if token else {})
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
    try:
        connection.request("POST", place.path, headers=headers | _announcing(body))
        location = urlsplit(_answer(connection, 201).getheader("Location", "")).path
        connection.putrequest("PATCH", location)
        stream = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        for name, value in (headers | stream | {"Content-Length": str(body.size)}).items():
            connection.putheader(name, value)
        connection.endheaders()
        for piece in body.pieces():
            connection.send(piece)
        _answer(connection, 204)
    finally:
        connection.close()
    return location


def _announcing(body: Body) -> dict[str, str]:
    """With its digest, as `tiezheng dock` announces a file."""
    digest = b64encode(body.digest.hex.encode()).decode()
    return {"Upload-Length": str(body.size), "Upload-Metadata": f"sha256 {digest}"}


def receipt(url: str, location: str, token: str) -> bytes:
    """Wait for the receipt of an upload, as a station does."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    try:
        while time.monotonic() < deadline:
            connection.request("GET", f"{location}/receipt", headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            content = response.read()
            if response.status == 200:
                return content
            time.sleep(1)  # as the answer says in Retry-After
    finally:
        connection.close()
    raise click.ClickException(f"no receipt of {location}")


def stream(port: int, body: Body) -> Digest:
    """Send it without any protocol; the digest that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.sendall(body.size.to_bytes(8, "big"))
        for piece in body.pieces():
            connection.sendall(piece)
        return Digest(connection.recv(32, socket.MSG_WAITALL))


def _answer(connection: http.client.HTTPConnection, status: int) -> http.client.HTTPResponse:
    response = connection.getresponse()
    content = response.read()
    if response.status != status:
        raise click.ClickException(f"{response.status} instead of {status}: {content[:300]!r}")
    return response
