"""`tiezheng dock`: a docking station's client. Brings files in and says which of them are safe to wipe from a camera.

Resumable over restarts of either side, several files at a time; what it knows lies beside the credentials
(`scripts.dock_state`). Exit status 0 only when every file has a receipt that was verified.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import click
import httpx2
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ingest.metadata import KINDS
from integrity.clock import SystemClock
from integrity.trust import read_trust
from player.language import gettext as _
from scripts.dock_pace import Pace
from scripts.dock_state import Credentials
from scripts.dock_wipe import wipe
from scripts.docking import TIMEOUT, Dock, DockError, Outcome, Patience, files_below


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
@click.argument("places", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def command(
    server: str | None, credentials: Path, parallel: int, patience: float, wiping: bool,
    bandwidth: float | None, as_json: bool,
    places: tuple[Path, ...], **declared: str | int | None,
) -> None:  # fmt: skip
    """Send FILES or folders, keep their receipts, and say which are safe to wipe."""
    known = Credentials.read(credentials)
    trust = read_trust(credentials.with_name("trust.json"))
    address = server or known.server
    if address is None:
        raise click.UsageError(_("--server is missing, and the credentials name none"))
    ending = threading.Event()
    with shown(as_json, ending) as progress, httpx2.Client(timeout=TIMEOUT, limits=limits(parallel)) as client:
        waiting = Patience(patience, sleep=lambda seconds: wait(ending, seconds))
        pace = paced(bandwidth, ending)
        dock = Dock(address, known, trust, _metadata(declared), client, waiting, progress, pace)
        files = list(files_below(list(places)))
        device = declared.get("device")
        if isinstance(device, str) and files:
            dock.announce(files, device, SystemClock().now())
        outcomes = _dock_all(dock, files, parallel, json_line if as_json else None, ending)
    if not as_json:
        _report(outcomes)
    for outcome in outcomes if wiping else ():
        if wipe(outcome):
            click.echo(_("wiped: {file}").format(file=outcome.file), err=as_json)
    if not outcomes or not all(outcome.receipted for outcome in outcomes):
        sys.exit(1)


def _metadata(declared: dict[str, str | int | None]) -> dict[str, str]:
    """Options as Upload-Metadata keys."""
    named = {"started": "started_at"}
    return {named.get(name, name): str(value) for name, value in declared.items() if value is not None}


def paced(bandwidth: float | None, ending: threading.Event) -> Pace:
    """What `--bandwidth` asks for; a person who ends it is not waited for."""
    return Pace(None if bandwidth is None else bandwidth * 125_000, sleep=lambda seconds: wait(ending, seconds))


def limits(parallel: int) -> httpx2.Limits:
    """Connections for so many files at a time, and the log beside them."""
    return httpx2.Limits(max_connections=parallel + 2, max_keepalive_connections=parallel + 2)


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


def json_line(outcome: Outcome) -> None:
    """One file's outcome for programs, on stdout."""
    line = {
        "file": str(outcome.file),
        "sha256": None if outcome.digest is None else outcome.digest.hex,
        "size": outcome.size,
        "outcome": outcome.outcome,
        "receipt": None if outcome.receipt is None else str(outcome.receipt),
        "safe_to_wipe": outcome.safe,
        "detail": outcome.detail,
    }
    click.echo(json.dumps(line, ensure_ascii=False))


def _report(outcomes: list[Outcome]) -> None:
    """For people: what is safe, what must wait, what went wrong."""
    for outcome in outcomes:
        if outcome.safe:
            click.echo(_("safe to wipe: {file}").format(file=outcome.file))
        elif outcome.receipted:
            click.echo(_("receipted, keep it until more copies exist: {file}").format(file=outcome.file))
        else:
            click.echo(_("KEEP, no receipt: {file}").format(file=outcome.file))
            click.echo(f"error: {outcome.outcome}: {outcome.file}: {outcome.detail}", err=True)
    done = sum(outcome.receipted for outcome in outcomes)
    click.echo(_("{done} of {all} files have a verified receipt").format(done=done, all=len(outcomes)))


def wait(ending: threading.Event, seconds: float) -> None:
    """Sleep, unless a person ends it: DockError."""
    if ending.wait(seconds):
        raise DockError("interrupted", "ended by the person at the station")


@contextmanager
def shown(as_json: bool, ending: threading.Event) -> Iterator[Callable[[Path, int, int], None]]:
    """A bar for each file on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars = Progress(*columns, TimeRemainingColumn(), console=console, disable=as_json or not console.is_terminal)
    tasks: dict[Path, TaskID] = {}

    def show(path: Path, done: int, size: int) -> None:
        wait(ending, 0)
        if path not in tasks:
            tasks[path] = bars.add_task(path.name, total=size)
        bars.update(tasks[path], completed=done)

    with bars:
        yield show
