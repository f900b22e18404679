"""Everything a broken or hostile client may send, sent to the real service: refused with its code, or taken as it is.

Whatever is sent leaves nothing half kept, and at the end the house agrees with itself. Hostile media are sealed like
anything else, and then refused or shown by real confined decoders, within their bounds.
"""

import base64
import hashlib
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from ingest.metadata import write_header
from integrity.digest import Digest
from scripts.dock_state import Credentials
from tests.fakes.immutable import clear_immutable
from tests.faults.kills import until
from tests.ingest.making import H264, make
from tests.ingest.test_hostile import HOSTILE, timeless
from tests.servers.service import Service, running, tiezheng

pytestmark = pytest.mark.xdist_group("bad-input")
SECONDS = 240
LARGEST = 8 * 1024 * 1024
LARGE = 3 * 1024 * 1024 + 17
"""Bytes of a body that is read from its socket."""


@dataclass(frozen=True)
class Site:
    """A service, and a station that keeps to nothing."""

    service: Service
    token: str

    def ask(self, method: str, url: str, content: Any = None, **headers: str) -> httpx2.Response:
        sent = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {self.token}"}
        if method == "PATCH":
            sent["Content-Type"] = "application/offset+octet-stream"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx2.request(method, f"{self.service.url}{url}", headers=sent, content=content, timeout=SECONDS)

    def create(self, length: int, **metadata: str) -> str:
        answer = self.ask("POST", "/files", Upload_Length=str(length), Upload_Metadata=write_header(metadata))
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def offset(self, url: str) -> int:
        return int(self.ask("HEAD", url).headers["upload-offset"])

    def patch(self, url: str, offset: int, content: Any, **headers: str) -> httpx2.Response:
        return self.ask("PATCH", url, content, Upload_Offset=str(offset), **headers)

    def half_sent(self, url: str, length: int, body: bytes) -> socket.socket:
        """A connection that says more than it sends, and stays open."""
        connection = socket.create_connection(("127.0.0.1", urlsplit(self.service.url).port or 0))
        connection.sendall(self.head("PATCH", url, length) + body)
        return connection

    def busy(self, url: str) -> bool:
        """Whether somebody writes: asked with an offset that is never right."""
        return self.patch(url, 7, b"").status_code == 423

    def head(self, method: str, url: str, length: int, offset: int = 0) -> bytes:
        return (
            f"{method} {url} HTTP/1.1\r\nHost: tus\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer {self.token}\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def receipt(self, url: str) -> dict[str, Any]:
        answers: list[httpx2.Response] = []

        def given() -> bool:
            answers.append(self.ask("GET", f"{url}/receipt"))
            return answers[-1].status_code != 202

        until(given, f"the receipt of {url}", SECONDS)
        assert answers[-1].status_code == 200, answers[-1].text
        told: dict[str, Any] = answers[-1].json()["receipt"]
        return told

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        place = f"file:{self.service.data / 'catalog.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as connection:
            return list(connection.execute(query))

    def spooled(self) -> set[str]:
        return {path.name for path in (self.service.data / "spool").iterdir()}


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Site]:
    told = {"TIEZHENG_MAX_UPLOAD_BYTES": str(LARGEST), "TIEZHENG_RESERVE_BYTES": "0", **settings}
    try:
        with running(folder / "data", **told) as service:
            made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站", "--out",
                            folder / "station.json", **told)  # fmt: skip
            assert made.returncode == 0, made.stderr
            yield Site(service, Credentials.read(folder / "station.json").token)
            demand_order(service)
    finally:
        clear_immutable(folder)


def demand_order(service: Service) -> None:
    """The house agrees with itself afterwards, and nobody was told 500."""
    report = tiezheng("audit", "--data", service.data, "--json", **service.settings)
    assert (report.returncode, json.loads(report.stdout)["findings"]) == (0, []), report.stderr
    assert '"code": "internal"' not in service.text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("bad-input"), TIEZHENG_PREPARE_JOBS="0") as served:
        yield served


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize("offset", ["1", "5", "6", str(2**63), str(2**64), "9" * 32])
def test_a_wrong_offset_changes_nothing(site: Site, offset: str) -> None:
    url = site.create(6)
    assert site.patch(url, 0, b"abc").status_code == 204
    refused(site.ask("PATCH", url, b"xyz", Upload_Offset=offset), 409, "offset-conflict")
    assert site.offset(url) == 3
    assert site.patch(url, 3, b"def").status_code == 204
    assert site.receipt(url)["sha256"] == hashlib.sha256(b"abcdef").hexdigest()


