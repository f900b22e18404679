"""Late tokens: filled in once, of the right bytes, with their own digest in the ledger."""

import json

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.errors import Conflict, NotFound
from catalog.recordings import Recordings
from integrity.digest import Digest
from integrity.seal_steps import KeptToken
from tests.catalog.seals import FOOTAGE, FakeSealer, upload_id
from tests.catalog.test_recordings import BODY, STATION, recordings, sealer
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import START

__all__ = ["recordings", "sealer"]


@pytest.fixture
def pending(recordings: Recordings, sealer: FakeSealer) -> Recordings:
    """One recording, sealed while the authority was away."""
    sealer.authority.go_away()
    seal = sealer.seal(BODY, FOOTAGE)
    recordings.catalogue(seal, FOOTAGE, upload_id(1), START, STATION)
    return recordings


def test_pending_tokens_are_listed_with_what_they_are_over(pending: Recordings) -> None:
    waiting = pending.pending_tokens()
    stored = pending.original(waiting[0].original)
    assert not stored.complete
    assert {token.over: token.digest for token in waiting} == {
        "original": Digest.of(BODY),
        "manifest": Digest.of(stored.manifest),
    }


def test_a_late_token_is_filled_in_and_on_record(pending: Recordings, database: Database) -> None:
    second = FakeAuthority("second")
    for waiting in pending.pending_tokens():
        token = KeptToken.of(second.stamp(waiting.digest))
        pending.add_token(waiting.id, token)
        pending.add_token(waiting.id, token)
        with database.read() as connection:
            body = connection.scalar(select(tables.ledger.c.body).order_by(tables.ledger.c.id.desc()).limit(1))
        entry = json.loads(body or b"")
        assert (entry["action"], entry["subject"]["id"]) == ("token-added", waiting.original)
        assert entry["details"] == {
            "over": waiting.over,
            "authority": "second",
            "sha256": Digest.of(token.raw).hex,
            "gen_time": "2026-03-02T08:30:00.000000Z",
        }
    assert pending.pending_tokens() == []
    stored = pending.original(waiting.original)
    assert stored.complete
    assert {token.authority for token in stored.tokens} == {"second"}
    with database.read() as connection:
        assert len(connection.execute(select(tables.ledger)).all()) == 3


def test_a_token_is_never_replaced(pending: Recordings) -> None:
    authority = FakeAuthority()
    waiting = pending.pending_tokens()[0]
    pending.add_token(waiting.id, KeptToken.of(authority.stamp(waiting.digest)))
    with pytest.raises(Conflict):
        pending.add_token(waiting.id, KeptToken.of(authority.stamp(waiting.digest)))


def test_a_token_over_other_bytes_is_refused(pending: Recordings) -> None:
    waiting = pending.pending_tokens()[0]
    with pytest.raises(Conflict):
        pending.add_token(waiting.id, KeptToken.of(FakeAuthority().stamp(Digest.of(b"other"))))
    assert waiting in pending.pending_tokens()


def test_a_token_for_no_row(pending: Recordings) -> None:
    with pytest.raises(NotFound):
        pending.add_token("0" * 26, KeptToken.of(FakeAuthority().stamp(Digest.of(BODY))))
