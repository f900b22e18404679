"""`tiezheng tsa` as a process: the contract of an authority, its manners over HTTP, and that it never outlives us."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from integrity.certificates import read_certificates
from integrity.clock import SystemClock, system_random
from integrity.errors import AuthorityUnavailable
from integrity.timestamp import HttpAuthority, Transport
from scripts.authority_child import AuthorityChild
from scripts.transport import HttpTransport
from tests.contracts.timestamp_authority import DIGEST, TimestampAuthorityContract
from tests.servers import openssl_ts
from tests.servers.service import environment

QUERY = {"Content-Type": "application/timestamp-query"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def child(data: Path) -> Iterator[AuthorityChild]:
    child = AuthorityChild(data, environment())
    child.start()
    yield child
    child.stop()


@pytest.fixture
def transport(child: AuthorityChild) -> Iterator[HttpTransport]:
    transport = HttpTransport(child.url)
    yield transport
    transport.close()


@pytest.fixture
def roots(child: AuthorityChild, data: Path) -> bytes:
    return (data / "authority" / "ca.pem").read_bytes()


@pytest.mark.xdist_group("authority")
@openssl_ts.REQUIRED
class TestEmbeddedAuthority(TimestampAuthorityContract):
    """The process, asked over loopback."""

    @pytest.fixture
    def authority(self, transport: Transport, roots: bytes) -> HttpAuthority:
        return HttpAuthority("embedded", transport, read_certificates(roots), SystemClock(), system_random)


@pytest.mark.xdist_group("authority")
class TestManners:
    @pytest.mark.parametrize(
        ("method", "path", "headers", "content", "status"),
        [
            ("GET", "", QUERY, b"", 405),
            ("POST", "elsewhere", QUERY, b"x", 404),
            ("POST", "", {"Content-Type": "text/plain"}, b"x", 415),
            ("POST", "", {}, b"x", 415),
            ("POST", "", QUERY, bytes(5000), 413),
            ("POST", "", QUERY, bytes(4096), 200),
        ],
    )
    def test_what_is_not_a_query(
        self, child: AuthorityChild, method: str, path: str, headers: dict[str, str], content: bytes, status: int
    ) -> None:
        response = httpx2.request(method, child.url + path, headers=headers, content=content)
        assert response.status_code == status
        if status == 200:
            assert response.headers["content-type"] == "application/timestamp-reply"

    def test_a_slow_client_keeps_nobody_waiting(
        self, child: AuthorityChild, transport: HttpTransport, tmp_path: Path
    ) -> None:
        query = openssl_ts.query(tmp_path, DIGEST)
        port = int(child.url.rstrip("/").rpartition(":")[2])
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for connection in slow:
            head = (
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\nContent-Length: 90\r\n\r\n"
            )
            connection.sendall(head.encode() + b"0")
        assert transport(query)
        for connection in slow:
            connection.close()

    def test_its_key_is_nowhere_in_its_arguments(self, child: AuthorityChild) -> None:
        arguments = Path(f"/proc/{child.pid}/cmdline").read_bytes()
        assert b"PRIVATE" not in arguments


class TestLife:
    def test_a_second_start_continues_with_the_same_root(self, tmp_path: Path) -> None:
        child = AuthorityChild(tmp_path, environment())
        child.start()
        root = (tmp_path / "authority" / "ca.pem").read_bytes()
        child.start()
        assert child.alive()
        assert (tmp_path / "authority" / "ca.pem").read_bytes() == root
        child.stop()
        assert not child.alive()
        child.stop()

    def test_it_ends_with_a_parent_that_was_killed(self, tmp_path: Path) -> None:
        program = (
            "import os, pathlib, sys, time\n"
            "from scripts.authority_child import AuthorityChild\n"
            "child = AuthorityChild(pathlib.Path(sys.argv[1]), dict(os.environ))\n"
            "child.start(); print(child.pid, flush=True); time.sleep(600)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, env=environment()
        ) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            assert _alive(pid)
            os.kill(parent.pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _alive(pid)

    def test_it_says_where_it_listens(self, tmp_path: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "scripts.cli", "tsa", "--data", tmp_path, "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(),
        ) as process:  # fmt: skip
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            assert said["pid"] == process.pid
            httpx2.get(f"http://127.0.0.1:{said['port']}/")
            process.communicate()
        assert process.returncode == 0

    def test_a_start_that_fails_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "authority").mkdir()
        (tmp_path / "authority" / "ca.key").write_bytes(b"damaged")
        child = AuthorityChild(tmp_path, environment())
        with pytest.raises(AuthorityUnavailable):
            child.start()
        assert not child.alive()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
