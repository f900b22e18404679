"""Late tokens: filled in once, of the right bytes, with their own digest in the ledger."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.errors import Conflict, NotFound
from catalog.recordings import Recordings
from integrity.digest import Digest
from integrity.seal import SealToken
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


class TestTwoAuthorities:
    """Tokens of two authorities over each digest, of which one was away."""

    @pytest.fixture
    def half(self, recordings: Recordings, sealer: FakeSealer) -> Recordings:
        seal = sealer.seal(BODY, FOOTAGE)
        tokens = tuple(each for token in seal.tokens for each in (token, SealToken(token.over, "second", None)))
        recordings.catalogue(replace(seal, tokens=tokens), FOOTAGE, upload_id(1), START, STATION)
        return recordings

    def test_the_one_that_waits_knows_whose_there_is(self, half: Recordings) -> None:
        assert [(waiting.over, waiting.held) for waiting in half.pending_tokens()] == [
            ("original", ("embedded",)),
            ("manifest", ("embedded",)),
        ]

    def test_it_is_never_filled_in_by_the_same(self, half: Recordings) -> None:
        waiting = half.pending_tokens()[0]
        with pytest.raises(Conflict, match="embedded has given"):
            half.add_token(waiting.id, KeptToken.of(FakeAuthority("embedded").stamp(waiting.digest)))
        assert waiting in half.pending_tokens()

    def test_proofs_are_numbered_in_the_order_of_the_authorities(self, half: Recordings) -> None:
        second = FakeAuthority("second")
        for waiting in half.pending_tokens():
            half.add_token(waiting.id, KeptToken.of(second.stamp(waiting.digest)))
        stored = half.original(waiting.original)
        files = stored.proof_files(b"proof")
        assert list(files) == [
            *("manifest.json", "original.tsr", "original.2.tsr", "manifest.tsr", "manifest.2.tsr", "tlog-proof"),
        ]
        assert [b"of second" in files[name] for name in files] == [False, False, True, False, True, False]

    def test_pending_ones_are_left_out_of_the_proofs(self, half: Recordings) -> None:
        files = half.original(half.pending_tokens()[0].original).proof_files(b"proof")
        assert list(files) == ["manifest.json", "original.tsr", "manifest.tsr", "tlog-proof"]


def test_how_many_wait_and_since_when(pending: Recordings, recordings: Recordings, sealer: FakeSealer) -> None:
    waits = pending.tokens_waiting()
    assert waits.count == 2
    assert waits.since == min(token.asked_at for token in pending.pending_tokens())
    for waiting in pending.pending_tokens():
        pending.add_token(waiting.id, KeptToken.of(FakeAuthority().stamp(waiting.digest)))
    assert (pending.tokens_waiting().count, pending.tokens_waiting().since) == (0, None)
