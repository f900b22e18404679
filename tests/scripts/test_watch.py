"""The command: a folder against the real write side, one watcher at a time, and an end that loses nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner, Result

from player.language import speaking
from scripts.station_door import AlreadyWatched, alone
from scripts.watch import command
from tests.scripts.dockside import Dockside


@pytest.fixture
def folder(dockside: Dockside) -> Path:
    folder = dockside.station / "delivered"
    folder.mkdir()
    return folder


def once(dockside: Dockside, folder: Path, *arguments: str, language: Literal["en", "zh_CN"] = "en") -> Result:
    given = ["--server", dockside.url, "--credentials", str(dockside.credentials), "--once", "--settle", "0.1"]
    with speaking(language):
        return CliRunner().invoke(command, [*given, *arguments, str(folder)])


def test_what_was_delivered_is_sealed_with_what_its_sidecar_says(dockside: Dockside, folder: Path) -> None:
    (folder / "询问.mp4").write_bytes(b"footage")
    (folder / "询问.json").write_text('{"device": "询问室3", "case": "〔2026〕1号"}')
    result = once(dockside, folder, "--json", "--kind", "interview-room")
    assert result.exit_code == 0, result.output
    line = json.loads(result.stdout)
    assert (line["outcome"], line["safe_to_wipe"]) == ("receipted", True)
    declared = json.loads(json.loads(Path(line["receipt"]).read_bytes())["receipt"]["manifest"])
    assert declared["source"]["device"] == "询问室3"
    assert declared["declared"]["case"] == "〔2026〕1号"
    assert sorted(path.name for path in (folder / "sealed").iterdir()) == ["询问.mp4", "询问.mp4.json"]


def test_a_digest_that_the_recorder_declared_must_be_the_files(dockside: Dockside, folder: Path) -> None:
    (folder / "a.mp4").write_bytes(b"footage")
    (folder / "a.json").write_text(json.dumps({"sha256": "00" * 32}))
    result = once(dockside, folder)
    assert result.exit_code == 1
    assert "digest-mismatch" in (folder / "a.mp4.refused.txt").read_text()
    assert ("POST", "/files") not in dockside.asked
    assert dockside.works.count("originals") == 0


def test_what_was_refused_is_explained_in_the_language_of_the_place(dockside: Dockside, folder: Path) -> None:
    (folder / "a.mp4").write_bytes(b"footage")
    dockside.once("POST", 413, "upload-too-large")
    result = once(dockside, folder, language="zh_CN")
    assert result.exit_code == 1
    words = (folder / "a.mp4.refused.txt").read_text()
    assert words.startswith("未接收：upload-too-large\nthe test\n")
    assert "error: upload-too-large" in result.output
    assert once(dockside, folder).exit_code == 0
    assert not (folder / "a.mp4.refused.txt").exists()


@pytest.mark.parametrize("name", ["b.mp4.part", "b.json"])
def test_what_was_left_lying_is_no_success(dockside: Dockside, folder: Path, name: str) -> None:
    (folder / "a.mp4").write_bytes(b"footage")
    (folder / name).write_text("{}")
    assert once(dockside, folder).exit_code == 1
    assert (folder / "sealed" / "a.mp4").exists()
    (folder / name).unlink()
    assert once(dockside, folder).exit_code == 0


def test_one_watcher_at_a_time(dockside: Dockside, folder: Path) -> None:
    with alone(dockside.credentials):
        result = once(dockside, folder)
    assert isinstance(result.exception, AlreadyWatched)
    assert once(dockside, folder).exit_code == 0


@pytest.mark.xdist_group("watch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_start_goes_on_where_one_ended(dockside: Dockside, folder: Path, number: signal.Signals) -> None:
    """In the middle of a file, by a signal that asks and by one that does not."""
    body = os.urandom(300_000)
    (folder / "a.mp4").write_bytes(body)
    dockside.always("/receipt", b"", 202)
    asked = ["watch", "--server", dockside.url, "--credentials", dockside.credentials, "--settle", "0", folder]
    running = subprocess.Popen([sys.executable, "-m", "scripts.cli", *map(str, asked)])
    deadline = time.monotonic() + 240
    while not any(path.endswith("/receipt") for _method, path in dockside.asked):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(number)
    assert running.wait(240) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["a.mp4"]
    dockside.cuts.clear()
    dockside.asked.clear()
    assert once(dockside, folder).exit_code == 0
    assert ("POST", "/files") not in dockside.asked, "the same upload went on"
    assert (folder / "sealed" / "a.mp4").read_bytes() == body
    assert dockside.works.count("originals") == 1
