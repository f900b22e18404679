"""The audit names what was changed, whatever it was: one flipped byte, one row, one file; and nothing else.

Each case starts from a copy of an installation that is clean, does one thing to it as a burglar or a database's owner
would, and says which findings must come of it, all of them.
"""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.digest import Digest
from scripts.audit import run
from scripts.audit_run import Report
from tests.scripts.installation import dba, flip, one

pytestmark = pytest.mark.xdist_group("audit")


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_an_installation_that_nobody_touched_is_clean(installed: Path) -> None:
    report = run(installed)
    assert report.findings == ()
    assert report.ok
    assert report.looked_at["recordings"] == 3
    assert report.looked_at["objects"] == report.looked_at["objects_read"] > 7
    assert "no-external-anchor" in {note.code for note in report.notes}


# --- files ------------------------------------------------------------------------------------------------------------


def vault_file(data: Path, digest: str) -> Path:
    return data / "vault" / digest[:2] / digest[2:4] / digest


def test_a_byte_of_an_original(tampered: Path) -> None:
    digest = Digest.of(b"footage " * 100).hex
    flip(vault_file(tampered, digest), 5)
    report = run(tampered)
    assert codes(report) == {"vault-object-differs"}
    assert digest in report.findings[0].subject


def test_a_byte_of_a_manifest(tampered: Path) -> None:
    digest = one(tampered, "SELECT manifest_sha256 FROM originals")
    flip(vault_file(tampered, digest), 30)
    assert codes(run(tampered)) == {"vault-object-differs"}


def test_every_vault_file(tampered: Path) -> None:
    files = [path for path in (tampered / "vault").rglob("*") if path.is_file()]
    for path in files:
        flip(path)
    assert {finding.subject for finding in run(tampered).findings} == {f"vault {path.name}" for path in files}


def _remove(pattern: str) -> Callable[[Path], None]:
    return lambda data: next(data.glob(pattern)).unlink()


def _stray(data: Path) -> None:
    (data / "vault" / "ab").mkdir(exist_ok=True)
    (data / "vault" / "ab" / "notes.txt").write_bytes(b"")


def _smuggle(data: Path) -> None:
    """An object that is whole and that nobody received."""
    path = vault_file(data, Digest.of(b"smuggled").hex)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"smuggled")


def _flip(pattern: str, position: int = 0) -> Callable[[Path], None]:
    def change(data: Path) -> None:
        flip(next(path for path in sorted(data.glob(pattern)) if path.is_file()), position)

    return change


def _set_back(data: Path) -> None:
    """The log's folder alone, as from a backup: the catalogue claims indices that it does not have."""
    shutil.rmtree(data / "log" / "tile")
    (data / "log" / "head").unlink()


FILES = {
    "an original removed": (_remove("vault/*/*/*"), {"vault-object-missing"}),
    "a stray file in the vault": (_stray, {"vault-stray"}),
    "an object nobody received": (_smuggle, {"vault-object-unclaimed"}),
    "a tile": (_flip("log/tile/0/*.p/*", 7), {"log-tile-differs"}),
    "the entries": (_flip("log/tile/entries/*.p/*", 7), {"log-entry-differs"}),
    "the head": (_flip("log/head", 3), {"log-head-signature"}),
    "the checkpoint": (_flip("log/checkpoint", 3), {"log-checkpoint-signature"}),
    "the log lost": (_set_back, {"log-head-missing", "leaf-beyond-log"}),
    "a playable copy": (_flip("renditions/*/v1-*/*"), {"rendition-differs"}),
    "a playable copy removed": (_remove("renditions/*/v1-*/*"), {"rendition-missing"}),
    "a quarantined file": (_flip("quarantine/*/content"), {"quarantine-differs"}),
    "a quarantined file removed": (_remove("quarantine/*/content"), {"quarantine-missing"}),
    "trust.json": (_flip("trust.json", 0), {"trust-invalid"}),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tampered: Path, name: str) -> None:
    change, expected = FILES[name]
    change(tampered)
    found = codes(run(tampered))
    if name in ("the head", "the log lost"):
        found -= {"leaf-beyond-log", "receipt-invalid"}  # without a head nothing can be compared with the log
        expected = expected - {"leaf-beyond-log"}
    assert found == expected


# --- the database, by its owner ---------------------------------------------------------------------------------------

