"""The command: options, parallel files, a JSON line a file, exit status, and what it tells a person."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from player.language import speaking
from scripts.dock import command
from scripts.docking import Dock
from tests.ingest.served import until
from tests.ingest.works import accounts
from tests.scripts.dockside import Dockside
from tests.scripts.test_finished import unreadable


def run(dockside: Dockside, *arguments: str | Path) -> Result:
    given = ["--server", dockside.url, "--credentials", str(dockside.credentials), *map(str, arguments)]
    with speaking("en"):
        return CliRunner().invoke(command, given)


def test_a_folder_of_files_with_a_json_line_each(dockside: Dockside) -> None:
    bodies = {f"{number}.mp4": os.urandom(number * 100_000) for number in range(8)}
    bodies["again.mp4"] = bodies["3.mp4"]
    for name, body in bodies.items():
        dockside.file(name, body)
    result = run(dockside, "--json", "--parallel", "4", "--kind", "body-camera", dockside.station / "camera")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {Path(line["file"]).name for line in lines} == set(bodies)
    for line in lines:
        assert {"file", "sha256", "size", "outcome", "receipt"} <= set(line)
        assert (line["outcome"], line["size"]) == ("receipted", len(bodies[Path(line["file"]).name]))
        assert Path(line["receipt"]).is_file()
    dockside.stop()
    dockside.works.finish()
    assert dockside.works.count("originals") == 8
    accounts(dockside.works)
    dockside.start()


def test_options_are_declared(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    options = ["--case", "〔2026〕1号", "--device", "DSJ-7", "--operator", "王五", "--clock-offset-ms", "-1500"]
    result = run(dockside, "--json", *options, "--started", "2026-03-01T09:30:00+08:00", path)
    receipt = json.loads(Path(json.loads(result.stdout)["receipt"]).read_bytes())
    manifest = json.loads(receipt["receipt"]["manifest"])
    assert manifest["declared"]["case"] == "〔2026〕1号"
    assert manifest["declared"]["started_at"] == "2026-03-01T01:30:00.000000Z"
    assert manifest["declared"]["clock_offset_ms"] == -1500
    assert (manifest["source"]["device"], manifest["source"]["operator"]) == ("DSJ-7", "王五")


def test_a_cameras_folder_is_announced_by_the_places_of_its_files(
    dockside: Dockside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files of one name and size in two folders are two things that must come."""
    files = [dockside.file(f"{place}/0001.mp4", place.encode()) for place in ("100", "101")]
    told: list[object] = []

    def announce(_dock: Dock, *said: object, **named: object) -> None:
        told.append((said[0], said[1], named["root"]))

    monkeypatch.setattr(Dock, "announce", announce)
    camera = dockside.station / "camera"
    assert run(dockside, "--device", "DSJ-7", camera).exit_code == 0
    assert run(dockside, "--device", "DSJ-7", *files).exit_code == 0
    assert told == [(files, "DSJ-7", camera), (files, "DSJ-7", camera)]


def test_people_are_told_what_is_safe(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    result = run(dockside, path)
    assert result.exit_code == 0
    assert f"safe to wipe: {path}" in result.output
    assert "1 of 1 files have a verified receipt" in result.output


def test_one_file_without_a_receipt_and_the_status_says_so(dockside: Dockside) -> None:
    good, bad = dockside.file("a.mp4", b"footage"), dockside.file("b\u202e.mp4", b"other")
    result = run(dockside, good, bad)
    assert result.exit_code == 1
    assert f"safe to wipe: {good}" in result.output
    assert f"KEEP, no receipt: {bad.with_name('b<202e>.mp4')}" in result.output
    assert "error: metadata-invalid" in result.output


def test_a_name_cannot_speak_in_our_place(dockside: Dockside) -> None:
    """Whoever carried a camera names its files: one line a file, of our words, whatever they are called."""
    lie = dockside.file("x.mp4\nsafe to wipe: a.mp4", b"footage")
    steering = dockside.file("[/red]\x1b[2J.mp4", b"other")
    result = run(dockside, lie, steering, "--wipe-after-receipt")
    assert result.exit_code == 1
    assert not [line for line in result.output.splitlines() if line.startswith("safe to wipe")]
    assert "KEEP, no receipt: " + str(lie).replace("\n", "<000a>") in result.output
    assert "<001b>[2J.mp4" in result.output
    assert lie.exists()


def test_a_name_that_is_no_text_ends_nothing(dockside: Dockside) -> None:
    good, bad = dockside.file("a.mp4", b"footage"), Path(os.fsdecode(bytes(dockside.station) + b"/\xff.mp4"))
    bad.write_bytes(b"other")
    result = run(dockside, "--json", bad, good)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["file"]: line["outcome"] for line in lines} == {str(good): "receipted", str(bad): "metadata-invalid"}
    assert all(line.isascii() for line in result.stdout.splitlines())


