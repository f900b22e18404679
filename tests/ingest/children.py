"""Real confined children for tests, with extra tasks that misbehave, and a look at which processes are left."""

import os
import stat
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from ingest.child import Children

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
MISDEEDS = (
    "hang", "spin", "eat", "fill", "babble", "swell", "crash", "fail", "look", "breed", "sleep", "link",
    "break_out", "fork", "throng", "rank", "lie_low",
    "litter", "spread", "hoard", "leave", "dawdle",
)  # fmt: skip

UNFILTERED = "ingest.confine.refuse_calls = lambda: 'refused: ENOSYS'"
"""Makes a kernel without seccomp filters."""
UNWILLING = (
    "ingest.confine._unshare = lambda: 'refused: EPERM'; ingest.confine.restrict = lambda *_: 'refused: ENOSYS';"
    f"ingest.confine._give_up_privileges = lambda: 'refused: EPERM'; {UNFILTERED}"
)
"""Makes a kernel of a container without user namespaces, and too old for Landlock and for filters."""

_START = """#!{python} -I
import sys
sys.path.insert(0, {root!r})
import ingest.confine, ingest.task, tests.ingest.misdeeds
for name in {names!r}:
    ingest.task.TASKS[name] = "tests.ingest.misdeeds:" + name
{more}
sys.exit(ingest.confine.main())
"""


def children() -> Children:
    """Children as the service starts them."""
    return Children(ENVIRONMENT)


def misbehaving(folder: Path, mark: str = "", more: str = "") -> Children:
    """Children whose table of tasks has the misdeeds too; `mark` stands in their environment, `more` is run first."""
    start = program(folder, _START.format(python=sys.executable, root=str(ROOT), names=MISDEEDS, more=more))
    return Children({**ENVIRONMENT, "TIEZHENG_TEST_MARK": mark}, str(start))


def program(folder: Path, text: str) -> Path:
    """An executable file that stands in for Python."""
    path = folder / f"start-{uuid.uuid4().hex[:8]}"
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def marked(mark: str) -> list[int]:
    """Processes, of whatever session, that have this mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Poll a real process for something, bounded."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
