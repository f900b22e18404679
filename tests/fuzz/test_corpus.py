"""The corpus replayed, and a few hundred mutations of it: every parser refuses in its own words, or reads both ways.

`make fuzz` is the long form, with another seed each time.
"""

import random
import subprocess
import sys
from collections.abc import Callable

import pytest

from integrity.errors import InvalidNote
from tests.fuzz.explore import Crash, Differs, Exploration, Target
from tests.fuzz.mutations import LIMIT, mutated
from tests.fuzz.targets import CORPUS, TARGETS, corpus

SLOW = {"zip": 20, "seal": 20, "token-certificate": 60, "settings": 60}
"""Mutations of those that take milliseconds each."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_seed_and_no_mutation_of_one_does_harm(target: Target) -> None:
    exploration = Exploration(target, corpus(target), 20260302)
    exploration.replay()
    exploration.mutate(SLOW.get(target.name, 200))
    exploration.shape(30)
    report = exploration.report
    assert report.crashes == {}
    assert report.executions >= len(corpus(target)) + SLOW.get(target.name, 200)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_seed_is_read_and_a_ruin_of_it_is_refused(target: Target) -> None:
    """Otherwise the fire goes over the parser's head."""
    exploration = Exploration(target, corpus(target), 1)
    exploration.replay()
    exploration.mutate(40)
    never_refuses = {"tile-path", "range", "anchor", "request", "hashes"}
    assert len(exploration.report.refusals) >= (1 if target.name in never_refuses else 2)


def test_every_target_has_seeds_and_every_seed_a_target() -> None:
    assert {path.name for path in CORPUS.iterdir()} == {target.name for target in TARGETS}
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 512 * 1024


def _caught(run: Callable[[bytes], object], content: bytes = b"x") -> dict[str, Crash]:
    exploration = Exploration(Target("bad", run, (InvalidNote,)), [content], 1)
    exploration.replay()
    return exploration.report.crashes


def test_whatever_is_no_refusal_is_a_finding() -> None:
    class Panic(BaseException):
        """As a library in Rust raises it."""

    def fails(error: BaseException) -> Callable[[bytes], object]:
        def run(_: bytes) -> object:
            raise error

        return run

    for error in (ValueError("x"), RecursionError(), MemoryError(), Differs("x"), Panic()):
        (crash,) = _caught(fails(error)).values()
        assert crash.content == b"x"
    assert _caught(fails(InvalidNote("refused"))) == {}
    assert _caught(len) == {}


def test_mutations_repeat_themselves_and_stay_small() -> None:
    def some(seed: int) -> list[bytes]:
        dice = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        return [mutated([b"one\n\n12 two", b"\x30\x03\x02\x01\x05"], [b"word"], dice) for _ in range(500)]

    assert some(1) == some(1) != some(2)
    assert len(set(some(1))) > 400
    assert max(map(len, some(1))) <= LIMIT


def test_the_long_form_runs_and_tells() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", "0.2", "--seed", "7", "--only", "vkey", "--only", "digest"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.startswith("seed 7, 0.2 s for 2 parsers")
    assert run.stdout.endswith("executions, 0 findings\n")
