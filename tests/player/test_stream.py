"""Ranges as RFC 9110 says them, bytes as they lie on the disk, and descriptors that are closed whatever happens."""

import asyncio
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.digest import Digest
from integrity.opened import OpenedFile
from player.stream import CHUNK, Content, Slice, headers_of, send_content, slice_of

BODY = bytes(range(256)) * 40
DIGEST = Digest.of(BODY)
ETAG = f'"{DIGEST.hex}"'


def content(size: int = len(BODY)) -> Content:
    return Content(OpenedFile(-1, size), size, "video/mp4", DIGEST)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", Slice(206, 0, 1)),
        ("bytes=5-9", Slice(206, 5, 5)),
        ("Bytes=5-9", Slice(206, 5, 5)),
        ("bytes=10-", Slice(206, 10, len(BODY) - 10)),
        ("bytes=-7", Slice(206, len(BODY) - 7, 7)),
        ("bytes=-99999999", Slice(206, 0, len(BODY))),
        (f"bytes=0-{len(BODY) * 2}", Slice(206, 0, len(BODY))),
        (f"bytes={len(BODY) - 1}-", Slice(206, len(BODY) - 1, 1)),
        (f"bytes={len(BODY)}-", Slice(416, 0, 0)),
        ("bytes=-0", Slice(416, 0, 0)),
        ("bytes=9-5", Slice(200, 0, len(BODY))),
        ("bytes=-", Slice(200, 0, len(BODY))),
        ("bytes=0-1,3-4", Slice(200, 0, len(BODY))),
        ("pages=1-2", Slice(200, 0, len(BODY))),
        ("bytes=１-２", Slice(200, 0, len(BODY))),
        ("bytes=1-" + "9" * 30, Slice(200, 0, len(BODY))),
        ("", Slice(200, 0, len(BODY))),
    ],
)
def test_one_range_is_served_and_all_others_get_the_whole(asked: str, expected: Slice) -> None:
    assert slice_of(content(), {"range": asked}) == expected


