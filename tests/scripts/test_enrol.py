"""A station redeems a code over HTTP: its key stays with it, and trust.json is the one that the code vouches for."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrity.enrolment import is_secret, require_key, write_code
from integrity.note import Verifier
from integrity.trust import write_trust
from scripts.dock_state import Credentials
from scripts.enrol import EnrolmentRefused, enrol
from tests.fakes.clocks import START
from tests.ingest.works import TRUST

SECRET = "0" * 20


class Server:
    """Answers one POST after another; keeps what was asked."""

    def __init__(self, trust: bytes) -> None:
        self.trust = trust
        self.asked: list[dict[str, Any]] = []
        self.broken: list[Callable[[], httpx2.Response]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/stations/enrolment"
        self.asked.append(json.loads(request.content))
        if self.broken:
            return self.broken.pop()()
        told = {"station": "0" * 26, "name": "采集站1", "agency": "1" * 26, "token": "2" * 64}
        return httpx2.Response(201, json=told | {"trust": self.trust.decode()})


@pytest.fixture
def server(tmp_path: Path) -> Server:
    write_trust(tmp_path / "server-trust.json", TRUST)
    return Server((tmp_path / "server-trust.json").read_bytes())


def redeem(server: Server, path: Path, code: str | None = None) -> Credentials:
    with httpx2.Client(transport=httpx2.MockTransport(server)) as client:
        return enrol(client, "http://service.example", path, code or write_code(SECRET, server.trust), START)[0]


def test_the_key_stays_here(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "station" / "dock.json"
    known = redeem(server, path)
    assert replace(Credentials.read(path), key=None) == replace(known, key=None)
    assert (known.token, known.since) == ("2" * 64, START)
    assert (path.parent / "trust.json").read_bytes() == server.trust
    [asked] = server.asked
    assert is_secret(asked["secret"])
    key = Verifier("station", base64.b64decode(asked["key"]))
    require_key(asked["secret"], key, base64.b64decode(asked["proof"]))
    signer = Credentials.read(path).signer
    assert signer is not None
    assert (signer.name, signer.verifier.public_key) == ("0" * 26, key.public_key)
    private = json.loads(path.read_text())["key"]
    assert private not in json.dumps(server.asked)
    assert path.stat().st_mode & 0o077 == 0
    assert sorted(one.name for one in path.parent.iterdir()) == ["dock.json", "trust.json"]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(server: Server, tmp_path: Path) -> None:
    def lost() -> httpx2.Response:
        raise httpx2.ReadError("the test")

    server.broken.append(lost)
    with pytest.raises(EnrolmentRefused):
        redeem(server, tmp_path / "dock.json")
    redeem(server, tmp_path / "dock.json")
    first, second = server.asked
    assert first["key"] == second["key"]


def test_another_trust_than_the_code_vouches_for_is_refused(server: Server, tmp_path: Path) -> None:
    code = write_code(SECRET, server.trust)
    server.trust += b"\n"
    with pytest.raises(EnrolmentRefused, match="vouches"):
        redeem(server, tmp_path / "dock.json", code)
    assert not (tmp_path / "dock.json").exists()
    assert not (tmp_path / "trust.json").exists()


def test_what_the_server_says_is_told(server: Server, tmp_path: Path) -> None:
    server.broken.append(lambda: httpx2.Response(401, json={"code": "sign-in-required", "detail": "the code is over"}))
    with pytest.raises(EnrolmentRefused, match="the code is over"):
        redeem(server, tmp_path / "dock.json")
