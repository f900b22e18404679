"""OCSP responses from a server on loopback and from `openssl ocsp`: kept, handed out with the seal, judged by both."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.clock import instant
from integrity.digest import Digest
from integrity.revocations import read_list
from scripts.assemble import House
from scripts.revocations import Fetching, ListSource, list_facts
from scripts.status import seal_of
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import Dated, dated
from tests.fakes.ocsp import TRY_LATER, UNKNOWN, encoded, responder, revoked
from tests.scripts.installation import one
from tests.scripts.revoking import (
    HOUR,
    STRANGER,
    ListServer,
    Ticks,
    answer,
    audited,
    fetching,
    opening,
    outside,
    second,
    serving,
    stamped,
    verdict,
)
from tests.servers.openssl_ocsp import OpensslResponder, judged

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
def answering(house: House, tmp_path: Path, served: ListServer) -> Dated:
    """One that publishes no list and answers by OCSP."""
    return outside(house, tmp_path, answers=[served.url, "ldap://127.0.0.1/"])


@pytest.mark.parametrize("delegated", [False, True])
def test_what_a_responder_says_goes_with_the_seal(
    house: House, answering: Dated, served: ListServer, tmp_path: Path, delegated: bool
) -> None:
    """By `openssl ocsp`, with the issuer's own key and with that of a responder, whose certificate comes along."""
    tsa, at = answering, house.clock.now()
    by = responder(tsa.root, start=at - YEAR, end=at + YEAR) if delegated else None
    opened = OpensslResponder(tmp_path / "responder", tsa.root, by)
    opened.says(tsa.issued.certificate.serial_number)
    served.answer = opened
    original = stamped(house, tsa)
    job = fetching(house, tsa)
    job.run()
    assert job.refused == {}
    assert (served.asked, served.posted) == (0, 1)
    files = seal_of(house, house.recordings.original(original).digest)
    [content] = [content for name, content in files.items() if name.endswith(".ocsp")]
    assert f"authorities/tsa-{Digest.of(content).hex[:16]}.ocsp" in files
    assert verdict(house, tsa, original, tmp_path / "reader") == set()
    assert audited(house, tsa, tmp_path) == set()
    facts = list_facts(house.revocations, "tsa", house.clock.now())
    assert facts["revoked"] is False
    assert facts["list_age_seconds"] < 240
    told = judged(tmp_path, content, tsa.root, tsa.issued, int(at.timestamp()))
    assert "Response verify OK" in told
    assert "about.pem: good" in told


def test_a_responder_of_openssl_s_own_server_is_asked(house: House, tmp_path: Path) -> None:
    then = FakeClock(at=house.clock.now().replace(microsecond=0) - timedelta(minutes=4))
    root = dated(tmp_path / "before", "tsa", then, then.now() + 10 * YEAR).root
    opened = OpensslResponder(tmp_path / "responder", root)
    opened.says(2, f"{house.clock.now() - timedelta(minutes=1):%y%m%d%H%M%SZ},keyCompromise")
    with opened.listening() as url:
        tsa = dated(tmp_path, "tsa", then, then.now() + 10 * YEAR, answers=[url])
        original = stamped(house, tsa)
        job = fetching(house, tsa)
        job.run()
    assert job.refused == {}
    assert verdict(house, tsa, original, tmp_path / "reader") == {"token-certificate-revoked"}
    assert list_facts(house.revocations, "tsa", house.clock.now())["revoked"] is True


@pytest.mark.parametrize(
    ("reason", "since", "found"),
    [
        (1, timedelta(), "token-certificate-revoked"),
        (4, -HOUR, "token-certificate-revoked"),
        (4, timedelta(), "token-outlived-certificate"),
    ],
)
def test_a_certificate_that_a_responder_revokes_is_named_by_verify_and_by_the_audit(
    house: House, answering: Dated, served: ListServer, tmp_path: Path, reason: int, since: timedelta, found: str
) -> None:
    original, at = stamped(house, answering), second(house)
    served.answer = lambda _request: answer(answering, at, revoked(at + since, reason)).der()
    fetching(house, answering).run()
    assert one(house.data, "SELECT count(*) FROM revocations WHERE kind = 'ocsp'") == 1
    assert audited(house, answering, tmp_path) == {found}
    assert verdict(house, answering, original, tmp_path / "reader") == {found}


def test_a_responder_is_asked_again_when_its_answer_is_old(house: House, answering: Dated, served: ListServer) -> None:
    ticks, ages = Ticks(), iter((120, 60, 0))
    job = fetching(house, answering, ticks)
    job.run()
    assert served.posted == 0, "no certificate of this authority has signed yet"
    stamped(house, answering)
    served.answer = lambda _request: answer(answering, second(house, next(ages))).der()
    for moment, posted in ((100.0, 1), (101.0, 1), (100.0 + 24 * 3600, 2), (101.0 + 24 * 3600, 2)):
        ticks.at = moment
        job.run()
        assert served.posted == posted
    assert one(house.data, "SELECT count(*) FROM revocations") == 2
    assert job.refused == {}


@pytest.mark.parametrize(
    "what", ["garbage", "later", "unknown", "another", "stranger", "future", "stale", "older", "gone"]
)
def test_answers_that_are_not_kept_are_counted_and_asked_for_again(
    house: House, answering: Dated, served: ListServer, what: str
) -> None:
    stamped(house, answering)
    now, kept = second(house), 0
    good = answer(answering, now)
    made: dict[str, bytes] = {
        "garbage": b"garbage",
        "later": TRY_LATER,
        "unknown": replace(good, status=UNKNOWN).der(),
        "another": replace(good, serial=4711).der(),
        "stranger": replace(good, signer=STRANGER, certificates=encoded(STRANGER)).der(),
        "future": answer(answering, now + HOUR).der(),
        "stale": answer(answering, now - 25 * HOUR).der(),
        "older": answer(answering, now - HOUR).der(),
        "gone": good.der(),
    }
    if what == "older":
        served.answer, kept = lambda _request: good.der(), 1
        fetching(house, answering).run()
    served.status = 404 if what == "gone" else 200
    served.answer = lambda _request: made[what]
    before, job = served.posted, fetching(house, answering)
    job.run()
    job.run()
    assert served.posted - before == 2
    assert job.refused == {"tsa": 2}
    assert one(house.data, "SELECT count(*) FROM revocations") == kept


def test_a_responder_that_is_on_the_list_is_not_believed(
    house: House, answering: Dated, served: ListServer, tmp_path: Path
) -> None:
    stamped(house, answering)
    at = second(house)
    delegate = responder(answering.root, start=at - YEAR, end=at + YEAR)
    served.answer = lambda _request: replace(
        answer(answering, at), signer=delegate, certificates=encoded(delegate)
    ).der()
    known = certificates.revocations(answering.root, {7: at}, at).public_bytes(Encoding.DER)
    house.revocations.keep("tsa", read_list(known))
    job = fetching(house, answering)
    job.run()
    assert job.refused == {"tsa": 1}
    facts = list_facts(house.revocations, "tsa", at)
    assert (facts["list_issued_at"], facts["revoked"]) == (instant(at), False)


def test_nobody_answers_for_a_certificate_whose_issuer_is_not_known(
    house: House, answering: Dated, served: ListServer
) -> None:
    stamped(house, answering)
    job = Fetching(
        house.revocations, [ListSource("tsa", (STRANGER.certificate,), ())], HOUR, house.clock, monotonic=Ticks()
    )
    job.run()
    assert (served.posted, job.refused) == (0, {"tsa": 1})