def test_without_a_range_the_whole() -> None:
    assert slice_of(content(), {}) == Slice(200, 0, len(BODY))
    assert slice_of(content(0), {}) == Slice(200, 0, 0)
    assert slice_of(content(0), {"range": "bytes=0-"}) == Slice(416, 0, 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-range": ETAG, "range": "bytes=0-1"}, 206),
        ({"if-range": '"other"', "range": "bytes=0-1"}, 200),
        ({"if-range": f"W/{ETAG}", "range": "bytes=0-1"}, 200),
        ({"if-range": "Mon, 02 Mar 2026 08:30:00 GMT", "range": "bytes=0-1"}, 200),
        ({"if-none-match": ETAG}, 304),
        ({"if-none-match": f'"x", {ETAG}'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-match": ETAG}, 200),
        ({"if-match": '"x"'}, 412),
        ({"if-match": '"x"', "if-none-match": ETAG}, 412),
    ],
)
def test_conditions(headers: dict[str, str], status: int) -> None:
    assert slice_of(content(), headers).status == status


@given(first=st.integers(0, 400), last=st.integers(0, 400), size=st.integers(0, 300))
def test_a_range_never_leaves_the_file(first: int, last: int, size: int) -> None:
    for asked in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        part = slice_of(content(size), {"range": asked})
        assert 0 <= part.start <= part.start + part.length <= size
        assert part.status != 206 or part.length > 0


def test_headers_name_the_range_and_forbid_keeping() -> None:
    sent = dict(headers_of(content(), Slice(206, 5, 5)))
    assert sent[b"content-range"] == f"bytes 5-9/{len(BODY)}".encode()
    assert sent[b"content-length"] == b"5"
    assert sent[b"cache-control"] == b"no-store"
    assert sent[b"etag"] == ETAG.encode()
    assert dict(headers_of(content(), Slice(416, 0, 0)))[b"content-range"] == f"bytes */{len(BODY)}".encode()


def test_a_name_cannot_end_its_header() -> None:
    hostile = Content(OpenedFile(-1, 1), 1, "application/zip", DIGEST, '案"; x=\r\nSet-Cookie: a=b')
    sent = dict(headers_of(hostile, Slice(200, 0, 1)))[b"content-disposition"]
    assert b"\r" not in sent and b"\n" not in sent and b'"' not in sent
    assert sent.startswith(b"attachment; filename*=UTF-8''%E6%A1%88%22")


class Client:
    """The server's side of one connection, and a client that leaves after so many bytes."""

    def __init__(self, leaves_after: int | None = None) -> None:
        self.messages: list[MutableMapping[str, Any]] = []
        self.body = b""
        self._leaves_after = leaves_after
        self._left = asyncio.Event()

    async def receive(self) -> MutableMapping[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.messages.append(message)
        if not self._left.is_set():
            self.body += message.get("body", b"")
        if self._leaves_after is not None and len(self.body) > self._leaves_after:
            self._left.set()
            await asyncio.sleep(0)


class Told:
    """A delivery that writes down what it hears."""

    def __init__(self, refuse_at: int | None = None) -> None:
        self.heard: list[str] = []
        self._refuse_at = refuse_at

    def before(self, end: int) -> None:
        self.heard.append(f"before {end}")
        if self._refuse_at is not None and end >= self._refuse_at:
            raise PermissionError("another connection goes on with it")

    def finished(self, end: int) -> None:
        self.heard.append(f"finished {end}")

    def closed(self) -> None:
        self.heard.append("closed")


def opened(path: Path, body: bytes, size: int | None = None) -> Content:
    path.write_bytes(body)
    source = OpenedFile(os.open(path, os.O_RDONLY), len(body))
    return Content(source, source.size if size is None else size, "video/mp4", Digest.of(body))


def serve(content: Content, client: Client, method: str = "GET", told: Told | None = None, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asyncio.run(send_content(content, method, named, client.receive, client.send, told))


def is_open(file: Content) -> bool:
    try:
        file.source.read_at(0, 1)
    except OSError:
        return False
    return True


def test_a_large_file_comes_whole_in_chunks(tmp_path: Path) -> None:
    body = os.urandom(CHUNK * 2 + 17)
    file, client, told = opened(tmp_path / "f", body), Client(), Told()
    serve(file, client, told=told)
    assert client.body == body
    assert max(len(message.get("body", b"")) for message in client.messages) >= 1024 * 1024
    assert told.heard == [
        f"before {CHUNK}", f"before {CHUNK * 2}", f"before {len(body)}", f"finished {len(body)}", "closed",
    ]  # fmt: skip
    assert not is_open(file)


def test_a_range_of_it(tmp_path: Path) -> None:
    file, client = opened(tmp_path / "f", BODY), Client()
    serve(file, client, range="bytes=100-299")
    assert client.messages[0]["status"] == 206
    assert client.body == BODY[100:300]


def test_head_has_the_same_headers_and_no_byte(tmp_path: Path) -> None:
    asked, looked, told = Client(), Client(), Told()
    serve(opened(tmp_path / "f", BODY), asked)
    serve(opened(tmp_path / "f", BODY), looked, method="HEAD", told=told)
    assert looked.messages[0] == asked.messages[0]
    assert looked.body == b""
    assert told.heard == ["closed"]


@pytest.mark.parametrize("headers", [{"range": "bytes=999999-"}, {"if_none_match": ETAG}, {"if_match": '"x"'}])
def test_an_answer_without_a_body_delivers_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    client, told = Client(), Told()
    serve(opened(tmp_path / "f", BODY), client, told=told, **headers)
    assert client.body == b""
    assert told.heard == ["closed"]


def test_who_leaves_has_not_got_the_rest(tmp_path: Path) -> None:
    body = os.urandom(CHUNK * 4)
    file, client, told = opened(tmp_path / "f", body), Client(leaves_after=CHUNK), Told()
    serve(file, client, told=told)
    assert f"finished {len(body)}" not in told.heard
    assert told.heard[-1] == "closed"
    assert f"before {CHUNK * 4}" not in told.heard
    assert not is_open(file)


def test_who_leaves_at_the_last_byte_has_not_got_it_for_sure(tmp_path: Path) -> None:
    client, told = Client(leaves_after=len(BODY) - 1), Told()
    serve(opened(tmp_path / "f", BODY), client, told=told)
    assert told.heard == [f"before {len(BODY)}", "closed"]


def test_a_delivery_that_refuses_ends_the_answer(tmp_path: Path) -> None:
    body = os.urandom(CHUNK * 3)
    file, client, told = opened(tmp_path / "f", body), Client(), Told(refuse_at=CHUNK * 2)
    with pytest.raises(PermissionError):
        serve(file, client, told=told)
    assert len(client.body) == CHUNK
    assert told.heard[-1] == "closed"
    assert not is_open(file)


def test_a_file_that_is_shorter_than_promised_breaks_the_connection(tmp_path: Path) -> None:
    file, client = opened(tmp_path / "f", BODY, size=len(BODY) + 1), Client()
    with pytest.raises(OSError, match="were promised"):
        serve(file, client)
    assert client.messages[-1].get("more_body"), "the answer must not look finished"
    assert not is_open(file)
