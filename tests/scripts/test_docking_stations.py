"""docs/docking-stations.md is literally right: its examples are run against the real doors, its tables compared."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select

from catalog.dependencies import station
from catalog.entry import SYSTEM
from catalog.errors import CatalogError
from catalog.inventories import Inventories
from catalog.problems import problem
from catalog.routes.completeness import stations_router
from catalog.routes.enrolment import router
from catalog.tables import inventories, station_keys
from ingest.metadata import KEYS, KINDS
from ingest.receive import Receiver
from ingest.routes import make_router
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.enrolment import prove_key, write_code
from integrity.note import Signer
from integrity.receipt import verify_receipt
from scripts.dock_state import Credentials
from scripts.enrol import command
from tests.catalog.door import answer
from tests.catalog.owner import change
from tests.fakes.immutable import clear_immutable
from tests.fakes.signers import KEY
from tests.ingest.works import TRUST
from tests.scripts.dockside import Dockside

PAGE = (Path(__file__).parents[2] / "docs" / "docking-stations.md").read_text(encoding="utf-8")
STATION = "01m8ghzwe3scapb03sjax71vfw"
SAID = {
    "filename": "现场.mp4", "filetype": "video/mp4", "sha256": Digest.of(b"footage\n").hex, "kind": "body-camera",
    "device": "BWC-0171", "operator": "王五", "started_at": "2026-03-01T01:30:00.000000Z", "clock_offset_ms": "-1500",
    "clock_uncertainty_ms": "20",
}  # fmt: skip


def example(name: str) -> str:
    """The one example of this name, as the page has it."""
    [found] = re.findall(rf"^```\w+ {name}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def client() -> dict[str, Any]:
    """The names of the page's own client."""
    names: dict[str, Any] = {}
    exec(compile(example("client"), "docking-stations.md", "exec"), names)  # noqa: S102  it is what is tested
    return names


class Open(Dockside):
    """A server with all the doors that a station has, and nobody enrolled."""

    def _app(self) -> FastAPI:
        app, works = FastAPI(), self.works
        assert works.database is not None
        app.state.services = SimpleNamespace(
            stations=works.stations, ledger=works.ledger, trust_json=TRUST.encode,
            inventories=Inventories(works.database, works.ledger, works.clock, system_random),
        )  # fmt: skip

        def refused(error: Exception, _request: Request) -> Response:
            status, body = problem(error)
            return JSONResponse(body, status)

        @app.get("/log/{path:path}")
        def log(path: str) -> Response:
            file = works.log.public_file(path)
            return Response(status_code=404) if file is None else Response(file)

        app.include_router(make_router(works.uploads, works.receipts, Receiver(self.threads), station, refused))
        app.include_router(router)
        app.include_router(stations_router)
        app.add_exception_handler(CatalogError, answer)
        return app


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """The server, and an enrolled station whose folder we are in; a camera lies there."""
    made = Open(tmp_path)
    made.start()
    folder = tmp_path / "maker"
    (folder / "camera" / "DCIM").mkdir(parents=True)
    (folder / "camera" / "DCIM" / "现场.mp4").write_bytes(b"footage\n")
    (folder / "camera" / "DCIM" / "2.mp4").write_bytes(b"more footage")
    monkeypatch.chdir(folder)
    _, secret = made.works.stations.invite(SYSTEM, made.works.agency, "采集站 9")
    [program, *arguments] = example_command().split()
    assert program == "tiezheng" and arguments.pop(0) == "enrol"
    given = {"https://evidence.example": made.url, "CODE": write_code(secret, TRUST.encode())}
    done = CliRunner().invoke(command, [given.get(word, word) for word in arguments])
    assert done.exit_code == 0, done.output
    yield made
    made.stop()
    made.works.close()
    clear_immutable(tmp_path)


def example_command() -> str:
    [found] = re.findall(r"^```sh\n(tiezheng enrol .*)\n```$", PAGE, re.MULTILINE)
    return str(found)


