"""Sealed originals against their manifests and the ledger; tokens compared, then judged."""

# ruff: noqa: S608  statements of our own

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from catalog.audit_originals import original_findings
from catalog.tables import tokens
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.finding import Finding
from integrity.seal_steps import KeptToken
from tests.catalog.audited import Audited
from tests.catalog.house import House
from tests.catalog.owner import change
from tests.fakes.clocks import START

FIRST = "WHERE id = (SELECT min(id) FROM originals)"
FIRST_TOKEN = "WHERE id = (SELECT min(id) FROM tokens)"


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def judge(raw: bytes, digest: Digest) -> datetime:
    """What the fake authority's tokens are worth: they are over the digest at their end."""
    if not raw.endswith(digest.raw):
        raise InvalidToken("token-imprint-differs", "over other bytes")
    return START


def walk(files: Mapping[str, bytes], _digest: Digest) -> tuple[Finding, ...]:
    """Judged together, all of them have ended."""
    return tuple(Finding("token-outlived-certificate", name, "ended") for name in files if name.endswith(".tsr"))


def check(connection: Connection) -> list[Finding]:
    return list(original_findings(connection, judge, walk, lambda _: True))


def test_what_nobody_touched_is_clean(audited: Audited) -> None:
    assert audited.codes(check) == set()


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        (f"UPDATE originals SET name = 'x' {FIRST}", {"original-differs"}),
        (f"UPDATE originals SET size = 1 {FIRST}", {"original-differs", "original-not-recorded"}),
        (f"UPDATE originals SET leaf_index = 900 {FIRST}", {"original-not-recorded"}),
        (f"UPDATE originals SET manifest_sha256 = sha256 {FIRST}",
         {"manifest-differs", "original-not-recorded", "token-imprint-differs"}),
        (f"UPDATE originals SET manifest = (SELECT commitment FROM ledger WHERE id = 2) {FIRST}",
         {"manifest-differs", "manifest-invalid"}),
        ("UPDATE ledger SET action = 'other' WHERE action = 'catalogue'",
         {"original-not-recorded", "token-not-recorded"}),
        (f"UPDATE tokens SET token = NULL, sha256 = NULL, gen_time = NULL {FIRST_TOKEN}", {"token-missing"}),
        (f"DELETE FROM tokens {FIRST_TOKEN}", {"token-missing"}),
        (f"UPDATE tokens SET gen_time = asked_at, token = (SELECT commitment FROM ledger WHERE id = 2) {FIRST_TOKEN}",
         {"token-differs", "token-imprint-differs"}),
        (f"UPDATE tokens SET gen_time = '2020-01-01T00:00:00.000000Z' {FIRST_TOKEN}", {"token-differs"}),
        (f"UPDATE tokens SET sha256 = (SELECT max(sha256) FROM originals) {FIRST_TOKEN}",
         {"token-differs", "token-not-recorded", "token-missing"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert audited.codes(check) == codes


def test_only_chosen_originals_are_judged_but_all_are_compared(audited: Audited) -> None:
    def nobody(raw: bytes, digest: Digest) -> datetime:
        raise InvalidToken("token-chain", "never asked")

    def sampled(connection: Connection) -> list[Finding]:
        return list(original_findings(connection, nobody, walk, lambda _: False))

    assert audited.codes(sampled) == set()
    change(audited.house.database, f"UPDATE tokens SET sha256 = (SELECT max(sha256) FROM originals) {FIRST_TOKEN}")
    assert "token-differs" in audited.codes(sampled)


def test_one_that_has_ended_is_judged_with_the_others(audited: Audited) -> None:
    def ended(raw: bytes, digest: Digest) -> datetime:
        raise InvalidToken("token-outlived-certificate", "by itself")

    def together(connection: Connection) -> list[Finding]:
        return list(original_findings(connection, ended, walk, lambda _: True))

    def beside_others(connection: Connection) -> list[Finding]:
        return list(original_findings(connection, ended, lambda *_: (), lambda _: True))

    assert audited.codes(together) == {"token-outlived-certificate"}
    assert audited.codes(beside_others) == set()


def test_pending_and_late_tokens(audited: Audited) -> None:
    house = audited.house
    audited.sealer.authority.go_away()
    audited.footage(2, b"later")
    assert audited.codes(check) == set()
    audited.sealer.authority.come_back()
    with house.database.read() as connection:
        row = connection.execute(select(tokens).where(tokens.c.token.is_(None), tokens.c.over == "original")).one()
    audited.recordings.add_token(row.id, KeptToken.of(audited.sealer.authority.stamp(Digest.of(b"later"))))
    assert audited.codes(check) == set()
    change(house.database, "DELETE FROM ledger WHERE action = 'token-added'")
    assert audited.codes(check) == {"token-not-recorded"}


def test_a_second_manifest(audited: Audited) -> None:
    """The same bytes sealed twice at the same moment are explained by the second upload; nothing else is."""
    audited.footage(2, b"footage")
    assert audited.codes(check) == set()
    change(audited.house.database, "UPDATE ledger SET action = 'other' WHERE action = 'upload-repeated'")
    assert audited.codes(check) == {"manifest-second"}


def test_progress_is_told(audited: Audited) -> None:
    told: list[tuple[int, int]] = []

    def slowly(connection: Connection) -> list[Finding]:
        return list(
            original_findings(connection, judge, walk, lambda _: True, lambda done, total: told.append((done, total)))
        )

    assert audited.codes(slowly) == set()
    assert told == [(2, 2)]
