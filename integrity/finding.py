"""What a check says: findings with stable codes, numbered steps, and a verdict that lists them all.

A verdict is never built from what could not be read: that is a finding, and the verdict is not ok.
"""

from dataclasses import dataclass
from enum import StrEnum

TRUST_NOT_SUPPLIED = "trust-not-supplied"
"""The one finding that says nothing against the evidence, and without which nothing speaks for it."""
ORIGINAL_ABSENT = "original-absent"
"""Nothing is wrong with what is here, and the bytes that were sealed are not here: a copy speaks for no original."""


class Assurance(StrEnum):
    """How far the evidence stands without the operator's word."""

    SELF_ASSERTED = "self-asserted"
    RECEIPTED = "receipted"
    WITNESSED = "witnessed"
    EXTERNAL_AUTHORITY = "external-authority"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect: a stable code, what it is about, and a sentence for people."""

    code: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step of a verification; `passed` is None when an earlier finding left nothing to check."""

    number: int
    name: str
    passed: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: ok only when there is no finding at all."""

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    assurance: Assurance

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def self_consistent(self) -> bool:
        """Nothing is wrong but that nothing came from outside to judge it by: a forgery could look the same."""
        return TRUST_NOT_SUPPLIED in self._codes <= {TRUST_NOT_SUPPLIED, ORIGINAL_ABSENT}

    @property
    def copies_only(self) -> bool:
        """Nothing is wrong but that of some recordings only a derived copy is here, as it was approved."""
        return self._codes == {ORIGINAL_ABSENT}

    @property
    def _codes(self) -> set[str]:
        return {finding.code for finding in self.findings}
