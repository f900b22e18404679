"""What the tus routes refuse, and with which status and code: over every way a body can come."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from catalog.identity import UploadId
from ingest.quota import Quota
from tests.ingest.asking import WAYS, Client, asking, code
from tests.ingest.house import STATION
from tests.ingest.served import STREAM, TUS


@pytest.fixture(params=WAYS)
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    with asking(tmp_path, request.param) as client:
        yield client


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


def test_a_refused_body_ends_its_connection(client: Client) -> None:
    url = client.create(3)
    refused: Callable[..., httpx2.Response] = client.patch
    assert refused(url, 2, b"a").headers["connection"] == "close"
    assert "connection" not in client.ask("DELETE", "/files/" + "a" * 26).headers
