"""The tus 1.0 protocol as a client sees it: the real routes, asked over ASGI."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from catalog.identity import UploadId
from ingest.direct import Taking
from ingest.metadata import write_header
from ingest.quota import Quota
from ingest.receive import Receiver
from ingest.routes import make_router
from tests.ingest.house import STATION, House
from tests.ingest.served import STREAM, TUS, Receipts, Served, problem, station


class Client:
    """Asks the routes: over ASGI, each request on an event loop of its own; or over a server's real connections."""

    def __init__(
        self, house: House, receipts: Receipts, threads: ThreadPoolExecutor, server: Served | None = None
    ) -> None:
        self.house = house
        self.receipts = receipts
        self.server = server
        self.app = FastAPI()
        self.told: list[str] = []
        told = self.told.append if server is None else server.told.append
        self.app.include_router(make_router(house.uploads, receipts, Receiver(threads), station, problem, told))
        if server is not None:
            self.told = server.told

    def ask(self, method: str, url: str, headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        headers = TUS if headers is None else headers
        if self.server is not None:
            shown = {name: value.strip() for name, value in headers.items()}  # no client sends a blank at the end
            with httpx2.Client(base_url=f"http://127.0.0.1:{self.server.port}") as client:
                return client.request(method, url, headers=shown, **options)

        async def ask() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://tus") as client:
                return await client.request(method, url, headers=headers, **options)

        return asyncio.run(ask())

    def create(self, length: int, **metadata: str) -> str:
        response = self.ask("POST", "/files", TUS | self.announce(length, **metadata))
        assert response.status_code == 201, response.text
        return response.headers["location"]

    def announce(self, length: int, **metadata: str) -> dict[str, str]:
        header = {"Upload-Metadata": write_header(metadata)} if metadata else {}
        return {"Upload-Length": str(length), **header}

    def patch(self, url: str, offset: int, content: Any, **headers: str) -> httpx2.Response:
        if isinstance(content, list):  # of a length that is not told: the transfer coding `chunked`
            content = iter(content) if self.server else _asynchronous(content)
        return self.ask("PATCH", url, TUS | STREAM | {"Upload-Offset": str(offset)} | headers, content=content)

    def offset(self, url: str) -> str:
        response = self.ask("HEAD", url)
        assert response.status_code == 200
        return response.headers["upload-offset"]


async def _asynchronous(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture(params=["asgi", "plain", "direct"])
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    """One contract for every way a body can come: over ASGI, from a server's event loop, from its socket."""
    house = House(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        if request.param == "asgi":
            yield Client(house, Receipts(), threads)
            return
        with Served(house, threads, direct=request.param == "direct") as server:
            yield Client(house, server.receipts, threads, server)


def code(response: httpx2.Response) -> str:
    assert response.headers["tus-resumable"] == "1.0.0"
    return str(response.json()["code"])


@pytest.mark.parametrize("url", ["/files", "/files/anything"])
def test_options_tell_the_truth(client: Client, url: str) -> None:
    response = client.ask("OPTIONS", url, {})
    assert response.status_code == 204
    assert response.headers["tus-version"] == "1.0.0"
    assert response.headers["tus-max-size"] == "1000"
    assert response.headers["tus-checksum-algorithm"] == "sha256"
    assert set(response.headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "checksum", "expiration", "termination",
    }  # fmt: skip


def test_a_file_is_sent_in_two_requests(client: Client) -> None:
    url = client.create(6, filename="a.mp4")
    first = client.patch(url, 0, b"abc")
    assert (first.status_code, first.headers["upload-offset"]) == (204, "3")
    assert first.headers["upload-expires"].endswith("GMT")
    second = client.patch(url, 3, b"def")
    assert (second.status_code, second.headers["upload-offset"]) == (204, "6")
    assert "upload-expires" not in second.headers
    assert len(client.house.received) == 1


def test_head_tells_offset_length_and_metadata_and_is_not_cached(client: Client) -> None:
    url = client.create(6, filename="询问.mp4", kind="photo")
    client.patch(url, 0, b"abc")
    response = client.ask("HEAD", url)
    assert response.headers["upload-offset"] == "3"
    assert response.headers["upload-length"] == "6"
    assert response.headers["upload-metadata"] == write_header({"filename": "询问.mp4", "kind": "photo"})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["tus-resumable"] == "1.0.0"


def test_creation_with_upload(client: Client) -> None:
    response = client.ask("POST", "/files", TUS | STREAM | client.announce(6), content=b"abcd")
    assert (response.status_code, response.headers["upload-offset"]) == (201, "4")
    url = response.headers["location"]
    assert client.offset(url) == "4"
    assert client.patch(url, 4, b"ef").status_code == 204


def test_creation_with_the_whole_upload(client: Client) -> None:
    response = client.ask("POST", "/files", TUS | STREAM | client.announce(3), content=b"abc")
    assert (response.status_code, response.headers["upload-offset"]) == (201, "3")
    assert len(client.house.received) == 1


def test_an_empty_file_is_complete_at_creation(client: Client) -> None:
    url = client.create(0)
    assert client.offset(url) == "0"
    assert len(client.house.received) == 1
    assert client.patch(url, 0, b"").status_code == 204


def test_many_small_chunks_arrive_in_order(client: Client) -> None:
    content = bytes(range(250)) * 4

    pieces = [content[start : start + 7] for start in range(0, len(content), 7)]
    url = client.create(len(content), sha256=hashlib.sha256(content).hexdigest())
    response = client.patch(url, 0, pieces)
    assert (response.status_code, response.headers["upload-offset"]) == (204, str(len(content)))


def test_pieces_beyond_a_mebibyte(tmp_path: Path, client: Client) -> None:
    content = bytes(3 * 1024 * 1024 + 17)
    client.house.uploads.limits = type(client.house.uploads.limits)(
        2 * len(content), client.house.uploads.limits.expires_after
    )
    url = client.create(len(content), sha256=hashlib.sha256(content).hexdigest())
    pieces = [content[start : start + 65536] for start in range(0, len(content), 65536)]
    assert client.patch(url, 0, pieces).status_code == 204
    assert client.patch(url, len(content), b"").status_code == 204, "sending nothing more is no error"


def test_a_body_of_a_told_length_takes_the_way_it_is_meant_to(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[Taking] = []
    run = Taking.run

    def watched(taking: Taking) -> int:
        ways.append(taking)
        return run(taking)

    monkeypatch.setattr(Taking, "run", watched)
    content = bytes(range(256)) * 20000  # more than two buffers
    client.house.uploads.limits = type(client.house.uploads.limits)(
        2 * len(content), client.house.uploads.limits.expires_after
    )
    url = client.create(len(content), sha256=hashlib.sha256(content).hexdigest())
    assert client.patch(url, 0, content[:777]).status_code == 204
    assert client.patch(url, 777, content[777:]).status_code == 204
    assert bool(ways) == (client.server is not None and client.server.direct)
    assert client.house.content(client.house.received[0]) == content


def test_the_method_can_be_told_by_a_header(client: Client) -> None:
    url = client.create(3)
    sent = client.ask(
        "POST", url, TUS | STREAM | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}, content=b"ab"
    )
    assert (sent.status_code, sent.headers["upload-offset"]) == (204, "2")
    asked = client.ask("POST", url, TUS | {"X-HTTP-Method-Override": "HEAD"})
    assert asked.headers["upload-offset"] == "2"
    gone = client.ask("POST", url, TUS | {"X-HTTP-Method-Override": "DELETE"})
    assert gone.status_code == 204
    before = len(list(client.house.spool.uploads()))
    for method in ("HEAD", "DELETE", "PATCH"):
        other = client.ask("POST", "/files", TUS | {"Upload-Length": "3", "X-HTTP-Method-Override": method})
        assert other.status_code == 405
    assert len(list(client.house.spool.uploads())) == before, "the header says what is meant, and no upload is made"
    unversioned = {"Authorization": TUS["Authorization"], "X-HTTP-Method-Override": "OPTIONS"}
    for path in ("/files", url):
        assert client.ask("POST", path, unversioned).headers["tus-version"] == "1.0.0"


def test_termination(client: Client) -> None:
    url = client.create(3)
    assert client.ask("DELETE", url).status_code == 204
    for response in (client.ask("DELETE", url), client.patch(url, 0, b"abc")):
        assert (response.status_code, code(response)) == (410, "upload-gone")
    assert client.ask("HEAD", url).status_code == 410


def test_what_is_finished_is_not_terminated(client: Client) -> None:
    url = client.create(3)
    client.patch(url, 0, b"abc")
    response = client.ask("DELETE", url)
    assert (response.status_code, code(response)) == (403, "upload-finished")
    assert client.offset(url) == "3"


def test_a_declared_digest_that_is_not_met(client: Client) -> None:
    url = client.create(3, sha256=hashlib.sha256(b"abc").hexdigest())
    response = client.patch(url, 0, b"abd")
    assert (response.status_code, code(response)) == (460, "digest-mismatch")
    assert client.ask("HEAD", url).status_code == 410
    assert client.patch(url, 3, b"").status_code == 410
    assert client.ask("GET", url + "/receipt").status_code == 410
    assert len(client.house.mismatches) == 1


def test_a_chunk_with_a_checksum(client: Client) -> None:
    def checksum(chunk: bytes) -> str:
        return "sha256 " + base64.b64encode(hashlib.sha256(chunk).digest()).decode()

    url = client.create(6)
    assert client.patch(url, 0, b"abc", **{"Upload-Checksum": checksum(b"abc")}).status_code == 204
    response = client.patch(url, 3, b"dex", **{"Upload-Checksum": checksum(b"def")})
    assert (response.status_code, code(response)) == (460, "checksum-mismatch")
    assert client.offset(url) == "3"


@pytest.mark.parametrize(
    "checksum",
    ["", "sha256", "sha256 ", "md5 " + "A" * 24, "sha256 AAAA", "sha256 !!!!", "sha1 AAAA", "sha256 " + "A" * 43],
)
def test_a_wrong_checksum_header(client: Client, checksum: str) -> None:
    url = client.create(3)
    response = client.patch(url, 0, b"abc", **{"Upload-Checksum": checksum})
    assert (response.status_code, code(response)) == (400, "checksum-invalid")
    assert client.offset(url) == "0"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("HEAD", "/x"),
        ("PATCH", "/x"),
        ("DELETE", "/x"),
        ("POST", "/x"),
        ("GET", "/x/receipt"),
        ("GET", "/x"),
        ("PUT", "/x"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer bad"}, {"Authorization": "Basic good"}, {"Authorization": "Bearer bad"} | STREAM],
)
def test_401_comes_before_anything_else(client: Client, method: str, path: str, headers: dict[str, str]) -> None:
    response = client.ask(method, f"/files{path}", headers, content=b"{" if method != "GET" else None)
    assert response.status_code == 401


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0", "1.0"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_another_version_of_tus(client: Client, method: str, version: str | None) -> None:
    url = "/files" if method == "POST" else client.create(3)
    headers = {name: value for name, value in TUS.items() if name != "Tus-Resumable"}
    if version:
        headers["Tus-Resumable"] = version
    response = client.ask(method, url, headers | {"Upload-Length": "3", "Upload-Offset": "0"})
    assert response.status_code == 412
    assert response.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize("length", ["", "-1", "1.5", "abc", "0x10", "+1", " ", "1_000", "9" * 40])
def test_a_length_that_is_none(client: Client, length: str) -> None:
    response = client.ask("POST", "/files", TUS | {"Upload-Length": length})
    assert (response.status_code, code(response)) == (400, "upload-length-invalid")


@pytest.mark.parametrize("length", ["1001", "9" * 30, str(2**63)])
def test_a_length_that_is_too_large(client: Client, length: str) -> None:
    response = client.ask("POST", "/files", TUS | {"Upload-Length": length})
    assert (response.status_code, code(response)) == (413, "upload-too-large")


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, "upload-length-invalid"),
        ({"Upload-Defer-Length": "1"}, "tus-extension-unsupported"),
        ({"Upload-Defer-Length": "1", "Upload-Length": "3"}, "tus-extension-unsupported"),
        ({"Upload-Concat": "partial", "Upload-Length": "3"}, "tus-extension-unsupported"),
        ({"Upload-Length": "3", "Upload-Metadata": "filename Li4vYQ=="}, "metadata-invalid"),
    ],
)
def test_creations_that_are_refused(client: Client, headers: dict[str, str], refusal: str) -> None:
    response = client.ask("POST", "/files", TUS | headers)
    assert (response.status_code, code(response)) == (400, refusal)
    assert list(client.house.spool.uploads()) == []


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "text/plain", "application/json"])
def test_bytes_of_another_content_type(client: Client, kind: str) -> None:
    url = client.create(3)
    response = client.patch(url, 0, b"abc", **{"Content-Type": kind})
    assert (response.status_code, code(response)) == (415, "content-type-wrong")
    created = client.ask("POST", "/files", TUS | {"Upload-Length": "3", "Content-Type": kind}, content=b"abc")
    assert created.status_code == 415
    assert client.offset(url) == "0"


