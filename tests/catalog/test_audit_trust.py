"""Authorities on record: each once, with root and rank; one that is not on record is named."""

from sqlalchemy import select

from catalog.audit_trust import record_authorities, trust_findings
from catalog.tables import ledger
from integrity.trust import TrustedAuthority
from tests.catalog.house import House
from tests.fakes import certificates

FAR = TrustedAuthority("far", certificates.root("far").pem, qualified=True)
NEAR = TrustedAuthority("near", certificates.root("near").pem, qualified=False)


def found(house: House, *authorities: TrustedAuthority) -> list[tuple[str, str]]:
    with house.database.read() as connection:
        return [(one.code, one.subject) for one in trust_findings(connection, authorities)]


def test_each_is_put_on_record_once(house: House) -> None:
    for _ in range(2):
        record_authorities(house.database, house.ledger, [FAR, NEAR])
    with house.database.read() as connection:
        entries = select(ledger.c.subject_id).where(ledger.c.action == "trust-authority").order_by(ledger.c.id)
        assert connection.scalars(entries).all() == ["far", "near"]
    assert found(house, FAR, NEAR) == []


def test_one_that_is_not_on_record_as_it_is(house: House) -> None:
    record_authorities(house.database, house.ledger, [FAR])
    assert found(house, NEAR) == [("authority-not-recorded", "authority near")]
    for other in (TrustedAuthority("far", NEAR.root_pem, True), TrustedAuthority("far", FAR.root_pem, False)):
        assert found(house, other) == [("authority-not-recorded", "authority far")]
