"""Inventories as the server reads them: names, places, clocks, and more files than one holds."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catalog.inventory import LIMIT, Inventory
from integrity.clock import from_instant
from integrity.note import Signature
from scripts import dock_inventory
from scripts.dock_inventory import announce
from scripts.dock_line import Line
from scripts.dock_patience import DockError, Patience
from scripts.dock_state import Credentials
from tests.fakes.clocks import START
from tests.fakes.signers import SIGNER


class Server:
    """Takes inventories as the real one reads them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self.status = 201
        self.answer: object = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert (request.method, request.url.path) == ("POST", "/inventories")
        self.bodies.append(request.read())
        self.headers.append(request.headers)
        said = {"inventory": str(len(self.bodies)), "code": "input-invalid"}
        return httpx2.Response(self.status, json=said if self.answer is None else self.answer)

    def told(self) -> list[Inventory]:
        return [Inventory.parse(body) for body in self.bodies]


@pytest.fixture
def server() -> Server:
    return Server()


def post(server: Server, files: Sequence[Path], declared: Mapping[str, str] | None = None, **named: Any) -> str | None:
    credentials = Credentials(Path("dock.json"), "0" * 26, "dock", "0" * 64, None)
    with httpx2.Client(transport=httpx2.MockTransport(server)) as client:
        line = Line("http://service.example", credentials, client, Patience(0, sleep=lambda _: None))
        return announce(line, named.get("signer"), files, "DSJ-7", declared or {}, START, named.get("root"))


def test_files_are_named_by_their_place_on_the_device(server: Server, tmp_path: Path) -> None:
    for name in ("100/1.mp4", "101/1.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"1")
    files = [tmp_path / "100/1.mp4", tmp_path / "101/1.mp4", tmp_path / "gone.mp4"]
    assert post(server, files, root=tmp_path) == "1"
    [inventory] = server.told()
    assert (inventory.device, inventory.taken_at, inventory.clock) == ("DSJ-7", START, None)
    assert [(item.name, item.base_name, item.size) for item in inventory.items] == [
        ("100/1.mp4", "1.mp4", 1), ("101/1.mp4", "1.mp4", 1),
    ]  # fmt: skip
    post(server, files)
    assert [item.name for item in server.told()[1].items] == ["1.mp4", "1.mp4"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (1_772_440_200.9, "2026-03-02T08:30:00.000000Z"),
        *[(0.0, None), (-5.0, None), (315_532_800.0, None)],
    ],
)
def test_a_file_ended_when_it_was_written_to_last(
    server: Server, tmp_path: Path, written: float, told: str | None
) -> None:
    """But for a file system that says it does not know."""
    (tmp_path / "1.mp4").write_bytes(b"1")
    os.utime(tmp_path / "1.mp4", (0, written))
    post(server, [tmp_path / "1.mp4"])
    [item] = server.told()[0].items
    assert (item.started_at, item.ended_at) == (None, None if told is None else from_instant(told))


def test_the_clock_is_told_where_it_was_measured(server: Server) -> None:
    post(server, [], {"clock_offset_ms": "-1500", "clock_uncertainty_ms": "20"})
    post(server, [], {"clock_offset_ms": "-1500"})
    with_clock, without = server.told()
    assert with_clock.clock is not None
    assert (with_clock.clock.offset_ms, with_clock.clock.uncertainty_ms) == (-1500, 20)
    assert without.clock is None


def test_a_station_with_a_key_signs_the_bytes_it_sends(server: Server) -> None:
    post(server, [], signer=SIGNER)
    [headers], [body] = server.headers, server.bodies
    signature = base64.b64decode(headers["tiezheng-signature"])
    SIGNER.verifier.verify(body, Signature(SIGNER.name, SIGNER.verifier.key_id, signature))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *[(b"\xff.mp4", "<dcff>.mp4"), ("b\u202e.mp4".encode(), "b<202e>.mp4"), (b"a\x01b", "a<0001>b")],
        *[(b" ", "<0020>"), (b" a b ", "<0020>a<0020>b<0020>"), ("\u3000".encode(), "<3000>"), (b"a b", "a b")],
        *[(b"a\\", "a<005c>"), (b"x\ny", "x<000a>y"), ("\u2028.mp4".encode(), "<2028>.mp4")],
    ],
)
def test_a_name_that_is_no_text_does_not_hold_up_the_others(
    server: Server, tmp_path: Path, name: bytes, told: str
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    odd.write_bytes(b"1")
    assert post(server, [odd]) == "1"
    assert [item.name for item in server.told()[0].items] == [told]


def test_a_file_deep_in_folders_is_told_by_its_end(server: Server, tmp_path: Path) -> None:
    """Two that end alike are two all the same."""
    files = [tmp_path / first / "/".join(["夜" * 80] * 13) / "1.mp4" for first in ("a", "b")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"1")
    assert post(server, files, root=tmp_path) == "1"
    first, second = server.told()[0].items
    assert first.name != second.name
    assert first.base_name == second.base_name == "1.mp4"


def test_what_is_no_file_is_no_recording(server: Server, tmp_path: Path) -> None:
    """A folder that could not be read stands among the files, and a pipe may lie there."""
    os.mkfifo(tmp_path / "pipe")
    post(server, [tmp_path, tmp_path / "pipe"])
    assert server.told()[0].items == ()


def test_more_bytes_than_one_inventory_takes_are_told_in_several() -> None:
    item = {"name": "夜" * 1000, "size": 1, "started_at": None, "ended_at": None, "sha256": None}
    shares = list(dock_inventory._shares(dict(item) for _ in range(3000)))
    assert len(shares) > 1
    assert sum(map(len, shares)) == 3000
    assert all(len(json.dumps(share, ensure_ascii=False).encode()) < LIMIT - 4096 for share in shares)


def test_an_answer_that_names_no_inventory(server: Server) -> None:
    server.answer = []
    with pytest.raises(DockError) as refused:
        post(server, [])
    assert refused.value.code == "answer-invalid"


def test_more_than_one_inventory_holds_is_told_in_several(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dock_inventory, "ITEMS", 2)
    files = [tmp_path / f"{number}.mp4" for number in range(5)]
    for file in files:
        file.write_bytes(b"1")
    assert post(server, files) == "3"
    assert [len(inventory.items) for inventory in server.told()] == [2, 2, 1]


def test_a_server_that_takes_none_and_one_that_refuses(server: Server) -> None:
    server.status = 404
    assert post(server, []) is None
    server.status = 422
    with pytest.raises(DockError) as refused:
        post(server, [])
    assert refused.value.code == "input-invalid"
    assert json.loads(server.bodies[0])["items"] == []