@pytest.mark.parametrize(("offset", "status"), [("1", 409), ("4", 409), ("-1", 400), ("x", 400), ("", 400)])
def test_a_wrong_offset(client: Client, offset: str, status: int) -> None:
    url = client.create(6)
    client.patch(url, 0, b"abc")
    response = client.patch(url, 3, b"def", **{"Upload-Offset": offset})
    assert response.status_code == status
    assert client.offset(url) == "3"


def test_more_bytes_than_announced(client: Client) -> None:
    url = client.create(3)
    response = client.patch(url, 0, b"abcd")
    assert (response.status_code, code(response)) == (413, "upload-too-large")
    assert client.offset(url) == "0"


@pytest.mark.parametrize("path", ["nothing", "..%2f..%2fetc", "a" * 26, "%00", "."])
def test_what_there_is_not(client: Client, path: str) -> None:
    response = client.ask("HEAD", f"/files/{path}")
    assert response.status_code in (404, 405)


def test_another_stations_upload_does_not_exist(client: Client) -> None:
    url = client.create(3)
    theirs = TUS | {"Authorization": "Bearer other"}
    assert client.ask("HEAD", url, theirs).status_code == 404
    assert client.ask("DELETE", url, theirs).status_code == 404
    assert client.ask("PATCH", url, theirs | STREAM | {"Upload-Offset": "0"}, content=b"abc").status_code == 404
    assert client.ask("GET", url + "/receipt", theirs).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_nothing_can_be_downloaded(client: Client, method: str) -> None:
    response = client.ask(method, client.create(3), {"Authorization": "Bearer good"})
    assert response.status_code == 405
    assert "PATCH" in response.headers["allow"]


