"""The embedded authority as a child of this process: started, asked over loopback, ended with us whatever ends us."""

import json
import selectors
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from integrity.errors import AuthorityUnavailable

START_SECONDS = 60
"""The first start makes two RSA keys, on a machine that may be busy."""

STOP_SECONDS = 5


class AuthorityChild:
    """One `tiezheng tsa` process. `start` and `stop` may be called again; neither leaves a process behind."""

    def __init__(self, data: Path, environment: Mapping[str, str]) -> None:
        self._data = data
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._root = b""

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"http://127.0.0.1:{self._port}/"

    @property
    def root_pem(self) -> bytes:
        """Its root certificate, once started."""
        return self._root

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it listens; AuthorityUnavailable if it does not."""
        self.stop()
        command = [sys.executable, "-m", "scripts.authority", "--data", str(self._data), "--until-stdin-closes"]
        # Its stdin is a pipe only we hold, so a kill -9 of ours closes it and the child ends.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment, start_new_session=True
        )
        try:
            said = json.loads(_first_line(self._process))
            self._port, self._root = int(said["port"]), said["root_pem"].encode()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.stop()
            raise AuthorityUnavailable("the embedded authority did not start") from error

    def stop(self) -> None:
        """Close its stdin and wait; one that does not end is killed, by its own pid."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """The line with its port and root, or nothing when it ends or is silent for too long."""
    if process.stdout is None:
        return b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(START_SECONDS) else b""