def test_the_library_brings_a_camera_in_and_wipes_it(side: Open, capsys: pytest.CaptureFixture[str]) -> None:
    token = Credentials.read(Path("station.json")).token
    exec(compile(example("library"), "docking-stations.md", "exec"), {})  # noqa: S102  it is what is tested
    assert sorted(capsys.readouterr().out.splitlines()) == ["wiped 2.mp4", "wiped 现场.mp4"]
    assert [path for path in Path("camera").rglob("*") if path.is_file()] == []
    assert Credentials.read(Path("station.json")).token == token, "it is new"
    with side.works.read() as connection:
        [inventory] = connection.execute(select(inventories)).all()
    assert (inventory.device, inventory.clock_offset_ms, inventory.signature is not None) == ("BWC-0171", -1500, True)
    assert side.works.count("originals") == 2


def test_the_whole_client_gets_a_receipt_that_verifies(side: Open) -> None:
    known = Credentials.read(Path("station.json"))
    path = Path("camera/DCIM/现场.mp4")
    about = {name: value for name, value in SAID.items() if name not in ("filename", "sha256")}
    receipt = client()["send"](side.url, known.station, known.token, known.key, path, about)
    checked = verify_receipt(receipt, TRUST, digest=Digest.of(b"footage\n"), size=8)
    assert (checked.station, checked.wipe) == (known.station, "allowed")
    assert json.loads(checked.manifest)["declared"]["clock_offset_ms"] == -1500
    with side.works.read() as connection:
        [key] = connection.execute(select(station_keys)).all()
    assert known.signer is not None and key.vkey == known.signer.vkey


def test_the_bytes_of_the_worked_example() -> None:
    made = client()
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert made["declaration"](STATION, 8, SAID) + b"\n" == example("declaration").encode()
    first, *lines = example("create").splitlines()
    assert first == "POST /files HTTP/1.1"
    headers = dict(line.split(": ", 1) for line in lines)
    assert made["headers_of"](STATION, key, 8, SAID).items() <= headers.items()
    enrolment = json.loads(example("enrolment"))
    signer = Signer("station", KEY)
    assert enrolment["key"] == made["b64"](signer.verifier.public_key)
    assert enrolment["proof"] == made["b64"](prove_key(enrolment["secret"], signer))


def test_the_worked_request_is_taken_as_it_stands(side: Open) -> None:
    """By the very bytes, but for the token: as a station of that id and that key would send it."""
    works = side.works
    assert works.database is not None
    made, token = works.stations.enrol(SYSTEM, works.agency, "采集站 10", Signer("x", KEY).verifier.public_key)
    vkey = Signer(STATION, KEY).vkey
    change(
        works.database,
        f"UPDATE stations SET id = '{STATION}' WHERE id = '{made.id}'",  # noqa: S608  ids of our own making
        f"UPDATE station_keys SET station_id = '{STATION}', vkey = '{vkey}' WHERE station_id = '{made.id}'",  # noqa: S608
    )
    request = example("create").replace("0" * 64, token).replace("\n", "\r\n") + "Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", side.port)) as line:
        line.sendall(request.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 201 ")


def test_the_tables_say_what_there_is() -> None:
    said = re.search(r"\| key of Upload-Metadata \|.*?\n\n", PAGE, re.DOTALL)
    assert said is not None
    rows = [line.strip("|").split("|") for line in said[0].strip().splitlines()[2:]]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[0])} == set(KEYS)
    [kinds] = [row[1] for row in rows if "`kind`" in row[0]]
    assert re.findall(r"`([\w-]+)`", kinds) == list(KINDS)
    codes = re.findall(r"^\| (\d{3}) \| ((?:`[\w-]+` ?)+)\|", PAGE, re.MULTILINE)
    assert len(codes) > 10
    for status, names in codes:
        for code in re.findall(r"`([\w-]+)`", names):
            assert problem(type("Named", (CatalogError,), {"code": code})("x"))[0] == int(status), code
