"""The file of logs and keys: absent, written and read again, and each way in which it cannot be."""

from datetime import timedelta
from pathlib import Path

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.clock import system_random
from integrity.errors import InvalidTrust
from integrity.log_keys import KeyTerm
from scripts.keys import make_key, signer
from scripts.log_records import KeyRecord, LogRecord, NotFounded, read_records, write_records
from tests.fakes.clocks import START
from tests.fakes.signers import OTHER, SIGNER

OLD = KeyRecord("log.key", KeyTerm(SIGNER.verifier, 0, 20), START)
NEW = KeyRecord("log-2.key", KeyTerm(OTHER.verifier, 9, revoked_at=START + timedelta(days=1)))
RECORDS = (
    LogRecord(SIGNER.name, "log", (OLD,), 12, 17),
    LogRecord(SIGNER.name, "log-2", (OLD, NEW)),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write_records(tmp_path, RECORDS)
    assert read_records(tmp_path) == RECORDS


def test_until_something_was_changed_there_is_the_first_log(tmp_path: Path) -> None:
    with pytest.raises(NotFounded):
        read_records(tmp_path)
    make_key(tmp_path / "keys" / "log.key", system_random)
    (tmp_path / "keys" / "origin").write_text("log.example/a", encoding="utf-8")
    [record] = read_records(tmp_path)
    verifier = signer(tmp_path / "keys" / "log.key", "log.example/a").verifier
    assert record == LogRecord("log.example/a", "log", (KeyRecord("log.key", KeyTerm(verifier)),))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "tiezheng-logs-v2"},
        {"logs": []},
        {"logs": [RECORDS[0].json()]},
        {"logs": [RECORDS[1].json(), RECORDS[1].json()]},
        {"logs": [RECORDS[1].json() | {"keys": []}]},
        {"logs": [RECORDS[1].json() | {"origin": "other"}]},
        {"logs": [RECORDS[1].json() | {"more": 1}]},
        {"logs": [RECORDS[1].json() | {"keys": [OLD.json() | {"vkey": "x"}]}]},
    ],
)
def test_what_does_not_hold_together_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / "keys").mkdir()
    write_records(tmp_path, RECORDS)
    path = tmp_path / "keys" / "logs.json"
    path.write_bytes(canonical(parse_canonical(path.read_bytes()) | change))
    with pytest.raises(InvalidTrust):
        read_records(tmp_path)
