"""`tiezheng demo`: one recording's whole life on this machine, shown and checked, by the public faces only.

Each claim is tried, the tries that must fail too, and one that does not hold fails the demonstration. Works in a folder
of its own that is removed at the end, and never touches the recordings it is given.
"""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from player.language import gettext as _
from scripts.clips import make_clips
from scripts.demo_house import DemoFailed, DemoHouse, Visitor, run, serving
from scripts.demo_story import Check, Story

WIDTH = 150
"""Columns where the output is no terminal."""
SHARED = Path(__file__).resolve().parents[2] / "shared" / "media"
"""Real recordings beside the project, where there are any."""


@click.command(name="demo")
@click.option("--media", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help=_("folder of recordings; default: real ones beside the project, else made by ffmpeg"))  # fmt: skip
@click.option("--once", is_flag=True, help=_("end after the last check, with exit status 0 only if all held"))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help=_("port; 0 takes a free one"))
def command(media: Path | None, once: bool, port: int) -> None:
    """Show one recording's whole life, from the docking station to a proof anyone can check."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that what was started is ended
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    with _folder() as folder:
        files = _recordings(media, folder, console)
        data = folder / "data"
        with serving(data, port) as (house, password):
            story = Story(house, folder, files, password, lambda check: _show(console, check))
            _tell(console, story)
            console.print(_table(story))
            _accounts(console, house, story.people)
            failed = [check for check in story.checks if not check.held]
            if not once:
                _stay(console)
    if failed:
        console.print(_("{count} checks did not hold").format(count=len(failed)), style="bold red")
        sys.exit(1)


def _tell(console: Console, story: Story) -> None:
    for title, chapter in story.chapters():
        console.print(f"\n[bold]{title}[/bold]")
        chapter()
    held = sum(check.held for check in story.checks)
    total = len(story.checks)
    console.print()
    console.print(_("{held} of {total} checks held").format(held=held, total=total), style="bold")


def _show(console: Console, check: Check) -> None:
    mark = "[green]✓[/green]" if check.held else "[red]✗[/red]"
    console.print(f"  {mark} {check.claim}", end="")
    console.print(f"  [dim]{check.seen}[/dim]" if check.seen else "")


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for everything, removed at the end: the immutable flag is taken off first where it was set."""
    folder = Path(tempfile.mkdtemp(prefix="tiezheng-demo-"))
    try:
        yield folder
    finally:
        run(["chattr", "-R", "-f", "-i", str(folder / "data" / "vault")])
        shutil.rmtree(folder)


def _recordings(media: Path | None, folder: Path, console: Console) -> list[Path]:
    if media is None and not SHARED.is_dir():
        console.print(_("making recordings with ffmpeg …"))
        return make_clips(folder / "clips")
    place = media or SHARED
    # What lies at the top of a folder of folders is a list of the recordings, not one of them.
    nested = [path for path in sorted(place.rglob("*")) if path.is_file() and path.parent != place]
    found = nested or [path for path in sorted(place.iterdir()) if path.is_file()]
    if not found:
        raise DemoFailed(_("there is no file in {folder}").format(folder=place))
    return found


def _table(story: Story) -> Table:
    table = Table(title=_("recordings"), title_justify="left")
    columns = (_("file"), "sha256", _("sealed"), _("token"), _("log index"), _("playable, or why not"))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in story.rows():
        table.add_row(*row)
    return table


def _accounts(console: Console, house: DemoHouse, people: dict[str, Visitor]) -> None:
    console.print(_("the timestamp authority of this demonstration is not a qualified authority"))
    console.print(f"\n[bold]{house.url}[/bold]")
    for role, person in people.items():
        console.print(f"  {role}: {person.login}  {person.password}", markup=False)


def _stay(console: Console) -> None:
    console.print(_("it stays up until Ctrl-C"))
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print(_("ending"))
