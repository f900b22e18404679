"""Revocation lists from a server on loopback: kept, handed out with the seal, judged by us and by OpenSSL."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.clock import instant
from integrity.digest import Digest
from integrity.revocations import LIMIT, read_list
from integrity.seal_steps import KeptToken
from integrity.trust import TrustedAuthority
from scripts.assemble import House
from scripts.revocations import LOOK_SECONDS, Fetching, ListSource, list_facts, sources_of
from scripts.settings import load
from scripts.status import seal_of
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import Dated, dated
from tests.fakes.ocsp import encoded, responder
from tests.scripts.installation import one
from tests.scripts.revoking import (
    HOUR,
    LOST,
    PEACE,
    ListServer,
    Ticks,
    answer,
    audited,
    fetching,
    listed,
    opening,
    outside,
    second,
    serving,
    stamped,
    verdict,
)

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture
def served() -> Iterator[ListServer]:
    with serving() as said:
        yield said


@pytest.fixture
def house(tampered: Path) -> Iterator[House]:
    with opening(tampered) as house:
        yield house


@pytest.fixture
def tsa(house: House, tmp_path: Path, served: ListServer) -> Dated:
    """An outside authority whose certificate says where its list is."""
    return outside(house, tmp_path, lists=[served.url, "ldap://127.0.0.1/list"])


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *map(str, arguments)], check=False, capture_output=True, text=True)


def test_the_list_of_a_token_goes_with_its_seal(house: House, tsa: Dated, served: ListServer, tmp_path: Path) -> None:
    original = stamped(house, tsa)
    assert list_facts(house.revocations, "tsa", house.clock.now()) == {}
    served.content = listed(tsa, second(house))
    fetching(house, tsa).run()
    files = seal_of(house, house.recordings.original(original).digest)
    name = f"authorities/tsa-{Digest.of(served.content).hex[:16]}.crl"
    assert files[name] == served.content
    assert verdict(house, tsa, original, tmp_path / "reader") == set()
    assert list_facts(house.revocations, "tsa", house.clock.now())["revoked"] is False
    assert audited(house, tsa, tmp_path) == set()
    (tmp_path / "root.pem").write_bytes(tsa.root.pem)
    (tmp_path / "signer.pem").write_bytes(tsa.issued.pem)
    (tmp_path / "list.crl").write_bytes(files[name])
    read = ("crl", "-in", tmp_path / "list.crl", "-inform", "DER", "-out", tmp_path / "list.pem")
    assert "verify OK" in openssl(*read, "-CAfile", tmp_path / "root.pem").stderr
    checked = ("verify", "-crl_check", "-CRLfile", tmp_path / "list.pem", "-CAfile", tmp_path / "root.pem",
               "-purpose", "any", "-attime", int(house.clock.now().timestamp()) + 60)  # fmt: skip
    assert openssl(*checked, tmp_path / "signer.pem").returncode == 0


@pytest.mark.parametrize(
    ("reason", "since", "found"),
    [
        (LOST, timedelta(), "token-certificate-revoked"),
        (LOST, -HOUR, "token-certificate-revoked"),
        (PEACE, -HOUR, "token-certificate-revoked"),
        (PEACE, timedelta(), "token-outlived-certificate"),
    ],
)
def test_a_revoked_certificate_is_named_by_verify_and_by_the_audit(
    house: House, tsa: Dated, served: ListServer, tmp_path: Path, reason: x509.CRLReason, since: timedelta, found: str
) -> None:
    original = stamped(house, tsa)
    at = second(house)
    served.content = listed(tsa, at, reason, since=at + since)
    fetching(house, tsa).run()
    assert one(house.data, "SELECT count(*) FROM revocations") == 1
    assert audited(house, tsa, tmp_path) == {found}
    assert list_facts(house.revocations, "tsa", at + HOUR) == {
        "list_issued_at": instant(at),
        "list_age_seconds": 3600,
        "revoked": True,
    }
    assert verdict(house, tsa, original, tmp_path / "reader") == {found}


def test_a_list_is_fetched_again_when_it_is_old_or_a_certificate_is_new(
    house: House, tsa: Dated, served: ListServer
) -> None:
    ticks = Ticks()
    job = fetching(house, tsa, ticks)
    job.run()
    assert served.asked == 0, "no certificate of this authority has signed yet"
    stamped(house, tsa)
    served.content = listed(tsa, second(house))
    for moment, asked in ((100.0, 1), (101.0, 1), (100.0 + 24 * 3600, 2), (101.0 + 24 * 3600, 2)):
        ticks.at = moment
        job.run()
        assert served.asked == asked
    assert one(house.data, "SELECT count(*) FROM revocations") == 1
    served.content = listed(tsa, second(house, 10))
    ticks.at += 24 * 3600
    job.run()
    assert one(house.data, "SELECT count(*) FROM revocations") == 2
    assert job.refused == {}


def test_where_the_operator_says(house: House, tsa: Dated, served: ListServer) -> None:
    served.content = listed(tsa, second(house))
    fetching(house, tsa, None, served.url, served.url).run()
    assert served.asked == 1
    assert one(house.data, "SELECT count(*) FROM revocations WHERE authority = 'tsa'") == 1


@pytest.mark.parametrize("what", ["garbage", "huge", "redirect", "gone", "stranger", "future", "stale", "older"])
def test_what_is_not_kept_is_counted_and_asked_for_again(
    house: House, tsa: Dated, served: ListServer, what: str
) -> None:
    now = second(house)
    good = listed(tsa, now)
    kept = 0
    made: dict[str, Callable[[], bytes]] = {
        "garbage": lambda: b"garbage",
        "huge": lambda: b"\n" * (LIMIT + 1),
        "stranger": lambda: certificates.revocations(certificates.root("root of tsa 2"), {}, now).public_bytes(
            Encoding.DER
        ),
        "future": lambda: listed(tsa, now + HOUR),
        "stale": lambda: listed(tsa, now - 2 * YEAR),
        "older": lambda: listed(tsa, now - HOUR),
    }
    job = fetching(house, tsa, None, served.url)
    if what == "older":
        served.content, kept = good, 1
        fetching(house, tsa, None, served.url).run()
    served.status = {"redirect": 302, "gone": 404}.get(what, 200)
    served.content = made.get(what, lambda: good)()
    before = served.asked
    job.run()
    job.run()
    assert served.asked - before == 2, "nothing was followed, and what failed is asked for at the next look"
    assert job.refused == {"tsa": 2}
    assert one(house.data, "SELECT count(*) FROM revocations") == kept


def test_the_job_is_woken_every_few_minutes_and_never_when_switched_off(house: House, tsa: Dated) -> None:
    woken: list[str] = []

    class Jobs:
        def wake(self, kind: str, subject: str, priority: int = 0) -> None:
            woken.append(kind)

        def active(self, kind: str) -> set[str]:
            return set()

    ticks = Ticks()
    job = fetching(house, tsa, ticks)
    off = Fetching(house.revocations, [ListSource("tsa", (), ())], timedelta(), house.clock, monotonic=ticks)
    for moment in (100.0, 101.0, 100.0 + LOOK_SECONDS):
        ticks.at = moment
        job.wake(Jobs())
        off.wake(Jobs())
    assert woken == ["revocations"] * 2
    assert sources_of(load(environment={}).authorities) == ()


def test_a_job_that_is_to_end_asks_nobody(house: House, tsa: Dated, served: ListServer) -> None:
    job = fetching(house, tsa, None, served.url)
    job.stop()
    job.run()
    assert served.asked == 0


def test_what_the_certificate_between_says_goes_with_it_and_counts(
    house: House, served: ListServer, tmp_path: Path
) -> None:
    """The common shape of a public authority: its root made an authority, and that one signs tokens' certificates."""
    root = certificates.root("top")
    middle = certificates.between(root, "middle", crl_sign=True)
    issued = certificates.signer(middle, lists=[served.url], answers=[served.url])
    [waiting] = house.recordings.pending_tokens()
    at = house.clock.now().replace(microsecond=0) - timedelta(minutes=4)
    chain = [certificates.encoded(issued), certificates.encoded(middle)]
    raw = certificates.Forgery(waiting.digest.raw, gen_time=at, certificates=chain).by(issued)
    house.recordings.add_token(waiting.id, KeptToken(raw, waiting.digest, at, "tsa", "1.2.3.4", qualified=False))
    tsa = Dated(
        dated(tmp_path, "unused", FakeClock(), at).client, TrustedAuthority("tsa", root.pem, False), root, issued
    )
    of_middle = replace(tsa, root=middle)
    served.content = listed(of_middle, second(house))
    delegate = responder(middle, key=certificates.rsa_key("delegate"))
    good = replace(answer(of_middle, second(house)), signer=delegate, certificates=encoded(delegate))
    served.answer = lambda _request: good.der()
    job = Fetching(
        house.revocations, [ListSource("tsa", (root.certificate,), ())], HOUR, house.clock, monotonic=Ticks()
    )
    job.run()
    assert job.refused == {}
    assert one(house.data, "SELECT count(DISTINCT kind) FROM revocations") == 2
    assert verdict(house, tsa, waiting.original, tmp_path / "reader") == set()
    assert audited(house, tsa, tmp_path) == set()
    house.revocations.keep("tsa", read_list(listed(of_middle, second(house, 30), LOST)))
    assert verdict(house, tsa, waiting.original, tmp_path / "later") == {"token-certificate-revoked"}
    assert audited(house, tsa, tmp_path) == {"token-certificate-revoked"}
