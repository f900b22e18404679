"""`make fuzz FUZZ_S=600`: every parser under fire for its share of the seconds; exit 1 when one did what it must not.

python -m tests.fuzz --seconds 600 [--seed N] [--only NAME]… [--crashes FOLDER]
"""

import argparse
import resource
import secrets
import sys
import time
from pathlib import Path

from tests.fuzz.explore import Exploration, Report
from tests.fuzz.targets import TARGETS, corpus

MEMORY = 2 << 30
"""Bytes of address space: whoever needs more for a hostile input has no bound."""


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chosen = [target for target in TARGETS if not options.only or target.name in options.only]
    print(f"seed {options.seed}, {options.seconds} s for {len(chosen)} parsers", flush=True)
    end, reports = time.monotonic() + options.seconds, []
    for left, target in zip(range(len(chosen), 0, -1), chosen, strict=True):
        exploration = Exploration(target, corpus(target), options.seed)
        exploration.until(time.monotonic() + max(0.0, end - time.monotonic()) / left)
        reports.append(exploration.report)
        _tell(exploration.report, options.crashes)
    findings = sum(len(report.crashes) for report in reports)
    print(f"{sum(report.executions for report in reports)} executions, {findings} findings")
    return 1 if findings else 0


def _tell(report: Report, folder: Path) -> None:
    ways, findings = len(report.refusals), len(report.crashes)
    print(
        f"  {report.target:<18} {report.executions:>9} executions {ways:>5} outcomes {findings:>3} findings", flush=True
    )
    for place, crash in report.crashes.items():
        path = folder / report.target / crash.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crash.content)
        print(f"    {place}\n    kept as {path}\n{crash.said}", flush=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
