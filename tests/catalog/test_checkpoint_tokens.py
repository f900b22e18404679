"""Tokens over checkpoints: which is due, which is found again, and that each is told to the ledger."""

import pytest
from sqlalchemy import select

from catalog.checkpoint_tokens import STAMPED
from catalog.errors import Conflict
from catalog.tables import ledger
from integrity.canonical import parse_canonical
from integrity.checkpoint import claimed, own_note
from integrity.digest import Digest
from integrity.token import Token
from tests.catalog.proven import SIGNER, Proven


def stamp(proven: Proven) -> tuple[int, Token]:
    """A token over what is published now, kept; the checkpoint's size."""
    note = proven.reader.head().note
    token = proven.authority.stamp(Digest.of(own_note(note)))
    proven.checkpoints.keep(note, token)
    proven.sequencer.drain()
    return claimed(note).size, token


def wanted(proven: Proven) -> bool:
    return proven.checkpoints.wanted(SIGNER.name, proven.reader.head().size)


def test_a_token_is_due_when_the_log_has_grown_by_more_than_the_tale_of_tokens(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    assert wanted(proven)
    stamp(proven)
    assert not wanted(proven), "its own entry is no reason"
    proven.footage(b"more")
    proven.sequencer.drain()
    assert wanted(proven)


def test_a_leaf_is_proven_under_the_first_stamped_checkpoint_that_has_it(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    checkpoints = proven.checkpoints
    assert checkpoints.newest(SIGNER.name) is None
    assert checkpoints.covering(SIGNER.name, 0) is None
    first, token = stamp(proven)
    proven.footage(b"more")
    proven.sequencer.drain()
    second, _ = stamp(proven)
    found = {index: checkpoints.covering(SIGNER.name, index) for index in (0, first - 1, first, second - 1, second)}
    assert [one and one.size for one in found.values()] == [first, first, second, second, None]
    newest = checkpoints.newest(SIGNER.name)
    assert newest is not None
    assert newest.size == second
    assert found[0] is not None
    assert (found[0].token, found[0].gen_time) == (token.raw, token.gen_time)
    assert checkpoints.newest("other.example") is None


def test_the_ledger_has_the_tokens_own_digest(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    size, token = stamp(proven)
    with proven.database.read() as connection:
        body = connection.scalar(select(ledger.c.body).where(ledger.c.action == STAMPED))
    said = parse_canonical(body or b"")
    assert said["subject"] == {"kind": "log", "id": SIGNER.name}
    assert said["details"]["sha256"] == Digest.of(token.raw).hex
    assert (said["details"]["size"], said["details"]["root"]) == (size, proven.reader.root(size).hex())


def test_a_second_one_of_one_authority_is_refused_whole(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    note = proven.reader.head().note
    token = proven.authority.stamp(Digest.of(own_note(note)))
    proven.checkpoints.keep(note, token)
    with pytest.raises(Conflict):
        proven.checkpoints.keep(note, token)
    with proven.database.read() as connection:
        assert len(connection.scalars(select(ledger.c.id).where(ledger.c.action == STAMPED)).all()) == 1
