"""What takes long is not begun in the quick lane, and whoever nobody waits for gives way to everybody."""

import os
import resource
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.errors import ChildCrashed, EncodingPostponed
from ingest.haste import Haste
from ingest.lanes import Lane
from ingest.rendering import Prepared, Renderer
from ingest.task import WANTED_NICE, Limits, Reply, Task
from tests.ingest.children import misbehaving, until
from tests.ingest.making import H264, make
from tests.ingest.workshop import BOUNDS, Meddling, opened

SECONDS = 2
ITS_EFFORT = 160 * 120 * SECONDS


class Noting(Meddling):
    """A decoder that remembers what its children were held to; its renders may fail."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.failures = list(failures)
        self.limits: dict[str, Limits] = {}
        self.after: Mapping[str, Callable[[], None]] = {}

    def run(self, task: Task, limits: Limits) -> Reply:
        self.limits[task.name] = limits
        if task.name == "render" and self.failures:
            raise self.failures.pop()
        reply = super().run(task, limits)
        self.after.get(task.name, lambda: None)()
        return reply

    @property
    def tasks(self) -> list[str]:
        return [task.name for task in self.asked]


def in_lane(path: Path, folder: Path, lane: Lane, decoder: Noting, parts: int = 1) -> Prepared:
    folder.mkdir()
    with opened(path) as original:
        return Renderer(decoder, BOUNDS).render([original] * parts, folder, lane)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Of a codec that no browser plays."""
    return make(tmp_path / "a.avi", "-c:v", "mpeg4", seconds=SECONDS)


@pytest.mark.parametrize("parts", [1, 2])
def test_the_quick_lane_begins_nothing_that_takes_long(
    tmp_path: Path, older: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    monkeypatch.setattr("ingest.part.MOMENT", parts * ITS_EFFORT - 1)
    decoder = Noting()
    with pytest.raises(EncodingPostponed):
        in_lane(older, tmp_path / "made", Lane.QUICK, decoder, parts)
    assert decoder.tasks == ["probe"] * parts, "together they take long, and none of them was begun"
    assert list((tmp_path / "made").iterdir()) == []


def test_what_is_encoded_in_a_moment_is_not_postponed(
    tmp_path: Path, older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.part.MOMENT", ITS_EFFORT)
    decoder = Noting()
    in_lane(older, tmp_path / "made", Lane.QUICK, decoder)
    assert (decoder.limits["render"].nice, decoder.limits["render"].idle) == (10, False)


def test_copying_is_quick_whatever_the_length_but_not_when_the_copy_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.part.MOMENT", 0)
    path = make(tmp_path / "a.mp4", *H264, seconds=SECONDS)
    assert in_lane(path, tmp_path / "copied", Lane.QUICK, Noting()).medium == "video"
    with pytest.raises(EncodingPostponed):
        in_lane(path, tmp_path / "failed", Lane.QUICK, Noting(ChildCrashed("no copy")))


def test_what_nobody_waits_for_gives_way_and_is_given_time(
    tmp_path: Path, older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.part.MOMENT", 0)
    wanted, backlog = Noting(), Noting()
    in_lane(older, tmp_path / "wanted", Lane.WANTED, wanted)
    in_lane(older, tmp_path / "backlog", Lane.BACKLOG, backlog)
    assert wanted.limits["render"].nice == 10
    assert not any(limits.idle for limits in wanted.limits.values())
    assert {(limits.nice, limits.idle) for limits in backlog.limits.values()} == {(19, True)}
    before, after = wanted.limits["render"], backlog.limits["render"]
    assert after.wall_s > before.wall_s, "it may stand still for long without being at fault"
    assert after.cpu_s == before.cpu_s, "but use no more than others"


def test_what_is_made_anew_gives_way_even_where_it_takes_a_moment(tmp_path: Path) -> None:
    decoder = Noting()
    in_lane(make(tmp_path / "a.mp4", *H264), tmp_path / "made", Lane.ANEW, decoder)
    assert {(limits.nice, limits.idle) for limits in decoder.limits.values()} == {(19, True)}


def test_a_child_takes_the_priority_it_is_given(tmp_path: Path) -> None:
    ours = os.nice(0)
    told = misbehaving(tmp_path).run(Task("rank"), Limits(nice=5)).answer
    assert told["nice"] == min(19, ours + 5)
    assert told["disk"] != 3
    assert told["session"] in (0, None)
    told = misbehaving(tmp_path).run(Task("rank"), Limits(nice=19, idle=True)).answer
    assert (told["nice"], told["disk"]) == (19, 3)
    assert told["session"] in (19, None), "in the sessions' own reckoning too, where the kernel has one"


def test_what_is_waited_for_goes_on_and_no_longer_last(tmp_path: Path) -> None:
    haste, limits = Haste(), Limits(nice=19, idle=True, wall_s=120)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(misbehaving(tmp_path).run, Task("lie_low", folder=tmp_path, haste=haste), limits)
        assert until((tmp_path / "lying").exists)
        assert not running.done(), "nobody waits for it yet"
        haste.hurry()
        told = running.result().answer
    assert told["disk"] != 3
    assert told["session"] in (0, None)
    may = os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20 - WANTED_NICE
    assert told["nice"] == (min(19, os.nice(0) + WANTED_NICE) if may else 19)


def test_what_was_waited_for_before_is_raised_as_it_begins(tmp_path: Path) -> None:
    haste = Haste()
    haste.hurry()
    task = Task("lie_low", folder=tmp_path, haste=haste)
    assert misbehaving(tmp_path).run(task, Limits(nice=19, idle=True, wall_s=120)).answer["disk"] != 3


def test_the_children_that_follow_give_way_no_more(tmp_path: Path) -> None:
    haste, decoder = Haste(), Noting()
    decoder.after = {"render": haste.hurry}
    (tmp_path / "made").mkdir()
    with opened(make(tmp_path / "a.mp4", *H264)) as original:
        Renderer(decoder, BOUNDS).render([original], tmp_path / "made", Lane.BACKLOG, haste)
    assert decoder.limits["render"].idle
    later = {name: limits for name, limits in decoder.limits.items() if name in ("index", "thumbnails")}
    assert {(limits.nice, limits.idle) for limits in later.values()} == {(5, False)}
    assert len(later) == 2