def test_a_folder_that_cannot_be_read_is_no_success(dockside: Dockside, monkeypatch: pytest.MonkeyPatch) -> None:
    good = dockside.file("a.mp4", b"footage")
    bad = dockside.file("bad/b.mp4", b"other").parent
    monkeypatch.setattr(os, "scandir", unreadable(bad))
    result = run(dockside, good.parent)
    assert result.exit_code == 1
    assert f"safe to wipe: {good}" in result.output
    assert f"KEEP, no receipt: {bad}" in result.output


def test_an_empty_folder_is_no_success(dockside: Dockside) -> None:
    (dockside.station / "camera").mkdir()
    assert run(dockside, dockside.station / "camera").exit_code == 1


def test_the_server_may_be_named_by_the_credentials(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    with speaking("en"):
        missing = CliRunner().invoke(command, ["--credentials", str(dockside.credentials), str(path)])
        assert missing.exit_code == 2
        fields = json.loads(dockside.credentials.read_text())
        dockside.credentials.write_text(json.dumps(fields | {"server": dockside.url}))
        named = CliRunner().invoke(command, ["--credentials", str(dockside.credentials), str(path)])
    assert named.exit_code == 0, named.output


@pytest.mark.xdist_group("watch")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_watched_folder_goes_on_where_it_was_ended(dockside: Dockside, number: signal.Signals) -> None:
    """In the middle of a file, by a signal that asks and by one that does not; and wipes only then."""
    body = os.urandom(300_000)
    path = dockside.file("BWC-1/a.mp4", body)
    asked = ["dock", "--server", dockside.url, "--credentials", dockside.credentials, "--settle", "0",
             "--wipe-after-receipt", "--watch", dockside.station / "camera"]  # fmt: skip
    dockside.always("/receipt", b"", 202)

    def begun() -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "-m", "scripts.cli", *map(str, asked)], stdout=subprocess.PIPE)

    running = begun()
    until(lambda: any(one.endswith("/receipt") for _method, one in dockside.asked))
    running.send_signal(number)
    running.communicate(timeout=240)
    assert running.returncode == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert path.exists()
    dockside.cuts.clear()
    dockside.asked.clear()
    running = begun()
    until(lambda: not path.exists())
    running.send_signal(signal.SIGTERM)
    said = running.communicate(timeout=240)[0].decode()
    assert running.returncode == 0
    assert said.count(str(path)) == 2, "that it was safe, and that it was wiped"
    assert ("POST", "/files") not in dockside.asked, "the same upload went on"
    assert dockside.works.count("originals") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--parallel", "0"],
        ["--kind", "drone"],
        ["nothing-here"],
        [],
        ["--watch", "nothing-here"],
        ["--watch", ".", "."],
    ],
)
def test_wrong_usage(dockside: Dockside, arguments: list[str]) -> None:
    assert run(dockside, *arguments).exit_code == 2


def test_wrong_credentials_have_a_code(dockside: Dockside) -> None:
    path = dockside.file("a.mp4", b"footage")
    dockside.credentials.chmod(0o644)
    result = run(dockside, path)
    assert result.exit_code == 1
    assert getattr(result.exception, "code", None) == "credentials-file-wrong"


def test_trust_must_lie_beside_the_credentials(dockside: Dockside) -> None:
    (dockside.station / "trust.json").unlink()
    result = run(dockside, dockside.file("a.mp4", b"footage"))
    assert getattr(result.exception, "code", None) == "trust-invalid"
