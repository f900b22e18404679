"""A child process with little memory that runs `tiezheng verify` on hostile things: `judged` says what came of each.

What needs memory in the size of its input, or raises anything but a refusal with a code, does not get through here.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 384 << 20
"""Bytes of address space, the interpreter and its libraries included."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one call: exit status, finding codes, and the code of the error where it did not begin."""

    status: int
    codes: frozenset[str]
    error: str | None


def judged(calls: Sequence[Sequence[str]]) -> list[Outcome]:
    """Each a list of arguments; all in one child."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.integrity.confined"],
        cwd=ROOT, input=json.dumps([list(call) for call in calls]), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(run.stderr)
    told = [json.loads(line) for line in run.stdout.splitlines()]
    return [Outcome(one["status"], frozenset(one["codes"]), one["error"]) for one in told]


def _main() -> None:
    from scripts.verify import command

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for arguments in json.load(sys.stdin):
        told = CliRunner().invoke(command, [*arguments, "--json"])
        error = None
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            error = getattr(told.exception, "code", None)
            if error is None:
                raise RuntimeError(arguments) from told.exception
        codes = [] if error else sorted({finding["code"] for finding in json.loads(told.stdout)["findings"]})
        print(json.dumps({"status": told.exit_code, "codes": codes, "error": error}), flush=True)


if __name__ == "__main__":
    _main()
