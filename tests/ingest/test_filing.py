"""A person's document takes the way of every upload, and is waited for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from catalog import tables
from catalog.entry import Actor
from catalog.identity import new_id
from ingest.errors import IntakePending, InvalidLength, SpaceExhausted, UploadTooLarge
from integrity.statement import Filing, Statement
from tests.ingest.test_intake import running
from tests.ingest.works import Works, accounts


@pytest.fixture
def person(works: Works) -> Actor:
    person, case = new_id(), new_id()
    now = works.clock.now()
    row = {"id": person, "agency_id": works.agency, "login": "wang", "name": "王五", "password_hash": "",
           "password_once": False, "created_at": now}  # fmt: skip
    assert works.database is not None
    with works.database.write() as connection:
        connection.execute(insert(tables.people).values(row))
        connection.execute(
            insert(tables.cases).values(
                id=case, agency_id=works.agency, number="1", title="案", stage="start", opened_by=person, opened_at=now
            )
        )
    works.case = case  # type: ignore[attr-defined]
    return Actor("person", person, "王五", works.agency)


def statement(works: Works, person: Actor) -> Statement:
    filing = Filing(works.case, "询问笔录", "record", "investigation", "text/plain")  # type: ignore[attr-defined]
    return Statement(
        agency=works.agency, kind="document", name="笔录.txt", person=person.id, filetype="text/plain", filing=filing
    )


def test_a_document_is_catalogued_when_filing_returns(works: Works, person: Actor) -> None:
    with running(works):
        done = works.filing.file_document(statement(works, person), person, 6, [b"abc", b"", b"def"])
        assert done.document is not None
        assert done.recording is None
    works.finish()
    assert (works.count("documents"), works.count("recordings")) == (1, 0)
    receipt = works.receipt(done.upload)
    assert (receipt.person, receipt.station, receipt.size) == (person.id, None, 6)
    assert works.jobs.woken == []
    [entry] = works.entries("catalogue")
    assert entry["actor"]["name"] == "王五"
    accounts(works)


def test_while_it_is_not_sealed_the_caller_is_told_that_it_is_stored(works: Works, person: Actor) -> None:
    with pytest.raises(IntakePending):
        works.filing.file_document(statement(works, person), person, 3, [b"abc"], timeout=0)
    works.restart()
    works.finish()
    assert works.count("documents") == 1


def test_broken_and_wrong_streams_leave_nothing(works: Works, person: Actor) -> None:
    def broken() -> Iterator[bytes]:
        yield b"a"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        works.filing.file_document(statement(works, person), person, 3, broken())
    for chunks in ([b"ab"], [b"ab", b"cd"]):
        with pytest.raises(InvalidLength):
            works.filing.file_document(statement(works, person), person, 3, chunks)
    with pytest.raises(UploadTooLarge):
        works.filing.file_document(statement(works, person), person, 10_000_001, [])
    works.spool._reserve = 2**62
    with pytest.raises(SpaceExhausted):
        works.filing.file_document(statement(works, person), person, 3, [b"abc"])
    assert list(works.spool.uploads()) == []
    assert list(works.spool.root.iterdir()) == []
