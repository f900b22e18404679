"""`tiezheng bench prepare` in small sizes: both plans beside the bare ffmpeg command; no figure is judged."""

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from integrity.digest import Digest
from scripts import bench_prepare
from scripts.bench import command
from scripts.bench_footage import FOOTAGE, make
from scripts.bench_prepare import bare, bench
from tests.ingest.making import extents

SMALL = ["--runs", "1", "--seconds", "3", "--transcode-seconds", "2", "--height", "90"]
TASKS = {"telemetry", "probe", "version", "render", "rendered", "index", "thumbnails", "waveform"}


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["prepare", "--folder", str(folder), *arguments], catch_exceptions=False)


def test_both_plans_as_json(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, *SMALL, "--json").stdout)
    assert set(told) == {"machine", "method", "results"}
    assert list(told["results"]) == list(FOOTAGE) == ["remux", "transcode"]
    for name, seconds in (("remux", 3), ("transcode", 2)):
        result = told["results"][name]
        assert (result["seconds"], result["height"], result["runs"]) == (seconds, 90, 1)
        assert result["bytes"] > 1000 and result["tools"].startswith("ffmpeg ")
        figures = {key: value["median"] for key, value in result.items() if isinstance(value, dict)}
        tasks = {f"{task}_cpu_s": figures.pop(f"{task}_cpu_s") for task in TASKS}
        whole = figures["cpu_s"]
        assert 0 < sum(tasks.values()) < whole, "and something of it is our own"
        assert tasks["render_cpu_s"] > 0 and figures["ffmpeg_cpu_s"] > 0
        assert figures.pop("cpu_s_per_hour") == pytest.approx(whole * 3600 / seconds, rel=0.01)
        assert figures["times_ffmpeg"] == pytest.approx(tasks["render_cpu_s"] / figures["ffmpeg_cpu_s"], rel=0.01)
        assert figures["all_times_ffmpeg"] == pytest.approx(whole / figures["ffmpeg_cpu_s"], rel=0.01)
        assert set(figures) == {"cpu_s", "ffmpeg_cpu_s", "times_ffmpeg", "all_times_ffmpeg"}, "nothing uncounted"
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_what_is_prepared_in_another_way_than_measured_ends_it(tmp_path: Path) -> None:
    other = replace(FOOTAGE["remux"], encoding=("-c:v", "mpeg4", "-c:a", "aac"))
    with pytest.raises(click.ClickException, match="by transcode and not by remux"):
        bench(other, tmp_path, 1, 36, 1)


def test_ffmpeg_alone_must_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def ffmpeg(arguments: list[str | Path], folder: Path) -> float:
        asked.append([str(each) for each in arguments])
        (folder / "media.mp4").write_bytes(b"made")
        return 2.5

    monkeypatch.setattr(bench_prepare, "child_cpu_seconds", ffmpeg)
    argv = ["ffmpeg", "-i", "/proc/self/fd/9", "media.mp4"]
    assert bare(argv, tmp_path / "a.avi", tmp_path, Digest.of(b"made")) == 2.5
    assert asked == [["ffmpeg", "-i", str(tmp_path / "a.avi"), "media.mp4"]]
    with pytest.raises(click.ClickException, match="another file"):
        bare(argv, tmp_path / "a.avi", tmp_path, Digest.of(b"prepared"))


@pytest.mark.parametrize("name", list(FOOTAGE))
def test_footage_is_as_long_as_asked_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("scripts.bench_footage.MINUTE", 1)
    digests = set()
    for turn in ("one", "two"):
        (tmp_path / turn).mkdir()
        file = make(FOOTAGE[name], tmp_path / turn, 3, 36)
        assert [each.name for each in (tmp_path / turn).iterdir()] == [file.name]
        assert extents(file)["audio"][1] == pytest.approx(3, abs=0.1)
        digests.add(Digest.of_file(file))
    assert len(digests) == 1
