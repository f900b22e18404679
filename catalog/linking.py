"""Links between recordings and cases: made and ended by officers, each with its ledger entry.

One open link a pair; an ended one stays for the record. Both sides belong to one agency. Never links by itself from
what a station declared: a declared case is a proposal, a link is a person's statement.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Entry, Subject
from catalog.errors import Conflict, InvalidInput, NotFound
from catalog.identity import AgencyId, CaseId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, Principal, Right, require
from catalog.segments import whole_of
from catalog.shapes import STAGES, one_of, text
from catalog.tables import cases, links, recordings
from catalog.tombstones import is_disposed
from integrity.clock import Clock, Random

AT_ONCE = 200
"""Recordings linked in one go, which is one transaction."""


class Linking:
    """Makes and ends links. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def link(self, principal: Principal, case: CaseId, wanted: Sequence[RecordingId], stage: str) -> Sequence[str]:
        """Link recordings to a case, all or none; Conflict where one is linked to it already. Returns their ids."""
        one_of("stage", stage, STAGES)
        if not 0 < len(set(wanted)) == len(wanted) <= AT_ONCE:
            raise InvalidInput("recordings", f"takes 1 to {AT_ONCE} different recordings")
        trying = self._attempts.of(principal, "link", Subject("case", case))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = find_case(connection, case).agency_id
            attempt.details["recordings"] = list(wanted[:20])
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            _refuse_strangers(connection, wanted, attempt.agency)
            self._database.exclusive(connection, "retention", attempt.agency)  # beside a disposal of the same
            if any(whole_of(connection, recording) for recording in wanted):
                raise Conflict("one of these recordings is joined to another: link that one")
            if any(is_disposed(connection, recording) for recording in wanted):
                raise Conflict("one of these recordings is disposed of")
            return [self._link(connection, principal, case, attempt.agency, recording, stage) for recording in wanted]

    def unlink(self, principal: Principal, link: str, reason: str) -> None:
        """End a link, with a reason; the recording goes back to the unlinked ones if it has no other."""
        reason = text("reason", reason, 500)
        trying = self._attempts.of(principal, "unlink", Subject("link", link))
        with trying as attempt, self._database.write() as connection:
            found = select(links, cases.c.agency_id).join(cases, cases.c.id == links.c.case_id)
            row = connection.execute(found.where(links.c.id == link, links.c.ended_at.is_(None))).one_or_none()
            if row is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(row.agency_id)
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
            entry = Entry("unlink", principal.actor, Subject("recording", row.recording_id), "done", purpose=reason,
                          agency=attempt.agency, details={"case": row.case_id, "id": link})  # fmt: skip
            values = {"ended_at": self._clock.now(), "ended_entry_id": self._ledger.write(connection, entry)}
            still = update(links).where(links.c.id == link, links.c.ended_at.is_(None)).values(values)
            if connection.execute(still).rowcount != 1:
                raise Conflict("somebody ended this link meanwhile")

    def _link(
        self, connection: Connection, principal: Principal, case: CaseId, agency: AgencyId,
        recording: RecordingId, stage: str,
    ) -> str:  # fmt: skip
        link = new_id(self._random)
        entry = Entry("link", principal.actor, Subject("recording", recording), "done", agency=agency,
                      details={"case": case, "stage": stage, "id": link})  # fmt: skip
        row = {"id": link, "recording_id": recording, "case_id": case, "stage": stage,
               "entry_id": self._ledger.write(connection, entry), "linked_at": self._clock.now()}  # fmt: skip
        try:
            connection.execute(insert(links).values(row))
        except IntegrityError as error:
            raise Conflict("a recording is linked to this case already") from error
        return link


def _refuse_strangers(connection: Connection, wanted: Sequence[RecordingId], agency: AgencyId) -> None:
    """Every recording must be one of the case's own agency; which of them is not is never said."""
    own = select(recordings.c.id).where(recordings.c.id.in_(wanted), recordings.c.agency_id == agency)
    if set(connection.scalars(own)) != set(wanted):
        raise NotFound(HIDDEN)
