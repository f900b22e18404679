"""Tries of known people, so that each refusal is on record whoever refuses it and wherever.

Wraps the whole of an operation, its transaction included: what was written is rolled back first, then the refusal is
recorded in a transaction of its own. Never turns a refusal into anything else, and never records a mistake in a form.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from catalog import errors
from catalog.entry import Entry, Json, Subject
from catalog.identity import AgencyId
from catalog.ledger import Ledger
from catalog.permissions import By, actor_of

REFUSALS = (
    errors.NotFound,
    errors.NotPermitted,
    errors.PurposeMissing,
    errors.ViewEnded,
    errors.ExportNotApproved,
    errors.SelfApproval,
    errors.GrantSpent,
)
"""What counts as a refusal."""

NAME_LENGTH = 64
PURPOSE_LENGTH = 500
"""Characters of a subject's id and of a purpose that are recorded: whoever is refused may send anything."""


@dataclass(slots=True)
class Attempt:
    """What is known of a try so far; `agency` is whose evidence it concerns, once that is known."""

    agency: AgencyId | None = None
    purpose: str | None = None
    details: dict[str, Json] = field(default_factory=dict)


class Attempts:
    """Puts refused tries into the ledger. Safe to use from every thread; not inside `Database.write()`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @contextmanager
    def of(self, by: By, action: str, subject: Subject, purpose: str | None = None) -> Iterator[Attempt]:
        """Run a try; a refusal in it is recorded, with the purpose as it was stated, and raised again."""
        attempt = Attempt(purpose=None if purpose is None else _plain(purpose, PURPOSE_LENGTH))
        try:
            yield attempt
        except REFUSALS as error:
            self._ledger.refuse(_entry(by, action, subject, attempt, error.code))
            raise


def _entry(by: By, action: str, subject: Subject, attempt: Attempt, code: str) -> Entry:
    return Entry(
        action=str(action),  # a right's name comes as an enumeration's member
        actor=actor_of(by),
        subject=Subject(subject.kind, _plain(subject.id, NAME_LENGTH)),
        outcome="refused",
        purpose=attempt.purpose,
        agency=attempt.agency,
        details={**attempt.details, "code": code},
    )


def _plain(said: str, longest: int) -> str:
    """Text that canonical JSON and both databases take, whatever was sent: no lone surrogates, no NUL, not long."""
    return said[:longest].encode("utf-8", "replace").decode().replace("\0", "�")
