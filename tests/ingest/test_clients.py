"""Clients that others wrote: tus-js-client, tuspy and curl send files to a real server, both ways a body can come."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.metadata import write_header
from tests.ingest.house import House
from tests.ingest.served import Served

SIZE = 3_000_001
CLIENT = Path(__file__).with_name("tus_client.mjs")
TUSPY = Path(__file__).with_name("tuspy_client.py")
HEADERS = ("Tus-Resumable: 1.0.0", "Authorization: Bearer good")
STREAM = "Content-Type: application/offset+octet-stream"
pytestmark = pytest.mark.xdist_group("clients")


@pytest.fixture(params=["plain", "direct"])
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    house = House(tmp_path)
    house.uploads.limits = type(house.uploads.limits)(SIZE, house.uploads.limits.expires_after)
    with ThreadPoolExecutor(4) as threads, Served(house, threads, direct=request.param == "direct") as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


def run(*command: str | Path) -> str:
    done = subprocess.run(list(command), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def curl(*arguments: str | Path, headers: tuple[str, ...] = ()) -> dict[str, str]:
    """The answer's fields, its status as `status`."""
    assert shutil.which("curl"), "make setup-test installs it"
    fields = [part for header in (*HEADERS, *headers) for part in ("-H", header)]
    lines = run("curl", "-sS", "-D", "-", "-o", "/dev/null", *fields, *arguments).strip().splitlines()
    last = max(number for number, line in enumerate(lines) if line.startswith("HTTP/"))
    answer = {"status": lines[last].split()[1]}
    return answer | {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[last + 1 :])
    }


def arrived(served: Served, file: Path) -> None:
    house = served.house
    assert len(house.received) == 1
    assert house.content(house.received[0]) == file.read_bytes()


@pytest.mark.parametrize("together", ["apart", "together"])
@pytest.mark.parametrize("chunk", [SIZE, 1_000_000])
def test_tus_js_client(served: Served, file: Path, chunk: int, together: str) -> None:
    assert (CLIENT.parents[2] / "node_modules" / "tus-js-client").is_dir(), "make setup-test fetches it"
    url = run("node", CLIENT, f"http://127.0.0.1:{served.port}/files", file, str(chunk), together)
    assert "/files/" in url
    arrived(served, file)
    assert served.house.spool.announced(served.house.received[0]).statement.name == "询问室 1.mp4"


@pytest.mark.parametrize(("chunk", "stop"), [(SIZE, "on"), (1_200_000, "stop")])
def test_tuspy(served: Served, file: Path, chunk: int, stop: str) -> None:
    url = run(sys.executable, TUSPY, f"http://127.0.0.1:{served.port}/files", file, str(chunk), stop)
    assert "/files/" in url
    arrived(served, file)
    assert served.house.spool.announced(served.house.received[0]).statement.name == "询问室 1.mp4"


def test_curl_in_two_parts(served: Served, file: Path, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{served.port}"
    assert curl("-X", "OPTIONS", f"{base}/files")["tus-version"] == "1.0.0"
    metadata = f"Upload-Metadata: {write_header({'filename': '询问.mp4'})}"
    made = curl("-X", "POST", f"{base}/files", headers=(f"Upload-Length: {SIZE}", metadata))
    assert made["status"] == "201"
    url, first, rest = base + made["location"], tmp_path / "first", tmp_path / "rest"
    first.write_bytes(file.read_bytes()[:1_000_001])
    rest.write_bytes(file.read_bytes()[1_000_001:])
    sent = curl("-X", "PATCH", "--data-binary", f"@{first}", url, headers=("Upload-Offset: 0", STREAM))
    assert (sent["status"], sent["upload-offset"]) == ("204", "1000001")
    offset = curl("-I", url)["upload-offset"]
    done = curl("-X", "POST", "-T", rest, url,
                headers=(f"Upload-Offset: {offset}", STREAM, "X-HTTP-Method-Override: PATCH"))  # fmt: skip
    assert (done["status"], done["upload-offset"]) == ("204", str(SIZE))
    arrived(served, file)


def test_curl_gives_up(served: Served) -> None:
    base = f"http://127.0.0.1:{served.port}"
    url = base + curl("-X", "POST", f"{base}/files", headers=(f"Upload-Length: {SIZE}",))["location"]
    assert curl("-X", "DELETE", url)["status"] == "204"
    assert curl("-I", url)["status"] == "410"
