"""Authorities as they are asked: the contract on stock openssl, and every answer that must not be taken."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc3161ng

from integrity.authority import POLICIES, EmbeddedAuthority
from integrity.certificates import read_certificates
from integrity.clock import SystemClock, system_random
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.timestamp import HttpAuthority, Transport
from tests.contracts.timestamp_authority import DIGEST, TimestampAuthorityContract
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.servers import openssl_ts


@openssl_ts.REQUIRED
class TestOpensslAuthority(TimestampAuthorityContract):
    """`openssl ts -reply` and its certificates, dated by the machine's clock."""

    @pytest.fixture
    def transport(self, tmp_path: Path) -> Transport:
        issued = certificates.signer(_root_of_today(), start=datetime.now(UTC) - timedelta(days=1))
        return openssl_ts.OpensslAuthority(tmp_path / "openssl", issued)

    @pytest.fixture
    def roots(self) -> bytes:
        return _root_of_today().pem

    @pytest.fixture
    def authority(self, transport: Transport, roots: bytes) -> HttpAuthority:
        return HttpAuthority("openssl", transport, read_certificates(roots), SystemClock(), system_random)


def _root_of_today() -> certificates.Issued:
    return certificates.root("of today", start=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def embedded(tmp_path: Path, clock: FakeClock) -> EmbeddedAuthority:
    root = certificates.root()
    return certificates.authority(tmp_path / "authority", root, certificates.signer(root), clock)


@pytest.fixture
def asking(embedded: EmbeddedAuthority, clock: FakeClock) -> Callable[[Transport], HttpAuthority]:
    """An authority behind any transport, trusting the embedded one's root."""

    def ask(transport: Transport) -> HttpAuthority:
        roots = read_certificates(embedded.root_pem)
        return HttpAuthority("authority", transport, roots, clock, FakeRandom(b"nonce"), policies=POLICIES)

    return ask


def test_what_it_gives_is_verified(
    embedded: EmbeddedAuthority, asking: Callable[[Transport], HttpAuthority], clock: FakeClock
) -> None:
    token = asking(embedded.respond).stamp(DIGEST)
    assert token.gen_time == clock.now()
    assert token.policy in POLICIES


def test_an_answer_to_an_earlier_question_is_refused(
    embedded: EmbeddedAuthority, asking: Callable[[Transport], HttpAuthority]
) -> None:
    kept: list[bytes] = []

    def replaying(query: bytes) -> bytes:
        kept.append(embedded.respond(query))
        return kept[0]

    authority = asking(replaying)
    authority.stamp(DIGEST)
    with pytest.raises(AuthorityUnavailable, match="token-nonce-differs"):
        authority.stamp(DIGEST)
    with pytest.raises(AuthorityUnavailable, match="token-imprint-differs"):
        authority.stamp(Digest.of(b"other"))


def test_another_authority_is_refused(
    tmp_path: Path, asking: Callable[[Transport], HttpAuthority], clock: FakeClock
) -> None:
    root = certificates.root("other root")
    other = certificates.authority(tmp_path / "other", root, certificates.signer(root), clock)
    with pytest.raises(AuthorityUnavailable, match="token-chain"):
        asking(other.respond).stamp(DIGEST)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_time_that_is_not_ours_is_refused(
    tmp_path: Path, asking: Callable[[Transport], HttpAuthority], clock: FakeClock, seconds: float
) -> None:
    root = certificates.root()
    elsewhere = FakeClock(at=clock.now() + timedelta(seconds=seconds))
    other = certificates.authority(tmp_path / "other", root, certificates.signer(root), elsewhere)
    with pytest.raises(AuthorityUnavailable, match="time"):
        asking(other.respond).stamp(DIGEST)
    elsewhere.at = clock.now() + timedelta(seconds=seconds * 299 / 301)
    asking(other.respond).stamp(DIGEST)


def test_a_time_that_passes_while_it_answers_counts(
    embedded: EmbeddedAuthority, asking: Callable[[Transport], HttpAuthority], clock: FakeClock
) -> None:
    def slow(query: bytes) -> bytes:
        response = embedded.respond(query)
        clock.advance(301)
        return response

    with pytest.raises(AuthorityUnavailable, match="is not ours"):
        asking(slow).stamp(DIGEST)


def test_a_policy_nobody_agreed_to_is_refused(tmp_path: Path) -> None:
    root = _root_of_today()
    issued = certificates.signer(root, start=datetime.now(UTC) - timedelta(days=1), end=datetime.now(UTC) + YEAR)
    transport = openssl_ts.OpensslAuthority(tmp_path, issued)
    roots = (root.certificate,)
    authority = HttpAuthority("openssl", transport, roots, SystemClock(), system_random, policies=POLICIES)
    with pytest.raises(AuthorityUnavailable, match="token-policy"):
        authority.stamp(DIGEST)


def _raising(*_arguments: object, **_options: object) -> None:
    raise ValueError("unreadable")


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (lambda *_, **__: START + timedelta(seconds=1), "do not agree"),
        (lambda *_, **__: None, "has no time"),
        (_raising, "cannot be read by rfc3161ng"),
    ],
    ids=["another time", "no time", "unreadable"],
)
def test_two_readers_must_agree_on_the_time(
    embedded: EmbeddedAuthority,
    asking: Callable[[Transport], HttpAuthority],
    monkeypatch: pytest.MonkeyPatch,
    reader: Callable[..., object],
    said: str,
) -> None:
    """No token is known on which they differ, so the other reader is made to."""
    monkeypatch.setattr(rfc3161ng, "get_timestamp", reader)
    with pytest.raises(AuthorityUnavailable, match=said):
        asking(embedded.respond).stamp(DIGEST)


@pytest.mark.parametrize("answer", [b"", b"garbage", b"<html>", bytes(100_000)], ids=len)
def test_no_answer_at_all(asking: Callable[[Transport], HttpAuthority], answer: bytes) -> None:
    with pytest.raises(AuthorityUnavailable, match="token-malformed"):
        asking(lambda _: answer).stamp(DIGEST)


def test_a_rejection_is_refused_with_its_words(
    embedded: EmbeddedAuthority, asking: Callable[[Transport], HttpAuthority]
) -> None:
    with pytest.raises(AuthorityUnavailable, match=r"token-not-granted.*status 2"):
        asking(lambda _: embedded.respond(b"garbage")).stamp(DIGEST)
