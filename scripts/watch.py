"""`tiezheng watch`: docks what recorders deliver into a folder by FTP or SMB (`scripts.watch_folder`).

Runs until it is ended; a signal ends it within a piece, and the next start goes on. Exit status of `--once` is 0 only
when everything in the folder was received and moved.
"""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from ingest.metadata import KINDS
from player.language import gettext as _
from scripts.docking import Outcome
from scripts.printable import printable
from scripts.station_door import StationDoor, alone, ended_by_signals, json_line
from scripts.watch_folder import WatchFolder

Tell = Callable[[Outcome], None]
PATIENCE = 60.0
"""Seconds without progress after which a file is left for a later look, so that others get their turn."""


@click.command(name="watch")
@click.option("--server", help=_("address of the service; default: the one in the credentials"))
@click.option("--credentials", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True,
              help=_("file written by `tiezheng admin enrol-station`"))  # fmt: skip
@click.option("--kind", type=click.Choice(KINDS), help=_("what kind of recording this is"))
@click.option("--settle", type=click.FloatRange(0), default=10.0, show_default=True,
              help=_("seconds without a change after which a file is finished"))  # fmt: skip
@click.option(
    "--every", type=click.FloatRange(0.1), default=5.0, show_default=True, help=_("seconds between two looks")
)
@click.option("--sidecar-needed", is_flag=True, help=_("receive only files that a sidecar describes"))
@click.option("--parallel", type=click.IntRange(1, 32), default=4, show_default=True, help=_("files at a time"))
@click.option("--once", is_flag=True, help=_("receive what is there, then end"))
@click.option("--bandwidth", type=click.FloatRange(0, min_open=True),
              help=_("most that is sent, in megabits per second, all files together"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON line for each file"))
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True))
def command(
    folder: Path, server: str | None, credentials: Path, kind: str | None, settle: float, every: float,
    sidecar_needed: bool, parallel: int, once: bool, bandwidth: float | None, as_json: bool,
) -> None:  # fmt: skip
    """Receive what recorders deliver into FOLDER, and move it below FOLDER/sealed once its receipt was verified."""
    door = StationDoor(server, credentials, parallel, PATIENCE, bandwidth, as_json, staying=True)
    declared = {} if kind is None else {"kind": kind}
    with (
        ended_by_signals() as ending, alone(credentials), door.dock(declared, ending) as connection,
        ThreadPoolExecutor(parallel, thread_name_prefix="dock") as threads,
    ):  # fmt: skip
        docks = connection.dock.dock
        watched = WatchFolder(folder, docks, threads, time.monotonic, settle=settle, sidecar_needed=sidecar_needed)
        tell = json_line if as_json else _line
        if once:
            sys.exit(0 if _once(watched, settle, ending, tell) else 1)
        while not ending.is_set():
            connection.renew()
            _look(watched, tell)
            ending.wait(every)


def _once(watched: WatchFolder, settle: float, ending: threading.Event, tell: Tell) -> bool:
    """Two looks, as far apart as a file needs to settle; whether nothing was left."""
    _look(watched, tell)
    ending.wait(settle)
    _look(watched, tell)
    return watched.waiting() == 0


def _look(watched: WatchFolder, tell: Tell) -> None:
    for outcome in watched.look():
        tell(outcome)


def _line(outcome: Outcome) -> None:
    """For people: what was received, what was not and why."""
    if outcome.receipted:
        click.echo(_("received and moved: {file}").format(file=printable(outcome.file)))
    else:
        said = f"error: {outcome.outcome}: {printable(outcome.file)}: {printable(outcome.detail)}"
        click.echo(said, err=True)
