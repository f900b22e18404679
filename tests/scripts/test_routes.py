"""The log's public face against C2SP tlog-tiles: paths, types, caching, and nothing but what is published."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from integrity.heads import FileHeads
from integrity.log import Log
from scripts.routes import Public, router
from tests.fakes.signers import SIGNER

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A full tile, and a partial one beside it."""
    made = Log.create(tmp_path / "log", SIGNER, FileHeads(tmp_path / "log" / "head"))
    for start, end in ((0, 200), (200, 300)):
        with made.exclusive():
            made.append([number.to_bytes(32, "big") for number in range(start, end)])
    return made


@pytest.fixture
def client(log: Log) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.public = Public(log.public_file, lambda query: query, dict, CollectorRegistry())
    app.include_router(router)
    with TestClient(app) as made:
        yield made


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "length"),
    [
        ("tile/0/000", 8192),
        ("tile/0/001.p/44", 44 * 32),
        ("tile/1/000.p/1", 32),
        ("tile/entries/000", 8704),
        ("tile/entries/001.p/44", 44 * 34),
        ("tile/0/000.p/200", 200 * 32),
    ],
)
def test_a_tile_never_changes(client: TestClient, method: str, path: str, length: int) -> None:
    """Partial tiles too, even after a full one has replaced them: the width is in the path."""
    answer = client.request(method, f"/log/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-length"] == str(length)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_checkpoint_is_asked_for_again_each_time(client: TestClient, log: Log, method: str) -> None:
    answer = client.request(method, "/log/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-length"] == str(len(log.head().note))
    assert client.get("/log/checkpoint").content == log.head().note


@pytest.mark.parametrize(
    "path",
    [
        "head", "lock", "staging", "staging/1", "", "tile", "tile/0", "tile/0/0", "tile/0/001", "tile/0/001.p/45",
        "tile/0/001.p/0", "tile/0/001.p/256", "tile/00/000", "tile/64/000", "tile/0/x000/000", "tile/2/000",
        "tile/entries/002", "..%2Flog%2Fcheckpoint", "%2e%2e/log/checkpoint", "tile/0/000/", "checkpoint.tsr",
    ],
)  # fmt: skip
def test_what_is_not_published_is_not_there_and_not_remembered(client: TestClient, path: str) -> None:
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_can_be_written(client: TestClient) -> None:
    assert [client.request(method, "/log/checkpoint").status_code for method in ("POST", "PUT", "DELETE")] == [405] * 3
