"""Stored checkpoint tokens against the ledger, against themselves, and against the log of today."""

# ruff: noqa: S608  statements of our own

import shutil
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection

from catalog.audit_checkpoints import checkpoint_findings
from integrity.anchor import checkpoint_findings as growth_findings
from integrity.digest import Digest
from integrity.finding import Finding
from integrity.token import Expectation, verify_token
from integrity.trust import Trust
from tests.catalog.owner import change
from tests.catalog.proven import Proven, begin_log
from tests.catalog.test_checkpoint_tokens import stamp

FIRST = "WHERE size = (SELECT min(size) FROM checkpoint_tokens)"


@pytest.fixture
def stamped(proven: Proven) -> Proven:
    """Two checkpoints with tokens, and a log that has grown since."""
    for body in (b"one", b"two"):
        proven.footage(body)
        proven.sequencer.drain()
        stamp(proven)
    return proven


def codes(proven: Proven, *, sample: bool = True) -> set[str]:
    with proven.database.read() as connection:
        return {finding.code for finding in found(proven, connection, sample)}


def found(proven: Proven, connection: Connection, sample: bool) -> Iterator[Finding]:
    trust: Trust = proven.trust

    def judge(raw: bytes, digest: Digest) -> datetime:
        roots = [authority.certificate for authority in trust.authorities]
        return verify_token(raw, digest, Expectation(roots=roots, now=proven.clock.now())).gen_time

    def grown(name: str, note: bytes) -> Iterator[Finding]:
        return growth_findings(name, note, proven.reader, trust)

    return checkpoint_findings(connection, judge, grown, lambda _id: sample)


def test_what_nobody_touched_is_clean(stamped: Proven) -> None:
    assert codes(stamped) == set()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE checkpoint_tokens SET token = note {FIRST}", {"checkpoint-token-differs", "token-malformed"}),
        (f"UPDATE checkpoint_tokens SET size = 1 {FIRST}", {"checkpoint-token-not-recorded"}),
        (f"UPDATE checkpoint_tokens SET authority = 'other' {FIRST}", {"checkpoint-token-not-recorded"}),
        (f"UPDATE checkpoint_tokens SET gen_time = '2020-01-01T00:00:00.000000Z' {FIRST}",
         {"checkpoint-token-not-recorded", "checkpoint-token-differs"}),
        (f"UPDATE checkpoint_tokens SET note = token {FIRST}",
         {"checkpoint-token-not-recorded", "checkpoint-malformed", "anchor-invalid"}),
        (f"DELETE FROM checkpoint_tokens {FIRST}", {"checkpoint-token-missing"}),
        ("UPDATE ledger SET action = 'other' WHERE action = 'checkpoint-stamped'", {"checkpoint-token-not-recorded"}),
        # A valid token in the place of another one, its digest adjusted: only the ledger knows which it was.
        ("UPDATE checkpoint_tokens SET (token, sha256) = (SELECT token, sha256 FROM checkpoint_tokens AS other "
         f"ORDER BY size DESC LIMIT 1) {FIRST}", {"checkpoint-token-not-recorded", "token-imprint-differs"}),
    ],
)  # fmt: skip
def test_what_the_owner_changes_is_named(stamped: Proven, statement: str, expected: set[str]) -> None:
    change(stamped.database, statement)
    assert codes(stamped) == expected


def test_a_checkpoint_that_todays_log_does_not_contain(stamped: Proven) -> None:
    """The log was set back together with its head, and went on otherwise: the stored checkpoint remembers."""
    shutil.rmtree(stamped.folder / "log")
    forked = begin_log(stamped.folder / "log")
    assert codes(stamped) == {"log-set-back"}
    with forked.exclusive():
        forked.append([bytes([number]) * 32 for number in range(40)])
    assert codes(stamped) == {"log-forked"}


def test_those_that_are_not_drawn_are_compared_all_the_same(stamped: Proven) -> None:
    change(stamped.database, f"UPDATE checkpoint_tokens SET token = note {FIRST}")
    assert codes(stamped, sample=False) == {"checkpoint-token-differs"}
