"""How long recordings are kept: rules, and whether one may go. Without a rule that has run out nothing ever goes.

A rule says for an agency, a kind of recording, the stage of its links and the importance of their case how many months
it is kept, or for good, by which law. Of all rules that apply the longest counts, over every link a recording ever had;
time runs from when its bytes last came in, by our clock, never from what a device declared. A rule counts from the
durable head over its entry, and until the one over its end: what could let evidence go is never unrecorded.

Nothing here removes bytes. Who asks for that without an order of two persons is refused, and the try is on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Actor, Entry, Json, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted, RetentionHolds
from catalog.expiry import ANY, UNLINKED, reasons_of
from catalog.identity import AgencyId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.shapes import IMPORTANCE, RECORDING_KINDS, STAGES, one_of, text
from catalog.tables import agencies, originals, parts, retention_rules
from integrity.clock import Clock, Random
from integrity.digest import Digest

LONGEST_MONTHS = 1200


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule to be made; `months` is None for good. Shapes are not checked yet."""

    kind: str
    stage: str
    importance: str
    months: int | None
    legal_basis: str

    def checked(self) -> "Draft":
        """The same, trimmed; InvalidInput names the field that does not fit."""
        if self.months is not None and not 0 < self.months <= LONGEST_MONTHS:
            raise InvalidInput("months", f"takes 1 to {LONGEST_MONTHS}, or nothing for good")
        return Draft(
            one_of("kind", self.kind, (ANY, *RECORDING_KINDS)),
            one_of("stage", self.stage, (ANY, UNLINKED, *STAGES)),
            one_of("importance", self.importance, (ANY, *IMPORTANCE)),
            self.months,
            text("legal_basis", self.legal_basis, 500),
        )


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """A rule in force."""

    id: str
    agency_id: AgencyId
    agency_name: str
    kind: str
    stage: str
    importance: str
    months: int | None
    legal_basis: str
    made_at: datetime


class Retention:
    """Makes, ends and lists rules; refuses what no order permits. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def add_rule(self, principal: Principal, agency: AgencyId, draft: Draft) -> str:
        """Make a rule; it counts from the durable head on, for which this waits."""
        wanted, rule = draft.checked(), new_id(self._random)
        with self._attempts.of(principal, "retention-rule", Subject("agency", agency)) as attempt:
            attempt.agency = agency
            with self._database.write() as connection:
                require(connection, principal, Right.SET_RETENTION, agency)
                details: dict[str, Json] = {
                    "kind": wanted.kind, "stage": wanted.stage, "importance": wanted.importance,
                    "months": wanted.months, "legal_basis": wanted.legal_basis,
                }  # fmt: skip
                subject = Subject("rule", rule)
                entry = Entry("retention-rule", principal.actor, subject, "permitted", agency=agency, details=details)
                entry_id = self._ledger.write(connection, entry)
                row = details | {"id": rule, "agency_id": agency, "made_at": self._clock.now(), "entry_id": entry_id}
                connection.execute(insert(retention_rules).values(row))
        self._ledger.wait(entry_id)
        return rule

    def end_rule(self, principal: Principal, rule: str) -> None:
        """End a rule; it counts until the durable head over this. Conflict when it was ended meanwhile."""
        trying = self._attempts.of(principal, "retention-rule-ended", Subject("rule", rule))
        with trying as attempt, self._database.write() as connection:
            mine = select(retention_rules.c.agency_id).where(retention_rules.c.id == rule)
            agency = connection.scalar(mine)
            if agency is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(agency)
            require(connection, principal, Right.SET_RETENTION, attempt.agency)
            entry = Entry(
                "retention-rule-ended", principal.actor, Subject("rule", rule), "permitted", agency=attempt.agency
            )
            entry_id = self._ledger.write(connection, entry)
            ended = {"ended_at": self._clock.now(), "ended_entry_id": entry_id}
            still = retention_rules.c.ended_at.is_(None)
            there = update(retention_rules).where(retention_rules.c.id == rule, still)
            if connection.execute(there.values(ended)).rowcount != 1:
                raise Conflict("this rule was ended already")
        self._ledger.wait(entry_id)

    def rules(self, principal: Principal) -> Sequence[RetentionRule]:
        """The rules of the agencies this person sees or sets them for; not those that were ended."""
        with self._database.read() as connection:
            mine = scope(connection, principal, Right.SET_RETENTION) | scope(connection, principal, Right.SEE)
            if not mine:
                raise NotPermitted(f"no role that allows this: {Right.SET_RETENTION}")
            found = (
                select(retention_rules, agencies.c.name.label("agency_name"))
                .join(agencies, agencies.c.id == retention_rules.c.agency_id)
                .where(retention_rules.c.agency_id.in_(mine), retention_rules.c.ended_at.is_(None))
                .order_by(agencies.c.name, retention_rules.c.id)
            )
            return [_rule(row) for row in connection.execute(found)]

    def dispose(self, actor: Actor, digest: Digest) -> None:
        """Refuse to remove an original, naming every reason, and put the try on record; RetentionHolds always."""
        with self._database.read() as connection:
            why = self._why(connection, digest)
        details: dict[str, Json] = {"sha256": digest.hex, "reasons": list(why)}
        self._ledger.record(Entry("dispose", actor, Subject("original", digest.hex), "refused", details=details))
        raise RetentionHolds(f"{digest.hex} is kept: {', '.join(why)}")

    def _why(self, connection: Connection, digest: Digest) -> tuple[str, ...]:
        """Whatever keeps any recording of these bytes; and that there is no order of two persons, which this is not."""
        held = select(originals.c.id, parts.c.recording_id).outerjoin(parts, parts.c.original_id == originals.c.id)
        found = connection.execute(held.where(originals.c.sha256 == digest.hex)).all()
        if not found:
            return ("unknown",)
        why: dict[str, None] = {}
        for row in found:
            if row.recording_id is None:
                why["document"] = None
            else:
                why |= dict.fromkeys(reasons_of(connection, RecordingId(row.recording_id), self._clock.now()))
        return (*why, "no-order")


def _rule(row: Row[Any]) -> RetentionRule:
    return RetentionRule(**{name: getattr(row, name) for name in RetentionRule.__slots__})
