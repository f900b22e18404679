"""What tests of lists and OCSP responses share: a server on loopback that says what it is told to, an installation
whose one late token is of an outside authority, and what a reader and the audit find."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from catalog.identity import OriginalId
from integrity.seal_steps import KeptToken
from integrity.trust import read_trust
from integrity.verify import verify_file
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.revocations import Fetching, ListSource
from scripts.settings import load
from scripts.status import seal_of
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import FakeClock
from tests.fakes.dated import Dated, dated
from tests.fakes.ocsp import Response
from tests.integrity.zoo.specimen import write_folder

HOUR = timedelta(hours=1)
PEACE = x509.CRLReason(x509.ReasonFlags.superseded)
LOST = x509.CRLReason(x509.ReasonFlags.key_compromise)
STRANGER = certificates.root("root of tsa 2")


@dataclass
class ListServer:
    """Serves `content` with `status`, and counts who asks; what is posted to it gets `answer`."""

    url: str = ""
    content: bytes = b""
    status: int = 200
    asked: int = 0
    answer: Callable[[bytes], bytes] = bytes
    posted: int = 0


@contextmanager
def serving() -> Iterator[ListServer]:
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


@contextmanager
def opening(data: Path) -> Iterator[House]:
    house = open_house(data, load(environment={}))
    yield house
    house.close()


def outside(house: House, place: Path, lists: Sequence[str] = (), answers: Sequence[str] = ()) -> Dated:
    """An outside authority, of whose tokens some are minutes old."""
    then = FakeClock(at=house.clock.now().replace(microsecond=0) - timedelta(minutes=4))
    return dated(place, "tsa", then, then.now() + 10 * YEAR, lists=lists, answers=answers)


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


def answer(tsa: Dated, at: datetime, status: bytes | None = None) -> Response:
    response = Response(tsa.root, tsa.issued.certificate.serial_number, at=at)
    return response if status is None else replace(response, status=status)
