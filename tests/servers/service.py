"""The real service as a process: started on a free loopback port, asked over HTTP, ended by its pid."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 180
STOP_SECONDS = 180
"""Long beyond what either takes: a machine may be busy with other tests."""


def environment(**settings: str) -> dict[str, str]:
    """The environment of a service under test: no setting of the caller's own, and an English terminal.

    It keeps its bytecode as any user's does: compiling all of it anew takes two thirds of a start.
    """
    left_out = ("TIEZHENG_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default"} | settings


def tiezheng(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one `tiezheng` command to its end, as a person would in a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        env=environment(**settings),
        check=False,
    )


@dataclass
class Service:
    """One `tiezheng serve`; `first` holds the one-time administrator password of a first start."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    launcher: Sequence[str] = (sys.executable, "-m", "scripts.cli")
    process: subprocess.Popen[bytes] | None = None
    first: str | None = None
    port: int = 0
    log: Path | None = None

    @property
    def output(self) -> Path:
        return self.log or self.data.parent / f"{self.data.name}.output"

    @property
    def url(self) -> str:
        facts = json.loads((self.data / "serve.json").read_text())
        return f"http://127.0.0.1:{facts['port']}"

    def launch(self) -> None:
        """Start the process and return at once."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.launcher, "serve", "--data", str(self.data), "--port", str(self.port)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment(**self.settings),
                start_new_session=True,
            )

    def start(self) -> "Service":
        """Start and wait until it is ready; what it printed is in the error otherwise."""
        with contextlib.suppress(FileNotFoundError):
            (self.data / "serve.json").unlink()
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while not (self.data / "serve.json").exists():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the service did not start:\n" + self.text()[-4000:])
            time.sleep(0.05)
        found = re.search(r"^one-time password: (\S+)$", self.text(), re.MULTILINE)
        self.first = found[1] if found else self.first
        return self

    def text(self) -> str:
        """All it has printed so far."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End it by its pid and wait for it."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(timeout=STOP_SECONDS)
        self.process = None
        return code

    def kill(self) -> None:
        """kill -9, as when somebody pulls the plug of one process."""
        self.stop(signal.SIGKILL)


@contextlib.contextmanager
def running(data: Path, **settings: str) -> Iterator[Service]:
    """A started service that is ended afterwards, whatever happened."""
    service = Service(data, dict(settings))
    try:
        yield service.start()
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
