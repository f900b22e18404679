"""What a decoder that was taken over might do; runs inside a real confined child, as an extra task of its table."""

import ctypes
import errno
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
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


def litter(work: Work) -> dict[str, Any]:
    """Make files without end."""
    for number in count():
        (work.folder / f"{number}").touch()
    return {}


def spread(work: Work) -> dict[str, Any]:
    """Write without end, each file no larger than one may be."""
    for number in count():
        (work.folder / f"media-{number % 10}-{number // 10}.mp4").write_bytes(bytes(MIB))
    return {}


def hoard(work: Work) -> dict[str, Any]:
    """The same in files that no folder names; `hiding`: and let nobody see what we hold open."""
    if work.arguments["hiding"]:
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    held = []
    for number in count():
        path = work.folder / f"{number}"
        held.append(path.open("wb"))
        path.unlink()
        for _ in range(4):
            held[-1].write(bytes(MIB))
            held[-1].flush()
        while len(held) == 200:
            time.sleep(60)
    return {}


def leave(work: Work) -> dict[str, Any]:
    """Write too much, and be gone before anybody looks."""
    for number in range(4):
        (work.folder / f"{number}").write_bytes(bytes(MIB))
    return {}


def dawdle(work: Work) -> dict[str, Any]:
    """Write what one may, slowly enough to be looked at, and close threads meanwhile."""
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        thread = threading.Thread(target=(work.folder / "media.mp4").write_bytes, args=(bytes(MIB),))
        thread.start()
        thread.join()
    return {"done": True}


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


def rank(_: Work) -> dict[str, Any]:
    """Tell who goes before us: at the processor, and in which class at the disk (ioprio_get(2); 3 is after all)."""
    number = {"x86_64": 252, "aarch64": 31}[os.uname().machine]
    group = Path("/proc/self/autogroup")
    session = int(group.read_text().rpartition(" ")[2]) if group.exists() else None
    return {"nice": os.nice(0), "disk": ctypes.CDLL(None).syscall(number, 1, 0) >> 13, "session": session}


def lie_low(work: Work) -> dict[str, Any]:
    """Stay at the lowest priority until somebody raises us at the disk, and then at whatever else he raises."""
    (work.folder / "lying").touch()
    while rank(work)["disk"] == 3:
        time.sleep(0.01)
    for _ in range(100):
        if rank(work)["nice"] < 19:
            break
        time.sleep(0.01)
    return rank(work)


def break_out(work: Work) -> dict[str, Any]:
    """Go for what is worth it: read, write, cut short, open to others, remove; then for the machine. Codes of errors.

    Nothing here harms the machine of a test in which it succeeds.
    """
    told, tried = work.arguments, dict[str, str]()
    for name, place in told["paths"].items():
        path = Path(place)
        tried |= {
            f"read {name}": _code(path.read_bytes),
            f"write {name}": _code(partial(path.open, "r+b")),
            f"cut {name}": _code(partial(os.truncate, path, 0)),
            f"open {name} to others": _code(partial(path.chmod, 0o666)),
            f"date {name}": _code(partial(os.utime, path, (0, 0))),
            f"link {name}": _code(partial(os.link, path, work.folder / f"linked {name}")),
            f"list beside {name}": _code(partial(os.listdir, path.parent)),
            f"write beside {name}": _code(partial(path.with_name("beside").write_bytes, b"")),
            f"move {name}": _code(partial(path.rename, path.with_name("moved"))),
            f"remove {name}": _code(path.with_name("moved" if path.with_name("moved").exists() else path.name).unlink),
        }
    return {"tried": tried | _out_of_the_process(told)}


def _out_of_the_process(told: Mapping[str, Any]) -> dict[str, str]:
    service, libc = told["service"], ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: Any) -> None:
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), name)

    def unix() -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(told["socket"])

    def by_pair() -> None:
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with left, right:
            left.sendto(b"x", told["datagrams"])

    return {
        "connect": _code(lambda: socket.create_connection(("127.0.0.1", told["port"]), 2).close()),
        "listen": _code(lambda: socket.create_server(("127.0.0.1", 0)).close()),
        "connect to a UNIX socket": _code(unix),
        "send by a pair of sockets": _code(by_pair),
        "trace the service": _code(lambda: call("ptrace", 0x4206, service, 0, 0)),  # PTRACE_SEIZE stops nobody
        "read the service's memory": _code(lambda: os.close(os.open(f"/proc/{service}/mem", os.O_RDONLY))),
        "read its environment": _code(Path(f"/proc/{service}/environ").read_bytes),
        "take its files": _code(Path(f"/proc/{service}/fd/{told['held']}").read_bytes),
        "go by its root": _code(lambda: list(Path("/proc", str(service), "root", "etc").iterdir())),
        "end the service": _code(lambda: os.kill(service, 0)),
        "end everybody": _code(lambda: os.kill(-1, 0)),
        "start a process": _code(lambda: subprocess.run(["true"], check=True)),
        "leave its groups": _code(lambda: os.setgroups([])),
        "mount": _code(lambda: call("mount", b"none", b"/", b"nosuchfs", 0, None)),
        "make a namespace": _code(lambda: call("unshare", 0x10000000)),
        "change the root": _code(lambda: os.chroot("/")),
        "make a device": _code(lambda: os.mknod("null", 0o20666, os.makedev(1, 3))),
        "make memory without an address": _code(lambda: os.close(os.memfd_create("x"))),
        "watch files": _code(lambda: call("inotify_init1", 0)),
        "loosen a limit": _code(lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))),
        "write a kernel setting": _code(lambda: os.close(os.open("/proc/sys/kernel/hostname", os.O_WRONLY))),
        "ask a ring of calls": _code(lambda: call("syscall", 425, 1, (ctypes.c_char * 120)())),
    }


def _code(act: Callable[[], Any]) -> str:
    try:
        act()
    except ValueError:  # what Python says of a limit that may not be raised
        return "EPERM"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "done"


def fork(_: Work) -> dict[str, Any]:
    """Start processes without end."""
    while True:
        if os.fork() == 0:
            time.sleep(600)


def throng(_: Work) -> dict[str, Any]:
    """Start threads without end: a limit on processes does not hold for root."""
    threading.stack_size(32768)
    while True:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


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