def test_post_to_an_upload_without_an_override(client: Client) -> None:
    assert client.ask("POST", client.create(3)).status_code == 405


def test_a_full_disk(client: Client) -> None:
    url = client.create(3)
    client.house.spool._reserve = 2**62
    created = client.ask("POST", "/files", TUS | {"Upload-Length": "3"})
    assert (created.status_code, code(created)) == (507, "space-exhausted")
    assert int(created.headers["retry-after"]) > 0
    assert client.patch(url, 0, b"abc").status_code == 507


def test_a_station_that_has_too_much_under_way(client: Client) -> None:
    client.house.uploads._quota = Quota(client.house.spool, 10)
    client.create(8)
    created = client.ask("POST", "/files", TUS | {"Upload-Length": "3"})
    assert (created.status_code, code(created)) == (507, "quota-exhausted")
    assert int(created.headers["retry-after"]) > 0
    never = client.ask("POST", "/files", TUS | {"Upload-Length": "11"})
    assert (never.status_code, code(never)) == (413, "upload-too-large")
    assert len(list(client.house.spool.uploads())) == 1


def test_a_second_writer(client: Client) -> None:
    url = client.create(3)
    upload = UploadId(url.rsplit("/", 1)[1])
    reception = client.house.uploads.begin(STATION, upload, 0, 3, None)
    response = client.patch(url, 0, b"abc")
    assert (response.status_code, code(response)) == (423, "upload-busy")
    assert "retry-after" in response.headers
    reception.interrupt()
    assert client.patch(url, 0, b"abc").status_code == 204


