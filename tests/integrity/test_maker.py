"""The entry that puts a maker's key on record; anything else names nobody."""

from typing import Any

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.commitment import commit
from integrity.custody import CustodyEntry
from integrity.errors import InvalidProvenance
from integrity.maker import maker_key
from integrity.note import Signer
from integrity.provenance import KEY_NAME
from tests.fakes.signers import KEY

MAKER = Signer(KEY_NAME, KEY)
SAID: dict[str, Any] = {
    "format": "tiezheng-ledger-v1", "action": "rendition-key", "outcome": "done", "actor": {"kind": "system"},
    "details": {"vkey": MAKER.vkey},
}  # fmt: skip


def entry(body: bytes) -> CustodyEntry:
    return CustodyEntry(commit(bytes(32), body), b"", body, bytes(32))


def test_the_key_that_is_on_record() -> None:
    assert maker_key(entry(canonical(SAID))) == MAKER.verifier


@pytest.mark.parametrize(
    "change",
    [
        {"format": "tiezheng-ledger-v2"}, {"action": "view"}, {"outcome": "refused"}, {"actor": {"kind": "person"}},
        {"actor": None}, {"details": None}, {"details": {}}, {"details": {"vkey": 1}}, {"details": {"vkey": "x"}},
        {"details": {"vkey": Signer("other", KEY).vkey}},
    ],
)  # fmt: skip
def test_any_other_entry_names_nobody(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidProvenance):
        maker_key(entry(canonical(SAID | change)))


def test_what_is_withheld_or_cannot_be_read_names_nobody() -> None:
    with pytest.raises(InvalidProvenance, match="withheld"):
        maker_key(CustodyEntry(bytes(32), b""))
    with pytest.raises(InvalidProvenance):
        maker_key(entry(b"garbage"))
    assert parse_canonical(canonical(SAID)) == SAID
