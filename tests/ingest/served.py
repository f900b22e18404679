"""The tus routes behind a real server on loopback, for both ways of a body; stations and receipts are a test's own."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from catalog.errors import CatalogError, Unauthenticated
from catalog.identity import UploadId
from ingest.errors import IngestError
from ingest.handover import Connection
from ingest.receive import Receiver
from ingest.routes import make_router
from tests.ingest.house import AGENCY, OTHER, STATION, Enrolled, House

TUS = {"Tus-Resumable": "1.0.0", "Authorization": "Bearer good"}
STREAM = {"Content-Type": "application/offset+octet-stream"}
# Written down here once more, not read from the table under test.
STATUS = {
    "declaration-refused": 400,
    "sign-in-required": 401, "metadata-invalid": 400, "upload-length-invalid": 400, "upload-offset-invalid": 400,
    "checksum-invalid": 400, "tus-version-unsupported": 412, "tus-extension-unsupported": 400,
    "content-type-wrong": 415, "upload-too-large": 413, "upload-not-found": 404, "upload-gone": 410,
    "upload-finished": 403, "offset-conflict": 409, "upload-busy": 423, "upload-stalled": 408,
    "upload-interrupted": 400,
    "checksum-mismatch": 460, "digest-mismatch": 460, "space-exhausted": 507,
    "quota-exhausted": 507,
}  # fmt: skip


class Receipts:
    """Receipts a test has put there."""

    def __init__(self) -> None:
        self.stored: dict[UploadId, bytes] = {}

    def receipt(self, upload: UploadId) -> bytes | None:
        return self.stored.get(upload)


async def station(request: Request) -> Enrolled:
    known = {"Bearer good": Enrolled(STATION, AGENCY, "dock 1"), "Bearer other": Enrolled(OTHER, AGENCY, "dock 2")}
    try:
        return known[request.headers["authorization"]]
    except KeyError:
        raise Unauthenticated("a station's token is needed") from None


def problem(error: Exception, _request: Request) -> Response:
    assert isinstance(error, IngestError | CatalogError)
    return JSONResponse({"code": error.code, "detail": str(error)}, STATUS[error.code])


class Eager(Connection):
    """Hands every body over, however small."""

    large = 0
    head_seconds = 20


class Served:
    """The routes behind uvicorn on a free loopback port; `direct`: bodies are read from the socket by a thread."""

    def __init__(
        self, house: House, threads: ThreadPoolExecutor, idle_seconds: float = 60, *, direct: bool,
        floor: int = 0, connection: type[Connection] = Eager,
    ) -> None:  # fmt: skip
        app = FastAPI()
        receiver = Receiver(threads, idle_seconds, floor, threads, 4 if direct else 0)
        self.direct = direct
        self.receipts, self.told = Receipts(), list[str]()
        app.include_router(make_router(house.uploads, self.receipts, receiver, station, problem, self.told.append))
        self.house = house
        config = uvicorn.Config(app, log_level="error", http=connection, loop="uvloop", lifespan="off")
        self.server = uvicorn.Server(config)
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

    def patch(self, url: str, offset: int, content: bytes, **headers: str) -> httpx2.Response:
        return self.client.patch(url, headers=STREAM | {"Upload-Offset": str(offset)} | headers, content=content)

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=240)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def end(self) -> None:
        """Cancel what runs, as a service does whose patience is over."""
        self.server.config.timeout_graceful_shutdown = 0
        self.server.should_exit = True

    def half_sent(self, url: str, announced: int, content: bytes, **headers: str) -> socket.socket:
        """A connection that announces a body and sends the beginning of it."""
        connection = self.connect()
        head = {**TUS, **STREAM, "Upload-Offset": "0", "Content-Length": str(announced), "Host": "tus", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        connection.sendall(f"PATCH {url} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        return connection


def until(true: Callable[[], bool]) -> None:
    """Wait for a real server to get there."""
    deadline = time.monotonic() + 240
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
