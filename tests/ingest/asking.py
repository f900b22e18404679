"""A tus client of the tests: asks the real routes over ASGI, or a server over its real connections."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from ingest.metadata import write_header
from ingest.receive import Receiver
from ingest.routes import make_router
from tests.ingest.house import House
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


@contextmanager
def asking(folder: Path, way: str) -> Iterator[Client]:
    """One contract for every way a body can come: over ASGI, from a server's event loop (`plain`), from its socket."""
    house = House(folder)
    with ThreadPoolExecutor(4) as threads:
        if way == "asgi":
            yield Client(house, Receipts(), threads)
            return
        with Served(house, threads, direct=way == "direct") as server:
            yield Client(house, server.receipts, threads, server)


WAYS = ["asgi", "plain", "direct"]


def code(response: httpx2.Response) -> str:
    assert response.headers["tus-resumable"] == "1.0.0"
    return str(response.json()["code"])
