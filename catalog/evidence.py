"""What is known about recordings: lists and details for pages, never a byte of footage, not even a thumbnail.

Reads only. Everything here is scoped by the right to see; watching is another right and goes through the gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, or_, select

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Subject
from catalog.errors import NotFound
from catalog.identity import AgencyId, CaseId, EntryId, OriginalId, RecordingId, is_id
from catalog.ledger import Ledger
from catalog.paging import Page, newest_first, page_of
from catalog.permissions import HIDDEN, Principal, Right, require, scope
from catalog.quality import QualityFinding, read_quality
from catalog.tables import agencies, cases, devices, links, originals, parts, recordings, stations, tokens, uploads


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """One recording; what the station declared stays as declared. Times are aware, lengths milliseconds."""

    id: RecordingId
    agency_id: AgencyId
    agency_name: str
    name: str
    kind: str
    medium: str
    state: str
    reason: str | None
    device_code: str | None
    operator: str | None
    session: str | None
    channel: str | None
    declared_case: str | None
    started_at: datetime | None
    ended_at: datetime | None
    clock_offset_ms: int | None
    duration_ms: int | None
    sealed_at: datetime
    catalogued_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class LinkedRecording:
    """A recording as part of a case."""

    link_id: str
    stage: str
    linked_at: datetime
    recording: RecordingFacts


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case that a recording is part of."""

    link_id: str
    id: CaseId
    number: str
    title: str
    stage: str


@dataclass(frozen=True, slots=True)
class OriginalFacts:
    """Sealed bytes: digest in hexadecimal, size in bytes, and where the manifest's leaf is in the log."""

    id: OriginalId
    sha256: str
    size: int
    name: str
    sealed_at: datetime
    leaf_index: int


AT_ONCE = timedelta(minutes=1)
"""A token that takes no longer was not late."""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A timestamp over the original or its manifest; `gen_time` is None while it is pending since `asked_at`."""

    over: str
    authority: str
    gen_time: datetime | None
    asked_at: datetime

    @property
    def delay_ms(self) -> int | None:
        """How long after the sealing it was made, in milliseconds; None where it came at once, or not yet."""
        if self.gen_time is None or self.gen_time - self.asked_at < AT_ONCE:
            return None
        return (self.gen_time - self.asked_at) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RecordingDetail:
    """All a recording's page tells; originals in order, with the tokens of all of them."""

    recording: RecordingFacts
    station_name: str | None
    originals: tuple[OriginalFacts, ...]
    tokens: tuple[TokenFacts, ...]
    cases: tuple[LinkedCase, ...]
    quality: tuple[QualityFinding, ...]
    """What is wrong to look at or to hear, as far as that was found in the viewing copy."""


class Evidence:
    """Lists and details of recordings. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._attempts = Attempts(ledger)

    def list(
        self,
        principal: Principal,
        *,
        unlinked: bool = False,
        words: str = "",
        agency: AgencyId | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[RecordingFacts]:
        """Recordings this person may see, newest first; `words` is a part of name, device or declared case."""
        with self._database.read() as connection:
            visible = scope(connection, principal, Right.SEE)
            query = _facts().where(recordings.c.agency_id.in_(visible & {agency} if agency else visible))
            if unlinked:
                query = query.where(~_open_link(recordings.c.id))
            if words.strip():
                columns = (recordings.c.name, devices.c.code, recordings.c.declared_case)
                query = query.where(or_(*(column.icontains(words.strip(), autoescape=True) for column in columns)))
            ordered = newest_first(query, recordings.c.catalogued_at, recordings.c.id, after, limit)
            rows = connection.execute(ordered).all()
        return page_of(rows, limit, "catalogued_at", _recording)

    def get(self, principal: Principal, recording: RecordingId) -> RecordingDetail:
        """One recording; NotFound outside the person's scope."""
        trying = self._attempts.of(principal, Right.SEE, Subject("recording", recording))
        with trying as attempt, self._database.read() as connection:
            facts = find_recording(connection, recording)
            attempt.agency = facts.agency_id
            require(connection, principal, Right.SEE, facts.agency_id)
            held = originals_of(connection, recording)
            return RecordingDetail(
                recording=facts,
                station_name=_station_name(connection, held),
                originals=tuple(held),
                tokens=tuple(token for original in held for token in tokens_of(connection, original.id)),
                cases=tuple(_cases_of(connection, recording)),
                quality=read_quality(connection, recording),
            )

    def of_case(self, principal: Principal, case: CaseId) -> Sequence[LinkedRecording]:
        """The recordings linked to a case, in the order they were linked."""
        trying = self._attempts.of(principal, Right.SEE, Subject("case", case))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            columns = (links.c.id.label("link_id"), links.c.stage, links.c.linked_at)
            linked = (
                _facts().add_columns(*columns).join(links, links.c.recording_id == recordings.c.id)
                .where(links.c.case_id == case, links.c.ended_at.is_(None)).order_by(links.c.linked_at, links.c.id)
            )  # fmt: skip
            return [
                LinkedRecording(row.link_id, row.stage, row.linked_at, _recording(row))
                for row in connection.execute(linked)
            ]


