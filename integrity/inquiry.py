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

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found so far."""
        return tuple(self._findings)

    def clean(self) -> bool:
        """Whether nothing was found so far."""
        return not self._findings

    @contextmanager
    def step(self, name: str) -> Iterator["RunningStep"]:
        """Run a step in the block."""
        before, running = len(self._findings), RunningStep()
        yield running
        passed = None if running.idle else len(self._findings) == before
        self._steps.append(Step(len(self._steps) + 1, name, passed, "; ".join(running.notes)))

    def verdict(self, assurance: Assurance) -> Verdict:
        """All of it. A step that had nothing to check never passes by that, whatever else was found."""
        idle = [step for step in self._steps if step.passed is None]
        if idle and not self._findings:
            self.find("not-checked", idle[0].name, idle[0].detail)
        return Verdict(tuple(self._steps), tuple(self._findings), assurance)


class RunningStep:
    """What a step says of itself while it runs."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.idle = False

    def note(self, text: str) -> None:
        """Something worth reading beside the step's outcome, once."""
        if text not in self.notes:
            self.notes.append(text)

    def nothing_to_check(self, why: str) -> None:
        """Earlier findings left this step without anything to say yes or no to."""
        self.idle = True
        self.notes.append(why)
