"""The main job, from the docking station to a proof anyone can check: the real service, every real file, every door.

The files are those of the shared media folder; what each must become stands here by name, so a change of mind of a
decoder is seen. Outside oracles: the manifest of the folder for digests, stock `openssl ts` for tokens.
"""

import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import MEDIA
from tests.fakes.immutable import clear_immutable
from tests.servers.service import Service, running, tiezheng

pytestmark = [
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the shared media folder is not here: its files are no part of this"),
    pytest.mark.xdist_group("flow"),
]

UNPLAYABLE = {
    "sample_malformed_free_box.mp4": "damaged",
    "test_case_1329061.mov": "truncated",
    "bogus.wav": "not-media",
    "empty-samples.webm": "empty",
}
PICTURES = {"astronaut.png", "city.jpg"}
TEXTS = {"sf_30km_h.gpx", "行政处罚法(2021-01-22).md", "上海市城市管理行政执法条例(2018-05-24).md"}
PREPARE_SECONDS = 900


@dataclass(frozen=True)
class Docked:
    """A service that has everything, and what `dock` said of each file."""

    service: Service
    station: Path
    lines: list[dict[str, Any]]
    recordings: dict[str, dict[str, Any]]


def _manifest() -> dict[str, str]:
    rows = (MEDIA / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {str(MEDIA / row.split("\t")[0]): row.split("\t")[1] for row in rows}


def _recordings(data: Path) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(f"file:{data / 'catalog.sqlite3'}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        return {row["name"]: dict(row) for row in connection.execute("SELECT * FROM recordings")}


def _prepared(data: Path) -> dict[str, dict[str, Any]]:
    """Wait until nothing is being prepared any more."""
    deadline = time.monotonic() + PREPARE_SECONDS
    while True:
        found = _recordings(data)
        if all(row["state"] in ("ready", "unplayable") for row in found.values()):
            return found
        assert time.monotonic() < deadline, "preparing hangs"
        time.sleep(1)


@pytest.fixture(scope="module")
def docked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docked]:
    folder = tmp_path_factory.mktemp("flow")
    station = folder / "station.json"
    try:
        with running(folder / "data") as service:
            made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站1", "--out", station)
            assert made.returncode == 0, made.stderr
            sent = tiezheng("dock", "--server", service.url, "--credentials", station, "--json", *_manifest())
            assert sent.returncode == 0, sent.stderr
            lines = [json.loads(line) for line in sent.stdout.splitlines()]
            yield Docked(service, station, lines, _prepared(service.data))
    finally:
        clear_immutable(folder)


def test_each_receipt_has_the_digest_of_the_folders_own_list(docked: Docked) -> None:
    assert {line["file"]: line["sha256"] for line in docked.lines} == _manifest()
    for line in docked.lines:
        receipt = json.loads(Path(line["receipt"]).read_bytes())["receipt"]
        assert receipt["sha256"] == line["sha256"]
        assert [token["state"] for token in receipt["tokens"]] == ["stamped", "stamped"]
        assert receipt["wipe"] == "allowed"


def test_each_file_becomes_what_it_is(docked: Docked) -> None:
    assert len(docked.recordings) == 33
    unplayable = {name: row for name, row in docked.recordings.items() if row["state"] == "unplayable"}
    assert {name: row["reason"].split(":")[0] for name, row in unplayable.items()} == UNPLAYABLE
    ready = {name: row["medium"] for name, row in docked.recordings.items() if row["state"] == "ready"}
    assert {name for name, medium in ready.items() if medium == "picture"} == PICTURES
    assert {name for name, medium in ready.items() if medium == "text"} == TEXTS
    assert sum(medium in ("video", "audio") for medium in ready.values()) == 24


def test_no_death_of_a_decoder_was_needed(docked: Docked) -> None:
    assert {row["attempts"] for row in docked.recordings.values()} == {0}


@pytest.mark.parametrize("name", ["gopro/karma.mp4", "gecko/empty-samples.webm", "laws/行政处罚法(2021-01-22).md"])
def test_stock_openssl_and_our_verifier_agree_on_the_seal(docked: Docked, tmp_path: Path, name: str) -> None:
    file = MEDIA / name
    digest = _manifest()[str(file)]
    assert tiezheng("admin", "seal", digest, "--data", docked.service.data, "--out", tmp_path).returncode == 0
    authority = next((tmp_path / "authorities").glob("*.pem"))
    for data, token in ((file, "original.tsr"), (tmp_path / "manifest.json", "manifest.tsr")):
        places = ("-data", str(data), "-in", str(tmp_path / token), "-CAfile", str(authority))
        said = subprocess.run(["openssl", "ts", "-verify", *places], capture_output=True, text=True, check=False)
        assert (said.returncode, said.stdout.strip()) == (0, "Verification: OK"), said.stderr
    trust = docked.station.with_name("trust.json")
    verified = tiezheng("verify", file, "--seal", tmp_path, "--trust", trust, "--json")
    assert (verified.returncode, json.loads(verified.stdout)["findings"]) == (0, [])
    alone = tiezheng("verify", file, "--seal", tmp_path, "--json")
    codes = [finding["code"] for finding in json.loads(alone.stdout)["findings"]]
    assert (alone.returncode, codes) == (3, ["trust-not-supplied"])


def test_one_flipped_byte_of_a_copy_is_found(docked: Docked, tmp_path: Path) -> None:
    file = MEDIA / "gopro/karma.mp4"
    seal = tmp_path / "seal"
    tiezheng("admin", "seal", _manifest()[str(file)], "--data", docked.service.data, "--out", seal)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "copy.mp4").write_bytes(content)
    trust = docked.station.with_name("trust.json")
    said = tiezheng("verify", tmp_path / "copy.mp4", "--seal", seal, "--trust", trust, "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["findings"]


def test_docking_again_makes_nothing_twice(docked: Docked) -> None:
    before = _recordings(docked.service.data)
    file = MEDIA / "gecko/street.mp4"
    again = tiezheng("dock", "--server", docked.service.url, "--credentials", docked.station, "--json", file)
    assert again.returncode == 0, again.stderr
    assert _recordings(docked.service.data).keys() == before.keys()


def test_the_whole_house_agrees_with_itself(docked: Docked) -> None:
    said = tiezheng("audit", "--data", docked.service.data, "--json")
    assert (said.returncode, json.loads(said.stdout)["findings"]) == (0, [])
    receipts = docked.station.with_name("receipts")
    against = tiezheng("audit", "--data", docked.service.data, "--json", "--against", receipts)
    assert (against.returncode, json.loads(against.stdout)["findings"]) == (0, []), against.stderr


def test_status_counts_them(docked: Docked) -> None:
    said = json.loads(tiezheng("admin", "status", "--data", docked.service.data, "--json").stdout)
    assert said["recordings"] == {"ready": 29, "unplayable": 4}
    counted = ("spool", "quarantine", "pending_tokens", "waiting_entries", "uncopied", "late_locks")
    assert said["queue"] == dict.fromkeys(counted, 0)
