"""Measuring: runs in turns, CPU-seconds of ourselves and of children, spreads, and what machine it was."""

import json
import os
import platform
import resource
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over all runs."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def json(self) -> dict[str, float]:
        return {
            "median": round(self.median, 6),
            "min": round(min(self.values), 6),
            "max": round(max(self.values), 6),
        }

    def rate(self, count: float) -> dict[str, float]:
        """How many of `count` a second, where the figures are seconds."""
        return Spread(tuple(count / value for value in self.values)).json()


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU-seconds, user and system, of this process while it works."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def wall_seconds(work: Callable[[], object]) -> float:
    """Seconds by the clock: what a disk makes us wait is in it, and so is whatever else the machine does."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def child_cpu_seconds(arguments: Sequence[str | Path], folder: Path | None = None) -> float:
    """CPU-seconds of a child, start and end included; it must succeed. `folder` is where it works."""
    begun = children_cpu_seconds()
    subprocess.run([str(argument) for argument in arguments], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return children_cpu_seconds() - begun


def children_cpu_seconds() -> float:
    """CPU-seconds of all children that have ended and were waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_turns(runs: int, *measures: Callable[[], float]) -> list[Spread]:
    """Each measure once a run, one after the other, so that whatever disturbs the machine disturbs them alike."""
    rounds = [[measure() for measure in measures] for _ in range(runs)]
    return [Spread(tuple(values)) for values in zip(*rounds, strict=True)]


def ratios(ours: Spread, theirs: Spread) -> Spread:
    """Theirs by ours, run by run: 1.25 means that they need a quarter more."""
    return Spread(tuple(other / own for own, other in zip(ours.values, theirs.values, strict=True)))


def machine() -> dict[str, object]:
    """What the figures are figures of."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "openssl": ssl.OPENSSL_VERSION,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def zeros(path: Path, size: int) -> Path:
    """A file of this many bytes, all zero: which ones they are does not matter to a hash."""
    block = bytes(1 << 20)
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)
        file.write(block[: size & ((1 << 20) - 1)])
    return path


@contextmanager
def workplace(folder: Path | None) -> Iterator[Path]:
    """A new folder for one measure, removed afterwards with everything in it, immutable files included."""
    place = Path(tempfile.mkdtemp(prefix="tiezheng-bench-", dir=folder))
    try:
        yield place
    finally:
        subprocess.run(["chattr", "-R", "-f", "-i", place], check=False, capture_output=True)
        shutil.rmtree(place)


def tell(name: str, result: Mapping[str, object]) -> None:
    """A result for people."""
    click.echo(name)
    for key, value in result.items():
        if isinstance(value, dict):
            value = f"{value['median']} ({value['min']} – {value['max']})"
        click.echo(f"  {key:<24} {value}")


def conclude(results: Mapping[str, Mapping[str, object]], method: str, as_json: bool) -> None:
    """One JSON object of everything; or for people, who were told the results, on what machine and how they came."""
    if as_json:
        click.echo(json.dumps({"machine": machine(), "method": method, "results": results}, ensure_ascii=False))
        return
    tell("machine", machine())
    click.echo(f"method\n  {method}")
