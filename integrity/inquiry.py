"""A verification under way: numbered steps, and every finding of each; it goes on after a finding, to name them all."""

from collections.abc import Iterator
from contextlib import contextmanager

from integrity.finding import Assurance, Finding, Step, Verdict


class Inquiry:
    """Collects; says nothing by itself. A step passes when nothing was found while it ran."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._steps: list[Step] = []

    def find(self, code: str, subject: str, detail: str) -> None:
        self._findings.append(Finding(code, subject, detail))

    def take(self, findings: list[Finding]) -> None:
        """Findings that somebody else made."""
        self._findings += findings

    def clean(self) -> bool:
        """Whether nothing was found so far."""
        return not self._findings

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Run a step in the block; what is appended to the list becomes its detail."""
        before, notes = len(self._findings), list[str]()
        yield notes
        passed = len(self._findings) == before
        self._steps.append(Step(len(self._steps) + 1, name, passed, "; ".join(notes)))

    def skip(self, name: str, why: str) -> None:
        """A step for which earlier findings left nothing to check."""
        self._steps.append(Step(len(self._steps) + 1, name, None, why))

    def verdict(self, assurance: Assurance) -> Verdict:
        return Verdict(tuple(self._steps), tuple(self._findings), assurance)
