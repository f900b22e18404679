"""How far an audit is, on a terminal only: a row for each check that can say so, and one for what is looked at now.

What is read from vaults is told in bytes, for one recording may be as large as a thousand others. All of it is gone at
the end, so that the report stands alone; nothing is shown where nobody looks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from catalog.audit import Progress as Step
from scripts.audit_words import of_check

_IN_BYTES = "vault "
"""How names of checks begin that count bytes."""


@contextmanager
def bars(quiet: bool) -> Iterator[Step]:
    """What to call with a check's name, how far it is, and how much there is: 0 where it cannot say."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda name, done, total: None
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(), TimeRemainingColumn(compact=True),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as shown:
        yield _Rows(shown).show


class _Rows:
    """The rows of one audit, by the names of its checks."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._counted: dict[str, TaskID] = {}
        self._now: tuple[str, TaskID] | None = None

    def show(self, name: str, done: int, total: int) -> None:
        if self._now is not None and (total or self._now[0] != name):
            self._shown.remove_task(self._now[1])
            self._now = None
        if total:
            self._count(name, done, total)
        elif self._now is None and name not in self._counted:
            self._now = name, self._shown.add_task(of_check(name), total=None, count="")

    def _count(self, name: str, done: int, total: int) -> None:
        count = f"{decimal(done)} / {decimal(total)}" if name.startswith(_IN_BYTES) else f"{done:,} / {total:,}"
        if name not in self._counted:
            self._counted[name] = self._shown.add_task(of_check(name), total=total, count=count)
        self._shown.update(self._counted[name], completed=done, total=total, count=count)
