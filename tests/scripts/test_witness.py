"""`tiezheng witness` as a process: every answer of tlog-witness over HTTP, its manners, its key, and its memory."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from integrity import checkpoint, note
from integrity.clock import system_random
from integrity.cosignature import cosignatures
from integrity.submission import LIMIT
from integrity.watched import origin_hash
from scripts import witness
from scripts.keys import KeyUnusable
from scripts.witness import BriefConnection, WitnessApplication, open_cosigner
from tests.fakes.signers import OTHER, SIGNER
from tests.fakes.trees import tree
from tests.servers.service import tiezheng
from tests.servers.witness import WitnessProcess, witnessing

SHOWN = f"/{origin_hash(SIGNER.name)}/checkpoint"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    """A witness that knows 5 leaves of the log."""
    with witnessing(tmp_path_factory.mktemp("witness") / "data", "--name", "witness.example/w1") as process:
        add = tiezheng("witness", "add-log", "--data", process.data, SIGNER.vkey)
        assert add.returncode == 0, add.stderr
        assert "watching: log.example/1" in add.stdout
        assert submit(process, tree(5).submission(0, 5)).status_code == 200
        yield process


def submit(process: WitnessProcess, content: bytes) -> httpx2.Response:
    return httpx2.post(process.url + "/add-checkpoint", content=content, timeout=60)


@pytest.mark.xdist_group("witness")
class TestAnswers:
    def test_growth(self, running: WitnessProcess) -> None:
        size = int(submit(running, tree(1).submission(0, 1)).text)
        answer = submit(running, tree(size + 7).submission(size, size + 7))
        assert answer.status_code == 200
        signed = tree(size + 7).signed().note
        assert len(cosignatures(signed + answer.content, [running.key])) == 1
        shown = httpx2.get(running.url + SHOWN)
        assert (shown.status_code, shown.content) == (200, signed + answer.content)
        assert httpx2.head(running.url + SHOWN).content == b""

    def test_a_fork_is_refused_told_to_the_operator_and_kept(self, running: WitnessProcess) -> None:
        size = int(submit(running, tree(1).submission(0, 1)).text)
        forked = tree(size + 1, fork=3)
        answer = submit(running, forked.submission(size, size + 1))
        assert (answer.status_code, answer.text) == (422, "inconsistent\n")
        assert '"event": "inconsistent"' in running.text()
        [_kept] = [path for path in running.data.rglob("refused/*") if path.read_bytes() == forked.signed().note]

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (b"", 400),
            (b"nonsense", 400),
            (b"old 6\n\n" + tree(5).signed().note, 400),
            (b"old 5\n" + b"A" * 44 + b"\n\n" + tree(5).signed().note, 400),
            (b"old 0\n\n" + checkpoint.sign(tree(5).at(5), [OTHER]).note, 403),
            (b"old 0\n\n" + note.sign(tree(5).at(5).text().replace("log.", "blog."), [SIGNER]), 404),
            (tree(3).submission(0, 3), 409),
            (bytes(LIMIT + 1), 413),
        ],
    )
    def test_what_is_refused(self, running: WitnessProcess, content: bytes, status: int) -> None:
        held = httpx2.get(running.url + SHOWN).content
        answer = submit(running, content)
        assert answer.status_code == status
        if status == 409:
            assert answer.headers["content-type"] == "text/x.tlog.size"
            assert answer.content == b"%d\n" % checkpoint.claimed(held).size
        assert httpx2.get(running.url + SHOWN).content == held

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/add-checkpoint", 405),
            ("GET", "/healthz", 200),
            ("POST", "/healthz", 404),
            ("GET", "/", 404),
            ("GET", f"/{origin_hash('log.example/2')}/checkpoint", 404),
            ("GET", f"/{origin_hash(SIGNER.name).upper()}/checkpoint", 404),
            ("GET", "/../witness.key", 404),
            ("GET", "/%2e%2e/witness.key", 404),
            ("GET", f"/{origin_hash(SIGNER.name)}/keys", 404),
        ],
    )
    def test_addresses(self, running: WitnessProcess, method: str, path: str, status: int) -> None:
        assert httpx2.request(method, running.url + path).status_code == status

    def test_two_branches_at_once(self, running: WitnessProcess) -> None:
        size = int(submit(running, tree(1).submission(0, 1)).text)
        branches = [tree(size + 1, fork=size, kind=kind).submission(size, size + 1) for kind in "cdefgh"]
        with ThreadPoolExecutor(len(branches)) as pool:
            statuses = sorted(answer.status_code for answer in pool.map(lambda body: submit(running, body), branches))
        assert statuses == [200] + [409] * (len(branches) - 1)
        assert submit(running, tree(size + 1).submission(size, size + 1)).status_code in (409, 422)


@pytest.mark.xdist_group("witness")
class TestManners:
    def test_slow_clients_keep_nobody_waiting(self, running: WitnessProcess) -> None:
        with contextlib.ExitStack() as stack:
            for start in (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\nold", b"GET / HT"):
                for _ in range(20):
                    slow = stack.enter_context(socket.create_connection(("127.0.0.1", running.port)))
                    slow.sendall(start)
            assert submit(running, tree(1).submission(0, 1)).status_code == 409

    def test_headers_without_end(self, running: WitnessProcess) -> None:
        with socket.create_connection(("127.0.0.1", running.port)) as greedy:
            greedy.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * witness.HEADER_BYTES)
            assert greedy.recv(100).startswith(b"HTTP/1.1 4")

    def test_its_key_is_its_own(self, running: WitnessProcess) -> None:
        assert (running.data / "witness.key").stat().st_mode & 0o777 == 0o600
        assert running.data.stat().st_mode & 0o777 == 0o700
        assert "PRIVATE" not in running.text()


def test_a_connection_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "CONNECTION_SECONDS", 0.2)

    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.Event().wait()

    config = uvicorn.Config(nothing, http=BriefConnection, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            for start in (b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"):
                with socket.create_connection(listener.getsockname()) as connection:
                    connection.sendall(start)
                    with contextlib.suppress(ConnectionResetError):
                        assert connection.recv(100) == b""
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "BODY_SECONDS", 0.01)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    unused: Any = None
    application = WitnessApplication(unused, unused, unused)
    asyncio.run(application({"type": "http", "method": "POST", "path": "/add-checkpoint"}, receive, send))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_later_start_continues(tmp_path: Path, sign: int) -> None:
    with witnessing(tmp_path / "data", "--log", SIGNER.vkey) as process:
        key = process.key
        assert submit(process, tree(5).submission(0, 5)).status_code == 200
        held = httpx2.get(process.url + SHOWN).content
        assert process.stop(sign) == (0 if sign == signal.SIGTERM else -sign)
        process.start()
        assert process.key == key
        assert httpx2.get(process.url + SHOWN).content == held
        assert submit(process, tree(9, fork=4).submission(5, 9)).status_code == 422
        assert submit(process, tree(9).submission(5, 9)).status_code == 200


class TestFounding:
    def test_a_name_never_changes(self, tmp_path: Path) -> None:
        first = open_cosigner(tmp_path, "witness.example/w1", system_random)
        assert open_cosigner(tmp_path, None, system_random).key == first.key
        with pytest.raises(KeyUnusable, match=r"witness\.example/w1"):
            open_cosigner(tmp_path, "witness.example/w2", system_random)

    @pytest.mark.parametrize("lost", ["witness.key", "name"])
    def test_a_lost_key_is_never_made_anew(self, tmp_path: Path, lost: str) -> None:
        open_cosigner(tmp_path, None, system_random)
        (tmp_path / lost).unlink()
        with pytest.raises(KeyUnusable, match="new witness"):
            open_cosigner(tmp_path, None, system_random)

    def test_a_first_start_that_was_cut_short_goes_on(self, tmp_path: Path) -> None:
        (tmp_path / "name").write_text("witness.example/w1")
        assert open_cosigner(tmp_path, None, system_random).key.name == "witness.example/w1"

    def test_what_is_no_log(self, tmp_path: Path) -> None:
        done = tiezheng("witness", "add-log", "--data", tmp_path / "data", "nonsense")
        assert done.returncode == 1
        assert done.stderr.startswith("error: note-invalid")

    def test_without_a_folder(self) -> None:
        assert tiezheng("witness").returncode == 2
