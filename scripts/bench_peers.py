"""Who receives in `tiezheng bench upload`: ourselves in both ways, a peer in another language, and the floor.

Each is a process of its own whose CPU-seconds the kernel counts; each tells the digest of what it received, and one
that is wrong ends the measure. Never measures the client, and leaves no process behind.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from integrity.digest import Digest
from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from scripts.bench_bodies import TIMEOUT, Body, receipt, stream, upload
from scripts.bench_measure import children_cpu_seconds
from scripts.settings import child_environment

PACKAGES = ("@tus/server@2.4.5", "@tus/file-store@2.1.1")
"""The peer, in the version it is measured in; fetched into the measure's own folder and gone with it."""
_NODE = """
import http from 'node:http';
import {Server} from '@tus/server';
import {FileStore} from '@tus/file-store';
const tus = new Server({path: '/files', datastore: new FileStore({directory: process.argv[2]})});
const server = http.createServer((request, response) => tus.handle(request, response));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit());
process.stdin.resume();
"""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What receiving some bodies took: CPU-seconds, seconds by the clock, MB (10^6 bytes) of memory at the most."""

    cpu_s: float
    wall_s: float
    rss_mb: float


class Peer(Protocol):
    """Receives bodies."""

    def start(self, place: Path) -> None: ...
    def receive(self, bodies: Sequence[Body]) -> Cost: ...
    def stop(self) -> None: ...


class Tiezheng:
    """`tiezheng serve` with its authority, from the first byte to the last receipt; it prepares nothing meanwhile."""

    def __init__(self, direct: int) -> None:
        self._settings = {"TIEZHENG_RECEIVE_DIRECT": str(direct), "TIEZHENG_PREPARE_JOBS": "0",
                          "TIEZHENG_RESERVE_BYTES": "0", "TIEZHENG_SCRUB_DAYS": "0"}  # fmt: skip

    def start(self, place: Path) -> None:
        """A new installation and a station of it."""
        data, log = place / "data", place / "output"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "scripts.cli", "serve", "--data", str(data), "--port", "0"]
            self._process = _start(command, self._settings, stdout=output, stderr=output)
        _wait(lambda: (data / "serve.json").exists() or self._process.poll() is not None)
        if self._process.poll() is not None:
            raise click.ClickException(log.read_text(errors="replace")[-2000:])
        self._url = f"http://127.0.0.1:{json.loads((data / 'serve.json').read_text())['port']}/files"
        out = place / "station.json"
        enrol = [sys.executable, "-m", "scripts.cli", "admin", "enrol-station", "--data", str(data), "--name", "bench"]
        subprocess.run([*enrol, "--out", str(out)], check=True, env=child_environment(), stdout=subprocess.DEVNULL)
        self._token, self._trust = json.loads(out.read_text())["token"], read_trust(place / "trust.json")

    def receive(self, bodies: Sequence[Body]) -> Cost:
        """Each body up to its receipt."""
        return _measured(self._processes(), bodies, self._take)

    def stop(self) -> None:
        self._process.terminate()
        _end(self._process)

    def _take(self, body: Body) -> Digest:
        told = receipt(self._url, upload(self._url, body, self._token), self._token)
        return verify_receipt(told, self._trust).digest

    def _processes(self) -> list[int]:
        """The service, and its child the authority; ClickException where that is not found, for it must be counted."""
        pid = self._process.pid
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
        authority = [child for child in children if b"scripts.authority" in _command_line(child)]
        if len(authority) != 1:
            raise click.ClickException("the authority is not found, and what it costs would not be counted")
        return [pid, *authority]


class TusNodeServer:
    """@tus/server with its file-store, and `openssl dgst -sha256` over each file afterwards: the work we do as well."""

    def start(self, place: Path) -> None:
        """Fetched by npm, started by node; ClickException where that cannot be."""
        if not (shutil.which("npm") and shutil.which("node")):
            raise click.ClickException("node and npm are needed for tus-node-server; leave it out by --only")
        self._files = place / "files"
        self._files.mkdir()
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        subprocess.run(["npm", "install", *quiet, *PACKAGES], cwd=place, check=True, stdout=subprocess.DEVNULL)
        (place / "server.mjs").write_text(_NODE)
        self._process = _start(["node", str(place / "server.mjs"), str(self._files)], stdout=subprocess.PIPE)
        self._url = f"http://127.0.0.1:{_port(self._process)}/files"

    def receive(self, bodies: Sequence[Body]) -> Cost:
        """The server's part and openssl's together."""
        before = children_cpu_seconds()
        cost = _measured([self._process.pid], bodies, self._take)
        return Cost(cost.cpu_s + children_cpu_seconds() - before, cost.wall_s, cost.rss_mb)

    def stop(self) -> None:
        _end(self._process)

    def _take(self, body: Body) -> Digest:
        file = self._files / upload(self._url, body).rsplit("/", 1)[1]
        told = subprocess.run(["openssl", "dgst", "-sha256", "-r", file], check=True, capture_output=True, text=True)
        file.unlink()
        return Digest.from_hex(told.stdout.split()[0])


class Floor:
    """`scripts.bench_floor`: the same bytes hashed and stored, and nothing else."""

    def start(self, place: Path) -> None:
        self._place = place
        self._process = _start([sys.executable, "-m", "scripts.bench_floor", str(place)], stdout=subprocess.PIPE)
        self._port = _port(self._process)

    def receive(self, bodies: Sequence[Body]) -> Cost:
        cost = _measured([self._process.pid], bodies, lambda body: stream(self._port, body))
        for file in self._place.iterdir():
            file.unlink()
        return cost

    def stop(self) -> None:
        _end(self._process)


def _measured(processes: Sequence[int], bodies: Sequence[Body], take: Callable[[Body], Digest]) -> Cost:
    """Send all bodies at once; CPU of these processes, memory of the first of them, watched all the while."""
    ended, most = threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(0.1):
            most.append(_memory(processes[0]))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    cpu, wall = sum(map(_cpu, processes)), time.monotonic()
    with ThreadPoolExecutor(len(bodies)) as senders:
        digests = list(senders.map(take, bodies))
    cost = Cost(sum(map(_cpu, processes)) - cpu, time.monotonic() - wall, max(*most, _memory(processes[0])))
    ended.set()
    watching.join()
    if digests != [body.digest for body in bodies]:
        raise click.ClickException("a digest is not that of what was sent")
    return cost


def _start(
    command: Sequence[str], settings: dict[str, str] | None = None, **streams: object
) -> subprocess.Popen[bytes]:
    environment = child_environment() | (settings or {})
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, **streams)  # type: ignore[call-overload, no-any-return]


def _end(process: subprocess.Popen[bytes]) -> None:
    """By closing what it reads; it holds nothing."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _port(process: subprocess.Popen[bytes]) -> int:
    if process.stdout is None:
        raise click.ClickException("a process without a pipe")
    return int(process.stdout.readline())


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not true():
        if time.monotonic() > deadline:
            raise click.ClickException("it does not start")
        time.sleep(0.1)


def _cpu(pid: int) -> float:
    """CPU-seconds of a process and its threads, user and system; not of its children (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    """MB of a process that no file could give back: RssAnon and RssShmem."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = [int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:"))]
    return sum(kib) * 1024 / 1_000_000


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
