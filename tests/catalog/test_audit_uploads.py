"""What was declared is what is shown; receipts stand; what a receipt acknowledged is there."""

import pytest
from sqlalchemy import Connection, insert

from catalog.audit_uploads import receipt_findings, upload_findings
from catalog.tables import receipts
from integrity.errors import InvalidReceipt
from integrity.finding import Finding
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.catalog.seals import upload_id
from tests.fakes.clocks import START


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
