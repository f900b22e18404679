"""The inside of a confined child: gives up what it does not need, then runs one task of a fixed table.

Started as `python -m ingest.confine` by `ingest.child`, in a session of its own, with the request on standard input,
the answer on standard output and only the descriptors it needs. Two processes: a supervisor that watches the leash (a
pipe whose other end only the service holds: it closes when the service ends, even by kill -9) and the worker, which
is limited, fenced in, and either runs a Python task or becomes ffmpeg. Never decodes in the supervisor, never reads a
setting, and ends everything it started before it ends. What the kernel does not let us give up is told in the answer.
"""

import ctypes
import errno
import importlib
import json
import os
import resource
import select
import shutil
import signal
import struct
import sys
from pathlib import Path
from typing import Any

import ingest
import integrity
from ingest.calls import refuse_calls
from ingest.errors import Unplayable
from ingest.landlock import restrict
from ingest.output import OVERFLOWED, Output
from ingest.task import TASKS, Command, Work

_NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
_PARENT_DEATH_SIGNAL = 1
_NO_NEW_PRIVS = 38
_CAPABILITIES_VERSION = 0x20080522
_PROCESSES = 256
"""Threads, and processes where the kernel lets one start any: more than decoders use on a large machine."""
_LOOK_MS = 200
"""Between two looks at how many threads there are: the limit itself does not hold for a service that is root."""

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/proc", "/sys/devices/system", "/dev/urandom",
    "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/alternatives", "/etc/localtime", "/etc/fonts",
)  # fmt: skip
"""What decoders read besides the original: programs, libraries, the machine's description. No keys are there."""


def main() -> int:
    """Read the request, fork the worker, and stay until it or the service has ended; returns the worker's exit code."""
    request = json.loads(sys.stdin.buffer.read())
    leash = int(request["leash"])
    os.umask(0o077)
    namespaces = _unshare()
    output = _output(request)
    begin, looked = os.pipe()
    worker = os.fork()
    if worker == 0:
        _end_with_supervisor(leash)
        os.close(looked)
        os.read(begin, 1)  # until that end is closed
        os.close(begin)
        os._exit(_work(request, namespaces))
    os.close(1)  # the answer's end is the worker's alone: it is complete when the worker closes it
    os.close(begin)
    output.excess(worker)  # before it reads anything that could take it over, and make it hide
    os.close(looked)
    return _watch(worker, leash, output)


def _output(request: dict[str, Any]) -> Output:
    folder, limits = request["folder"], request["limits"]
    bounds = limits["file_size"], limits["files"]
    return Output(None if folder is None else Path(folder), *bounds, request["original"])


def _watch(worker: int, leash: int, output: Output) -> int:
    """Wait for the worker or for the leash's end; in the latter case everything here is killed."""
    ended = os.pidfd_open(worker)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(leash, select.POLLIN)
    excess = None
    while not (found := {fd for fd, _ in poll.poll(_LOOK_MS)}):
        if _threads(worker) > _PROCESSES:
            os.write(2, f"more than {_PROCESSES} threads\n".encode())
            os.kill(worker, signal.SIGKILL)
        if (excess := output.excess(worker)) is not None:
            os.kill(worker, signal.SIGKILL)
            break
    if excess is None and ended not in found:
        os.kill(worker, signal.SIGKILL)  # in a namespace of its own this takes along whatever it started
        os.killpg(0, signal.SIGKILL)  # and without one, this does; it ends the supervisor too
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    if (excess := excess or output.excess()) is not None:
        os.write(2, f"{excess}\n".encode())
        return OVERFLOWED
    return code if code >= 0 else 128 - code


def _threads(process: int) -> int:
    """How many a process has; 0 when it has just ended."""
    try:
        facts = Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in facts.splitlines() if line.startswith("Threads:")), 0)


