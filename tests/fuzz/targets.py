"""Every parser of the house that reads what others made, as one function of bytes each.

A target calls what the house calls, so what it may raise is what its caller catches. Where a format has a writer, what
was read is written again and compared: an input with two spellings of one meaning is a finding.
"""

from collections.abc import Sequence
from pathlib import Path

from tests.fuzz import doors, formats, tokens
from tests.fuzz.explore import Target

CORPUS = Path(__file__).with_name("corpus")
"""Seeds, `corpus/NAME/*`, made by `tests.fuzz.seeds`; inputs that once did harm stay there for good."""

TARGETS: tuple[Target, ...] = (*formats.TARGETS, *tokens.TARGETS, *doors.TARGETS)


def corpus(target: Target) -> Sequence[bytes]:
    """The seeds of a target, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / target.name).iterdir())]
