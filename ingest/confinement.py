"""How confined decoders are on this machine: what the kernel took from them, and what one could still do.

Measured and never claimed: a child in the confinement that decoders have tries what must fail (`ingest.trial`), on
things laid out for it. What succeeds is a hole, and is told at the start, on the status page and in the metrics.
"""

import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.child import Decoder
from ingest.errors import ChildAnswerInvalid
from ingest.task import Limits, Task
from ingest.trial import ATTEMPTS, DONE

_LIMITS = Limits(wall_s=60, cpu_s=20)


@dataclass(frozen=True, slots=True)
class Confinement:
    """`taken`: what the child says it gave up, by kind; `holes`: attempts that succeeded, by name."""

    taken: Mapping[str, str]
    holes: tuple[str, ...]

    @property
    def told(self) -> str:
        """In one line, for people and logs."""
        kinds = ", ".join(f"{kind} {said}" for kind, said in sorted(self.taken.items()))
        return f"{kinds}; {'no hole' if not self.holes else 'holes: ' + ' '.join(self.holes)}"


def measure(children: Decoder) -> Confinement:
    """Have a child try everything, now. ChildFailed's children when it died or answered nonsense."""
    with tempfile.TemporaryDirectory(prefix="tiezheng-trial-") as place:
        folder = Path(place)
        (folder / "work").mkdir()
        (folder / "secret").write_bytes(b"nobody's secret")
        with socket.create_server(("127.0.0.1", 0)) as network, socket.socket(socket.AF_UNIX) as machine:
            _listen(machine, folder)
            told = {
                "secret": str(folder / "secret"),
                "socket": "../socket",  # as seen from its folder: an address has no room for a long path
                "port": network.getsockname()[1],
                "service": os.getpid(),
            }
            reply = children.run(Task("trial", told, None, folder / "work"), _LIMITS)
    return Confinement(reply.confinement, _holes(reply.answer))


def _listen(machine: socket.socket, folder: Path) -> None:
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        machine.bind(f"/proc/self/fd/{place}/socket")
    finally:
        os.close(place)
    machine.listen()


def _holes(answer: Mapping[str, Any]) -> tuple[str, ...]:
    attempts = answer.get("attempts")
    if not isinstance(attempts, dict) or set(attempts) != set(ATTEMPTS):
        raise ChildAnswerInvalid("trial: it did not try everything")
    return tuple(name for name in ATTEMPTS if attempts[name] == DONE)
