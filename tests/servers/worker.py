"""The real `tiezheng work` as a process, ended by its pid."""

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.service import START_SECONDS, STOP_SECONDS, environment


@dataclass
class WorkerProcess:
    """One worker over a folder of its own."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        return self.data.parent / f"{self.data.name}.output"

    def start(self) -> "WorkerProcess":
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.cli", "work", "--data", str(self.data), "--name", self.data.name],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=environment(**self.settings), start_new_session=True,
            )  # fmt: skip
        return self

    @property
    def id(self) -> str:
        """The name it works under, once it does."""
        deadline = time.monotonic() + START_SECONDS
        while (found := re.search(r"^working as (\S+)$", self.text(), re.MULTILINE)) is None:
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the worker did not start:\n" + self.text()[-4000:])
            time.sleep(0.02)
        return found[1]

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End it by its pid and wait for it."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(timeout=STOP_SECONDS)
        self.process = None
        return code
