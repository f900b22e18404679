"""The chain of renewals: what it carries past the end of certificates, and every way in which it is broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.canonical import canonical, parse_canonical
from integrity.digest import Digest
from integrity.finding import Assurance, Verdict
from tests.integrity.renewed import DAY, Renewed
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import edited, flipped
from tests.servers import openssl_ts


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Renewed:
    return Renewed.make(tmp_path_factory.mktemp("renewed"))


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return sorted((finding.code, finding.subject) for finding in verdict.findings)


OUTLIVED = [("token-outlived-certificate", "manifest.tsr"), ("token-outlived-certificate", "original.tsr")]


@pytest.mark.parametrize("day", [601, 700, 800, 20 * 365], ids=["all good", "first ended", "both ended", "in 20 years"])
def test_it_verifies_on(renewed: Renewed, tmp_path: Path, day: int) -> None:
    verdict = renewed.judged(tmp_path, renewed.files(), day)
    assert found(verdict) == []
    assert [step.passed for step in verdict.steps if step.name == "the time stamps were renewed"] == [True]


def test_without_renewals_it_had_ended(renewed: Renewed, tmp_path: Path) -> None:
    assert found(renewed.judged(tmp_path, renewed.files([]), 364)) == []
    assert found(renewed.judged(tmp_path, renewed.files([]), 366)) == OUTLIVED


def test_the_first_renewal_carries_it_until_its_own_end(renewed: Renewed, tmp_path: Path) -> None:
    files = renewed.files(renewed.renewals[:1])
    assert found(renewed.judged(tmp_path, files, 729)) == []
    ended = ("token-outlived-certificate", "renewal.1.tsr")
    assert found(renewed.judged(tmp_path, files, 731)) == sorted([*OUTLIVED, ended])


def test_what_it_rests_on_is_no_more_qualified_than_its_renewals(renewed: Renewed, tmp_path: Path) -> None:
    """`brief` and `lasting` are qualified, `middle` is not: where the chain needs `middle`, it is the least of all."""
    assert renewed.judged(tmp_path, renewed.files(renewed.renewals[:1]), 301).assurance is Assurance.EXTERNAL_AUTHORITY
    assert renewed.judged(tmp_path, renewed.files(renewed.renewals[:1]), 400).assurance is Assurance.SELF_ASSERTED
    alone = [renewed.renewal(1, renewed.lasting, 300)]
    assert renewed.judged(tmp_path, renewed.files(alone), 400).assurance is Assurance.EXTERNAL_AUTHORITY


def test_a_renewal_that_came_too_late_carries_nothing(renewed: Renewed, tmp_path: Path) -> None:
    late = [renewed.renewals[0], renewed.renewal(2, renewed.lasting, 731, renewed.renewals[0][1])]
    expected = sorted([*OUTLIVED, ("renewal-too-late", "renewal.1.tsr")])
    assert found(renewed.judged(tmp_path, renewed.files(late), 800)) == expected
    first = [renewed.renewal(1, renewed.lasting, 366)]
    assert found(renewed.judged(tmp_path, renewed.files(first), 367)) == OUTLIVED


def test_a_late_renewal_is_no_defect_of_what_stands_without_it(renewed: Renewed, tmp_path: Path) -> None:
    """A second token that is good by itself carries each digest; the late chain is passed over."""
    late = [renewed.renewals[0], renewed.renewal(2, renewed.lasting, 731, renewed.renewals[0][1])]
    files = renewed.files(late)
    bodies = {"original": b"renewed twice", "manifest": renewed.sealed.manifest}
    files |= {f"{over}.2.tsr": renewed.stamped(renewed.lasting, 1, body) for over, body in bodies.items()}
    assert found(renewed.judged(tmp_path, files, 800)) == []


def _restamped(renewed: Renewed, **changes: object) -> Callable[[Files], None]:
    """The second renewal says otherwise, under a token of its own."""

    def change(files: Files) -> None:
        files["renewal.2.json"] = edited(files["renewal.2.json"], **changes)
        files["renewal.2.tsr"] = renewed.stamped(renewed.lasting, 600, files["renewal.2.json"])

    return change


def _only(name: str, content: Callable[[Files], bytes]) -> Callable[[Renewed], Callable[[Files], None]]:
    return lambda _renewed: lambda files: files.update({name: content(files)})


def _without(name: str) -> Callable[[Renewed], Callable[[Files], None]]:
    return lambda _renewed: lambda files: files.__delitem__(name)


def _tokens(renewed: Renewed) -> list[str]:
    return [Digest.of(raw).hex for _, raw in renewed.tokens]


ZERO = Digest.of(b"").hex
BROKEN: dict[str, tuple[Callable[[Renewed], Callable[[Files], None]], list[tuple[str, str]]]] = {
    "a statement's byte": (
        _only("renewal.2.json", lambda files: files["renewal.2.json"].replace(b'"number":2', b'"number":3')),
        [
            ("renewal-differs", "renewal.2.json"),
            ("token-imprint-differs", "renewal.2.tsr"),
            ("token-outlived-certificate", "renewal.1.tsr"),
            *OUTLIVED,
        ],
    ),
    "a token's byte": (
        _only("renewal.2.tsr", lambda files: flipped(files["renewal.2.tsr"], -20)),
        [("token-signature", "renewal.2.tsr"), ("token-outlived-certificate", "renewal.1.tsr"), *OUTLIVED],
    ),
    "a statement is garbage": (
        _only("renewal.1.json", lambda _: b"garbage"),
        [("renewal-malformed", "renewal.1.json"), *OUTLIVED],
    ),
    "a statement is gone": (_without("renewal.1.json"), [("renewal-missing", "renewal.1.json"), *OUTLIVED]),
    "a token is gone": (_without("renewal.1.tsr"), [("renewal-missing", "renewal.1.tsr"), *OUTLIVED]),
    "another manifest": (
        lambda renewed: _restamped(renewed, manifest=ZERO),
        [("renewal-differs", "renewal.2.json")],
    ),
    "another renewal before it": (
        lambda renewed: _restamped(renewed, previous=ZERO),
        [("renewal-differs", "renewal.2.json"), ("token-outlived-certificate", "renewal.1.tsr"), *OUTLIVED],
    ),
    "no renewal before it": (
        lambda renewed: _restamped(renewed, previous=None),
        [("renewal-differs", "renewal.2.json"), ("token-outlived-certificate", "renewal.1.tsr"), *OUTLIVED],
    ),
    "another number": (lambda renewed: _restamped(renewed, number=1), [("renewal-differs", "renewal.2.json")]),
    "a token that is not here": (
        lambda renewed: _restamped(renewed, tokens=sorted([*_tokens(renewed), ZERO])),
        [("renewal-incomplete", "renewal.2.json")],
    ),
    "a revocation list that is not here": (
        lambda renewed: _restamped(renewed, revocations=[ZERO]),
        [("renewal-incomplete", "renewal.2.json")],
    ),
    "a version of later": (
        lambda renewed: _restamped(renewed, format="tiezheng-renewal-v2"),
        [("renewal-malformed", "renewal.2.json"), ("token-outlived-certificate", "renewal.1.tsr"), *OUTLIVED],
    ),
    "a number that is none": (
        lambda _: lambda files: files.update({"renewal.02.json": b"{}"}),
        [("file-unexpected", "renewal.02.json")],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_chain_is_named(renewed: Renewed, tmp_path: Path, name: str) -> None:
    break_it, expected = BROKEN[name]
    files = renewed.files()
    break_it(renewed)(files)
    assert set(found(renewed.judged(tmp_path, files, 800))) == set(expected)


def test_a_gap_in_the_numbers(renewed: Renewed, tmp_path: Path) -> None:
    files = renewed.files()
    for part in ("json", "tsr"):
        files[f"renewal.3.{part}"] = files.pop(f"renewal.2.{part}")
    assert {("renewal-missing", "renewal.2.json"), ("renewal-missing", "renewal.2.tsr")} <= set(
        found(renewed.judged(tmp_path, files, 800))
    )


def test_the_first_one_covers_none_before_it(renewed: Renewed, tmp_path: Path) -> None:
    first = renewed.renewal(1, renewed.lasting, 300, b"something")
    assert found(renewed.judged(tmp_path, renewed.files([first]), 301)) == [("renewal-differs", "renewal.1.json")]


def test_a_token_that_came_after_the_renewal_is_not_carried_by_it(renewed: Renewed, tmp_path: Path) -> None:
    """Swapped for another of the same authority over the same bytes: good while it lasts, and nothing afterwards."""
    files = renewed.files()
    files["original.tsr"] = renewed.stamped(renewed.brief, 2, b"renewed twice")
    assert found(renewed.judged(tmp_path, files, 800)) == [
        ("renewal-incomplete", "renewal.1.json"),
        ("renewal-incomplete", "renewal.2.json"),
        ("token-outlived-certificate", "original.tsr"),
    ]


def test_a_renewal_older_than_what_it_covers(renewed: Renewed, tmp_path: Path) -> None:
    first = renewed.renewal(1, renewed.lasting, 300)
    second = renewed.renewal(2, renewed.lasting, 299, first[1])
    assert found(renewed.judged(tmp_path, renewed.files([first, second]), 301)) == [
        ("renewal-before-token", "renewal.1.tsr")
    ]


@openssl_ts.REQUIRED
def test_openssl_agrees_at_the_time_the_token_states(renewed: Renewed, tmp_path: Path) -> None:
    files = renewed.files()
    for number, authority, day in ((1, renewed.middle, 300), (2, renewed.lasting, 600)):
        (tmp_path / "statement").write_bytes(files[f"renewal.{number}.json"])
        at = str(int((renewed.evidence.clock.now() + day * DAY).timestamp()))
        token, root = files[f"renewal.{number}.tsr"], authority.root.pem
        assert openssl_ts.verified(tmp_path, token, root, "-data", tmp_path / "statement", "-attime", at)
        other = canonical(parse_canonical(files[f"renewal.{number}.json"]) | {"number": 9})
        (tmp_path / "statement").write_bytes(other)
        assert not openssl_ts.verified(tmp_path, token, root, "-data", tmp_path / "statement", "-attime", at)
