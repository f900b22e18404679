"""`tiezheng bench upload` in small sizes: ours until a verified receipt, and the floor; no figure is judged."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from integrity.digest import Digest
from scripts import bench_peers, bench_upload
from scripts.bench import command
from scripts.bench_bodies import BLOCK, Body
from scripts.bench_peers import Cost, Floor, Tiezheng
from scripts.bench_upload import PEERS, SPARE, fitting

pytestmark = pytest.mark.xdist_group("bench-upload")


def test_ours_and_the_floor_as_json(tmp_path: Path) -> None:
    arguments = [
        "upload",
        "--only",
        "tiezheng",
        "--only",
        "floor",
        "--runs",
        "1",
        "--bytes",
        "5000001",
        "--parallel",
        "2",
    ]
    told = json.loads(
        CliRunner().invoke(command, [*arguments, "--folder", str(tmp_path), "--json"], catch_exceptions=False).stdout
    )
    assert set(told) == {"machine", "method", "results"}
    assert list(told["results"]) == ["tiezheng", "floor"]
    for result in told["results"].values():
        assert (result["bytes"], result["parallel"], result["runs"]) == (5_000_001, 2, 1)
        for figure in ("cpu_s_per_gb", "mb_per_s", "rss_mb"):
            assert 0 <= result[figure]["min"] <= result[figure]["median"] <= result[figure]["max"]
        assert result["mb_per_s"]["min"] > 0
        assert result["rss_mb"]["min"] > 0
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


class Paper:
    """A peer whose costs are written down."""

    def __init__(self, cpu_s: float, rss_mb: float = 10.0) -> None:
        self.cpu_s, self.rss_mb = cpu_s, rss_mb
        self.received: list[int] = []

    def start(self, place: Path) -> None:
        assert place.is_dir()

    def receive(self, bodies: Sequence[Body]) -> Cost:
        self.received.append(len(bodies))
        return Cost(self.cpu_s, 2.0, self.rss_mb)

    def stop(self) -> None:
        self.received.append(0)


def test_figures_are_by_gigabyte_and_ratios_theirs_by_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    papers = {"tiezheng": Paper(1.0), "tiezheng-asgi": Paper(1.5), "tus-node-server": Paper(3.0), "floor": Paper(0.5)}
    monkeypatch.setattr(bench_upload, "PEERS", {name: (lambda paper=paper: paper) for name, paper in papers.items()})
    arguments = ["upload", "--runs", "2", "--bytes", "1000000", "--parallel", "2", "--json", "--folder", str(tmp_path)]
    results = json.loads(CliRunner().invoke(command, arguments, catch_exceptions=False).stdout)["results"]
    assert results["tiezheng"]["cpu_s_per_gb"]["median"] == 500
    assert results["tiezheng"]["mb_per_s"]["median"] == 1
    assert "ratio" not in results["tiezheng"]
    assert results["tus-node-server"]["ratio"]["median"] == 3
    assert all(paper.received == [1, 2, 2, 0] for paper in papers.values()), "a first one, two rounds, the end"


@pytest.mark.parametrize(("limit", "status"), [(10, 0), (9, 1)])
def test_a_service_that_held_too_much_memory_fails_the_measure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: int, status: int
) -> None:
    """The others may hold what they like."""
    monkeypatch.setattr(bench_upload, "PEERS", {"tiezheng": lambda: Paper(1.0), "floor": lambda: Paper(1.0, 1000.0)})
    arguments = ["upload", "--runs", "1", "--bytes", "1000", "--folder", str(tmp_path), "--rss-limit", str(limit)]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == status
    assert ("tiezheng held 10 MB of memory, more than 9" in done.stderr) == bool(status)


def test_an_authority_that_nobody_would_count_ends_the_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = Tiezheng(direct=0)
    with subprocess.Popen(["sleep", "600"]) as childless:
        monkeypatch.setattr(peer, "_process", childless, raising=False)
        with pytest.raises(click.ClickException, match="would not be counted"):
            peer.receive([])
        childless.kill()


def test_people_are_told_the_machine_and_the_method(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench_upload, "PEERS", {"tiezheng": lambda: Paper(1.0)})
    told = CliRunner().invoke(command, ["upload", "--runs", "1", "--folder", str(tmp_path)]).stdout
    assert told.startswith("tiezheng\n") and "\nmachine\n  processor" in told
    assert "\nmethod\n  random bytes over loopback" in told


def test_as_many_files_at_once_as_the_disk_holds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the service sealed stays, round by round; what the others received goes."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage._replace(free=SPARE + 1000))
    assert fitting(tmp_path, ["tiezheng"], 1, 100, 10) == 10
    assert fitting(tmp_path, ["floor"], 9, 100, 10) == 10
    assert capsys.readouterr().err == ""
    assert fitting(tmp_path, ["tiezheng", "floor"], 1, 100, 10) == 5
    assert capsys.readouterr().err == "only 5 files at the same time: the disk has no room for 10\n"
    assert fitting(tmp_path, list(PEERS), 2, 100, 10) == 2
    with pytest.raises(click.ClickException):
        fitting(tmp_path, ["tiezheng"], 1, 1001, 1)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000, BLOCK + 65])
def test_a_body_has_its_size_and_its_digest(size: int) -> None:
    body = Body.of(bytes(BLOCK), size)
    content = b"".join(body.pieces())
    assert len(content) == size
    assert body.digest == Digest.of(content)
    assert size < 64 or Body.of(bytes(BLOCK), size).digest != body.digest, "no two are alike"


def test_a_digest_that_is_not_what_was_sent_ends_the_measure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    floor = Floor()
    floor.start(tmp_path)
    monkeypatch.setattr(bench_peers, "stream", lambda _port, _body: Digest(bytes(32)))
    try:
        with pytest.raises(click.ClickException):
            floor.receive([Body.of(bytes(BLOCK), 100)])
    finally:
        floor.stop()
