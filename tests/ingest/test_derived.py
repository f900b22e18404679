"""Facts from the child are checked field by field, a name needs no child, and nothing of it fails a preparation."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.identity import OriginalId
from ingest.derived import Derived, Telling, checked
from ingest.errors import ChildCrashed, ChildrenStopped
from ingest.rendering import Original
from ingest.task import Limits, Reply, Task
from integrity.digest import Digest
from tests.ingest import telling
from tests.ingest.children import children

FACT = {"source": "gpx", "points": [{"at": None, "lat_e7": 1, "lon_e7": 2}], "points_read": 1, "created_at": None,
        "device": None}  # fmt: skip


class Answers:
    """A child that answers as it is told."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def run(self, task: Task, limits: Limits) -> Reply:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Reply(self.answer, {}, "")


def original(name: str = "x.mp4", fd: int = -1) -> Original:
    return Original(fd, name, Digest.of(b""), 0)


@pytest.fixture
def movie(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "movie.mp4"
    path.write_bytes(telling.movie(sample=telling.gpmf()))
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


def test_a_confined_child_reads_them(movie: int) -> None:
    facts = Derived(children(), ()).read(original("GX010001.MP4", movie))
    assert {fact["source"] for fact in facts} == {"quicktime", "gpmf"}


@pytest.mark.parametrize(
    "change",
    [
        {"source": "rumour"}, {"points": None}, {"points": [{"at": None, "lat_e7": 10**9, "lon_e7": 0}]},
        {"points": [{"at": None, "lat_e7": 1.5, "lon_e7": 0}]}, {"points_read": -1}, {"points_read": True},
        {"points": [{"at": None}]}, {"points": [{"at": None, "lat_e7": 0, "lon_e7": 0}] * 2001},
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_none(change: dict[str, Any]) -> None:
    assert Derived(Answers({"facts": [FACT]}), ()).read(original()) != []
    with pytest.raises((ValueError, KeyError, TypeError)):
        checked({"facts": [FACT | change]})
    assert Derived(Answers({"facts": [FACT | change]}), ()).read(original()) == []


MARK = {"at_ms": 5, "kind": "highlight", "title": ""}
MARKED = FACT | {"source": "camera-mark", "points": [], "marks": [MARK, MARK | {"kind": "chapter", "title": "a\x00"}]}


def test_marks_are_taken_of_a_camera_alone() -> None:
    [fact] = checked({"facts": [MARKED]})
    assert [mark["title"] for mark in fact["marks"]] == [None, None]
    [other] = checked({"facts": [FACT | {"marks": MARKED["marks"]}]})
    assert "marks" not in other


@pytest.mark.parametrize(
    "marks",
    [
        None, [MARK | {"at_ms": -1}], [MARK | {"at_ms": 1.5}], [MARK | {"kind": "亮证"}], [{"at_ms": 5}], [MARK] * 1001,
    ],
)  # fmt: skip
def test_marks_that_do_not_fit_are_no_answer(marks: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        checked({"facts": [MARKED | {"marks": marks}]})


def test_text_of_another_shape_is_left_out() -> None:
    wild = {"created_at": "yesterday", "device": "a\x00b", "local_time": "2026-03-02"}
    [fact] = checked({"facts": [FACT | wild]})
    assert (fact["created_at"], fact["device"], fact["local_time"]) == (None, None, None)


def test_a_child_that_dies_costs_the_facts_alone() -> None:
    for failure in (ChildCrashed("x"), KeyError("facts")):
        assert Derived(Answers(failure), ()).read(original()) == []
    assert Derived(Answers({"facts": [FACT, FACT]}), ()).read(original()) == [], "each source once"
    with pytest.raises(ChildrenStopped):
        Derived(Answers(ChildrenStopped("x")), ()).read(original())


@pytest.mark.parametrize(
    ("name", "time", "device"),
    [
        ("DSJ0171_20260302083000_0001.mp4", "2026:03:02 08:30:00", "DSJ0171"),
        ("VID_20260302_083000.mp4", "2026:03:02 08:30:00", None),
        ("2026-03-02 08-30-00.mkv", "2026:03:02 08:30:00", None),
        ("20260302_083000.jpg", "2026:03:02 08:30:00", None),
        ("20260302083000_0001.mp4", "2026:03:02 08:30:00", None),
        ("甲@2026年03月02日08时30分00秒.mp4", "2026:03:02 08:30:00", "甲"),
        ("DSJ0171@20260302083000.mp4", "2026:03:02 08:30:00", "DSJ0171"),
    ],
)
def test_names_by_makers_patterns(name: str, time: str, device: str | None) -> None:
    own = (r"(?P<device>甲)@(?P<time>\d{4}年\d\d月\d\d日\d\d时\d\d分\d\d秒)\.mp4",)
    facts = Derived(Answers({"facts": []}), own).read(original(name))
    assert [(fact["local_time"], fact["device"], fact["source"]) for fact in facts] == [(time, device, "filename")]
    assert bool(Derived(Answers({"facts": []}), ()).read(original(name))) == (device != "甲"), "a deployment's own"


@pytest.mark.parametrize("name", ["VID_20261302_083000.mp4", "0001.mp4", "1234567890123456.mp4", "x" * 300])
def test_names_that_tell_nothing(name: str) -> None:
    assert Derived(Answers({"facts": []}), ()).read(original(name)) == []


def test_what_is_read_is_kept_for_its_original() -> None:
    kept: list[Any] = []
    Telling(Derived(Answers({"facts": [FACT]}), ()), lambda *said: kept.append(said))(OriginalId("01"), original())
    assert kept == [("01", [FACT | {"local_time": None}])]
