"""`tiezheng witness`: a witness of transparency logs (C2SP tlog-witness), to be run by another organisation, elsewhere.

POST /add-checkpoint                       a log's new checkpoint, with the proof that it continues the last one
GET  /<SHA-256 of the origin>/checkpoint   the newest head that was cosigned
GET  /healthz                              the process answers

    witness.key    its Ed25519 key, mode 0600, made at the first start
    name           its name; in every cosignature
    logs/          what `integrity.watched` keeps

Needs no catalog, no evidence and no rights on anything but its own folder. Never makes a second key over logs that it
has seen already: whoever trusts the first would take the second's ignorance for the first's word.
"""

import asyncio
import json
import os
import re
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from types import FrameType
from typing import Any, cast

import click
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from integrity import durable
from integrity.clock import Random, SystemClock, instant, system_random
from integrity.cosignature import Cosigner
from integrity.errors import LogUnavailable
from integrity.note import Verifier
from integrity.submission import LIMIT
from integrity.watched import WatchedLogs
from integrity.witness import Outcome, Witness
from player.language import gettext as _
from scripts.keys import KeyUnusable, make_key, read_key

BODY_SECONDS = 10
"""For a body of a few kilobytes."""
CONNECTION_SECONDS = 60
"""How long one connection lives, whatever comes over it: who dribbles holds no place for long."""
CONNECTIONS = 128
HEADER_BYTES = 16 * 1024
GRACE_SECONDS = 5

STATUS = {
    Outcome.COSIGNED: 200,
    Outcome.MALFORMED: 400,
    Outcome.UNSIGNED: 403,
    Outcome.UNKNOWN_LOG: 404,
    Outcome.OTHER_SIZE: 409,
    Outcome.INCONSISTENT: 422,
    Outcome.UNAVAILABLE: 503,
}
_TEXT = b"text/plain; charset=utf-8"
_SIZE = b"text/x.tlog.size"
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Reply = tuple[int, bytes, bytes]


class _TooLarge(Exception):
    """More bytes than any submission has."""


