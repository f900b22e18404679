"""Quarantine: on record once, never a receipt, and left only by one reasoned decision under the log."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound
from catalog.recordings import Recordings
from integrity.digest import Digest
from integrity.statement import Statement
from tests.catalog import sample
from tests.catalog.seals import FOOTAGE, upload_id
from tests.catalog.test_recordings import PERSON, STATION, recordings, sealer
from tests.fakes.clocks import START
from tests.fakes.logs import FakeLog

__all__ = ["recordings", "sealer"]
UPLOAD = upload_id(1)
DECLARED, CAME = Digest.of(b"declared"), Digest.of(b"came")
STATEMENT = replace(FOOTAGE, sha256=DECLARED)


@pytest.fixture
def quarantined(recordings: Recordings) -> Recordings:
    for _ in range(2):
        recordings.quarantine(UPLOAD, STATEMENT, CAME, 4, START, STATION)
    return recordings


def test_other_bytes_than_declared_are_kept_and_on_record(database: Database, quarantined: Recordings) -> None:
    known = quarantined.upload(UPLOAD)
    assert known is not None
    assert (known.state, known.digest, known.original) == ("quarantined", CAME, None)
    (waiting,) = quarantined.quarantined()
    assert (waiting.declared, waiting.digest, waiting.size, waiting.name) == (DECLARED, CAME, 4, "现场.mp4")
    assert quarantined.receipts_due() == []
    assert quarantined.catalogued(UPLOAD) is None
    with database.read() as connection:
        (body,) = connection.scalars(select(tables.ledger.c.body))
    entry = json.loads(body)
    assert (entry["action"], entry["outcome"], entry["actor"]["id"]) == ("quarantine", "refused", sample.STATION)
    assert (entry["details"]["declared"], entry["details"]["sha256"]) == (DECLARED.hex, CAME.hex)


@pytest.mark.parametrize("statement", [FOOTAGE, STATEMENT], ids=["nothing-declared", "declared-truly"])
def test_what_was_not_declared_wrongly_does_not_belong_here(recordings: Recordings, statement: Statement) -> None:
    with pytest.raises(InvalidInput):
        recordings.quarantine(UPLOAD, statement, DECLARED, 4, START, STATION)


def test_a_decision_has_a_reason_and_is_taken_once(database: Database, quarantined: Recordings) -> None:
    entry = quarantined.decide_quarantined(UPLOAD, "keep", "采集站故障，保留待查", PERSON)
    assert quarantined.quarantined() == []
    with database.read() as connection:
        row = connection.execute(select(tables.quarantine)).one()
        assert connection.execute(select(tables.ledger_leaves).where(tables.ledger_leaves.c.entry_id == entry)).one()
    assert (row.decision, row.decided_by, row.decision_entry_id) == ("keep", sample.PERSON, entry)
    with pytest.raises(Conflict):
        quarantined.decide_quarantined(UPLOAD, "discard", "再看", PERSON)
    with database.read() as connection:
        assert len(connection.execute(select(tables.ledger)).all()) == 2


def test_a_decision_that_cannot_be_taken(quarantined: Recordings, log: FakeLog) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        quarantined.decide_quarantined(UPLOAD, "keep", " ", PERSON)
    with pytest.raises(NotFound):
        quarantined.decide_quarantined(upload_id(2), "keep", "原因", PERSON)
    log.down = True
    with pytest.raises(LedgerUnavailable):
        quarantined.decide_quarantined(UPLOAD, "seal", "原因", PERSON)