def test_the_receipt(client: Client) -> None:
    url = client.create(3)
    waiting = client.ask("GET", url + "/receipt")
    assert waiting.status_code == 202
    assert int(waiting.headers["retry-after"]) > 0
    client.receipts.stored[UploadId(url.rsplit("/", 1)[1])] = b'{"receipt":1}'
    there = client.ask("GET", url + "/receipt")
    assert (there.status_code, there.content) == (200, b'{"receipt":1}')
    assert there.headers["content-type"] == "application/json"


def test_a_refused_body_ends_its_connection(client: Client) -> None:
    url = client.create(3)
    refused: Callable[..., httpx2.Response] = client.patch
    assert refused(url, 2, b"a").headers["connection"] == "close"
    assert "connection" not in client.ask("DELETE", "/files/" + "a" * 26).headers


def test_what_a_station_remembers_of_the_log_is_heard_before_its_upload_begins(client: Client) -> None:
    response = client.ask("POST", "/files", TUS | {"Upload-Length": "1", "Tiezheng-Checkpoint": "bm90ZQ=="})
    assert response.status_code == 201
    assert client.told == ["bm90ZQ=="]
    client.create(1)
    assert client.told == ["bm90ZQ=="]
    stranger = {"Authorization": "Bearer nobody", "Upload-Length": "1", "Tiezheng-Checkpoint": "bm90ZQ=="}
    assert client.ask("POST", "/files", TUS | stranger).status_code == 401
    assert client.told == ["bm90ZQ=="]
