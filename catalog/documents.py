"""Documents (文书): the text record of a case, sealed by the same path as footage.

Here is what may be filed by whom, and what is known of what was filed. The bytes go through the intake, come back only
through the gate, and are never touched here. A filed document is never replaced or withdrawn: a better one is filed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from catalog.attempts import Attempts
from catalog.cases import find_case
from catalog.database import Database
from catalog.entry import Subject
from catalog.errors import InvalidInput, NotFound
from catalog.evidence import OriginalFacts, TokenFacts, original_facts, tokens_of
from catalog.identity import AgencyId, CaseId, EntryId, OriginalId, PersonId, is_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, Principal, Right, require
from catalog.shapes import DOCUMENT_KINDS, STAGES, one_of, text
from catalog.tables import cases, documents, ledger, originals, people
from integrity.canonical import parse_canonical
from integrity.statement import Filing, Statement

_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A filed document, with the names a page shows; digest in hexadecimal, size in bytes."""

    id: str
    case_id: CaseId
    agency_id: AgencyId
    original_id: OriginalId
    title: str
    kind: str
    stage: str
    content_type: str
    name: str
    sha256: str
    size: int
    filed_by: PersonId
    filed_by_name: str
    filed_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """All a document's page tells."""

    document: DocumentFacts
    original: OriginalFacts
    tokens: tuple[TokenFacts, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody says about a file they are about to file; shapes are not checked yet."""

    title: str
    kind: str
    stage: str
    name: str
    content_type: str


class Documents:
    """Permits filing and tells what was filed. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._attempts = Attempts(ledger)

    def statement(self, principal: Principal, case: CaseId, draft: Draft) -> Statement:
        """What the intake seals with the bytes, if this person may file to this case; refused tries are recorded."""
        filing = Filing(
            case=case,
            title=text("title", draft.title, 300),
            kind=one_of("kind", draft.kind, DOCUMENT_KINDS),
            stage=one_of("stage", draft.stage, STAGES),
            content_type=_content_type(draft.content_type),
        )
        trying = self._attempts.of(principal, "file-document", Subject("case", case))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.WORK_ON_CASE, attempt.agency)
        return Statement(
            agency=attempt.agency,
            kind="document",
            name=text("name", draft.name, 255),
            person=principal.person_id,
            filetype=filing.content_type,
            filing=filing,
        )

    def of_case(self, principal: Principal, case: CaseId) -> Sequence[DocumentFacts]:
        """The documents of a case, in the order they were filed."""
        trying = self._attempts.of(principal, Right.SEE, Subject("case", case))
        with trying as attempt, self._database.read() as connection:
            attempt.agency = find_case(connection, case).agency_id
            require(connection, principal, Right.SEE, attempt.agency)
            filed = _facts().where(documents.c.case_id == case).order_by(documents.c.filed_at, documents.c.id)
            return [_document(row) for row in connection.execute(filed)]

    def get(self, principal: Principal, document: str) -> DocumentDetail:
        """One document; NotFound outside the person's scope."""
        trying = self._attempts.of(principal, Right.SEE, Subject("document", document))
        with trying as attempt, self._database.read() as connection:
            facts = find_document(connection, document)
            attempt.agency = facts.agency_id
            require(connection, principal, Right.SEE, facts.agency_id)
            held = connection.execute(select(originals).where(originals.c.id == facts.original_id)).one()
            return DocumentDetail(facts, original_facts(held), tuple(tokens_of(connection, facts.original_id)))


def find_document(connection: Connection, document: str) -> DocumentFacts:
    """A document by id, whoever asks; NotFound."""
    row = connection.execute(_facts().where(documents.c.id == document)).one_or_none() if is_id(document) else None
    if row is None:
        raise NotFound(HIDDEN)
    return _document(row)


def asked_for(connection: Connection, request: EntryId) -> list[DocumentFacts]:
    """The documents that a request's ledger entry names, in its order; InvalidCanonical where it cannot be read."""
    body = parse_canonical(bytes(connection.scalars(select(ledger.c.body).where(ledger.c.id == request)).one()))
    named = body["details"].get("documents", [])
    return [find_document(connection, document) for document in named]


def _facts() -> Select[Any]:
    return (
        select(
            documents,
            cases.c.agency_id,
            originals.c.name,
            originals.c.sha256,
            originals.c.size,
            people.c.name.label("filed_by_name"),
        )
        .join(cases, cases.c.id == documents.c.case_id)
        .join(originals, originals.c.id == documents.c.original_id)
        .join(people, people.c.id == documents.c.filed_by)
    )


def _document(row: Row[Any]) -> DocumentFacts:
    return DocumentFacts(**{name: getattr(row, name) for name in DocumentFacts.__slots__})


def _content_type(value: str) -> str:
    """A media type without its parameters."""
    plain = value.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(plain):
        raise InvalidInput("content_type", "is no media type such as application/pdf")
    return plain
