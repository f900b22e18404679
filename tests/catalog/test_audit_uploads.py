"""What was declared is what is shown; receipts stand; what a receipt acknowledged is there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert

from catalog.audit_uploads import AT_ONCE, UNDER_WAY, receipt_findings, upload_findings
from catalog.stations import Station
from catalog.tables import receipts
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.enrolment import prove_key
from integrity.errors import InvalidReceipt
from integrity.finding import Finding
from integrity.note import Signer
from integrity.statement import Statement
from tests.catalog.audited import Audited
from tests.catalog.house import SYSTEM, House
from tests.catalog.owner import change
from tests.catalog.seals import upload_id
from tests.fakes.clocks import START
from tests.fakes.signers import KEY, OTHER


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def test_what_nobody_touched_is_clean(audited: Audited) -> None:
    audited.footage(2, b"footage")
    assert audited.codes(upload_findings) == set()


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE recordings SET operator = '李四'", {"recording-differs"}),
        ("UPDATE recordings SET started_at = '2026-01-01T00:00:00.000000Z'", {"recording-differs"}),
        ("UPDATE recordings SET clock_offset_ms = 0", {"recording-differs"}),
        ("UPDATE devices SET code = 'DSJ-8'", {"recording-differs"}),
        ("UPDATE documents SET title = '处罚决定书'", {"document-differs"}),
        ("UPDATE documents SET original_id = (SELECT original_id FROM parts)", {"document-differs"}),
        ("UPDATE uploads SET statement = (SELECT commitment FROM ledger WHERE id = 2) WHERE person_id IS NOT NULL",
         {"statement-differs"}),
        ("UPDATE parts SET original_id = (SELECT original_id FROM documents)", {"recording-without-original"}),
        ("DELETE FROM parts", {"recording-without-original"}),
        ("UPDATE uploads SET state = 'quarantined' WHERE person_id IS NOT NULL", {"quarantine-missing"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert audited.codes(upload_findings) == codes


def test_receipts_are_judged_as_their_holders_would(audited: Audited) -> None:
    with audited.house.database.write() as connection:
        for number, body in ((1, b"good"), (900, b"bad")):
            row = {"upload_id": upload_id(number), "complete": True, "body": body, "stored_at": START}
            connection.execute(insert(receipts).values(row))

    def verify(body: bytes) -> str:
        if body == b"bad":
            raise InvalidReceipt("its signature does not hold")
        return upload_id(1)

    def check(connection: Connection) -> list[Finding]:
        return list(receipt_findings(connection, verify))

    assert [finding.subject for finding in audited.findings(check)] == [f"receipt of upload {upload_id(900)}"]

    def another(connection: Connection) -> list[Finding]:
        return list(receipt_findings(connection, lambda body: upload_id(1)))

    assert [finding.subject for finding in audited.findings(another)] == [f"receipt of upload {upload_id(900)}"]


SIGNED = b"signed footage"


def keyed(audited: Audited) -> Station:
    """A station that has a key."""
    public = Signer("station", KEY).verifier.public_key
    return audited.house.stations.enrol(SYSTEM, audited.house.agency.id, "dock 2", public)[0]


def declared(station: Station, key: Ed25519PrivateKey = KEY, size: int = len(SIGNED), name: str = "") -> Statement:
    """What the station declares and signs of these bytes, or what it signed as being of another size or name."""
    said = Statement(
        agency=station.agency_id, station=station.id, kind="body-camera", name="现场.mp4", device="DSJ-7",
        sha256=Digest.of(SIGNED),
    )  # fmt: skip
    over = replace(said, name=name or said.name).declaration(size)
    return replace(said, signed=SignedDeclaration.sign(over, Signer(station.id, key)))


def sealed(audited: Audited, station: Station, statement: Statement) -> None:
    """File it as the intake would, without the refusals that come before."""
    seal = audited.sealer.seal(SIGNED, statement, upload_id(2))
    audited.recordings.catalogue(seal, statement, upload_id(2), START, station.actor)
    audited.house.sequencer.drain()


def test_what_a_station_signed_is_clean_under_its_later_keys_too(audited: Audited) -> None:
    station, later = keyed(audited), Signer("station", OTHER._key)
    sealed(audited, station, declared(station))
    stations = audited.house.stations
    secret = stations.invite_again(SYSTEM, station.id)
    stations.redeem(secret, later.verifier.public_key, prove_key(secret, later))
    assert audited.codes(upload_findings) == set()


def test_what_was_given_up_was_signed_for_its_whole_size(audited: Audited) -> None:
    station = keyed(audited)
    audited.recordings.terminated(upload_id(2), declared(station, size=1_000_000), 3, START, station.actor)
    assert audited.codes(upload_findings) == set()


@pytest.mark.parametrize(
    ("began", "received", "named"),
    [
        (-timedelta(days=1), timedelta(days=400), False),
        (AT_ONCE, timedelta(days=400), False),
        (AT_ONCE + timedelta(seconds=1), timedelta(days=1), True),
        (None, UNDER_WAY, False),
        (None, UNDER_WAY + timedelta(seconds=1), True),
    ],
    ids=["before", "at-once", "after", "not-told", "not-told-and-late"],
)
def test_what_a_station_did_not_sign_is_named_if_it_began_under_its_key(
    audited: Audited, began: timedelta | None, received: timedelta, named: bool
) -> None:
    """Filed round the door, which refuses it. What an earlier version filed does not tell when it began."""
    station = keyed(audited)
    statement = replace(declared(station), signed=None)
    seal = audited.sealer.seal(SIGNED, statement, upload_id(2))
    at = None if began is None else START + began
    audited.recordings.catalogue(seal, statement, upload_id(2), START + received, station.actor, at)
    audited.house.sequencer.drain()
    assert audited.codes(upload_findings) == ({"declaration-signature"} if named else set())
    change(audited.house.database, "UPDATE station_keys SET since = '2036-01-01T00:00:00.000000Z'")
    assert audited.codes(upload_findings) == ({"declaration-signature"} if named else set()), "the ledger knows"


def test_what_was_filed_before_the_station_had_a_key_needs_none(audited: Audited) -> None:
    stations, signer = audited.house.stations, Signer("station", KEY)
    secret = stations.invite_again(SYSTEM, audited.station.id)
    stations.redeem(secret, signer.verifier.public_key, prove_key(secret, signer))
    change(audited.house.database, "UPDATE uploads SET received_at = '2036-01-01T00:00:00.000000Z'")
    assert audited.codes(upload_findings) == set()


@pytest.mark.parametrize("fault", ["key", "size", "name", "station"])
def test_what_the_station_did_not_sign_so_is_named(audited: Audited, fault: str) -> None:
    """Everything but the signature is in order: statement, manifest and ledger entry agree."""
    station = keyed(audited)
    statement = {
        "key": lambda: declared(station, OTHER._key),
        "size": lambda: declared(station, size=1),
        "name": lambda: declared(station, name="other.mp4"),
        "station": lambda: replace(declared(station), station=audited.station.id),
    }[fault]()
    sealed(audited, audited.station if fault == "station" else station, statement)
    assert audited.codes(upload_findings) == {"declaration-signature"}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM station_keys",
        "UPDATE station_keys SET entry_id = (SELECT max(id) FROM ledger)",
        "UPDATE station_keys SET station_id = (SELECT id FROM stations WHERE name = 'dock')",
        "UPDATE uploads SET size = 1 WHERE size = 14",
    ],
)
def test_a_signature_that_does_not_hold_any_more_is_named(audited: Audited, statement: str) -> None:
    station = keyed(audited)
    sealed(audited, station, declared(station))
    change(audited.house.database, statement)
    assert audited.codes(upload_findings) == {"declaration-signature"}
