"""What a decoder could still do if a file took it over: a child in the same confinement tries, and tells.

Each attempt is one that must fail. The parent laid out what there is to reach (`ingest.confinement`): nothing real is
touched where one succeeds. Runs in a confined child, with nothing but the standard library.
"""

import ctypes
import os
import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ingest.task import Work

DONE = "done"
"""How an attempt is told of that succeeded; one that failed is told by its error's name."""
_NEW_USER = 0x10000000


def attempt(work: Work) -> dict[str, Any]:
    """Try everything; given: `secret` (a file), `port` and `socket` (listening), `service` (a process)."""
    return {"attempts": {name: _tried(partial(act, work.arguments)) for name, act in ATTEMPTS.items()}}


def _read(told: Mapping[str, Any]) -> None:
    Path(told["secret"]).read_bytes()


def _write(told: Mapping[str, Any]) -> None:
    os.close(os.open(told["secret"], os.O_WRONLY))


def _make(told: Mapping[str, Any]) -> None:
    os.close(os.open(f"{told['secret']}.made", os.O_WRONLY | os.O_CREAT, 0o600))


def _remove(told: Mapping[str, Any]) -> None:
    Path(told["secret"]).unlink()


def _list(told: Mapping[str, Any]) -> None:
    os.listdir(Path(told["secret"]).parent)  # noqa: PTH208  one call, whose error is what is asked for


def _change_mode(told: Mapping[str, Any]) -> None:
    Path(told["secret"]).chmod(0o600)


def _connect(told: Mapping[str, Any]) -> None:
    socket.create_connection(("127.0.0.1", told["port"]), 2).close()


def _connect_inside(told: Mapping[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(told["socket"])


def _signal(told: Mapping[str, Any]) -> None:
    os.kill(told["service"], 0)


def _look_into(told: Mapping[str, Any]) -> None:
    Path(f"/proc/{told['service']}/environ").read_bytes()


def _start(_told: Mapping[str, Any]) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _hoard(_told: Mapping[str, Any]) -> None:
    os.close(os.memfd_create("hoard"))


def _gain(_told: Mapping[str, Any]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER) != 0:
        raise OSError(ctypes.get_errno(), "refused")


ATTEMPTS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "read-file": _read,
    "write-file": _write,
    "make-file": _make,
    "list-folder": _list,
    "change-mode": _change_mode,
    "connect-network": _connect,
    "connect-machine": _connect_inside,
    "signal-process": _signal,
    "read-process": _look_into,
    "start-process": _start,
    "hoard-memory": _hoard,
    "gain-privileges": _gain,
    "remove-file": _remove,
}
"""Name → what is tried; the last one takes away what the others need."""


def _tried(act: Callable[[], None]) -> str:
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return DONE
