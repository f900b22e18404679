"""The whole service on a real S3 with Object Lock, its log in another bucket there: docked, receipted, audited; either
store away; the store untrue.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrity import durable
from integrity.clock import from_instant, instant
from integrity.digest import Digest
from tests.contracts.s3 import *  # noqa: F403  fixtures are found by name
from tests.fakes.immutable import clear_immutable
from tests.fakes.s3_front import Front, standing_before
from tests.servers.seaweed import REGION, Seaweed, secret_of
from tests.servers.service import Service, environment, running, tiezheng

pytestmark = pytest.mark.xdist_group("s3")
SMALL, LARGE = "笔录正文。\n".encode() * 100, os.urandom(17 * 1024 * 1024)
"""The large one is more than one part."""
SECONDS = 180


@dataclass(frozen=True)
class Docked:
    """A service that keeps its originals behind `front`, its log behind `log_front`, and what `dock` said at first."""

    service: Service
    front: Front
    bucket: str
    station: Path
    lines: list[dict[str, Any]]
    log_front: Front
    log_bucket: str


def log_settings_of(folder: Path, front: Front, bucket: str) -> dict[str, str]:
    """What leads the log into a bucket without Object Lock."""
    path = folder / "log.json"
    path.touch(0o600)
    path.write_text(json.dumps({"access_key": "ingest", "secret_key": secret_of("ingest")}))
    return {"TIEZHENG_LOG_S3_ENDPOINT": front.url, "TIEZHENG_LOG_S3_BUCKET": bucket, "TIEZHENG_LOG_S3_REGION": REGION,
            "TIEZHENG_LOG_S3_CREDENTIALS": str(path)}  # fmt: skip


def settings_of(folder: Path, front: Front | Seaweed, bucket: str) -> dict[str, str]:
    """What an operator sets, with a credentials file for each of the three."""
    made = {"TIEZHENG_VAULT": "s3", "TIEZHENG_S3_ENDPOINT": front.url, "TIEZHENG_S3_BUCKET": bucket,
            "TIEZHENG_S3_REGION": REGION, "TIEZHENG_LOCK_DAYS": "1",
            "TIEZHENG_REPLICA_FOLDER": str(folder / "replica")}  # fmt: skip
    for name, access_key in (("", "ingest"), ("HOLD_", "hold"), ("DISPOSAL_", "disposal")):
        path = folder / f"{access_key}.json"
        path.touch(0o600)
        path.write_text(json.dumps({"access_key": access_key, "secret_key": secret_of(access_key)}))
        made[f"TIEZHENG_S3_{name}CREDENTIALS"] = str(path)
    return made


def dock(docked: Service, station: Path, *files: Path) -> list[dict[str, Any]]:
    done = tiezheng("dock", "--server", docked.url, "--credentials", station, "--json", *files)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def docked(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docked]:
    folder, bucket, log_bucket = tmp_path_factory.mktemp("s3"), seaweed.bucket(), seaweed.bucket(locking=False)
    for name, body in (("small.txt", SMALL), ("large.bin", LARGE)):
        (folder / name).write_bytes(body)
    try:
        with (
            standing_before(seaweed) as front,
            standing_before(seaweed) as log_front,
            running(
                folder / "data", **settings_of(folder, front, bucket), **log_settings_of(folder, log_front, log_bucket)
            ) as service,
        ):
            station = folder / "station.json"
            made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站", "--out", station,
                            **service.settings)  # fmt: skip
            assert made.returncode == 0, made.stderr
            lines = dock(service, station, folder / "small.txt", folder / "large.bin")
            yield Docked(service, front, bucket, station, lines, log_front, log_bucket)
    finally:
        clear_immutable(folder)


def status_of(docked: Docked) -> dict[str, Any]:
    done = tiezheng("admin", "status", "--data", docked.service.data, "--json", **docked.service.settings)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def audit_of(docked: Docked) -> dict[str, Any]:
    done = tiezheng("audit", "--data", docked.service.data, "--json", **docked.service.settings)
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if report["ok"] else 1), done.stderr
    return report


def test_what_is_docked_lies_locked_in_the_store_and_the_receipt_says_how(docked: Docked, seaweed: Seaweed) -> None:
    client = seaweed.client()
    for line, body in zip(docked.lines, (SMALL, LARGE), strict=True):
        receipt = json.loads(Path(line["receipt"]).read_text())["receipt"]
        assert receipt["copies"] == [{"checked": "store-checksum", "vault": "s3"}]
        kept = client.head_object(Bucket=docked.bucket, Key=f"vault/{Digest.of(body)}")
        assert kept["ObjectLockMode"] == "COMPLIANCE"
        assert client.get_object(Bucket=docked.bucket, Key=f"vault/{Digest.of(body)}")["Body"].read() == body
    client.close()
    assert not list((docked.service.data / "vault").iterdir()), "nothing lies in the data folder instead"


def test_status_and_audit_say_that_the_store_protects(docked: Docked) -> None:
    vaults = {vault["name"]: vault for vault in status_of(docked)["vaults"]}
    assert set(vaults) == {"s3", "replica"}
    assert vaults["s3"]["immutable"] is True
    report = audit_of(docked)
    assert report["findings"] == []
    unprotected = [note["detail"] for note in report["notes"] if note["code"] == "vault-tamper-evident-only"]
    assert not [detail for detail in unprotected if detail.startswith("s3:")]
    assert "vault s3: S3 Object Lock" in docked.service.text()


def copied(docked: Docked) -> None:
    """Wait until the replica has everything, and the spool has let it go."""
    spool, deadline = docked.service.data / "spool", time.monotonic() + SECONDS
    while status_of(docked)["queue"]["uncopied"] or list(spool.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_every_object_is_copied_to_the_replica_and_the_spool_lets_go(docked: Docked) -> None:
    copied(docked)
    replica = docked.service.data.parent / "replica"
    copies = {path.name: path.read_bytes() for path in replica.rglob("*") if path.is_file()}
    assert len(copies) == 4, "two originals and their manifests"
    assert copies[Digest.of(SMALL).hex] == SMALL
    assert copies[Digest.of(LARGE).hex] == LARGE
    report = audit_of(docked)
    assert (report["findings"], report["looked_at"]["objects"]) == ([], 8)


def test_a_recording_is_prepared_from_the_store(docked: Docked) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        states = status_of(docked)["recordings"]
        if states == {"ready": 1, "unplayable": 1}:
            break
        assert time.monotonic() < deadline, states
        time.sleep(0.3)


def test_while_the_store_is_away_uploads_wait_in_the_spool_and_then_finish(docked: Docked, tmp_path: Path) -> None:
    copied(docked)
    later = tmp_path / "later.txt"
    later.write_bytes(b"docked while the store was away")
    docked.front.gone = True
    docked.front.made.clear()
    with ThreadPoolExecutor(1) as pool:
        docking = pool.submit(dock, docked.service, docked.station, later)
        deadline = time.monotonic() + SECONDS
        while not docked.front.made:  # until the service has tried to put it
            assert time.monotonic() < deadline
            time.sleep(0.05)
        spool = docked.service.data / "spool"
        (upload,) = [path for path in spool.iterdir() if (path / "received.json").exists()]
        assert (upload / "content").read_bytes() == later.read_bytes()
        assert not docking.done(), "no receipt yet"
        docked.front.gone = False
        (line,) = docking.result(SECONDS)
    assert line["sha256"] == Digest.of(later.read_bytes()).hex
    while list(spool.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def tried_long_ago(docked: Docked, name: str) -> None:
    """As if a day had gone by since the last try of the store; `name` is the field that tells of it."""
    record = docked.service.data / "probe-s3.json"
    told = json.loads(record.read_text())
    where = told if name == "at" else told["failed"]
    where[name] = instant(from_instant(where[name]) - timedelta(days=1))
    durable.replace(record, json.dumps(told).encode())


def fetched(docked: Docked, path: str) -> tuple[int, str]:
    answer = httpx2.get(f"{docked.service.url}{path}", timeout=SECONDS)
    return answer.status_code, answer.text


def tried_anew(docked: Docked, ready: int) -> dict[str, Any]:
    """Wait until the try that is due made the service ready, or not; what the status then says of the store."""
    deadline = time.monotonic() + SECONDS
    while fetched(docked, "/readyz")[0] != ready:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (store,) = [vault for vault in status_of(docked)["vaults"] if vault["name"] == "s3"]
    return dict(store)


def test_the_log_is_served_from_its_bucket_as_from_a_folder(docked: Docked, seaweed: Seaweed) -> None:
    client = seaweed.client()
    listed = client.list_objects_v2(Bucket=docked.log_bucket, Prefix="logs/log/tile/")["Contents"]
    tile = max(one["Key"] for one in listed)
    body = client.get_object(Bucket=docked.log_bucket, Key=tile)["Body"].read()
    client.close()
    answer = httpx2.get(f"{docked.service.url}/{tile.removeprefix('logs/')}", timeout=SECONDS)
    assert answer.content == body
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    answer = httpx2.get(f"{docked.service.url}/log/checkpoint", timeout=SECONDS)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/plain")
    answer = httpx2.get(f"{docked.service.url}/log/tile/0/777", timeout=SECONDS)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    assert {path.name for path in (docked.service.data / "log").iterdir()} == {"head", "lock"}


def test_while_the_logs_store_is_away_nothing_is_receipted_and_then_it_goes_on(docked: Docked, tmp_path: Path) -> None:
    copied(docked)
    later = tmp_path / "later.txt"
    later.write_bytes(b"docked while the log was away")
    docked.log_front.gone = True
    with ThreadPoolExecutor(1) as pool:
        docking = pool.submit(dock, docked.service, docked.station, later)
        deadline = time.monotonic() + SECONDS
        while fetched(docked, "/readyz") != (503, '{"catalog":true,"log":false,"vault":true}'):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        status, body = fetched(docked, "/log/checkpoint")
        assert (status, json.loads(body)["code"]) == (503, "log-unavailable")
        assert fetched(docked, "/metrics")[0] == 200
        assert not docking.done(), "no receipt yet"
        docked.log_front.gone = False
        (line,) = docking.result(SECONDS)
    receipt = json.loads(Path(line["receipt"]).read_text())["receipt"]
    assert receipt["sha256"] == Digest.of(later.read_bytes()).hex
    assert fetched(docked, "/readyz") == (200, '{"catalog":true,"log":true,"vault":true}')
    copied(docked)
    assert audit_of(docked)["findings"] == []


def test_a_store_that_begins_to_fail_is_red_everywhere_and_is_named_by_no_receipt(
    docked: Docked, tmp_path: Path
) -> None:
    copied(docked)
    assert fetched(docked, "/readyz") == (200, '{"catalog":true,"log":true,"vault":true}')
    later = tmp_path / "later.txt"
    later.write_bytes(b"docked while the store dropped locks")
    docked.front.drop_multipart_lock = True
    tried_long_ago(docked, "at")
    failing = tried_anew(docked, 503)
    assert failing["alarm"] is True
    assert (failing["failure"]["lacking"], failing["immutable"]) == ("lock-parts", False)
    assert fetched(docked, "/readyz") == (503, '{"catalog":true,"log":true,"vault":false}')
    assert 'tiezheng_vault_alarm{vault="s3"} 1.0' in fetched(docked, "/metrics")[1]
    [finding] = audit_of(docked)["findings"]
    assert (finding["code"], finding["subject"]) == ("vault-unprotected", "vault s3")
    with ThreadPoolExecutor(1) as pool:
        docking = pool.submit(dock, docked.service, docked.station, later)
        deadline, spool = time.monotonic() + SECONDS, docked.service.data / "spool"
        while '"code": "vault-unprotected"' not in docked.service.text():  # until it would have had its receipt
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert [(path / "content").read_bytes() for path in spool.iterdir()] == [later.read_bytes()]
        assert not docking.done()
        docked.front.drop_multipart_lock = False
        tried_long_ago(docked, "tried")
        assert tried_anew(docked, 200)["alarm"] is False
        (line,) = docking.result(SECONDS)
    assert line["sha256"] == Digest.of(later.read_bytes()).hex


def test_what_somebody_lays_over_an_object_is_found_and_changes_nothing(docked: Docked, seaweed: Seaweed) -> None:
    client, key = seaweed.client(), f"vault/{Digest.of(SMALL)}"
    client.put_object(Bucket=docked.bucket, Key=key, Body=b"laid over it")
    client.delete_object(Bucket=docked.bucket, Key=key)
    client.close()
    found = [finding["code"] for finding in audit_of(docked)["findings"]]
    assert sorted(found) == ["vault-delete-marker", "vault-overwritten"], "and the sealed version still has its bytes"


def test_a_copy_that_is_gone_is_missed(docked: Docked) -> None:
    copied(docked)
    clear_immutable(docked.service.data.parent / "replica")
    next((docked.service.data.parent / "replica").rglob(Digest.of(LARGE).hex)).unlink()
    missed = [finding for finding in audit_of(docked)["findings"] if finding["code"] == "vault-object-missing"]
    assert [finding["subject"] for finding in missed] == [f"vault {Digest.of(LARGE)}"]


def test_a_store_that_drops_the_lock_of_parts_is_refused_at_start(seaweed: Seaweed, tmp_path: Path) -> None:
    with standing_before(seaweed) as front:
        front.drop_multipart_lock = True
        refused = subprocess.run(
            [sys.executable, "-m", "scripts.cli", "serve", "--data", tmp_path / "data", "--port", "0"],
            capture_output=True, text=True, timeout=SECONDS, check=False,
            env=environment(**settings_of(tmp_path, front, seaweed.bucket())),
        )  # fmt: skip
    assert refused.returncode == 1
    assert "error: vault-unprotected: lock-parts" in refused.stderr
    assert "listening" not in refused.stdout


def test_credentials_that_others_can_read_stop_the_start(docked: Docked, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, docked.front, docked.bucket)
    (tmp_path / "hold.json").chmod(0o640)
    refused = tiezheng("admin", "status", "--data", docked.service.data, **settings)
    assert refused.returncode == 1
    assert "error: settings-wrong: s3_hold_credentials" in refused.stderr
