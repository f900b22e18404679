"""Revocation lists and OCSP responses: kept once and in order, and found again for their tokens, on both databases."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from catalog.audit_records import record_findings
from catalog.audit_revocations import revocation_findings
from catalog.database import Database
from catalog.errors import Conflict
from catalog.identity import OriginalId
from catalog.ledger import Ledger
from catalog.recordings import Recordings
from catalog.renewals import Renewals
from catalog.revocations import KEPT, Revocations, newest_answers, newest_lists, revocation_files
from catalog.tables import ledger as entries
from catalog.tables import revocations as table
from integrity.digest import Digest
from integrity.renewal import Renewal
from integrity.revocations import Answer, RevocationList, read_list, take_answer
from integrity.seal_steps import KeptToken
from tests.catalog.owner import change
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.dated import Dated, dated
from tests.fakes.ocsp import Response

__all__ = ["recordings", "sealer"]

DAY = timedelta(days=1)


@pytest.fixture
def lists(database: Database, ledger: Ledger, clock: FakeClock) -> Revocations:
    return Revocations(database, ledger, clock)


@pytest.fixture
def tsa(tmp_path: Path) -> Dated:
    """Its certificate ends after two years."""
    return dated(tmp_path, "tsa", FakeClock(), START + 2 * YEAR)


@pytest.fixture
def original(recordings: Recordings, sealer: FakeSealer, tsa: Dated) -> OriginalId:
    """Sealed at START with tokens of that authority."""
    sealer.authority.go_away()
    recordings.catalogue(sealer.seal(BODY, FOOTAGE), FOOTAGE, upload_id(1), START, STATION)
    waiting = recordings.pending_tokens()
    for token in waiting:
        recordings.add_token(token.id, KeptToken.of(tsa.client.stamp(token.digest)))
    return waiting[0].original


def listed(tsa: Dated, at: datetime) -> RevocationList:
    return read_list(certificates.revocations(tsa.root, {9: START}, at).public_bytes(Encoding.DER))


def answered(tsa: Dated, at: datetime) -> Answer:
    response = Response(tsa.root, tsa.issued.certificate.serial_number, at=at, due=at + YEAR)
    return take_answer(response.der(), tsa.issued.certificate, [tsa.root.certificate], at)


def files(database: Database, original: OriginalId) -> set[bytes]:
    with database.read() as connection:
        return set(revocation_files(connection, [original]).values())


def codes(database: Database) -> set[str]:
    with database.read() as connection:
        return {finding.code for finding in (*revocation_findings(connection), *record_findings(connection))}


@pytest.mark.usefixtures("recordings")
def test_a_list_is_kept_once_with_its_entry(lists: Revocations, database: Database, tsa: Dated) -> None:
    found = listed(tsa, START)
    assert lists.keep("tsa", found)
    assert not lists.keep("tsa", found)
    with database.read() as connection:
        [body] = connection.scalars(select(entries.c.body).where(entries.c.action == KEPT)).all()
        [row] = connection.execute(select(table)).all()
    entry = json.loads(body)
    assert entry["subject"] == {"kind": "authority", "id": "tsa"}
    assert entry["details"] == {
        "kind": "crl",
        "issuer": found.issuer.hex,
        "sha256": found.digest.hex,
        "this_update": "2026-03-02T08:30:00.000000Z",
    }
    assert (row.content, row.this_update, row.next_update) == (found.content, START, START + YEAR)
    assert codes(database) == set()


def test_an_older_list_than_the_newest_of_its_issuer_is_refused(lists: Revocations, tsa: Dated, tmp_path: Path) -> None:
    other = dated(tmp_path / "other", "other", FakeClock(), START + YEAR)
    lists.keep("tsa", listed(tsa, START))
    with pytest.raises(Conflict):
        lists.keep("tsa", listed(tsa, START - DAY))
    assert lists.keep("other", listed(other, START - DAY))
    assert lists.keep("tsa", listed(tsa, START + DAY))
    newest = lists.newest(tsa.issued.certificate)
    assert newest is not None
    assert newest.this_update == START + DAY


def test_which_certificates_sign(lists: Revocations, original: OriginalId, tsa: Dated) -> None:
    assert original
    assert lists.signers("tsa") == (tsa.issued.certificate,)
    assert lists.signers("nobody") == ()
    assert lists.newest(tsa.issued.certificate) is None


def test_a_token_has_the_first_list_after_it_and_the_last_of_its_certificate(
    lists: Revocations, database: Database, original: OriginalId, tsa: Dated, tmp_path: Path
) -> None:
    assert files(database, original) == set()
    other = dated(tmp_path / "other", "other", FakeClock(), START + YEAR)
    lists.keep("other", listed(other, START))
    assert files(database, original) == set()
    made = [listed(tsa, START + days) for days in (-DAY, DAY, 2 * DAY, 2 * YEAR, 2 * YEAR + DAY)]
    expected = [{0}, {1}, {1, 2}, {1, 3}, {1, 3}]
    for one, numbers in zip(made, expected, strict=True):
        lists.keep("tsa", one)
        assert files(database, original) == {made[number].content for number in numbers}
    with database.read() as connection:
        names = revocation_files(connection, [original])
        assert set(newest_lists(connection)) == {made[-1].content, listed(other, START).content}
    assert set(names) == {f"tsa-{made[number].digest.hex[:16]}.crl" for number in (1, 3)}


@pytest.mark.usefixtures("recordings")
def test_an_answer_is_kept_once_with_its_entry(lists: Revocations, database: Database, tsa: Dated) -> None:
    found = answered(tsa, START)
    assert lists.keep("tsa", found)
    assert not lists.keep("tsa", found)
    with database.read() as connection:
        [body] = connection.scalars(select(entries.c.body).where(entries.c.action == KEPT)).all()
        [row] = connection.execute(select(table)).all()
    assert json.loads(body)["details"] == {
        "kind": "ocsp",
        "issuer": Digest.of(tsa.root.certificate.subject.public_bytes()).hex,
        "sha256": found.digest.hex,
        "this_update": "2026-03-02T08:30:00.000000Z",
    }
    assert (row.content, row.serial, row.this_update, row.next_update) == (found.content, "2", START, START + YEAR)
    assert codes(database) == set()


def test_lists_and_answers_are_each_in_their_own_order(lists: Revocations, database: Database, tsa: Dated) -> None:
    """One kind says nothing of how new the other is; nor does an answer about another certificate."""
    lists.keep("tsa", listed(tsa, START + DAY))
    assert lists.keep("tsa", answered(tsa, START))
    with pytest.raises(Conflict):
        lists.keep("tsa", answered(tsa, START - DAY))
    third = certificates.signer(tsa.root, serial=3)
    response = Response(tsa.root, 3, at=START - DAY).der()
    assert lists.keep("tsa", take_answer(response, third.certificate, [tsa.root.certificate], START - DAY))
    assert lists.keep("tsa", answered(tsa, START + DAY))
    newest = lists.newest_answer(tsa.issued.certificate)
    assert newest is not None
    assert newest.this_update == START + DAY
    assert lists.newest(tsa.issued.certificate) == listed(tsa, START + DAY)
    with database.read() as connection:
        assert set(newest_answers(connection)) == {answered(tsa, START + DAY).content, response}
        assert set(newest_lists(connection)) == {listed(tsa, START + DAY).content}


def test_a_token_has_answers_beside_its_lists(
    lists: Revocations, database: Database, original: OriginalId, tsa: Dated
) -> None:
    assert lists.newest_answer(tsa.issued.certificate) is None
    made = [answered(tsa, START + days) for days in (-DAY, DAY, 2 * DAY, 2 * YEAR, 2 * YEAR + DAY)]
    expected = [{0}, {1}, {1, 2}, {1, 3}, {1, 3}]
    lists.keep("tsa", listed(tsa, START + 9 * DAY))
    for one, numbers in zip(made, expected, strict=True):
        lists.keep("tsa", one)
        assert files(database, original) == {
            listed(tsa, START + 9 * DAY).content,
            *(made[number].content for number in numbers),
        }
    with database.read() as connection:
        names = {name for name in revocation_files(connection, [original]) if name.endswith(".ocsp")}
    assert names == {f"tsa-{made[number].digest.hex[:16]}.ocsp" for number in (1, 3)}


def test_a_renewal_covers_answers_too(
    lists: Revocations, database: Database, ledger: Ledger, original: OriginalId, tsa: Dated
) -> None:
    early = answered(tsa, START - DAY)
    lists.keep("tsa", early)
    renewals = Renewals(database, ledger, FakeClock(), FakeRandom(b"renewals"))
    draft = renewals.draft(original)
    assert Renewal.parse(draft.statement).revocations == (early.digest,)
    renewals.keep(draft, KeptToken.of(tsa.client.stamp(draft.digest)))
    lists.keep("tsa", answered(tsa, START + DAY))
    assert early.content in files(database, original)


def test_what_a_renewal_covers_stays(
    lists: Revocations, database: Database, ledger: Ledger, original: OriginalId, tsa: Dated, tmp_path: Path
) -> None:
    early, late = listed(tsa, START - DAY), listed(tsa, START + DAY)
    lists.keep("tsa", early)
    renewals = Renewals(database, ledger, FakeClock(), FakeRandom(b"renewals"))
    draft = renewals.draft(original)
    assert Renewal.parse(draft.statement).revocations == (early.digest,)
    lasting = dated(tmp_path / "lasting", "lasting", FakeClock(), START + 20 * YEAR)
    token = KeptToken.of(lasting.client.stamp(draft.digest))
    lists.keep("tsa", late)
    with pytest.raises(Conflict, match="list"):
        renewals.keep(draft, token)
    draft = renewals.draft(original)
    assert Renewal.parse(draft.statement).revocations == (late.digest,)
    renewals.keep(draft, KeptToken.of(lasting.client.stamp(draft.digest)))
    lists.keep("tsa", listed(tsa, START + 2 * DAY))
    lists.keep("lasting", listed(lasting, START + 3 * DAY))
    kept = files(database, original)
    assert late.content in kept
    assert len(kept) == 3
    assert Digest.of(late.content) in Renewal.parse(renewals.draft(original).statement).revocations


@pytest.mark.usefixtures("recordings")
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM revocations", {"revocations-missing"}),
        ("UPDATE revocations SET authority = 'x'", {"revocations-not-recorded"}),
        ("UPDATE revocations SET kind = 'ocsp'", {"revocations-differ", "revocations-not-recorded"}),
        ("UPDATE revocations SET this_update = '2020-01-01T00:00:00.000000Z'", {"revocations-differ"}),
        ("UPDATE revocations SET next_update = NULL", {"revocations-differ"}),
        ("UPDATE revocations SET sha256 = issuer", {"revocations-differ", "revocations-not-recorded"}),
    ],
)
def test_the_audit_names_what_was_changed(
    lists: Revocations, database: Database, tsa: Dated, statement: str, expected: set[str]
) -> None:
    lists.keep("tsa", listed(tsa, START))
    change(database, statement)
    assert codes(database) == expected


@pytest.mark.usefixtures("recordings")
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM revocations", {"revocations-missing"}),
        ("UPDATE revocations SET authority = 'x'", {"revocations-not-recorded"}),
        ("UPDATE revocations SET kind = 'crl'", {"revocations-differ", "revocations-not-recorded"}),
        ("UPDATE revocations SET issuer = sha256", {"revocations-not-recorded"}),
        ("UPDATE revocations SET serial = '3'", {"revocations-differ"}),
        ("UPDATE revocations SET serial = NULL", {"revocations-differ"}),
        ("UPDATE revocations SET this_update = '2020-01-01T00:00:00.000000Z'", {"revocations-differ"}),
        ("UPDATE revocations SET next_update = NULL", {"revocations-differ"}),
        ("UPDATE revocations SET sha256 = issuer", {"revocations-differ", "revocations-not-recorded"}),
    ],
)
def test_the_audit_names_what_was_changed_of_an_answer(
    lists: Revocations, database: Database, tsa: Dated, statement: str, expected: set[str]
) -> None:
    lists.keep("tsa", answered(tsa, START))
    change(database, statement)
    assert codes(database) == expected


@pytest.mark.usefixtures("recordings")
def test_rows_are_never_changed(lists: Revocations, database: Database, tsa: Dated) -> None:
    lists.keep("tsa", listed(tsa, START))
    for statement in (table.delete(), table.update().values(authority="x")):
        with pytest.raises(Exception, match="append-only"), database.write() as connection:
            connection.execute(statement)
