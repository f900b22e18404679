"""Every answer carries the headers, a route's own are left alone, and each request speaks its own language."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from player.headers import Receive, Scope, Send, Surround
from player.language import current


def ask(
    answer: list[tuple[bytes, bytes]], *asked: tuple[bytes, bytes], kind: str = "http"
) -> tuple[dict[bytes, bytes], str]:
    """What the client gets for an answer with these headers, and the language it was made in."""
    sent: list[MutableMapping[str, Any]] = []
    spoken: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        spoken.append(current())
        await send({"type": "http.response.start", "status": 200, "headers": answer})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(Surround(inner)({"type": kind, "headers": list(asked)}, receive, send))
    return dict(sent[0]["headers"]), spoken[0]


def test_headers_of_a_page() -> None:
    headers, _ = ask([(b"content-type", b"text/html; charset=utf-8")])
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"same-origin"
    assert headers[b"cross-origin-opener-policy"] == b"same-origin"
    assert headers[b"cache-control"] == b"no-store"


def test_only_pages_are_kept_out_of_caches_here() -> None:
    headers, _ = ask([(b"content-type", b"text/css")])
    assert b"cache-control" not in headers
    assert b"content-security-policy" in headers


def test_a_routes_own_header_stands() -> None:
    headers, _ = ask([(b"Content-Security-Policy", b"default-src 'none'")])
    assert b"content-security-policy" not in headers


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], "zh_CN"),
        ([(b"accept-language", b"en-GB")], "en"),
        ([(b"accept-language", b"en"), (b"cookie", b"a=b; language=zh_CN")], "zh_CN"),
        ([(b"accept-language", b"zh-CN"), (b"cookie", b"language=en")], "en"),
        ([(b"cookie", b"language=\xff\xfe; \x00=")], "zh_CN"),
        ([(b"accept-language", b"\xff;q=\xff")], "zh_CN"),
    ],
)
def test_the_language_of_a_request(asked: list[tuple[bytes, bytes]], expected: str) -> None:
    assert ask([], *asked)[1] == expected


def test_what_is_no_http_passes() -> None:
    headers, language = ask([], kind="lifespan")
    assert headers == {}
    assert language == "zh_CN"
