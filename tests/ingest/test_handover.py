"""Which bodies are handed over: only those of the simplest kind, and only once the request is the next in line."""

import asyncio
from typing import Any
from unittest import mock

import pytest
import uvicorn
from uvicorn.server import ServerState

from ingest.handover import LARGE, SCOPE, Connection

PATCH = {"method": "PATCH", "version": "1.1", "Content-Length": str(LARGE)}


async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application that answers nothing while the test looks at the scope."""
    await asyncio.Event().wait()


def connection(scheme: str) -> Connection:
    config = uvicorn.Config(silent, lifespan="off", log_config=None)
    config.load()
    made, transport = Connection(config, ServerState(), {}), mock.Mock()
    transport.get_extra_info.side_effect = lambda name: object() if name == "sslcontext" and scheme == "https" else None
    transport.is_closing.return_value = False
    made.connection_made(transport)
    return made


def offered(scheme: str = "http", *heads: dict[str, str]) -> list[bool]:
    """Whether each request, sent in one go on one connection, finds a handover in its scope."""

    async def run() -> list[bool]:
        made = connection(scheme)
        scopes: list[dict[str, Any]] = []
        for head in heads:
            method, version = head["method"], head["version"]
            fields = "".join(f"{name}: {value}\r\n" for name, value in head.items() if name[0].isupper())
            made.data_received(f"{method} /files/x HTTP/{version}\r\nHost: x\r\n{fields}\r\n".encode())
            scopes.append(dict(made.scope))
            length = int(head.get("Content-Length", "0"))
            made.data_received(bytes(length))
        for task in made.tasks:
            task.cancel()
        made.connection_lost(None)
        return [SCOPE in scope.get("extensions", {}) for scope in scopes]

    return asyncio.run(run())


def test_a_large_body_on_plain_http_is_offered() -> None:
    assert offered("http", PATCH) == [True]
    assert offered("http", PATCH | {"method": "POST"}) == [True]


@pytest.mark.parametrize(
    "odd",
    [
        {"Content-Length": str(LARGE - 1)},
        {"method": "PUT"},
        {"version": "1.0"},
        {"Expect": "100-continue"},
        {"Expect": "something"},
    ],
)
def test_whatever_is_odd_comes_as_always(odd: dict[str, str]) -> None:
    assert offered("http", PATCH | odd) == [False]


def test_a_body_without_a_told_length_comes_as_always() -> None:
    chunked = {name: value for name, value in PATCH.items() if name != "Content-Length"}
    assert offered("http", chunked | {"Transfer-Encoding": "chunked"}) == [False]


def test_tls_comes_as_always() -> None:
    assert offered("https", PATCH) == [False]


def test_a_request_that_waits_for_the_last_answer_comes_as_always() -> None:
    assert offered("http", PATCH, PATCH) == [True, False]
