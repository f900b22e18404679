"""`tiezheng tsa`: the embedded time-stamping authority as a process of its own, with its own key folder.

RFC 3161 section 3.4: POST / with application/timestamp-query, answered by application/timestamp-reply. `serve` starts
it and asks it over loopback, so the key never lives in the process that reads what strangers upload. It ends when the
pipe on its stdin closes, which a kill -9 of its parent does too. Never listens beyond loopback unless told to.
"""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import click
import uvicorn

from integrity.authority import REQUEST_LIMIT, EmbeddedAuthority, make_authority
from integrity.clock import SystemClock, system_random
from player.language import gettext as _

BODY_SECONDS = 10
"""A query of a hundred bytes that takes longer is no query."""

CONNECTIONS = 256
GRACE_SECONDS = 2

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _TooLarge(Exception):
    """More bytes than any query has."""


class AuthorityApplication:
    """The ASGI face of an authority; answers each request by itself and keeps nothing."""

    def __init__(self, authority: EmbeddedAuthority) -> None:
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, media_type, body = await self._answer(scope, receive)
        headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
        if status in (408, 413):  # unread bytes may follow: they are no next request
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
        if scope["path"] != "/":
            return 404, b"text/plain", b"not found\n"
        if scope["method"] != "POST":
            return 405, b"text/plain", b"POST a timestamp query\n"
        if dict(scope["headers"]).get(b"content-type") != b"application/timestamp-query":
            return 415, b"text/plain", b"application/timestamp-query wanted\n"
        try:
            query = await asyncio.wait_for(_body(receive), BODY_SECONDS)
        except TimeoutError:
            return 408, b"text/plain", b"the query did not arrive\n"
        except _TooLarge:
            return 413, b"text/plain", b"a timestamp query is small\n"
        reply = await asyncio.to_thread(self._authority.respond, query)
        return 200, b"application/timestamp-reply", reply


async def _body(receive: Receive) -> bytes:
    query = bytearray()
    while True:
        message = await receive()
        query += message.get("body", b"")
        if len(query) > REQUEST_LIMIT:
            raise _TooLarge
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(query)


@click.command(name="tsa")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, help=_("data folder"))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("address to listen on"))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help=_("port; 0 takes a free one"))
@click.option("--until-stdin-closes", is_flag=True, help=_("end when standard input closes"))
def command(data: Path, host: str, port: int, until_stdin_closes: bool) -> None:
    """Run the embedded time-stamping authority (RFC 3161). It is not a qualified authority."""
    authority = make_authority(data / "authority", SystemClock(), system_random)
    server = uvicorn.Server(
        uvicorn.Config(
            AuthorityApplication(authority),
            log_level="warning",
            access_log=False,
            lifespan="off",
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    with socket.create_server((host, port), backlog=CONNECTIONS) as listener:
        root = authority.root_pem.decode()
        click.echo(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid(), "root_pem": root}))
        if until_stdin_closes:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        server.run(sockets=[listener])


def _end_with_stdin(server: uvicorn.Server) -> None:
    """Wait for the other end of the pipe to go, which it does with the parent however that ends."""
    while os.read(0, 4096):
        pass
    server.should_exit = True


if __name__ == "__main__":
    command()
