"""The outside of a confined child: starts it, feeds it, bounds it, reads its answer, and never lets it stay behind.

Every byte of an upload is decoded in such a child and never in the service. A child is a session of its own; it ends
when its leash closes, which the kernel does for us even when this process is killed. What it answers is one JSON
object of bounded size that callers check again, for a decoder may have been taken over by what it decoded.
"""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol

import structlog

from ingest.errors import ChildAnswerInvalid, ChildCrashed, ChildrenStopped, ChildTimedOut, Unplayable
from ingest.output import OVERFLOWED
from ingest.rank import rank_session
from ingest.task import MIB, WANTED_NICE, Limits, Reply, Task

ANSWER_LIMIT = 8 * MIB
"""Bytes of an answer: a day of footage has some 15,000 segments of about 60 bytes."""
MESSAGES_LIMIT = 8 * 1024
"""Bytes kept from the end of what a child printed."""
_GRACE_S = 5.0
"""How long a child has to end itself after its leash closed, before its whole group is killed."""
_QUIET = {"OPENCV_IO_MAX_IMAGE_PIXELS": "100000000", "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "2",
          "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
"""Few threads and arenas, since each one takes address space; the pixel limit is OpenCV's own, behind ours."""

_log = structlog.get_logger()


class Decoder(Protocol):
    """Something that runs tasks away from the service."""

    def run(self, task: Task, limits: Limits) -> Reply: ...


class Children:
    """Starts confined children; one object for the service, used from any thread. `stop` ends them all."""

    def __init__(self, environment: Mapping[str, str], python: str = sys.executable) -> None:
        self._environment = {**environment, **_QUIET}
        self._python = python
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, task: Task, limits: Limits) -> Reply:
        """Run one task to its end.

        Raises ChildFailed's children when the child died, hung or answered nonsense, Unplayable when it says that
        these bytes cannot be shown, ChildrenStopped when the service is ending.
        """
        watched, leash = os.pipe()  # both ends close on exec: no other child can hold this one's leash
        try:
            with self._start(task, limits, watched) as process:
                os.close(watched)
                watched = -1
                try:
                    with _hastened(task, limits, process):
                        return self._finish(task, limits, process)
                finally:
                    os.close(leash)
                    leash = -1
                    _end(process)
                    self._forget(process)
        finally:
            for fd in (watched, leash):
                if fd >= 0:
                    os.close(fd)

    def stop(self) -> None:
        """End every child now; those who wait for one get ChildrenStopped, and no new one is started."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                _kill(process)

    def _start(self, task: Task, limits: Limits, watched: int) -> subprocess.Popen[bytes]:
        inherited = (watched,) if task.original is None else (watched, task.original)
        with self._lock:
            if self._stopped:
                raise ChildrenStopped("the service is ending")
            process = subprocess.Popen(
                [self._python, "-I", "-m", "ingest.confine"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=inherited,
                start_new_session=True,
                env=self._environment,
                cwd="/",
            )
            self._running.add(process)
        rank_session(process.pid, limits.nice, idle=limits.idle)  # before it has a task, let alone threads
        self._ask(process, task, limits, watched)
        return process

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], task: Task, limits: Limits, watched: int) -> None:
        request = {
            "task": task.name,
            "arguments": dict(task.arguments),
            "original": task.original,
            "folder": None if task.folder is None else str(task.folder.absolute()),
            "limits": asdict(limits),
            "leash": watched,
        }
        assert process.stdin is not None  # noqa: S101  # a pipe was asked for above; this is for the type alone
        with suppress(BrokenPipeError), process.stdin:  # a child that died before reading is a crash, found below
            process.stdin.write(json.dumps(request).encode())

    def _finish(self, task: Task, limits: Limits, process: subprocess.Popen[bytes]) -> Reply:
        output, messages = _read(process, time.monotonic() + limits.wall_s)
        code = None if output is None else _waited(process)
        with self._lock:
            if self._stopped:
                raise ChildrenStopped("the service is ending")
        if output is None or code is None:
            raise ChildTimedOut(f"{task.name}: ended after {limits.wall_s:g} s")
        if code == OVERFLOWED:
            raise Unplayable("too-much-output", f"its decoder ({task.name}){_last_line(messages)}")
        if code != 0:
            raise ChildCrashed(f"{task.name}: {_ending(code)}{_last_line(messages)}")
        return _reply(task, output, messages)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)


@contextmanager
def _hastened(task: Task, limits: Limits, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Raised as soon as it is waited for, when it gives way to everybody."""
    with task.haste.running(partial(_raise, process)) if task.haste and limits.idle else nullcontext():
        yield


def _waited(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code; None when it closed its outputs and runs on all the same."""
    try:
        return process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        return None


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[bytes | None, str]:
    """Both outputs to their end; None for the answer when time ran out first."""
    answer, messages = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(_stream(process.stdout), selectors.EVENT_READ, answer)
        selector.register(_stream(process.stderr), selectors.EVENT_READ, messages)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                return None, ""
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                key.data.extend(chunk)
                if not chunk:
                    selector.unregister(key.fileobj)
            del messages[:-MESSAGES_LIMIT]
            if len(answer) > ANSWER_LIMIT:
                raise ChildAnswerInvalid(f"the answer has more than {ANSWER_LIMIT} bytes")
    return bytes(answer), messages.decode("utf-8", "replace")


def _stream(pipe: Any) -> int:
    return int(pipe.fileno())


def _reply(task: Task, output: bytes, messages: str) -> Reply:
    """The answer as an object of the agreed outer shape; whatever is inside is the caller's to check."""
    try:
        reply = json.loads(output)
        confinement = {str(key): str(value) for key, value in reply["confinement"].items()}
        if "unplayable" in reply:
            raise _refusal(*reply["unplayable"])
        answer = {"argv": reply["argv"]} if "argv" in reply else reply["answer"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ChildAnswerInvalid(f"{task.name}: the answer is not what was agreed ({error!r})") from error
    if not isinstance(answer, dict):
        raise ChildAnswerInvalid(f"{task.name}: the answer is no object")
    return Reply(answer, confinement, messages)


def _refusal(reason: str, detail: str) -> Unplayable:
    """What a child says cannot be shown; its words reach people, so they are few and printable."""
    if not re.fullmatch(r"[a-z][a-z-]{0,39}", reason):
        raise ValueError("no reason code")
    return Unplayable(reason, _printable(detail)[:300])


def _end(process: subprocess.Popen[bytes]) -> None:
    """The leash is closed: the supervisor kills its worker and itself; one that does not is killed with its group."""
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Only while it is not reaped: its number could be another group's by then.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _raise(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        _log.info("child-raised", child=process.pid, raised=rank_session(process.pid, WANTED_NICE, idle=False))


def _ending(code: int) -> str:
    number = -code if code < 0 else code - 128
    names = {int(each): each.name for each in signal.Signals}
    return f"ended by {names[number]}" if number in names else f"ended with code {code}"


def _last_line(messages: str) -> str:
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    return f" ({_printable(lines[-1])[:300]})" if lines else ""


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
