"""What a child answers about tracks is checked field by field."""

from dataclasses import replace
from typing import Any

import pytest

from ingest.errors import ChildAnswerInvalid
from ingest.tracks import Medium, Probed, Track, from_answer, to_answer

PICTURE = Track(
    index=1, kind="video", codec="h264", profile="High", start_us=40_000, end_us=3_640_000, last_us=3_600_000,
    frame_us=40_000, gap_us=1_000_000, steady=True, width=640, height=480, rotation=0, pixels="yuv420p",
    rate=0, channels=0,
)  # fmt: skip
SOUND = replace(
    PICTURE, index=0, kind="audio", codec="aac", profile="LC", start_us=0, end_us=7_936_000, last_us=7_872_000,
    frame_us=64_000, gap_us=0, width=0, height=0, pixels="", rate=16_000, channels=1,
)  # fmt: skip
PROBED = Probed(Medium.VIDEO, "mov", (SOUND, PICTURE), ("track 2: data",), 7_936_000, "PyAV", leaps=2)


def test_an_answer_survives_the_way() -> None:
    answer: dict[str, Any] = to_answer(PROBED)
    answer["tracks"] = list(answer["tracks"])
    answer["left_out"] = list(answer["left_out"])
    assert from_answer(answer) == PROBED


def test_the_duration_is_the_latest_end_minus_the_earliest_start() -> None:
    assert PROBED.duration_us == 7_936_000
    assert replace(PROBED, tracks=(PICTURE,)).duration_us == 3_600_000
    assert replace(PROBED, tracks=()).duration_us == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("index", -1), ("index", True), ("index", 1.0), ("index", "1"), ("kind", "subtitle"), ("codec", "x" * 33),
        ("codec", "a\nb"), ("codec", None), ("start_us", 1 << 60), ("end_us", 39_999), ("width", 1 << 20),
        ("rotation", 360), ("channels", 4096), ("rate", float("nan")), ("pixels", "\x1b[2J"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_refused(field: str, value: object) -> None:
    answer = {**to_answer(PROBED), "left_out": []}
    answer["tracks"] = [{**answer["tracks"][1], field: value}]
    with pytest.raises(ChildAnswerInvalid):
        from_answer(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"medium": "hologram"}, {"medium": 1}, {"tracks": "none"}, {"tracks": [1]}, {"tracks": [{}]}, {"left_out": 1},
        {"left_out": [1]}, {"container": "x" * 65}, {"announced_us": -1}, {"tool": "<script>\n"},
        {"leaps": -1}, {"leaps": 1.5},
    ],
)  # fmt: skip
def test_a_whole_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ChildAnswerInvalid):
        from_answer({**to_answer(PROBED), "tracks": [], "left_out": [], **change})


def test_a_missing_field_is_refused() -> None:
    for name in to_answer(PROBED):
        answer = {**to_answer(PROBED), "tracks": [], "left_out": []}
        del answer[name]
        with pytest.raises(ChildAnswerInvalid):
            from_answer(answer)
