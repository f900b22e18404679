"""Whether a recording's time is over, and everything that keeps it: one answer for lists, requests and the disposal.

Reads only, within the caller's transaction. What is in doubt keeps: a rule or a release that has no durable head yet, a
hold as soon as it is written, a case hold for every recording the case ever had, and for a joined recording whatever
keeps one of its segments.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, exists, func, or_, select

from catalog.identity import AgencyId, RecordingId
from catalog.segments import concerns, whole_of
from catalog.tables import (
    cases,
    grants,
    holds,
    ledger_leaves,
    links,
    older_copies,
    parts,
    recordings,
    request_items,
    requests,
    retention_rules,
    uploads,
)
from catalog.tombstones import disposed

ANY = "any"
"""As a rule's kind, stage or importance: every one."""
UNLINKED = "unlinked"
"""As a rule's stage: recordings that no case ever had."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long a recording is kept: `until` is None for good, or where no rule applies; `basis`: by which laws."""

    since: datetime
    until: datetime | None
    permanent: bool
    basis: tuple[str, ...]

    def over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return self.until is not None and self.until <= now


def term_of(connection: Connection, recording: RecordingId) -> Term | None:
    """The longest of all rules that apply to a recording; None for one that does not exist."""
    facts = select(recordings.c.agency_id, recordings.c.kind, recordings.c.catalogued_at)
    row = connection.execute(facts.where(recordings.c.id == recording)).one_or_none()
    if row is None:
        return None
    since = max(row.catalogued_at, _last_received(connection, recording) or row.catalogued_at)
    places = _places(connection, recording)
    apply = [rule for rule in rules_in_force(connection, AgencyId(row.agency_id)) if _applies(rule, row.kind, places)]
    permanent = any(rule.months is None for rule in apply)
    longest = max((rule.months for rule in apply if rule.months is not None), default=None)
    until = None if permanent or longest is None else months_later(since, longest)
    decisive = [rule for rule in apply if rule.months == (None if permanent else longest)]
    return Term(since, until, permanent, tuple(dict.fromkeys(rule.legal_basis for rule in decisive)))


def reasons_of(connection: Connection, recording: RecordingId, now: datetime) -> tuple[str, ...]:
    """Why a recording stays: `unknown` `disposed` `unexpired` `held` `linked` `requested` `preparing`
    `joined` (it is kept with what it is joined to); or nothing."""
    term = term_of(connection, recording)
    if term is None:
        return ("unknown",)
    facts = select(
        recordings.c.state,
        disposed(recordings.c.id).label("disposed"),
        held(recordings.c.id).label("held"),
        linked(recordings.c.id).label("linked"),
        requested(recordings.c.id).label("requested"),
        prepared_now().label("preparing"),
    )
    row = connection.execute(facts.where(recordings.c.id == recording)).one()
    found = {
        "disposed": row.disposed,
        "unexpired": not term.over(now),
        "held": row.held,
        "linked": row.linked,
        "requested": row.requested,
        "preparing": row.preparing,
        "joined": whole_of(connection, recording) is not None,
    }
    return tuple(reason for reason, true in found.items() if true)


def rules_in_force(connection: Connection, agency: AgencyId) -> Sequence[Row[Any]]:
    """The rules of an agency that count now: from the head over their entry to the head over their end."""
    lasts = or_(retention_rules.c.ended_at.is_(None), ~under_head(retention_rules.c.ended_entry_id))
    mine = select(retention_rules).where(retention_rules.c.agency_id == agency)
    return connection.execute(mine.where(under_head(retention_rules.c.entry_id), lasts)).all()


def held(recording: "Column[str]") -> ColumnElement[bool]:
    """That a hold keeps it, its own or one of a case it is or was linked to; until its release is under a head."""
    lasts = or_(holds.c.released_at.is_(None), ~under_head(holds.c.released_entry_id))
    theirs = select(links.c.case_id).where(concerns(links.c.recording_id, recording)).correlate_except(links)
    return exists().where(lasts, or_(concerns(holds.c.recording_id, recording), holds.c.case_id.in_(theirs)))


def linked(recording: "Column[str]") -> ColumnElement[bool]:
    """That a case has it."""
    return exists().where(concerns(links.c.recording_id, recording), links.c.ended_at.is_(None))


def requested(recording: "Column[str]") -> ColumnElement[bool]:
    """That a copy of it is asked for, or granted and not fetched yet."""
    asked = exists().where(
        concerns(request_items.c.recording_id, recording),
        requests.c.id == request_items.c.request_id,
        requests.c.state == "open",
    )
    granted = exists().where(
        concerns(request_items.c.recording_id, recording),
        grants.c.request_id == request_items.c.request_id,
        grants.c.state.in_(("approved", "ready", "releasing")),
    )
    return or_(asked, granted)


def prepared_now() -> ColumnElement[bool]:
    """That a worker has its bytes open, for its first copy or to make one anew; in a question about recordings."""
    anew = exists().where(older_copies.c.recording_id == recordings.c.id, older_copies.c.claimed_by.is_not(None))
    return or_(recordings.c.state == "preparing", anew)


def under_head(entry: "Column[Any]") -> ColumnElement[bool]:
    """That an entry has its leaf, which a durable head covers."""
    return exists().where(ledger_leaves.c.entry_id == entry)


def months_later(at: datetime, months: int) -> datetime:
    """The same day so many months later; the month's last day where it is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def _last_received(connection: Connection, recording: RecordingId) -> datetime | None:
    received = (
        select(func.max(uploads.c.received_at))
        .join(parts, parts.c.original_id == uploads.c.original_id)
        .where(parts.c.recording_id == recording)
    )
    last: datetime | None = connection.scalar(received)
    return last


def _places(connection: Connection, recording: RecordingId) -> set[tuple[str, str]]:
    """Stage and importance of every link it ever had; what stands for none where it had none."""
    ever = select(links.c.stage, cases.c.importance).join(cases, cases.c.id == links.c.case_id)
    mine = concerns(links.c.recording_id, recording)
    found = {(row.stage, row.importance) for row in connection.execute(ever.where(mine))}
    return found or {(UNLINKED, "ordinary")}


def _applies(rule: Row[Any], kind: str, places: set[tuple[str, str]]) -> bool:
    if rule.kind not in (ANY, kind):
        return False
    return any(rule.stage in (ANY, stage) and rule.importance in (ANY, weight) for stage, weight in places)