def _end_with_supervisor(leash: int) -> None:
    """Be killed when the supervisor dies; had the service died before this call, nobody would say so any more."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    poll = select.poll()
    poll.register(leash, select.POLLIN)
    if poll.poll(0):
        os._exit(1)
    os.close(leash)


def _work(request: dict[str, Any], namespaces: str) -> int:
    """Limit this process, run the task, answer. What it prints goes to standard error; 0 only with an answer sent."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    confinement = {"namespaces": namespaces, **_give_up(request)}
    work = Work(
        request["arguments"],
        Path(f"/proc/self/fd/{request['original']}"),
        Path(request["folder"] or "/nonexistent"),
    )
    result = _run(request["task"], work)
    with answer:
        sent = {"argv": list(result.argv)} if isinstance(result, Command) else result
        answer.write(json.dumps({"confinement": confinement, **sent}).encode())
    sys.stdout.flush()
    if isinstance(result, Command):
        os.execvp(result.argv[0], result.argv)  # noqa: S606  # a program without a shell, from a fixed table
    return 0


def _run(name: str, work: Work) -> dict[str, Any] | Command:
    """The task's answer; what cannot be shown is an answer too, any other error ends this process with a traceback."""
    module, function = TASKS[name].split(":")
    try:
        done: dict[str, Any] | Command = getattr(importlib.import_module(module), function)(work)
    except Unplayable as error:
        return {"unplayable": [error.reason, str(error).partition(": ")[2]]}
    except MemoryError:
        return {"unplayable": ["too-large", "showing it needs more memory than a decoder may use"]}
    return done if isinstance(done, Command) else {"answer": done}


def _give_up(request: dict[str, Any]) -> dict[str, str]:
    """Resource limits, privileges, files, calls: in this order, since each of them would refuse those before it."""
    limits, folder = request["limits"], request["folder"]
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
    ):
        _limit(what, value)
    os.chdir(folder or "/")
    readable = [Path(path) for path in (*_SYSTEM, sys.prefix, sys.base_prefix, *_own_code(), *_ffmpeg())]
    privileges = _give_up_privileges()
    landlock = restrict(
        readable,
        [Path(path) for path in ([folder] if folder else [])] + [Path("/dev/null")],
        [] if request["original"] is None else [request["original"]],
    )
    return {"landlock": landlock, "limits": "set", "privileges": privileges, "calls": refuse_calls()}


def _give_up_privileges() -> str:
    """Root's, and those that a user namespace gives anybody over itself: no decoder sets up a network or a mount."""
    head, none = struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24)  # effective, permitted, inheritable, twice
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(head, none) != 0:
        return f"refused: {errno.errorcode.get(ctypes.get_errno(), 'unknown')}"
    return "none"


def _limit(what: int, value: int) -> None:
    """Set a limit for good; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (lower, lower))


def _own_code() -> list[str]:
    """Folders of the packages a task imports: the packages alone, for the data folder may lie beside them."""
    libraries = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return [*ingest.__path__, *integrity.__path__, *libraries]


def _ffmpeg() -> list[str]:
    """The folder of a program that lies elsewhere than in the system's; never a whole /opt, where data may lie too."""
    found = shutil.which("ffmpeg")
    return [] if found is None else [str(Path(found).resolve().parent)]


def _unshare() -> str:
    """Leave the host's network, processes and privileges; as much as the kernel or container lets us."""
    libc = ctypes.CDLL(None, use_errno=True)
    refused = []
    for names, flags in (
        ("user net pid ipc", _NEW_USER | _NEW_NET | _NEW_PID | _NEW_IPC),
        ("net pid ipc", _NEW_NET | _NEW_PID | _NEW_IPC),  # root in a container that may not make user namespaces
    ):
        if libc.unshare(flags) == 0:
            if flags & _NEW_USER:  # here the count is the namespace's own, so it limits nobody else's processes
                _limit(resource.RLIMIT_NPROC, _PROCESSES)
            return names
        refused.append(errno.errorcode.get(ctypes.get_errno(), "unknown"))
    return f"refused: {' '.join(refused)}"


if __name__ == "__main__":
    sys.exit(main())
