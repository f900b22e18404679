"""Real sockets into a real server: pulled cables, silent connections and their successors."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from ingest.receive import Receiver
from ingest.routes import make_router
from ingest.writers import Writers
from tests.ingest.house import House
from tests.ingest.test_routes import STREAM, TUS, Receipts, problem, station


class Served:
    """The routes behind uvicorn on a free loopback port."""

    def __init__(self, house: House, threads: ThreadPoolExecutor, idle_seconds: float = 60) -> None:
        app = FastAPI()
        receiver = Receiver(threads, idle_seconds)
        app.include_router(make_router(house.uploads, Receipts(), receiver, station, problem))
        self.house = house
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error", http="httptools", lifespan="off"))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})

    def __enter__(self) -> "Served":
        self.thread.start()
        until(lambda: self.server.started)
        self.client = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers=TUS)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()

    def create(self, length: int) -> str:
        return str(self.client.post("/files", headers={"Upload-Length": str(length)}).headers["location"])

    def offset(self, url: str) -> int:
        return int(self.client.head(url).headers["upload-offset"])

    def patch(self, url: str, offset: int, content: bytes) -> httpx2.Response:
        return self.client.patch(url, headers=STREAM | {"Upload-Offset": str(offset)}, content=content)

    def half_sent(self, url: str, announced: int, content: bytes) -> socket.socket:
        """A connection that announces a body and sends the beginning of it."""
        connection = socket.create_connection(("127.0.0.1", self.port))
        head = {**TUS, **STREAM, "Upload-Offset": "0", "Content-Length": str(announced), "Host": "tus"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        connection.sendall(f"PATCH {url} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        return connection


def until(true: Callable[[], bool]) -> None:
    """Wait for a real server to get there."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    with ThreadPoolExecutor(4) as threads, Served(house, threads) as server:
        yield server


def test_a_file_over_a_real_connection(served: Served) -> None:
    url = served.create(1000)
    assert served.patch(url, 0, bytes(1000)).status_code == 204
    assert served.offset(url) == 1000


def test_a_pulled_cable_keeps_what_came(served: Served, house: House) -> None:
    url = served.create(600)
    connection = served.half_sent(url, 600, b"x" * 300)
    until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
    connection.close()
    until(lambda: served.offset(url) == 300)
    assert served.patch(url, 300, b"y" * 300).status_code == 204
    assert served.offset(url) == 600


def test_a_dead_connection_does_not_block_its_successor(house: House) -> None:
    """The old connection still looks open from here: it is ended, and its bytes count."""
    watch = 0.0
    house.uploads.writers = Writers(monotonic=lambda: watch, patience=2)
    with ThreadPoolExecutor(4) as threads, Served(house, threads) as served:
        url = served.create(600)

        def ended() -> bool:
            nonlocal watch
            watch += 3  # once is not enough: the first bytes may be read, and heard, after the clock went on
            return served.offset(url) == 300

        with contextlib.closing(served.half_sent(url, 600, b"x" * 300)):
            until(lambda: any(house.uploads.writers.busy(upload) for upload in house.spool.uploads()))
            refused = served.patch(url, 0, b"z" * 600)
            assert refused.status_code == 423, "a connection that may be alive is left alone"
            until(ended)
            assert served.patch(url, 300, b"y" * 300).status_code == 204
        assert served.offset(url) == 600


def test_a_silent_connection_is_answered_and_closed(house: House) -> None:
    with ThreadPoolExecutor(4) as threads, Served(house, threads, idle_seconds=0.05) as served:
        url = served.create(600)
        with contextlib.closing(served.half_sent(url, 600, b"x" * 300)) as connection:
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert served.offset(url) == 300


def test_a_connection_serves_many_requests(served: Served) -> None:
    url = served.create(300)
    for offset in range(0, 300, 100):
        assert served.patch(url, offset, bytes(100)).status_code == 204
    assert served.offset(url) == 300
