"""`tiezheng serve --data DIR`: the whole service, embedded, in one command.

The first start founds the data folder and prints a one-time administrator sign-in; later starts continue. The authority
and the decoders are children that end with this process, whatever ends it. Never serves a folder another one serves.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click
import uvicorn
from sqlalchemy import func, select

from catalog import tables
from catalog.audit_trust import record_authorities
from catalog.entry import SYSTEM
from catalog.permissions import Role
from ingest.handover import Connection
from integrity import durable
from integrity.clock import system_random
from player.language import gettext as _
from scripts import founding
from scripts.application import make_application
from scripts.assemble import House, open_house
from scripts.assemble_renditions import tried
from scripts.assemble_vaults import protections
from scripts.authority_child import AuthorityChild
from scripts.key_change import retire_keys
from scripts.settings import Settings, child_environment, load
from scripts.technical_log import log_as_json

ADMINISTRATOR = "admin"
GRACE_SECONDS = 20


class Server(uvicorn.Server):
    """uvicorn, whose end begins with letting go of bodies that are on their way.

    A station goes on where it was, so waiting for the gigabytes it has yet to send would only make the pause longer.
    """

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server.shutdown`."""
        self._let_go()
        await super().shutdown(sockets)


@click.command(name="serve")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, help=_("data folder"))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("address to listen on"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help=_("port; 0 takes a free one")
)
@click.option("--settings", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), default=None,
              help=_("settings file (TOML)"))  # fmt: skip
def command(data: Path, host: str, port: int, file: Path | None) -> None:
    """Run the service; the first start makes everything and prints a one-time administrator password."""
    settings = load(file)
    log_as_json()
    durable.make_folder(data)
    with ExitStack() as stack:
        stack.enter_context(founding.sole_server(data))
        (data / "serve.json").unlink(missing_ok=True)
        founding.found(data, settings, system_random)
        child = _embedded(data, settings, stack)
        external = [authority.trusted for authority in settings.authorities]
        witnesses = [witness.key for witness in settings.witness_addresses]
        root = None if child is None else child.root_pem
        founding.trust(data, root, external, witnesses=witnesses, quorum=settings.witness_quorum)
        house = open_house(data, settings)
        stack.callback(house.close)
        house.refuse_set_back()
        retire_keys(house)
        _prove_vaults(house)
        record_authorities(house.database, house.ledger, external)
        _serve(house, child, host, port)


def _embedded(data: Path, settings: Settings, stack: ExitStack) -> AuthorityChild | None:
    """The embedded authority, started, unless it is switched off."""
    if not settings.embedded_authority:
        return None
    child = AuthorityChild(data, child_environment())
    stack.callback(child.stop)
    child.start()
    return child


def _serve(house: House, child: AuthorityChild | None, host: str, port: int) -> None:
    with ExitStack() as stack:
        application = stack.enter_context(make_application(house, child))
        _first_administrator(house)
        listener = stack.enter_context(socket.create_server((host, port), backlog=1024))
        server = Server(
            uvicorn.Config(
                application,
                http=Connection,
                loop="uvloop",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                timeout_graceful_shutdown=GRACE_SECONDS,
            ),
            application.state.let_go,
        )
        _end_in_order(server)
        stack.enter_context(_announced(house.data, host, listener.getsockname()[1]))
        server.run(sockets=[listener])


def _end_in_order(server: uvicorn.Server) -> None:
    """SIGTERM ends the server, and nothing else: intake, jobs and sequencer end after it.

    uvicorn listens for signals only while it runs. One that comes before must not be lost, or nobody ever ends us; and
    when it is done uvicorn raises what it caught once more, which by default would kill us at that moment.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)


def _prove_vaults(house: House) -> None:
    """Refuse a store that does not keep what it is given, and say what keeps each vault's objects; and of copies."""
    house.vaults.sweep()
    house.vaults.prove(house.clock, starting=True)
    for found in protections(house.vaults, house.clock.now()):
        click.echo(f"vault {found['name']}: {found['detail']}")
    for line in tried(house.settings, house.renditions):
        click.echo(line)


def _first_administrator(house: House) -> None:
    """Until somebody has chosen a password: an administrator's one-time password, told on this terminal only.

    A kill between making it and telling it costs nothing: the next start makes another.
    """
    chosen = select(func.count()).select_from(tables.people).where(tables.people.c.password_once.is_(False))
    with house.database.read() as connection:
        if connection.execute(chosen).scalar_one():
            return
    agency = house.agencies.first(house.settings.agency_code, house.settings.agency_name)
    known = house.people.find(ADMINISTRATOR)
    if known is None:
        _person, once = house.people.add(SYSTEM, ADMINISTRATOR, ADMINISTRATOR, agency.id, [Role.ADMINISTRATOR])
    else:
        once = house.people.reset_password(SYSTEM, known)
    click.echo(_("administrator: {login}").format(login=ADMINISTRATOR))
    click.echo(_("one-time password: {password}").format(password=once))
    for kind, fingerprint in house.trust.fingerprints:
        click.echo(f"{kind}: {fingerprint}")


@contextmanager
def _announced(data: Path, host: str, port: int) -> Iterator[None]:
    """Tell people and tools where the service is, for as long as it listens."""
    place = data / "serve.json"
    durable.replace(place, json.dumps({"host": host, "port": port, "pid": os.getpid()}).encode())
    click.echo(_("listening on {url}").format(url=f"http://{host}:{port}"))
    sys.stdout.flush()
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