@pytest.mark.parametrize("offset", ["-1", "", "abc", "0x3", "3.0", "+3", "３"])
def test_an_offset_that_is_no_number(site: Site, offset: str) -> None:
    url = site.create(6)
    answer = site.ask("PATCH", url, b"xyz", **{"Upload_Offset": offset} if offset.isascii() else {})
    refused(answer, 400, "upload-offset-invalid")
    assert site.offset(url) == 0


def test_two_writers(site: Site) -> None:
    body = bytes(range(256)) * 8192
    url = site.create(len(body))
    with closing(site.half_sent(url, len(body), body[: len(body) // 2])):
        until(lambda: site.busy(url), "the first writes", SECONDS)
        answer = site.patch(url, 0, b"z" * 100)
        refused(answer, 423, "upload-busy")
        assert answer.headers["retry-after"] == "1"
    until(lambda: site.offset(url) == len(body) // 2, "what the first brought counts", SECONDS)
    assert site.patch(url, len(body) // 2, body[len(body) // 2 :]).status_code == 204
    assert site.receipt(url)["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("size", [1000, LARGE])
def test_a_chunk_with_another_checksum_leaves_nothing(site: Site, size: int) -> None:
    body, url = bytes(size), site.create(size)
    wrong, right = (base64.b64encode(hashlib.sha256(one).digest()).decode() for one in (b"other", body))
    refused(site.patch(url, 0, body, Upload_Checksum=f"sha256 {wrong}"), 460, "checksum-mismatch")
    assert site.offset(url) == 0
    assert site.patch(url, 0, body, Upload_Checksum=f"sha256 {right}").status_code == 204
    site.receipt(url)


def test_a_file_of_another_digest_is_quarantined_on_record(site: Site) -> None:
    url = site.create(6, sha256=hashlib.sha256(b"declared").hexdigest())
    refused(site.patch(url, 0, b"abcdef"), 460, "digest-mismatch")
    assert site.ask("HEAD", url).status_code == 410
    assert site.ask("GET", f"{url}/receipt").status_code == 410
    upload = url.rsplit("/", 1)[-1]
    until(lambda: site.rows("SELECT 1 FROM quarantine") != [], "it is on record", SECONDS)
    assert (site.service.data / "quarantine" / upload / "content").read_bytes() == b"abcdef"


@pytest.mark.parametrize("size", [1000, LARGE])
def test_a_body_that_ends_early_counts_as_far_as_it_came(site: Site, size: int) -> None:
    body = hashlib.sha256(b"%d" % size).digest() * (size // 32 + 1)
    url = site.create(size)
    with closing(site.half_sent(url, size, body[: size // 2])):
        until(lambda: site.busy(url), "it is being written", SECONDS)
    until(lambda: site.offset(url) == size // 2, "what came counts", SECONDS)
    assert site.patch(url, size // 2, body[size // 2 : size]).status_code == 204
    assert site.receipt(url)["sha256"] == hashlib.sha256(body[:size]).hexdigest()


@pytest.mark.parametrize("size", [11, LARGE])
def test_a_body_larger_than_announced(site: Site, size: int) -> None:
    url = site.create(10)
    refused(site.patch(url, 0, bytes(size)), 413, "upload-too-large")
    refused(site.patch(url, 0, iter([bytes(6), bytes(6)])), 413, "upload-too-large")  # of a length that is not told
    assert site.offset(url) <= 10


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [(str(LARGEST + 1), 413, "upload-too-large"), (str(2**63), 413, "upload-too-large"),
     ("9" * 32, 413, "upload-too-large"), ("-5", 400, "upload-length-invalid"), ("5e3", 400, "upload-length-invalid"),
     ("", 400, "upload-length-invalid")],
)  # fmt: skip
def test_a_length_that_lies_is_refused_before_anything_is_kept(site: Site, length: str, status: int, code: str) -> None:
    before = site.spooled()
    refused(site.ask("POST", "/files", Upload_Length=length), status, code)
    assert site.spooled() <= before


def test_a_head_split_at_every_byte(site: Site) -> None:
    cuts = range(1, len(site.head("PATCH", "/files/" + "0" * 26, 1)))
    body = bytes(cut % 251 for cut in cuts)
    url = site.create(len(body))
    with socket.create_connection(("127.0.0.1", urlsplit(site.service.url).port or 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for offset, cut in enumerate(cuts):
            head = site.head("PATCH", url, 1, offset)
            connection.sendall(head[:cut])
            connection.sendall(head[cut:] + body[offset : offset + 1])
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = connection.recv(65536)
                assert piece, (cut, answer)
                answer += piece
            assert answer.startswith(b"HTTP/1.1 204 "), (cut, answer)
    assert site.receipt(url)["sha256"] == hashlib.sha256(body).hexdigest()


TAKEN = ("现场 🎥👮.dat", "𠮷野家…第２号.dat", "<img src=x onerror=alert(1)>&amp;.dat", "-rf --no-preserve-root",
         "%2e%2e%2fpasswd", "a'; DROP TABLE originals;--", "CON", ".hidden", "🏴󠁧󠁢󠁥󠁮󠁧󠁿.dat", "a" * 255)  # fmt: skip
REFUSED = (
    "../../etc/passwd",
    "..\\..\\x",
    "/etc/passwd",
    "..",
    ".",
    "a\0b",
    "a\nb",
    "a\x1b[2Jb",
    "gpj\u202e.mp4",
    "a" * 256,
    " ",
)


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_is_kept_as_it_came_and_is_never_a_path(site: Site, name: str) -> None:
    body = f"the file of {name}".encode()
    url = site.create(len(body), filename=name)
    assert site.patch(url, 0, body).status_code == 204
    digest = site.receipt(url)["sha256"]
    assert site.rows(f"SELECT name FROM originals WHERE sha256 = '{digest}'") == [(name,)]  # noqa: S608  hexadecimal
    assert not [path for path in site.service.data.rglob("*") if path.name == name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_none_is_refused_before_anything_is_kept(site: Site, name: str) -> None:
    before = site.spooled()
    header = write_header({"filename": name})
    refused(site.ask("POST", "/files", Upload_Length="5", Upload_Metadata=header), 400, "metadata-invalid")
    assert site.spooled() <= before


def test_hostile_media_are_sealed_and_take_nothing_down(tmp_path: Path) -> None:
    """An audit of the whole follows, as after all the others."""
    bounds = {"TIEZHENG_PREPARE_TIMEOUT_S": "60", "TIEZHENG_PREPARE_MEMORY_BYTES": str(1024**3)}
    with serving(tmp_path, **bounds) as site:
        hostile_media(site, tmp_path)


def hostile_media(site: Site, tmp_path: Path) -> None:
    neighbour = make(tmp_path / "neighbour.mp4", *H264, seconds=1).read_bytes()
    absurd = {f"{box.decode()}.mp4": timeless(neighbour, box) for box in (b"mvhd", b"mdhd")}
    hostile = {name: made(tmp_path) for name, made in HOSTILE.items()}
    sent = {}
    for name, content in {**hostile, **absurd, "neighbour.mp4": neighbour}.items():
        url = site.create(len(content), filename=name)
        assert site.patch(url, 0, content).status_code == 204
        sent[name] = site.receipt(url)["sha256"]
        assert sent[name] == Digest.of(content).hex
    chosen = """SELECT originals.name, recordings.state, recordings.reason FROM recordings
                JOIN parts ON parts.recording_id = recordings.id JOIN originals ON originals.id = parts.original_id"""

    def settled() -> bool:
        return not {row[1] for row in site.rows(chosen)} & {"catalogued", "preparing"}

    until(settled, "each was tried", 600)
    states = {name: (state, reason) for name, state, reason in site.rows(chosen) if name in sent}
    assert states.pop("neighbour.mp4") == ("ready", None), "what comes after them is prepared as ever"
    assert {states.pop(name)[0] for name in absurd} <= {"ready", "unplayable"}
    lengths = [row[0] for row in site.rows("SELECT max(duration_ms) FROM recordings")]
    assert lengths < [7 * 24 * 3600 * 1000], "nobody believes a length that is none"
    assert set(states) == set(HOSTILE)
    assert {state for state, _ in states.values()} == {"unplayable"}, states
    assert all(reason for _, reason in states.values())
