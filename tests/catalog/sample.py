"""A little of everything, as rows: what the dumps hold and what tests of single tables start from.

Plain SQL text on purpose: a dump's rows must be those of its revision, whatever catalog.tables says today.
"""

from sqlalchemy import Connection, inspect, text

AT = "2026-03-01T08:00:00.000000Z"
AGENCY, PERSON, STATION, CASE = (f"0sample{name:0>19}" for name in ("agency", "person", "stat10n", "case"))
ORIGINAL, UPLOAD, RECORDING = (f"0sample{name:0>19}" for name in ("0r1g1na1", "up10ad", "rec0rd1ng"))

Row = dict[str, str | int | bytes]

_ROWS: tuple[tuple[str, Row], ...] = (
    ("agencies", {"id": AGENCY, "code": "sample", "name": "某市城管局", "created_at": AT}),
    (
        "people",
        {
            "id": PERSON,
            "agency_id": AGENCY,
            "login": "zhang",
            "name": "张三",
            "password_hash": "-",
            "password_once": True,
            "created_at": AT,
        },
    ),
    (
        "stations",
        {"id": STATION, "agency_id": AGENCY, "name": "采集站 1", "token_hash": "0" * 64, "enrolled_at": AT},
    ),
    (
        "ledger",
        {
            "at": AT,
            "agency_id": AGENCY,
            "actor_kind": "station",
            "actor_id": STATION,
            "action": "catalogue",
            "subject_kind": "recording",
            "subject_id": RECORDING,
            "outcome": "done",
            "body": b"{}",
            "commitment": b"\x01" * 32,
        },
    ),
    ("ledger_openings", {"entry_id": 1, "salt": b"\x02" * 32}),
    ("ledger_leaves", {"entry_id": 1, "leaf_index": 1}),
    (
        "originals",
        {
            "id": ORIGINAL,
            "agency_id": AGENCY,
            "sha256": "a" * 64,
            "size": 4,
            "name": "现场.mp4",
            "leaf_index": 0,
            "manifest_sha256": "b" * 64,
            "manifest": b"{}",
            "vault": "files",
            "sealed_at": AT,
        },
    ),
    (
        "tokens",
        {"id": "0" * 26, "original_id": ORIGINAL, "over": "original", "authority": "embedded", "asked_at": AT},
    ),
    (
        "recordings",
        {
            "id": RECORDING,
            "agency_id": AGENCY,
            "kind": "body-camera",
            "medium": "unknown",
            "state": "catalogued",
            "name": "现场.mp4",
            "catalogued_at": AT,
            "entry_id": 1,
        },
    ),
    ("parts", {"recording_id": RECORDING, "position": 0, "original_id": ORIGINAL}),
    (
        "uploads",
        {
            "id": UPLOAD,
            "agency_id": AGENCY,
            "station_id": STATION,
            "state": "catalogued",
            "sha256": "a" * 64,
            "size": 4,
            "statement": b"{}",
            "original_id": ORIGINAL,
            "received_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "repeated_manifests",
        {
            "upload_id": UPLOAD,
            "original_id": ORIGINAL,
            "manifest_sha256": "c" * 64,
            "manifest": b"{}",
            "leaf_index": 2,
        },
    ),
    (
        "renewals",
        {
            "id": "0" * 26,
            "original_id": ORIGINAL,
            "number": 1,
            "statement": b"{}",
            "tokens": 1,
            "authority": "embedded",
            "token": b"token",
            "sha256": "d" * 64,
            "gen_time": AT,
            "good_until": AT,
            "entry_id": 1,
        },
    ),
    (
        "revocations",
        {
            "sha256": "e" * 64,
            "authority": "embedded",
            "kind": "crl",
            "issuer": "f" * 64,
            "content": b"list",
            "this_update": AT,
            "kept_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "vault_copies",
        {"sha256": "a" * 64, "vault": "replica", "size": 4, "checked": "readback", "checked_at": AT},
    ),
    ("vault_locks", {"original_id": ORIGINAL, "vault": "files", "until": AT, "held": False, "renewed_at": AT}),
    (
        "interruptions",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "session": "询问-1",
            "reason": "-",
            "stopped_at": AT,
            "made_by": PERSON,
            "made_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "absences",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "duty": "巡查",
            "began_at": AT,
            "ended_at": AT,
            "reason": "fault",
            "note": "-",
            "stated_by": PERSON,
            "stated_at": AT,
            "entry_id": 1,
        },
    ),
    ("older_copies", {"recording_id": RECORDING, "recipe": "r2"}),
    ("facts", {"original_id": ORIGINAL, "source": "gpmf", "content": b"{}", "made_at": AT}),
    (
        "joins",
        {
            "id": "0" * 26,
            "recording_id": RECORDING,
            "member_id": RECORDING,
            "original_id": ORIGINAL,
            "position": 1,
            "gap_ms": 1500,
            "joined_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "inventories",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "station_id": STATION,
            "device": "DSJ-7",
            "taken_at": AT,
            "items": 1,
            "sha256": "a" * 64,
            "body": b"{}",
            "received_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "inventory_items",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "key": "b" * 64,
            "device": "DSJ-7",
            "name": "DCIM/现场.mp4",
            "base_name": "现场.mp4",
            "size": 4,
            "recorded_at": AT,
            "first_inventory_id": "0" * 26,
            "last_inventory_id": "0" * 26,
        },
    ),
    ("receipts", {"upload_id": UPLOAD, "complete": False, "body": b"{}", "stored_at": AT}),
    (
        "cases",
        {
            "id": CASE,
            "agency_id": AGENCY,
            "number": "〔2026〕1号",
            "title": "占道经营",
            "stage": "start",
            "opened_by": PERSON,
            "opened_at": AT,
        },
    ),
    (
        "requests",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "case_id": CASE,
            "requester_id": PERSON,
            "action": "copy",
            "recipient": "法院",
            "recipient_kind": "court",
            "legal_basis": "-",
            "purpose": "-",
            "state": "approved",
            "made_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "approvals",
        {
            "id": "0" * 26,
            "request_id": "0" * 26,
            "approver_id": PERSON,
            "decision": "approved",
            "reason": "-",
            "decided_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "station_keys",
        {"id": "0" * 26, "station_id": STATION, "vkey": f"{STATION}+00000000+AQ==", "since": AT, "entry_id": 1},
    ),
    ("station_codes", {"id": "f" * 64, "station_id": STATION, "expires_at": AT}),
    ("log_heads", {"origin": "log.example/1", "note": b"note"}),
    (
        "checkpoint_tokens",
        {
            "id": "0" * 26,
            "origin": "log.example/1",
            "size": 1,
            "note": b"note",
            "authority": "embedded",
            "token": b"token",
            "sha256": "d" * 64,
            "gen_time": AT,
            "stored_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "disposals",
        {
            "id": "0" * 26,
            "agency_id": AGENCY,
            "requester_id": PERSON,
            "legal_basis": "-",
            "reason": "-",
            "state": "approved",
            "made_at": AT,
            "entry_id": 1,
        },
    ),
    (
        "tombstones",
        {"id": "0" * 26, "recording_id": RECORDING, "disposal_id": "0" * 26, "entry_id": 1, "made_at": AT},
    ),
    ("erased_openings", {"entry_id": 1, "tombstone_id": "0" * 26}),
)

TABLES = tuple(dict.fromkeys(name for name, _row in _ROWS))
"""Those that have a row here."""


def fill(connection: Connection, *only: str) -> None:
    """Write the sample's rows (of these tables only) into an empty database; its ledger entry becomes 1.

    A database of an earlier revision gets those it has tables for.
    """
    there = set(inspect(connection).get_table_names())
    for table, row in _ROWS:
        if table in (only or there):
            insert(connection, table, row)


def insert(connection: Connection, table: str, row: Row) -> None:
    """One row as plain SQL."""
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)  # noqa: S608  our own names


def row_of(table: str) -> Row:
    """The sample's row of one table."""
    return dict(next(row for name, row in _ROWS if name == table))
