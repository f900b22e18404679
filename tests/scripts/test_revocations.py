"""Lists and OCSP responses from servers on loopback, kept, handed out with the seal, judged by us and by OpenSSL."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from catalog.identity import OriginalId
from integrity.clock import instant
from integrity.digest import Digest
from integrity.revocations import LIMIT, read_list
from integrity.seal_steps import KeptToken
from integrity.trust import TrustedAuthority, read_trust
from integrity.verify import verify_file
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.revocations import LOOK_SECONDS, Fetching, ListSource, list_facts, sources_of
from scripts.settings import load
from scripts.status import seal_of
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import Dated, dated
from tests.fakes.ocsp import TRY_LATER, UNKNOWN, Response, encoded, responder, revoked
from tests.integrity.zoo.specimen import write_folder
from tests.scripts.installation import one
from tests.servers.openssl_ocsp import OpensslResponder, judged

pytestmark = pytest.mark.xdist_group("audit")

HOUR = timedelta(hours=1)
PEACE = x509.CRLReason(x509.ReasonFlags.superseded)
LOST = x509.CRLReason(x509.ReasonFlags.key_compromise)


@dataclass
class ListServer:
    """Serves `content` with `status`, and counts who asks; what is posted to it gets `answer`."""

    url: str = ""
    content: bytes = b""
    status: int = 200
    asked: int = 0
    answer: Callable[[bytes], bytes] = bytes
    posted: int = 0


@pytest.fixture
def served() -> Iterator[ListServer]:
    said = ListServer()

    class Answering(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            said.asked += 1
            self._reply(said.content)

        def do_POST(self) -> None:
            said.posted += 1
            self._reply(said.answer(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, content: bytes) -> None:
            self.send_response(said.status)
            self.send_header("Location", said.url)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    said.url = f"http://127.0.0.1:{server.server_port}/tsa.crl"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield said
    server.shutdown()
    server.server_close()


@pytest.fixture
def house(tampered: Path) -> Iterator[House]:
    opened = open_house(tampered, load(environment={}))
    yield opened
    opened.close()


@pytest.fixture
def tsa(house: House, tmp_path: Path, served: ListServer) -> Dated:
    """An outside authority whose certificate says where its list is; its tokens are some minutes old."""
    then = FakeClock(at=house.clock.now().replace(microsecond=0) - timedelta(minutes=4))
    return dated(tmp_path, "tsa", then, then.now() + 10 * YEAR, lists=[served.url, "ldap://127.0.0.1/list"])


@pytest.fixture
def answering(house: House, tmp_path: Path, served: ListServer) -> Dated:
    """Another one, that publishes no list and answers by OCSP."""
    then = FakeClock(at=house.clock.now().replace(microsecond=0) - timedelta(minutes=4))
    urls = [served.url, "ldap://127.0.0.1/"]
    return dated(tmp_path, "tsa", then, then.now() + 10 * YEAR, answers=urls)


@dataclass
class Ticks:
    """A clock that only a test moves."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def fetching(house: House, tsa: Dated, ticks: Ticks | None = None, *urls: str) -> Fetching:
    source = ListSource("tsa", (tsa.root.certificate,), urls)
    return Fetching(house.revocations, [source], 24 * HOUR, house.clock, monotonic=ticks or Ticks())


def stamped(house: House, tsa: Dated) -> OriginalId:
    """The original whose token was late has it from that authority."""
    [waiting] = house.recordings.pending_tokens()
    house.recordings.add_token(waiting.id, KeptToken.of(tsa.client.stamp(waiting.digest)))
    return waiting.original


def listed(tsa: Dated, at: datetime, *reasons: x509.ExtensionType, since: datetime | None = None) -> bytes:
    revoked = {tsa.issued.certificate.serial_number: since or at} if reasons else {}
    return certificates.revocations(tsa.root, revoked, at, reasons).public_bytes(Encoding.DER)


def second(house: House, before: int = 60) -> datetime:
    """A whole second, not long ago but later than every token of that authority."""
    return house.clock.now().replace(microsecond=0) - timedelta(seconds=before)


def verdict(house: House, tsa: Dated, original: OriginalId, place: Path) -> set[str]:
    """What a reader finds who trusts both authorities."""
    stored = house.recordings.original(original)
    place.mkdir()
    with house.open_original(stored) as content:
        (place / "file").write_bytes(content.read())
    told = read_trust(house.data / "trust.json")
    trust = replace(told, authorities=(*told.authorities, tsa.trusted))
    seal = write_folder(place / "seal", seal_of(house, stored.digest))
    return {finding.code for finding in verify_file(place / "file", seal, trust, clock=house.clock).findings}


def audited(house: House, tsa: Dated, place: Path) -> set[str]:
    while house.sequencer.drain():
        pass
    told = read_trust(house.data / "trust.json")
    (place / "trust.json").write_bytes(replace(told, authorities=(*told.authorities, tsa.trusted)).encode())
    return {finding.code for finding in run(house.data, trust=place / "trust.json").findings}


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


def answer(tsa: Dated, at: datetime, status: bytes | None = None) -> Response:
    response = Response(tsa.root, tsa.issued.certificate.serial_number, at=at)
    return response if status is None else replace(response, status=status)


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


STRANGER = certificates.root("root of tsa 2")


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
