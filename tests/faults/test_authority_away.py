"""The only time-stamping authority is killed and comes back: the real service, `dock`, and an authority of its own.

Sealing goes on with pending tokens, which the status shows, and later receipts take the place of the incomplete ones.
`make outages` lets it be away for minutes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fakes.immutable import clear_immutable
from tests.faults.outages import OUTAGE_S, SECONDS, lasting, since
from tests.servers.service import Service, environment, running, tiezheng

pytestmark = pytest.mark.xdist_group("database-away")


@dataclass
class Authority:
    """A `tiezheng tsa` of somebody else; begun again it has the same port."""

    data: Path
    port: int = 0
    root: str = ""
    process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        command = [sys.executable, "-m", "scripts.authority", "--data", str(self.data), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.port, self.root = int(said["port"]), str(said["root_pem"])

    def end(self) -> None:
        """kill -9."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Site:
    """A service that asks nobody else."""

    folder: Path
    authority: Authority
    service: Service

    def dock(self, *files: Path) -> dict[Path, dict[str, Any]]:
        """The receipts that the station holds after docking."""
        done = tiezheng(
            "dock", "--server", self.service.url, "--credentials", self.folder / "station.json", "--json", *files
        )
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["outcome"] for line in lines] == ["receipted"] * len(files)
        return {Path(line["file"]): json.loads(Path(line["receipt"]).read_bytes())["receipt"] for line in lines}

    def metric(self, name: str) -> float:
        text = httpx2.get(f"{self.service.url}/metrics", timeout=SECONDS).text
        [value] = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)]
        return float(value)

    def status(self) -> dict[str, Any]:
        done = tiezheng("admin", "status", "--data", self.service.data, "--json", **self.service.settings)
        told: dict[str, Any] = json.loads(done.stdout)
        return told


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "tsa").mkdir()
    authority = Authority(tmp_path / "tsa")
    authority.begin()
    root = tmp_path / "root.pem"
    root.write_text(authority.root)
    table = {"name": "tsa-1", "url": f"http://127.0.0.1:{authority.port}/", "root": str(root), "timeout_s": 5}
    told = {"TIEZHENG_AUTHORITIES": json.dumps([table]), "TIEZHENG_EMBEDDED_AUTHORITY": "false",
            "TIEZHENG_TOKEN_ALARM_MINUTES": "1"}  # fmt: skip
    try:
        with running(tmp_path / "data", **told) as service:
            made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站",
                            "--out", tmp_path / "station.json", **told)  # fmt: skip
            assert made.returncode == 0, made.stderr
            yield Site(tmp_path, authority, service)
    finally:
        authority.end()
        clear_immutable(tmp_path)


def tokens(receipt: dict[str, Any]) -> list[str]:
    return [token["state"] for token in receipt["tokens"]]


def test_an_authority_that_goes_and_comes_back_costs_a_second_receipt(site: Site, tmp_path: Path) -> None:
    before = tmp_path / "before.dat"
    before.write_bytes(b"stamped at once")
    assert set(tokens(site.dock(before)[before])) == {"stamped"}
    site.authority.end()
    pending: dict[Path, dict[str, Any]] = {}
    lasting(lambda: pending.update(without_tokens(site, tmp_path / f"meanwhile-{len(pending)}.dat", len(pending))))
    assert OUTAGE_S < 90 or site.status()["tokens"]["alarm"], "a minute is late here"
    site.authority.begin()
    began = time.monotonic()
    deadline = began + SECONDS
    while site.metric('tiezheng_waiting{where="pending_tokens"}'):
        assert time.monotonic() < deadline, site.service.text()[-2000:]
        time.sleep(0.2)
    print(since(began))
    later: dict[Path, dict[str, Any]] = {}
    while missing := [file for file in pending if set(tokens(later.get(file, pending[file]))) != {"stamped"}]:
        assert time.monotonic() < deadline, "the receipts that were kept are replaced"
        later |= site.dock(*missing)
    for file, first in pending.items():
        assert (later[file]["upload"], later[file]["sha256"]) == (first["upload"], first["sha256"])
    assert site.metric('tiezheng_authority_failures{authority="tsa-1"}') == 0
    assert not site.status()["tokens"]["alarm"]
    report = tiezheng("audit", "--data", site.service.data, "--json", "--against", tmp_path / "receipts",
                      "--trust", tmp_path / "trust.json", **site.service.settings)  # fmt: skip
    assert report.returncode == 0, report.stdout + report.stderr


def without_tokens(site: Site, file: Path, others: int) -> dict[Path, dict[str, Any]]:
    """One more file is sealed and has its receipt while nobody stamps; everybody can see that tokens are waited for."""
    file.write_bytes(f"sealed while nobody stamped, after {others}".encode())
    receipts = site.dock(file)
    assert set(tokens(receipts[file])) == {"pending"}
    status = site.status()
    assert status["queue"]["pending_tokens"] == 2 * (others + 1)
    assert others or not status["tokens"]["alarm"], "it is early yet"
    assert site.metric('tiezheng_authority_failures{authority="tsa-1"}') >= 1
    assert httpx2.get(f"{site.service.url}/readyz", timeout=SECONDS).status_code == 200, "it stops nothing"
    return receipts
