"""Cataloguing on both databases: one transaction, repeat-safe, the same bytes again, documents, races."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from catalog import leaves, tables
from catalog.database import Database
from catalog.entry import Actor
from catalog.errors import NotFound
from catalog.identity import AgencyId, OriginalId
from catalog.ledger import Ledger
from catalog.recordings import CatalogedRecording, Recordings
from catalog.sequencer import Sequencer
from integrity.digest import Digest
from integrity.manifest import Manifest
from integrity.seal import Seal
from integrity.statement import Statement
from tests.catalog import sample
from tests.catalog.seals import FOOTAGE, RECORD, FakeSealer, upload_id
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.logs import FakeLog

STATION = Actor("station", sample.STATION, "采集站 1", AgencyId(sample.AGENCY))
PERSON = Actor("person", sample.PERSON, "张三", AgencyId(sample.AGENCY))
OTHER_AGENCY, OTHER_STATION = "0" * 25 + "b", "0" * 25 + "c"
OTHERS = Statement(agency=OTHER_AGENCY, station=OTHER_STATION, kind="body-camera", name="另一个.mp4", device="DSJ-7")
BODY = b"footage"


@pytest.fixture
def recordings(database: Database, ledger: Ledger, clock: FakeClock) -> Recordings:
    with database.write() as connection:
        sample.fill(connection, "agencies", "people", "stations", "cases")
        agency = sample.row_of("agencies") | {"id": OTHER_AGENCY, "code": "other"}
        station = sample.row_of("stations") | {"id": OTHER_STATION, "agency_id": OTHER_AGENCY, "token_hash": "1" * 64}
        sample.insert(connection, "agencies", agency)
        sample.insert(connection, "stations", station)
    return Recordings(database, ledger, clock, FakeRandom(b"recordings"))


@pytest.fixture
def sealer(sequencer: Sequencer) -> FakeSealer:
    return FakeSealer(sequencer)


def _catalogue(
    recordings: Recordings, seal: Seal, statement: Statement = FOOTAGE, number: int = 1
) -> CatalogedRecording:
    uploader = PERSON if statement.person else STATION
    return recordings.catalogue(seal, statement, upload_id(number), START, uploader)


def _counts(database: Database) -> dict[str, int]:
    names = ("originals", "tokens", "recordings", "parts", "devices", "documents", "uploads", "repeated_manifests")
    with database.read() as connection:
        counts = {
            name: connection.scalar(select(func.count()).select_from(tables.metadata.tables[name])) or 0
            for name in (*names, "ledger")
        }
    return {name: count for name, count in counts.items() if count}


def _entries(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        return [
            json.loads(body) for body in connection.scalars(select(tables.ledger.c.body).order_by(tables.ledger.c.id))
        ]


def _details(entry: dict[str, object]) -> dict[str, object]:
    details = entry["details"]
    assert isinstance(details, dict)
    return details


def _sound(database: Database, sequencer: Sequencer, log: FakeLog) -> None:
    """Every index of the log is claimed by one body, manifests and entries alike."""
    sequencer.drain()
    with database.read() as connection:
        assert leaves.unclaimed(connection, 0, len(log.store.kept)) == []
        assert leaves.last_claimed(connection) == len(log.store.kept) - 1


def test_one_upload_becomes_a_recording(
    database: Database, recordings: Recordings, sealer: FakeSealer, sequencer: Sequencer, log: FakeLog
) -> None:
    seal = sealer.seal(BODY, FOOTAGE)
    done = _catalogue(recordings, seal)
    assert _counts(database) == {
        "originals": 1, "tokens": 2, "recordings": 1, "parts": 1, "devices": 1, "uploads": 1, "ledger": 1,
    }  # fmt: skip
    with database.read() as connection:
        row = connection.execute(select(tables.recordings)).one()
    assert (row.id, row.state, row.medium, row.attempts) == (done.recording, "catalogued", "unknown", 0)
    assert (row.name, row.operator, row.declared_case, row.clock_offset_ms) == (
        "现场.mp4",
        "张三",
        "〔2026〕1号",
        -1500,
    )
    assert (done.document, done.repeated) == (None, False)
    _sound(database, sequencer, log)


def test_the_entry_names_what_was_sealed(database: Database, recordings: Recordings, sealer: FakeSealer) -> None:
    seal = sealer.seal(BODY, FOOTAGE)
    done = _catalogue(recordings, seal)
    (entry,) = _entries(database)
    assert (entry["action"], entry["subject"]) == ("catalogue", {"kind": "recording", "id": done.recording})
    assert (entry["actor"], entry["agency"]) == (
        {"kind": "station", "id": sample.STATION, "name": "采集站 1", "agency": sample.AGENCY},
        sample.AGENCY,
    )
    tokens = [token.token.raw for token in seal.tokens if token.token]
    assert _details(entry) == {
        "upload": upload_id(1),
        "original": done.original,
        "sha256": Digest.of(BODY).hex,
        "size": len(BODY),
        "manifest": Digest.of(seal.manifest_bytes).hex,
        "leaf": seal.leaf_index,
        "statement": Digest.of(FOOTAGE.encode()).hex,
        "tokens": [
            {"over": "original", "authority": "embedded", "sha256": Digest.of(tokens[0]).hex},
            {"over": "manifest", "authority": "embedded", "sha256": Digest.of(tokens[1]).hex},
        ],
    }


def test_what_was_stored_is_what_was_sealed(recordings: Recordings, sealer: FakeSealer) -> None:
    seal = sealer.seal(BODY, FOOTAGE)
    done = _catalogue(recordings, seal)
    stored = recordings.original(done.original)
    assert (stored.manifest, stored.digest, stored.leaf_index) == (seal.manifest_bytes, seal.digest, seal.leaf_index)
    assert (stored.agency, stored.name, stored.size, stored.vault) == (sample.AGENCY, "现场.mp4", len(BODY), "files")
    assert [token.raw for token in stored.tokens] == [token.token and token.token.raw for token in seal.tokens]
    assert stored.complete
    assert Manifest.parse(stored.manifest) == seal.manifest


def test_the_same_upload_again_changes_nothing(database: Database, recordings: Recordings, sealer: FakeSealer) -> None:
    seal = sealer.seal(BODY, FOOTAGE)
    first = _catalogue(recordings, seal)
    before = _counts(database)
    assert _catalogue(recordings, seal) == first
    assert recordings.catalogued(upload_id(1)) == first
    assert _counts(database) == before


def test_a_failure_inside_leaves_nothing(
    database: Database, recordings: Recordings, sealer: FakeSealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks in the transaction: no row of it stays, and the same call succeeds afterwards."""
    seal = sealer.seal(BODY, FOOTAGE)
    for name in ("insert_original", "insert_recording", "insert_upload", "see_device"):
        with monkeypatch.context() as patched, pytest.raises(ZeroDivisionError):
            patched.setattr(f"catalog.recordings.{name}", lambda *_args, **_options: 1 // 0)
            _catalogue(recordings, seal)
        assert _counts(database) == {}
    assert _catalogue(recordings, seal).recording


class TestTheSameBytesAgain:
    """Within the agency: one original, and every statement under a leaf."""

    def test_another_upload_is_on_record_with_its_whole_statement(
        self, database: Database, recordings: Recordings, sealer: FakeSealer, sequencer: Sequencer, log: FakeLog
    ) -> None:
        first = _catalogue(recordings, sealer.seal(BODY, FOOTAGE))
        again = Statement(agency=sample.AGENCY, station=sample.STATION, kind="phone", name="改名.mp4")
        original = recordings.find(AgencyId(sample.AGENCY), Digest.of(BODY))
        assert original == first.original
        second = recordings.repeat(original, again, upload_id(2), START, STATION)
        assert (second.original, second.recording, second.repeated) == (first.original, first.recording, True)
        entry = _entries(database)[1]
        assert entry["action"] == "upload-repeated"
        statement = _details(entry)["statement"]
        assert isinstance(statement, dict)
        assert (statement["name"], statement["kind"]) == ("改名.mp4", "phone")
        assert recordings.repeat(original, again, upload_id(2), START, STATION) == second
        assert recordings.catalogued(upload_id(2)) == second
        assert recordings.original(original).name == "现场.mp4"
        _sound(database, sequencer, log)

    def test_two_that_were_sealed_beside_each_other_keep_both_leaves_bodies(
        self, database: Database, recordings: Recordings, sealer: FakeSealer, sequencer: Sequencer, log: FakeLog
    ) -> None:
        seals = [sealer.seal(BODY, FOOTAGE), sealer.seal(BODY, FOOTAGE)]
        first, second = (_catalogue(recordings, seal, number=number) for number, seal in enumerate(seals))
        assert first.original == second.original
        assert second.repeated
        with database.read() as connection:
            kept = connection.execute(select(tables.repeated_manifests)).one()
        assert (kept.manifest, kept.leaf_index) == (seals[1].manifest_bytes, seals[1].leaf_index)
        assert _catalogue(recordings, seals[1]) == second
        _sound(database, sequencer, log)

    def test_a_race_makes_one_original(
        self, database: Database, recordings: Recordings, sealer: FakeSealer, sequencer: Sequencer, log: FakeLog
    ) -> None:
        seals = [sealer.seal(BODY, FOOTAGE) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            done = list(
                pool.map(lambda number: _catalogue(recordings, seals[number % 8], number=number % 8), range(24))
            )
        assert len({one.original for one in done}) == len({one.recording for one in done}) == 1
        assert len({one.upload for one in done if not one.repeated}) == 1
        assert _counts(database) == {
            "originals": 1, "tokens": 2, "recordings": 1, "parts": 1, "devices": 1, "uploads": 8,
            "repeated_manifests": 7, "ledger": 8,
        }  # fmt: skip
        _sound(database, sequencer, log)

    def test_from_another_agency_they_are_another_original(
        self, database: Database, recordings: Recordings, sealer: FakeSealer
    ) -> None:
        mine = _catalogue(recordings, sealer.seal(BODY, FOOTAGE))
        assert recordings.find(AgencyId(OTHER_AGENCY), Digest.of(BODY)) is None
        with pytest.raises(NotFound):
            recordings.repeat(mine.original, OTHERS, upload_id(2), START, STATION)
        theirs = _catalogue(recordings, sealer.seal(BODY, OTHERS), OTHERS, number=2)
        assert theirs.original != mine.original
        assert not theirs.repeated
        assert _counts(database)["originals"] == 2
        assert _counts(database)["devices"] == 2  # the same code, two agencies' cameras

    def test_an_original_that_is_not_there(self, recordings: Recordings) -> None:
        with pytest.raises(NotFound):
            recordings.repeat(OriginalId("0" * 26), FOOTAGE, upload_id(1), START, STATION)
        with pytest.raises(NotFound):
            recordings.original(OriginalId("0" * 26))


class TestDocuments:
    """Filed by people, sealed by the same path."""

    def test_a_document_belongs_to_its_case(
        self, database: Database, recordings: Recordings, sealer: FakeSealer
    ) -> None:
        done = _catalogue(recordings, sealer.seal(b"text", RECORD), RECORD)
        assert done.recording is None
        with database.read() as connection:
            row = connection.execute(select(tables.documents)).one()
        assert (row.id, row.case_id, row.original_id) == (done.document, sample.CASE, done.original)
        assert (row.title, row.kind, row.stage) == ("询问笔录", "record", "investigation")
        assert (row.content_type, row.filed_by) == ("application/pdf", sample.PERSON)
        (entry,) = _entries(database)
        assert entry["subject"] == {"kind": "document", "id": done.document}
        assert _catalogue(recordings, sealer.seal(b"text", RECORD), RECORD) == done

    def test_filed_again_to_the_same_case_it_is_the_same_document(
        self, database: Database, recordings: Recordings, sealer: FakeSealer
    ) -> None:
        first = _catalogue(recordings, sealer.seal(b"text", RECORD), RECORD)
        second = recordings.repeat(first.original, RECORD, upload_id(2), START, PERSON)
        assert (second.document, second.repeated) == (first.document, True)
        assert _counts(database)["documents"] == 1

    def test_bytes_uploaded_as_footage_can_be_filed_as_a_document_too(
        self, database: Database, recordings: Recordings, sealer: FakeSealer
    ) -> None:
        footage = _catalogue(recordings, sealer.seal(BODY, FOOTAGE))
        filed = recordings.repeat(footage.original, RECORD, upload_id(2), START, PERSON)
        assert filed.document
        assert (filed.recording, filed.original) == (None, footage.original)
        assert (_counts(database)["recordings"], _counts(database)["documents"]) == (1, 1)
        assert recordings.catalogued(upload_id(1)) == footage
        assert recordings.catalogued(upload_id(2)) == filed


def test_what_became_of_an_upload(recordings: Recordings, sealer: FakeSealer) -> None:
    assert recordings.upload(upload_id(1)) is None
    assert recordings.catalogued(upload_id(1)) is None
    done = _catalogue(recordings, sealer.seal(BODY, FOOTAGE))
    known = recordings.upload(upload_id(1))
    assert known is not None
    assert (known.state, known.station, known.person, known.size) == ("catalogued", sample.STATION, None, len(BODY))
    assert (known.digest, known.original, known.received_at) == (Digest.of(BODY), done.original, START)
    assert Statement.parse(known.statement) == FOOTAGE


def test_an_upload_that_was_given_up(database: Database, recordings: Recordings) -> None:
    for _ in range(2):
        recordings.terminated(upload_id(1), FOOTAGE, 3, START, STATION)
    known = recordings.upload(upload_id(1))
    assert known is not None
    assert (known.state, known.digest, known.size) == ("terminated", None, 3)
    assert [entry["action"] for entry in _entries(database)] == ["upload-terminated"]
    assert recordings.catalogued(upload_id(1)) is None
