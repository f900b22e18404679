"""`tiezheng keeper`: owns a vault under a user of its own and takes files in for the service; see `integrity.keeper`.

Run it as its own user with CAP_LINUX_IMMUTABLE and nothing else; README has the systemd unit. It reads no settings and
knows no catalog, no key and no network. Never removes or clears anything.
"""

import fcntl
import os
import pwd
import signal
import threading
from pathlib import Path

import click

from integrity import durable
from player.language import gettext as _
from scripts.assemble_vaults import make_keeper
from scripts.founding import DataInUse


@click.command(name="keeper")
@click.option("--vault", type=click.Path(path_type=Path, file_okay=False), required=True, help=_("the vault's folder"))
@click.option("--socket", "place", type=click.Path(path_type=Path), required=True, help=_("UNIX socket to listen on"))
@click.option("--for", "users", multiple=True, required=True, help=_("user, by name or number, that may put files in"))
def command(vault: Path, place: Path, users: tuple[str, ...]) -> None:
    """Own a vault under a user of its own: take files in, make them immutable, never let any go."""
    os.umask(0o022)
    durable.make_folder(vault, 0o755)
    fd = os.open(vault, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DataInUse(f"{vault} has a keeper already") from error
    keeper, protection = make_keeper(vault, place, [_number(user) for user in users])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: threading.Thread(target=keeper.stop).start())
    click.echo(_("keeping {vault}: {detail}").format(vault=vault, detail=protection.detail))
    keeper.serve()


def _number(user: str) -> int:
    if user.isdigit():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError as error:
        raise click.BadParameter(_("no user {user}").format(user=user)) from error
