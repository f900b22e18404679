"""What a decoder that was taken over might do; runs inside a real confined child, as an extra task of its table."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from ingest.task import MIB, Command, Work


def hang(_: Work) -> dict[str, Any]:
    """Never answer."""
    while True:
        time.sleep(60)


def spin(_: Work) -> dict[str, Any]:
    """Use up CPU time."""
    while True:
        pass


def eat(_: Work) -> dict[str, Any]:
    """Take memory without end."""
    held = []
    while True:
        held.append(bytearray(64 * MIB))


def fill(work: Work) -> dict[str, Any]:
    """Write without end."""
    with (work.folder / "media.mp4").open("wb") as file:
        while True:
            file.write(bytes(MIB))


def babble(_: Work) -> dict[str, Any]:
    """Print more than anybody keeps, and answer all the same."""
    print("x" * 1000 * 2000)
    print("the last line")
    return {"said": True}


def swell(_: Work) -> dict[str, Any]:
    """Answer more than anybody takes."""
    return {"much": "x" * (9 * MIB)}


def crash(_: Work) -> dict[str, Any]:
    """Die of a signal."""
    os.abort()


def fail(_: Work) -> dict[str, Any]:
    """Raise what nobody expects."""
    raise RuntimeError("this decoder has a defect")


def look(work: Work) -> dict[str, Any]:
    """Tell what can be seen and reached from here."""
    return {
        "read": _tried(lambda: Path(work.arguments["neighbour"]).read_text()),
        "written": _tried(lambda: Path(work.arguments["neighbour"]).write_text("changed")),
        "connected": _tried(lambda: socket.create_connection(("127.0.0.1", work.arguments["port"]), 2).close()),
        "signalled": _tried(lambda: os.kill(work.arguments["service"], 0)),
        "original": _tried(lambda: work.original.read_text()),
        "original_written": _tried(lambda: work.original.write_text("changed")),
        "made": _tried(lambda: (work.folder / "made").write_text("made")),
        "descriptors": sorted(path.name for path in Path("/proc/self/fd").iterdir()),
        "environment": sorted(os.environ),
        "umask": os.umask(0o077),
        "session": os.getsid(0) == os.getpgid(0),
    }


def breed(_: Work) -> dict[str, Any]:
    """Start a process that leaves the session, then hang."""
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
    return hang(_)


def sleep(_: Work) -> Command:
    """Become a program that hangs, as ffmpeg would on a bad file."""
    return Command(("sleep", "3600"))


def link(work: Work) -> dict[str, Any]:
    """Leave a link to a file where a rendition is expected."""
    (work.folder / "text.txt").symlink_to(work.arguments["name"])
    return {"characters": 1, "lines": 1}


def _tried(act: Any) -> str:
    try:
        result = act()
    except OSError as error:
        return type(error).__name__
    return "done" if not isinstance(result, str) else result
