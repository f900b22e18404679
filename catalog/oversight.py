"""What supervises an installation: undecided quarantine and the state of things, for those with a right to it.

Decides who may; what a decision does to the bytes, and how the state is measured, is handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Actor, Subject
from catalog.errors import NotFound, NotPermitted
from catalog.identity import UploadId
from catalog.ledger import Ledger
from catalog.permissions import Principal, Right, require, scope
from catalog.quarantine import Decision, Quarantine, Quarantined

Carry = Callable[[UploadId, Decision, str, Actor], None]
"""Records a decision about quarantined bytes and carries it out."""


class Oversight:
    """Shows and decides. Safe to use from every thread."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        quarantine: Quarantine,
        carry: Carry,
        measure: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._database = database
        self._attempts = Attempts(ledger)
        self._quarantine = quarantine
        self._carry = carry
        self._measure = measure

    def quarantined(self, principal: Principal) -> Sequence[Quarantined]:
        """What nobody has decided about, of the agencies this person oversees, the oldest first."""
        with self._database.read() as connection:
            mine = scope(connection, principal, Right.OVERSEE)
        if not mine:
            raise NotPermitted(f"no role that allows this: {Right.OVERSEE}")
        return [held for held in self._quarantine.quarantined() if held.agency in mine]

    def decide(self, principal: Principal, upload: UploadId, decision: Decision, reason: str) -> None:
        """Keep, seal or discard quarantined bytes, for a reason that is recorded; NotFound, Conflict."""
        with self._attempts.of(principal, Right.OVERSEE, Subject("upload", upload), reason) as attempt:
            held = next((each for each in self._quarantine.quarantined() if each.upload == upload), None)
            if held is None:
                raise NotFound("no such upload in quarantine, or it was decided")
            attempt.agency = held.agency
            with self._database.read() as connection:
                require(connection, principal, Right.OVERSEE, held.agency)
            self._carry(upload, decision, reason, principal.actor)

    def status(self, principal: Principal) -> Mapping[str, Any]:
        """How the installation is, measured now."""
        with self._database.read() as connection:
            if not scope(connection, principal, Right.OVERSEE):
                raise NotPermitted(f"no role that allows this: {Right.OVERSEE}")
        return self._measure()