ROWS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "a ledger body": (
        ("UPDATE ledger SET body = CAST(replace(CAST(body AS TEXT), '案卷评查', '案卷评审') AS BLOB) "
         "WHERE action = 'view'",),
        {"ledger-commitment-differs", "view-not-recorded"},
    ),
    "a ledger body that is no JSON": (
        ("UPDATE ledger SET body = x'00' WHERE action = 'add-subject' OR action = 'mark'",),
        {"ledger-commitment-differs", "ledger-body-unreadable", "mark-not-recorded"},
    ),
    "a ledger body and its commitment": (
        ("UPDATE ledger SET commitment = zeroblob(32) WHERE action = 'view'",),
        {"ledger-commitment-differs", "leaf-differs", "ledger-entry-missing"},
    ),
    "a searchable column": (
        ("UPDATE ledger SET actor_id = 'nobody' WHERE action = 'view'",),
        {"ledger-columns-differ"},
    ),
    "a time": (
        ("UPDATE ledger SET at = '2020-01-01T00:00:00.000000Z' WHERE action = 'view'",),
        {"ledger-columns-differ"},
    ),
    "a salt": (
        ("UPDATE ledger_openings SET salt = zeroblob(32) WHERE entry_id = 3",),
        {"ledger-commitment-differs"},
    ),
    "an opening erased": (("DELETE FROM ledger_openings WHERE entry_id = 3",), {"ledger-opening-missing"}),
    "a view's entry erased without a trace": (
        ("DELETE FROM ledger_leaves WHERE entry_id = (SELECT entry_id FROM views)",
         "DELETE FROM ledger_openings WHERE entry_id = (SELECT entry_id FROM views)",
         "DELETE FROM ledger WHERE id = (SELECT entry_id FROM views)",
         "DELETE FROM views"),
        {"leaf-without-body", "ledger-entry-missing"},
    ),
    "a view's entry erased": (
        ("DELETE FROM ledger WHERE action = 'view'",),
        {"leaf-body-missing", "ledger-entry-missing"},
    ),
    "the last entry erased": (
        ("DELETE FROM ledger WHERE id = (SELECT max(id) FROM ledger)",),
        {"leaf-body-missing", "ledger-entry-missing", "grant-state-not-recorded"},
    ),
    "a view erased": (("DELETE FROM views",), {"view-missing"}),
    "a leaf moved": (
        ("UPDATE ledger_leaves SET leaf_index = 1000 WHERE entry_id = 3",),
        {"leaf-duplicate", "leaf-beyond-log"},
    ),
    "a leaf claimed by two": (
        ("UPDATE originals SET leaf_index = (SELECT leaf_index FROM ledger_leaves WHERE entry_id = 3) "
         "WHERE id = (SELECT min(id) FROM originals)",),
        {"leaf-claimed-twice", "leaf-differs", "leaf-without-body", "original-not-recorded"},
    ),
    "a leaf row erased": (
        ("DELETE FROM ledger_leaves WHERE entry_id = 3",),
        {"ledger-leaf-missing", "leaf-not-claimed"},
    ),
    "an entry that waits for ever": (
        ("INSERT INTO outbox SELECT id, commitment, '2026-01-01T00:00:00.000000Z' FROM ledger WHERE id = 3",),
        {"outbox-overdue"},
    ),
    "an outbox row of something else": (
        ("INSERT INTO outbox SELECT id, zeroblob(32), '2999-01-01T00:00:00.000000Z' FROM ledger WHERE id = 3",),
        {"outbox-differs"},
    ),
    "a manifest": (
        ("UPDATE originals SET manifest = CAST(replace(CAST(manifest AS TEXT), '张三', '李四') AS BLOB) "
         "WHERE id = (SELECT min(id) FROM originals)",),
        {"manifest-differs", "leaf-differs"},
    ),
    "a manifest that is none": (
        ("UPDATE originals SET manifest = x'00' WHERE id = (SELECT min(id) FROM originals)",),
        {"manifest-differs", "manifest-invalid", "leaf-body-missing", "vault-object-differs"},
    ),
    "an original's name": (
        ("UPDATE originals SET name = 'x' WHERE id = (SELECT min(id) FROM originals)",),
        {"original-differs"},
    ),
    "an original's digest": (
        ("UPDATE originals SET sha256 = printf('%064d', 0) WHERE id = (SELECT min(id) FROM originals)",),
        {"original-differs", "original-not-recorded", "token-imprint-differs", "vault-object-missing",
         "vault-object-unclaimed", "manifest-second", "rendition-of-another"},
    ),
    "an original's digest that is none": (
        ("UPDATE originals SET sha256 = 'x' WHERE id = (SELECT min(id) FROM originals)",),
        {"original-differs", "original-not-recorded", "digest-invalid", "vault-object-unclaimed", "manifest-second",
         "rendition-of-another"},
    ),
    "an original erased": (
        ("DELETE FROM originals WHERE id = (SELECT min(id) FROM originals)",),
        {"leaf-without-body", "reference-dangling", "vault-object-unclaimed", "manifest-second",
         "rendition-of-another"},
    ),
    "a second manifest": (
        ("INSERT INTO repeated_manifests SELECT (SELECT max(id) FROM uploads), id, printf('%064d', 1), manifest, NULL, "
         "900 FROM originals LIMIT 1",),
        {"manifest-differs", "manifest-second", "leaf-beyond-log", "vault-object-missing"},
    ),
    "a token's digest": (
        ("UPDATE tokens SET sha256 = printf('%064d', 0) WHERE id = (SELECT min(id) FROM tokens)",),
        {"token-differs", "token-not-recorded", "token-missing"},
    ),
    "a token's time": (
        ("UPDATE tokens SET gen_time = '2020-01-01T00:00:00.000000Z' WHERE id = (SELECT min(id) FROM tokens)",),
        {"token-differs"},
    ),
    "a token removed": (
        ("UPDATE tokens SET token = NULL, sha256 = NULL, gen_time = NULL WHERE id = (SELECT min(id) FROM tokens)",),
        {"token-missing", "token-differs"},
    ),
    "a late token removed": (
        ("UPDATE tokens SET token = NULL, sha256 = NULL, gen_time = NULL WHERE original_id = "
         "(SELECT subject_id FROM ledger WHERE action = 'token-added') AND over = 'original'",),
        {"token-missing", "token-differs"},
    ),
    "a token of another original": (
        ("UPDATE tokens SET (token, sha256, gen_time) = (SELECT token, sha256, gen_time FROM tokens WHERE id = "
         "(SELECT max(id) FROM tokens WHERE over = 'original')) WHERE id = "
         "(SELECT min(id) FROM tokens WHERE over = 'original')",),
        {"token-not-recorded", "token-missing", "token-imprint-differs"},
    ),
    "a role given": (
        ("INSERT INTO roles (id, person_id, agency_id, role, entry_id) "
         "SELECT printf('%026d', 0), person_id, agency_id, 'supervisor', entry_id FROM roles WHERE role = 'officer'",),
        {"role-not-recorded"},
    ),
    "a role changed": (("UPDATE roles SET role = 'supervisor' WHERE role = 'officer'",), {"role-not-recorded"}),
    "a role given back": (
        ("UPDATE roles SET ended_at = NULL, ended_entry_id = NULL WHERE ended_at IS NOT NULL",),
        {"role-ended-missing"},
    ),
    "a role removed": (("DELETE FROM roles WHERE role = 'officer'",), {"role-missing"}),
    "a link moved": (("UPDATE links SET stage = 'service'",), {"link-not-recorded"}),
    "a link opened again": (
        ("UPDATE links SET ended_at = NULL, ended_entry_id = NULL WHERE ended_at IS NOT NULL",),
        {"link-ended-missing"},
    ),
    "a link removed": (("DELETE FROM links WHERE ended_at IS NULL",), {"link-missing"}),
    "a mark moved": (("UPDATE marks SET at_ms = 11",), {"mark-not-recorded"}),
    "a post held again": (("UPDATE post_holders SET until = NULL",), {"holding-not-recorded"}),
    "a person let in": (("UPDATE people SET login = 'other' WHERE login = 'officer'",), {"person-not-recorded"}),
    "a station": (
        ("INSERT INTO stations (id, agency_id, name, token_hash, enrolled_at) SELECT printf('%026d', 0), agency_id, "
         "'x', printf('%064d', 0), enrolled_at FROM stations",),
        {"station-not-recorded"},
    ),
    "an agency above": (
        ("INSERT INTO agencies (id, code, name, superior_id, created_at) SELECT printf('%026d', 0), 'x', 'x', id, "
         "created_at FROM agencies",),
        {"agency-not-recorded"},
    ),
    "an approval turned": (("UPDATE approvals SET reason = '不同意'",), {"approval-not-recorded"}),
    "an approval of one's own": (
        ("UPDATE approvals SET approver_id = (SELECT requester_id FROM requests)",),
        {"approval-not-recorded", "self-approval"},
    ),
    "a grant without its approval's leaf": (
        ("DELETE FROM ledger_leaves WHERE entry_id = (SELECT entry_id FROM approvals)",),
        {"grant-without-approval", "ledger-leaf-missing", "leaf-not-claimed"},
    ),
    "a grant opened again": (("UPDATE grants SET state = 'ready'",), {"grant-state-not-recorded"}),
    "a grant of another person": (
        ("UPDATE grants SET person_id = (SELECT id FROM people WHERE login = 'supervisor')",),
        {"grant-not-recorded"},
    ),
    "a grant of other bytes": (
        ("UPDATE grants SET zip_sha256 = printf('%064d', 0)",),
        {"release-not-recorded", "grant-state-not-recorded"},
    ),
    "a grant removed": (("DELETE FROM grants",), {"grant-missing", "grant-state-missing", "release-missing"}),
    "a request for more": (
        ("INSERT INTO request_items SELECT (SELECT id FROM requests), max(id) FROM recordings",),
        {"request-differs"},
    ),
    "a recipient": (("UPDATE requests SET recipient = '某公司'",), {"request-not-recorded"}),
    "a recording's time": (
        ("UPDATE recordings SET started_at = '2026-01-01T00:00:00.000000Z' "
         "WHERE id = (SELECT min(id) FROM recordings)",),
        {"recording-differs"},
    ),
    "a recording's bytes": (
        ("UPDATE parts SET original_id = (SELECT original_id FROM documents) WHERE recording_id = "
         "(SELECT min(id) FROM recordings)",),
        {"recording-without-original", "rendition-of-another"},
    ),
    "a recording removed": (
        ("DELETE FROM recordings WHERE id = (SELECT max(id) FROM recordings)",),
        {"recording-missing", "reference-dangling"},
    ),
    "a document's title": (("UPDATE documents SET title = 'x'",), {"document-differs"}),
    "a document removed": (("DELETE FROM documents",), {"document-missing"}),
    "a statement": (
        ("UPDATE uploads SET statement = CAST(replace(CAST(statement AS TEXT), '二.mp4', '三.mp4') AS BLOB)",),
        {"statement-differs", "recording-differs"},
    ),
    "a repeated upload's statement": (
        ("UPDATE uploads SET statement = CAST(replace(CAST(statement AS TEXT), '再传.mp4', '三.mp4') AS BLOB)",),
        {"statement-differs"},
    ),
    "an upload removed": (
        ("DELETE FROM uploads WHERE entry_id = (SELECT id FROM ledger WHERE action = 'upload-repeated')",),
        {"upload-missing", "reference-dangling", "manifest-second"},
    ),
    "a quarantined upload forgotten": (("DELETE FROM quarantine",), {"quarantine-missing"}),
    "a receipt": (
        ("UPDATE receipts SET body = CAST(replace(CAST(body AS TEXT), '\"size\":4', '\"size\":5') AS BLOB)",),
        {"receipt-invalid"},
    ),
    "a receipt of another upload": (
        ("UPDATE receipts SET body = (SELECT body FROM receipts ORDER BY upload_id LIMIT 1) WHERE upload_id = "
         "(SELECT max(upload_id) FROM receipts)",),
        {"receipt-invalid"},
    ),
    "a rendition's digest": (
        ("UPDATE renditions SET sha256 = printf('%064d', 0)",),
        {"rendition-differs", "rendition-not-recorded", "rendition-not-signed"},
    ),
    "a rendition forgotten": (("DELETE FROM renditions",), {"rendition-not-recorded"}),
    "shapes that no version writes": (
        ("UPDATE ledger SET at = 'yesterday' WHERE id = 3",),
        {"row-malformed", "check-unfinished"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows(tampered: Path, name: str) -> None:
    statements, expected = ROWS[name]
    dba(tampered, *statements)
    assert codes(run(tampered)) == expected


def test_every_bit_of_a_token_counts(tampered: Path) -> None:
    """By its own digest in the ledger: verification alone misses some."""
    size = one(tampered, "SELECT length(token) FROM tokens LIMIT 1")
    for position in range(1, size, size // 5):
        sql = "UPDATE tokens SET token = CAST(substr(token, 1, ?) || x'5a' || substr(token, ?) AS BLOB)"
        dba(tampered, (sql, (position, position + 2)))
        report = run(tampered)
        assert "token-differs" in codes(report), position


TRIGGERS = {
    "dropped": "DROP TRIGGER ledger_no_delete",
    "emptied": "CREATE TRIGGER extra BEFORE DELETE ON views BEGIN SELECT 1; END",
}


@pytest.mark.parametrize("name", TRIGGERS)
def test_triggers(tampered: Path, name: str) -> None:
    connection = sqlite3.connect(tampered / "catalog.sqlite3", isolation_level=None)
    connection.execute(TRIGGERS[name])
    connection.close()
    assert codes(run(tampered)) == {"schema-mismatch"}


def test_a_vault_that_the_settings_do_not_know(tampered: Path) -> None:
    dba(tampered, "UPDATE originals SET vault = 'elsewhere'")
    report = run(tampered)
    assert "vault-unknown" in codes(report)
    assert "vault-object-unclaimed" in codes(report), "what lies here is claimed there"
