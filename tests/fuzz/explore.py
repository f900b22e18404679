"""One parser under fire: inputs in, and whatever is not its documented refusal out as a finding.

Without a coverage tool the refusals themselves say where an input got to: one that is refused in words not heard
before joins the seeds, so the next ones start from there.
"""

import hashlib
import random
import re
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from integrity.errors import IntegrityError
from tests.fuzz.mutations import mutated

SLOW_S = 5.0
"""CPU seconds for one input beyond which it is a finding too."""

BATCH = 50


class Differs(Exception):
    """What was read does not write itself again as it came: a second spelling of one meaning."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: `run` reads the bytes and raises `Differs` when they do not survive the way there and back.

    `refusals` are what it may raise; `words` of its format go into wrong places; `shapes` makes well-formed inputs.
    """

    name: str
    run: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = (IntegrityError,)
    words: tuple[bytes, ...] = ()
    shapes: SearchStrategy[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Crash:
    """An input, and what it did."""

    content: bytes
    said: str

    @property
    def name(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]


@dataclass(slots=True)
class Report:
    """What came of one parser: executions, ways in which it refused, and findings by where they arose."""

    target: str
    executions: int = 0
    refusals: set[str] = field(default_factory=set)
    crashes: dict[str, Crash] = field(default_factory=dict)


class Exploration:
    """One target, its seeds, and what came of it so far."""

    def __init__(self, target: Target, seeds: Sequence[bytes], seed: int) -> None:
        self.report = Report(target.name)
        self._target = target
        self._seeds = list(seeds)
        self._random = random.Random(f"{seed} {target.name}")  # noqa: S311 - to be repeated, not to be secret

    def replay(self) -> None:
        """The seeds as they are."""
        for content in list(self._seeds):
            self._try(content)

    def mutate(self, executions: int) -> None:
        for _ in range(executions):
            self._try(mutated(self._seeds, self._target.words, self._random))

    def shape(self, executions: int) -> None:
        """Well-formed inputs by Hypothesis, for the way there and back."""
        shapes = self._target.shapes
        if shapes is None:
            return

        @seeded(self._random.randrange(1 << 32))
        @settings(max_examples=executions, database=None, deadline=None, phases=[Phase.generate],
                  verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(shapes)
        def each(content: bytes) -> None:
            self._try(content)

        each()

    def until(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Everything in turns, until the clock says so."""
        self.replay()
        while clock() < deadline:
            self.mutate(BATCH)
            if clock() < deadline:
                self.shape(BATCH // 4)

    def _try(self, content: bytes) -> None:
        self.report.executions += 1
        begun = time.process_time()
        try:
            self._target.run(content)
            said = "accepted"
        except self._target.refusals as refusal:
            said = f"{type(refusal).__name__}: {_pattern(str(refusal))}"
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a panic of a library in Rust is no Exception
            said = "".join(traceback.format_exception(error)[-6:])
            self.report.crashes.setdefault(_place(error), Crash(content, said))
            return
        if time.process_time() - begun > SLOW_S:
            self.report.crashes.setdefault("slow", Crash(content, f"took {time.process_time() - begun:.1f} CPU-s"))
        if said not in self.report.refusals and len(self.report.refusals) < 1000:
            self.report.refusals.add(said)
            self._seeds.append(content)


def _pattern(text: str) -> str:
    """A refusal without what it quotes of its input."""
    return re.sub(r"[0-9a-f]{8,}|\d+|'[^']*'", "#", text)[:80]


def _place(error: BaseException) -> str:
    """Where it arose: one finding for one line, however many inputs lead there."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/tests/fuzz/" not in frame.filename] or list(frames)
    return f"{type(error).__name__} at {ours[-1].filename}:{ours[-1].lineno}"