class BriefConnection(H11Protocol):
    """uvicorn's connection with an end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._end = self.loop.call_later(CONNECTION_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


class WitnessApplication:
    """The ASGI face of a witness; `tell` gets a line about whatever its operator should look at."""

    def __init__(self, witness: Witness, logs: WatchedLogs, tell: Callable[[dict[str, Any]], None]) -> None:
        self._witness = witness
        self._logs = logs
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, media_type, body = await self._answer(scope, receive)
        headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
        if status in (408, 413):  # unread bytes may follow: they are no next request
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        method, path = scope["method"], scope["path"]
        if path == "/add-checkpoint":
            if method != "POST":
                return 405, _TEXT, b"POST a submission\n"
            return await self._add(receive)
        shown = _CHECKPOINT.fullmatch(path)
        if method not in ("GET", "HEAD") or not (shown or path == "/healthz"):
            return 404, _TEXT, b"not found\n"
        return await asyncio.to_thread(self._newest, shown[1]) if shown else (200, _TEXT, b"ok\n")

    async def _add(self, receive: Receive) -> Reply:
        try:
            content = await asyncio.wait_for(_body(receive), BODY_SECONDS)
        except TimeoutError:
            return 408, _TEXT, b"the submission did not arrive\n"
        except _TooLarge:
            return 413, _TEXT, b"a submission is small\n"
        answer = await asyncio.to_thread(self._witness.add_checkpoint, content)
        if answer.outcome in (Outcome.INCONSISTENT, Outcome.UNAVAILABLE):
            # What was refused may be a log's misconduct: whose it is can be read off the checkpoint.
            claimed = content.partition(b"\n\n")[2][:400].decode(errors="replace")
            self._tell({"event": answer.outcome.value, "checkpoint": claimed, "detail": answer.detail})
        media_type = _SIZE if answer.outcome is Outcome.OTHER_SIZE else _TEXT
        return STATUS[answer.outcome], media_type, answer.body or f"{answer.outcome.value}\n".encode()

    def _newest(self, origin_sha256: str) -> Reply:
        try:
            log = self._logs.named(origin_sha256)
            held = None if log is None else self._witness.newest(log)
        except LogUnavailable as error:
            self._tell({"event": Outcome.UNAVAILABLE.value, "detail": str(error)})
            return 503, _TEXT, b"unavailable\n"
        return (404, _TEXT, b"not found\n") if held is None else (200, _TEXT, held)


async def _body(receive: Receive) -> bytes:
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > LIMIT:
            raise _TooLarge
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(content)


def open_cosigner(data: Path, name: str | None, random: Random) -> Cosigner:
    """The witness of a folder, made the first time; KeyUnusable when its key was lost or it has another name."""
    durable.make_folder(data)
    place, key = data / "name", data / "witness.key"
    if (data / "logs").exists() and not (place.exists() and key.exists()):
        raise KeyUnusable(f"{data}: there are logs and no key; what was lost needs a new witness in a new folder")
    if not place.exists():
        durable.write_new(place, (name or f"witness.local/{random(6).hex()}").encode())
    kept = place.read_text(encoding="utf-8")
    if name not in (None, kept):
        raise KeyUnusable(f"{data}: this witness is called {kept}; a name never changes")
    make_key(key, random)
    cosigner = Cosigner(kept, read_key(key))
    durable.make_folder(data / "logs")
    return cosigner


_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(name="witness", invoke_without_command=True)
@click.option("--data", type=_FOLDER, default=None, help=_("the witness's own folder"))
@click.option("--name", default=None, help=_("its name, at the first start, such as witness.example/w1"))
@click.option("--log", "keys", multiple=True, metavar="VKEY", help=_("also watch the log of this verifier key"))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("address to listen on"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help=_("port; 0 takes a free one")
)
@click.pass_context
def command(
    context: click.Context, data: Path | None, name: str | None, keys: tuple[str, ...], host: str, port: int
) -> None:
    """Witness transparency logs: cosign what only grew (C2SP tlog-witness). For another organisation's own machine."""
    if context.invoked_subcommand is not None:
        return
    if data is None:
        raise click.UsageError(_("--data is missing"))
    cosigner, logs = open_cosigner(data, name, system_random), WatchedLogs(data / "logs")
    logs.sweep()
    for key in keys:
        logs.add(Verifier.from_vkey(key))
    with socket.create_server((host, port), backlog=CONNECTIONS) as listener:
        _greet(cosigner, logs)
        click.echo(_("listening on {url}").format(url=f"http://{host}:{listener.getsockname()[1]}"))
        _run(WitnessApplication(Witness(cosigner, logs.of, SystemClock()), logs, _tell), listener)


@command.command("add-log")
@click.option("--data", type=_FOLDER, required=True, help=_("the witness's own folder"))
@click.option("--origin", default=None, help=_("the log's origin line, where it is not the key's name"))
@click.argument("vkey")
def add_log(data: Path, origin: str | None, vkey: str) -> None:
    """Watch the log of a verifier key (the one of `logs` in trust.json); works beside a running witness."""
    cosigner, logs = open_cosigner(data, None, system_random), WatchedLogs(data / "logs")
    logs.add(Verifier.from_vkey(vkey), origin)
    _greet(cosigner, logs)


def _greet(cosigner: Cosigner, logs: WatchedLogs) -> None:
    click.echo(_("witness: {vkey}").format(vkey=cosigner.key.vkey))
    for log in logs.all():
        click.echo(_("watching: {origin}").format(origin=log.origin))
        if log.refused:
            click.echo(_("  refused checkpoints kept: {count}").format(count=log.refused))


def _run(application: WitnessApplication, listener: socket.socket) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            cast("Any", application),
            http=BriefConnection,
            log_level="warning",
            access_log=False,
            lifespan="off",
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_keep_alive=CONNECTION_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )

    def end(_number: int, _frame: FrameType | None) -> None:
        # One that comes before the server runs must not be lost, and the one that uvicorn raises again ends nothing.
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    server.run(sockets=[listener])


def _tell(facts: dict[str, Any]) -> None:
    click.echo(
        json.dumps({"at": instant(SystemClock().now()), "pid": os.getpid(), **facts}, ensure_ascii=False), err=True
    )


if __name__ == "__main__":
    command()
