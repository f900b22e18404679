"""The real `tiezheng witness` as a process: on a free loopback port, ended by its pid."""

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from integrity.cosignature import WitnessKey
from tests.servers.service import START_SECONDS, STOP_SECONDS, environment


@dataclass
class WitnessProcess:
    """One witness over one folder; started again it has the same port."""

    data: Path
    arguments: list[str] = field(default_factory=list)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        return self.data.parent / f"{self.data.name}.output"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> WitnessKey:
        return WitnessKey.from_vkey(self._said(r"^witness: (\S+)$"))

    def start(self) -> "WitnessProcess":
        self.output.write_bytes(b"")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "scripts.cli", "witness"),
                    *("--data", str(self.data), "--port", str(self.port)),
                    *self.arguments,
                ],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment(),
                start_new_session=True,
            )  # fmt: skip
        self.port = int(self._said(r"^listening on http://127\.0\.0\.1:(\d+)$"))
        return self

    def stop(self, sign: int = signal.SIGTERM) -> int:
        """End it by its pid and wait for it."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(sign)
        code = self.process.wait(timeout=STOP_SECONDS)
        self.process = None
        return code

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def _said(self, pattern: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        while (found := re.search(pattern, self.text(), re.MULTILINE)) is None:
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the witness did not start:\n" + self.text())
            time.sleep(0.02)
        return found[1]


@contextlib.contextmanager
def witnessing(data: Path, *arguments: str) -> Iterator[WitnessProcess]:
    """A started witness that is ended afterwards, whatever happened."""
    witness = WitnessProcess(data, list(arguments))
    try:
        yield witness.start()
    finally:
        witness.stop()