def find_recording(connection: Connection, recording: RecordingId) -> RecordingFacts:
    """A recording by id, whoever asks; NotFound."""
    row = connection.execute(_facts().where(recordings.c.id == recording)).one_or_none() if is_id(recording) else None
    if row is None:
        raise NotFound(HIDDEN)
    return _recording(row)


def originals_of(connection: Connection, recording: RecordingId) -> Sequence[OriginalFacts]:
    """A recording's originals, in order."""
    held = (
        select(originals)
        .join(parts, parts.c.original_id == originals.c.id)
        .where(parts.c.recording_id == recording)
        .order_by(parts.c.position)
    )
    return [original_facts(row) for row in connection.execute(held)]


def original_facts(row: Row[Any]) -> OriginalFacts:
    """The facts in a row of `originals`."""
    return OriginalFacts(**{name: getattr(row, name) for name in OriginalFacts.__slots__})


def tokens_of(connection: Connection, original: OriginalId) -> Sequence[TokenFacts]:
    """The tokens of an original and of its manifest, pending ones too."""
    held = select(tokens).where(tokens.c.original_id == original)
    held = held.order_by(tokens.c.over.desc(), tokens.c.number, tokens.c.id)
    return [TokenFacts(row.over, row.authority, row.gen_time, row.asked_at) for row in connection.execute(held)]


def _facts() -> Select[Any]:
    # One row a recording: the first part's original says when it was sealed.
    others = parts.alias("others")
    first = select(func.min(others.c.position)).where(others.c.recording_id == recordings.c.id).scalar_subquery()
    return (
        select(
            recordings,
            agencies.c.name.label("agency_name"),
            devices.c.code.label("device_code"),
            originals.c.sealed_at,
        )
        .join(agencies, agencies.c.id == recordings.c.agency_id)
        .join(parts, (parts.c.recording_id == recordings.c.id) & (parts.c.position == first))
        .join(originals, originals.c.id == parts.c.original_id)
        .outerjoin(devices, devices.c.id == recordings.c.device_id)
    )


def _recording(row: Row[Any]) -> RecordingFacts:
    return RecordingFacts(**{name: getattr(row, name) for name in RecordingFacts.__slots__})


def _open_link(recording: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(links.c.recording_id == recording, links.c.ended_at.is_(None))


def _cases_of(connection: Connection, recording: RecordingId) -> Sequence[LinkedCase]:
    linked = (
        select(cases.c.id, cases.c.number, cases.c.title, links.c.stage, links.c.id.label("link_id"))
        .join(links, links.c.case_id == cases.c.id)
        .where(links.c.recording_id == recording, links.c.ended_at.is_(None))
        .order_by(links.c.linked_at, links.c.id)
    )
    return [
        LinkedCase(row.link_id, CaseId(row.id), row.number, row.title, row.stage) for row in connection.execute(linked)
    ]


def _station_name(connection: Connection, held: Sequence[OriginalFacts]) -> str | None:
    """The station that brought the first original first."""
    first = (
        select(stations.c.name)
        .join(uploads, uploads.c.station_id == stations.c.id)
        .where(uploads.c.original_id.in_([original.id for original in held[:1]]))
        .order_by(uploads.c.received_at)
        .limit(1)
    )
    return connection.scalar(first)
