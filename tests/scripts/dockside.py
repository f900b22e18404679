"""A server for docking tests: the real write side behind uvicorn, with knobs for what goes wrong on a network.

`Dockside` serves tus, receipts and the public log of one installation; `break_next` cuts requests off, `stop` and
`start` are a restart of the server under the same address, over the same folder.
"""

import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from catalog.entry import SYSTEM
from catalog.errors import CatalogError, Unauthenticated
from catalog.routes.enrolment import router
from catalog.stations import Station
from ingest.errors import IngestError
from ingest.receive import Receiver
from ingest.routes import make_router
from integrity.clock import SystemClock, instant
from integrity.trust import write_trust
from scripts.dock_patience import Patience
from scripts.dock_state import Credentials, write_key
from scripts.docking import Dock, Outcome
from tests.catalog.door import answer
from tests.fakes.signers import KEY, SIGNER
from tests.ingest.served import STATUS
from tests.ingest.works import TRUST, Works

TOKEN = "0" * 64
Cut = Callable[[Request], Response | None]


class Dockside:
    """A server and a station's folder."""

    def __init__(self, root: Path) -> None:
        (root / "server").mkdir()
        self.works = Works(root / "server").found()
        self.port = 0
        self.cuts: list[Cut] = []
        self.asked: list[tuple[str, str]] = []
        self.takes: Callable[[Request], Awaitable[Response | None]] | None = None
        self.station = root / "station"
        self.station.mkdir()
        write_trust(self.station / "trust.json", TRUST)
        fresh = instant(SystemClock().now())
        credentials = {"server": None, "station": self.works.station.id, "name": "dock 1", "token": TOKEN,
                       "token_since": fresh}  # fmt: skip
        self.credentials = self.station / "dock.json"
        self.credentials.write_text(json.dumps(credentials))
        self.credentials.chmod(0o600)
        self.sleeps: list[float] = []
        self.trust = TRUST
        self.enrolled = self.works.station
        self.knows: Callable[[str], Station] = self._one

    def sign(self) -> None:
        """Be a station that has a key from now on."""
        works = self.works
        self.enrolled, _ = works.stations.enrol(SYSTEM, works.agency, "dock 2", SIGNER.verifier.public_key)
        fields = json.loads(self.credentials.read_text())
        self.credentials.write_text(json.dumps(fields | {"station": self.enrolled.id, "key": write_key(KEY)}))

    def change_tokens(self) -> None:
        """Be a station that has a key, and a token of its own that the server knows as any station's."""
        works = self.works
        self.enrolled, token = works.stations.enrol(SYSTEM, works.agency, "dock 3", SIGNER.verifier.public_key)
        Credentials(self.credentials, self.enrolled.id, "dock 3", token, None, KEY).write()
        self.knows = lambda told: works.stations.authenticate(told)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Dockside":
        """Serve, under the same port as before."""
        self.threads = ThreadPoolExecutor(4)
        self.socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(self._app(), log_level="critical", http="httptools", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()
        self.works.sequencer.start()
        self.works.intake.start()
        self.works.reconciler.start()
        while not self.server.started:
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """End, and forget everything that is not on the disk."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join()
        self.socket.close()
        self.threads.shutdown()
        for part in (self.works.reconciler, self.works.intake, self.works.sequencer):
            part.stop()
        self.works.restart()

    def dock(self, *paths: Path, seconds: float = 30, **declared: str) -> list[Outcome]:
        """Dock these files, one after another."""
        with httpx2.Client(timeout=20) as client:
            dock = self.connect(client, seconds, **declared)
            return [dock.dock(path) for path in paths]

    def connect(self, client: httpx2.Client, seconds: float = 30, **declared: str) -> Dock:
        patience = Patience(seconds, sleep=self._sleep, jitter=lambda: 0.5)
        return Dock(self.url, Credentials.read(self.credentials), self.trust, declared, client, patience)

    def file(self, name: str, body: bytes) -> Path:
        path = self.station / "camera" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return path

    def _one(self, token: str) -> Station:
        if token != TOKEN:
            raise Unauthenticated("a station's token is needed")
        return self.enrolled

    def _sleep(self, seconds: float) -> None:
        """What a real station waits, and a little for the server's threads."""
        self.sleeps.append(seconds)
        time.sleep(0.01)

    def _app(self) -> FastAPI:
        app = FastAPI()
        works = self.works

        @app.middleware("http")
        async def cut(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
            self.asked.append((request.method, request.url.path))
            if self.takes is not None and (taken := await self.takes(request)) is not None:
                return taken
            for one in list(self.cuts):
                response = one(request)
                if response is not None:
                    return response
            return await answer(request)

        async def station(request: Request) -> Any:
            return self.knows(request.headers.get("authorization", "").removeprefix("Bearer "))

        def problem(error: Exception, _request: Request) -> Response:
            assert isinstance(error, IngestError | Unauthenticated)
            return JSONResponse({"code": error.code, "detail": str(error)}, STATUS[error.code])

        @app.get("/log/{path:path}")
        def log(path: str) -> Response:
            file = works.log.public_file(path)
            return Response(status_code=404) if file is None else Response(file)

        app.state.services = SimpleNamespace(stations=works.stations, ledger=works.ledger)
        app.include_router(router)
        app.add_exception_handler(CatalogError, answer)
        app.include_router(make_router(works.uploads, works.receipts, Receiver(self.threads), station, problem))
        return app

    def once(self, method: str, status: int, code: str = "busy", ending: str = "") -> None:
        """Refuse the next request of this method whose path ends so."""

        def cut(request: Request) -> Response | None:
            if request.method != method or not request.url.path.endswith(ending):
                return None
            self.cuts.remove(cut)
            return JSONResponse({"code": code, "detail": "the test"}, status)

        self.cuts.append(cut)

    def always(self, ending: str, body: bytes | None, status: int = 200) -> None:
        """Answer every request for a path that ends so with this."""
        self.cuts.append(
            lambda request: Response(body, status) if request.url.path.endswith(ending) else None
        )  # fmt: skip
