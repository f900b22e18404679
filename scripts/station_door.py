"""What the station's commands share: the way to the server, one run at a time, an end by signal, and what is shown.

Only doors use it; whoever builds on `scripts.docking` brings his own.
"""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

from integrity.clock import SystemClock
from integrity.trust import read_trust
from player.language import gettext as _
from scripts.dock_line import TIMEOUT
from scripts.dock_pace import Pace
from scripts.dock_patience import DockError, Patience
from scripts.dock_state import Credentials
from scripts.dock_token import LOOK_SECONDS, Renewal
from scripts.dock_turn import turn
from scripts.docking import Dock, Outcome
from scripts.printable import printable

Shows = Callable[[Path, int, int], None]


class AlreadyWatched(Exception):
    """Another process watches with these credentials; two would take each other's files."""

    code = "already-watched"


@dataclass(frozen=True, slots=True)
class Connection:
    """A station's connection, and what a command that stays does now and then: change its token in time."""

    dock: Dock
    renew: Callable[[], None]


class Renewing:
    """Changes the token when it is time; what hinders that is said, and hinders nothing else."""

    def __init__(self, renewal: Renewal, changed: Callable[[], None], monotonic: Callable[[], float]) -> None:
        self._renewal = renewal
        self._changed = changed
        self._monotonic = monotonic
        self._next = monotonic()

    def look(self) -> None:
        """To be called often; asks the server at most once an hour, and only for a token that is old."""
        if self._monotonic() < self._next:
            return
        self._next = self._monotonic() + LOOK_SECONDS
        try:
            if self._renewal.renew():
                self._changed()
        except (DockError, OSError) as error:
            code = error.code if isinstance(error, DockError) else "file-error"
            said = _("the station's token was not changed: {code}: {detail}").format(code=code, detail=error)
            click.echo(said, err=True)


@dataclass(frozen=True, slots=True)
class StationDoor:
    """How a command reaches the server: options that all of them have. Patience in seconds, bandwidth in Mbit/s."""

    server: str | None
    credentials: Path
    parallel: int
    patience: float
    bandwidth: float | None
    as_json: bool
    staying: bool = False
    """Whether the command runs until it is ended: then a bar goes away with its file."""

    @contextmanager
    def dock(self, declared: dict[str, str], ending: threading.Event) -> "Iterator[Connection]":
        """The connection, with its progress shown, for as long as the block lasts; an old token is changed first."""
        known, trust = Credentials.read(self.credentials), read_trust(self.credentials.with_name("trust.json"))
        address = self.server or known.server
        if address is None:
            raise click.UsageError(_("--server is missing, and the credentials name none"))
        connections = self.parallel + 2  # a file each, and the log beside them
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        patience = Patience(self.patience, sleep=lambda seconds: wait(ending, seconds))
        with self._shown(ending) as show, httpx2.Client(timeout=TIMEOUT, limits=limits) as client:
            dock = Dock(address, known, trust, declared, client, patience, show, paced(self.bandwidth, ending))
            renewal = Renewal(client, address, self.credentials, SystemClock().now)
            renewing = Renewing(renewal, dock.reread, time.monotonic)
            renewing.look()
            yield Connection(dock, renewing.look)

    @contextmanager
    def _shown(self, ending: threading.Event) -> Iterator[Shows]:
        """A bar for each file on a terminal; nothing elsewhere. A person who ends it is not waited for."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        hidden = self.as_json or not console.is_terminal
        bars = Progress(*columns, TimeRemainingColumn(), console=console, disable=hidden)
        tasks: dict[Path, TaskID] = {}

        def show(path: Path, done: int, size: int) -> None:
            wait(ending, 0)
            if path not in tasks:
                tasks[path] = bars.add_task(printable(path.name), total=size)
            bars.update(tasks[path], completed=done)
            if done >= size and self.staying:
                bars.remove_task(tasks.pop(path))

        with bars:
            yield show


def wait(ending: threading.Event, seconds: float) -> None:
    """Sleep, unless a person ends it: DockError."""
    if ending.wait(seconds):
        raise DockError("interrupted", "ended by the person at the station")


def paced(bandwidth: float | None, ending: threading.Event) -> Pace:
    """What `--bandwidth` asks for."""
    return Pace(None if bandwidth is None else bandwidth * 125_000, sleep=lambda seconds: wait(ending, seconds))


def json_line(outcome: Outcome) -> None:
    """One file's outcome for programs, on stdout; in ASCII, so that a name that is no text is told too."""
    line = {
        "file": str(outcome.file),
        "sha256": None if outcome.digest is None else outcome.digest.hex,
        "size": outcome.size,
        "outcome": outcome.outcome,
        "receipt": None if outcome.receipt is None else str(outcome.receipt),
        "safe_to_wipe": outcome.safe,
        "detail": outcome.detail,
    }
    click.echo(json.dumps(line))


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT while the block lasts; afterwards they do what they did before."""
    ending, before = threading.Event(), dict[int, Any]()
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, lambda *_: ending.set())
        yield ending
    finally:
        for ended_by, handler in before.items():
            signal.signal(ended_by, handler)


@contextmanager
def alone(credentials: Path) -> Iterator[None]:
    """One watcher for a station's credentials; AlreadyWatched."""
    with ExitStack() as stack:
        try:
            stack.enter_context(turn(credentials, "watch", waits=False))
        except BlockingIOError as error:
            raise AlreadyWatched(f"another process watches with {credentials}") from error
        yield
