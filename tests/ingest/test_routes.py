"""The tus 1.0 protocol as a client sees it: the real routes, asked over ASGI."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.identity import UploadId
from ingest.direct import Taking
from ingest.metadata import write_header
from tests.ingest.asking import WAYS, Client, asking, code
from tests.ingest.served import STREAM, TUS


@pytest.fixture(params=WAYS)
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    with asking(tmp_path, request.param) as client:
        yield client


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
        assert (other.status_code, other.headers["tus-resumable"]) == (405, "1.0.0")
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


def test_the_receipt(client: Client) -> None:
    url = client.create(3)
    waiting = client.ask("GET", url + "/receipt")
    assert waiting.status_code == 202
    assert int(waiting.headers["retry-after"]) > 0
    client.receipts.stored[UploadId(url.rsplit("/", 1)[1])] = b'{"receipt":1}'
    there = client.ask("GET", url + "/receipt")
    assert (there.status_code, there.content) == (200, b'{"receipt":1}')
    assert there.headers["content-type"] == "application/json"


def test_what_a_station_remembers_of_the_log_is_heard_before_its_upload_begins(client: Client) -> None:
    response = client.ask("POST", "/files", TUS | {"Upload-Length": "1", "Tiezheng-Checkpoint": "bm90ZQ=="})
    assert response.status_code == 201
    assert client.told == ["bm90ZQ=="]
    client.create(1)
    assert client.told == ["bm90ZQ=="]
    stranger = {"Authorization": "Bearer nobody", "Upload-Length": "1", "Tiezheng-Checkpoint": "bm90ZQ=="}
    assert client.ask("POST", "/files", TUS | stranger).status_code == 401
    assert client.told == ["bm90ZQ=="]
