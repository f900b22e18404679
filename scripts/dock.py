"""`tiezheng dock`: a docking station's client. Brings files in and says which of them are safe to wipe from a camera.

Resumable over restarts of either side, several files at a time; what it knows lies beside the credentials
(`scripts.dock_state`). Exit status 0 only when every file has a receipt that was verified. With `--watch` it runs until
it is ended, and docks whatever appears in a folder of cameras (`scripts.cameras`); the next start goes on.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import click

from ingest.metadata import KINDS
from integrity.clock import SystemClock
from player.language import gettext as _
from scripts.cameras import Cameras, Told
from scripts.dock_wipe import wipe
from scripts.docking import Dock, Outcome, files_below
from scripts.printable import printable
from scripts.station_door import StationDoor, alone, ended_by_signals, json_line

LOOK_SECONDS = 5.0
"""Between two looks at a folder of cameras."""


@click.command(name="dock")
@click.option("--server", help=_("address of the service; default: the one in the credentials"))
@click.option("--credentials", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True,
              help=_("file written by `tiezheng admin enrol-station`"))  # fmt: skip
@click.option("--case", help=_("case number the files belong to"))
@click.option("--device", help=_("the camera's number"))
@click.option("--operator", help=_("who carried it"))
@click.option("--started", help=_("when recording began, with zone: 2026-03-01T09:30:00+08:00"))
@click.option("--clock-offset-ms", type=int, help=_("camera clock minus true time, in milliseconds"))
@click.option("--clock-uncertainty-ms", type=click.IntRange(0), help=_("how sure that is, in milliseconds"))
@click.option("--kind", type=click.Choice(KINDS), help=_("what kind of recording this is"))
@click.option("--parallel", type=click.IntRange(1, 32), default=4, show_default=True, help=_("files at a time"))
@click.option("--patience", type=click.FloatRange(0), default=900.0, show_default=True,
              help=_("seconds without progress after which a file is given up"))  # fmt: skip
@click.option("--wipe-after-receipt", "wiping", is_flag=True,
              help=_("remove files whose receipt allows it, and no others"))  # fmt: skip
@click.option("--bandwidth", type=click.FloatRange(0, min_open=True),
              help=_("most that is sent, in megabits per second, all files together"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON line for each file"))
@click.option("--watch", "watched", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help=_("go on docking what appears in this folder, each folder in it a camera's"))  # fmt: skip
@click.option("--settle", type=click.FloatRange(0), default=10.0, show_default=True,
              help=_("with --watch: seconds without a change after which a file is finished"))  # fmt: skip
@click.argument("places", nargs=-1, type=click.Path(path_type=Path, exists=True))
def command(
    server: str | None, credentials: Path, parallel: int, patience: float, wiping: bool,
    bandwidth: float | None, as_json: bool, watched: Path | None, settle: float,
    places: tuple[Path, ...], **declared: str | int | None,
) -> None:  # fmt: skip
    """Send FILES or folders, keep their receipts, and say which are safe to wipe; or --watch a folder of cameras."""
    if (watched is None) != bool(places):
        raise click.UsageError(_("either files and folders, or --watch"))
    door = StationDoor(server, credentials, parallel, patience, bandwidth, as_json, staying=watched is not None)
    if watched is not None:
        _watch(door, watched, _metadata(declared), settle, wiping)
    else:
        _send(door, list(places), _metadata(declared), wiping)


def _send(door: StationDoor, places: list[Path], declared: dict[str, str], wiping: bool) -> None:
    """Each file once; exit status 1 unless all have their receipt."""
    ending = threading.Event()
    with door.dock(declared, ending) as connection:
        files = list(files_below(places))
        if "device" in declared and files:
            connection.dock.announce(files, declared["device"], SystemClock().now(), root=_root(places))
        outcomes = _dock_all(connection.dock, files, door.parallel, json_line if door.as_json else None, ending)
    for outcome in outcomes if not door.as_json else ():
        _line(outcome)
    done = sum(outcome.receipted for outcome in outcomes)
    if not door.as_json:
        click.echo(_("{done} of {all} files have a verified receipt").format(done=done, all=len(outcomes)))
    for outcome in outcomes if wiping else ():
        if wipe(outcome):
            click.echo(_("wiped: {file}").format(file=printable(outcome.file)), err=door.as_json)
    if not outcomes or done < len(outcomes):
        sys.exit(1)


def _root(places: list[Path]) -> Path | None:
    """The folder that all of these lie in: by their places in it files of one name are told apart."""
    try:
        return Path(os.path.commonpath([place if place.is_dir() else place.parent for place in places]))
    except ValueError:
        return None  # some by their whole path, others not


def _watch(door: StationDoor, folder: Path, declared: dict[str, str], settle: float, wiping: bool) -> None:
    """Look again and again, until somebody ends it: within a piece, and the next start goes on."""
    with ended_by_signals() as ending, alone(door.credentials), door.dock(declared, ending) as connection:
        threads = ThreadPoolExecutor(door.parallel, thread_name_prefix="dock")
        cameras = Cameras(
            folder, connection.dock, threads, time.monotonic, SystemClock().now, settle=settle,
            device=declared.get("device"), wipes=wipe if wiping else None,
        )  # fmt: skip
        try:
            while not ending.is_set():
                connection.renew()
                _tell(door, cameras.look())
                ending.wait(LOOK_SECONDS)
        finally:
            ending.set()
            threads.shutdown(cancel_futures=True)
        _tell(door, cameras.ended())


def _tell(door: StationDoor, told: Iterable[Told]) -> None:
    for one in told:
        if door.as_json:
            json_line(one.outcome)
        else:
            _line(one.outcome)
        if one.wiped:
            click.echo(_("wiped: {file}").format(file=printable(one.outcome.file)), err=door.as_json)


def _metadata(declared: dict[str, str | int | None]) -> dict[str, str]:
    """Options as Upload-Metadata keys."""
    named = {"started": "started_at"}
    return {named.get(name, name): str(value) for name, value in declared.items() if value is not None}


def _dock_all(
    dock: Dock,
    files: list[Path],
    parallel: int,
    told: Callable[[Outcome], None] | None,
    ending: threading.Event,
) -> list[Outcome]:
    """All outcomes in the order of the files; `told` hears of each as it comes. Ctrl-C ends it within a piece."""
    with ThreadPoolExecutor(parallel, thread_name_prefix="dock") as threads:
        running = {threads.submit(dock.dock, file): index for index, file in enumerate(files)}
        outcomes: dict[int, Outcome] = {}
        try:
            for done in as_completed(running):
                outcomes[running[done]] = done.result()
                if told is not None:
                    told(done.result())
        except BaseException:
            ending.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return [outcomes[index] for index in range(len(files))]


def _line(outcome: Outcome) -> None:
    """For people: whether it is safe, must wait, or what went wrong."""
    file = printable(outcome.file)
    if outcome.safe:
        click.echo(_("safe to wipe: {file}").format(file=file))
    elif outcome.receipted:
        click.echo(_("receipted, keep it until more copies exist: {file}").format(file=file))
    else:
        click.echo(_("KEEP, no receipt: {file}").format(file=file))
        click.echo(f"error: {outcome.outcome}: {file}: {printable(outcome.detail)}", err=True)
