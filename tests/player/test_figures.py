"""Times in Beijing, sizes and lengths as people read them, the exact value beside each."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from player import figures
from player.language import speaking

AT = datetime(2026, 3, 1, 17, 5, 9, 250000, tzinfo=UTC)


def test_a_moment_is_told_in_beijing_with_its_zone() -> None:
    with speaking("zh_CN"):
        shown = figures.moment(AT)
    assert "2026-03-02 01:05:09" in shown
    assert "北京时间" in shown
    assert 'datetime="2026-03-01T17:05:09.250Z"' in shown


def test_a_time_as_formats_write_it_is_shown_alike() -> None:
    assert figures.told("2026-03-01T17:05:09.250000Z") == figures.moment(AT)


def test_the_zone_a_moment_came_in_does_not_matter() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=-5)))
    assert figures.moment(elsewhere) == figures.moment(AT)


def test_a_stamp_leaves_the_zone_to_its_heading() -> None:
    assert "zone" not in figures.stamp(AT)


def test_what_is_not_known_is_a_dash() -> None:
    for shown in (figures.moment(None), figures.size(None), figures.duration(None)):
        assert "—" in shown
    assert figures.clock_offset(None) == "—"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (30400, "30.4 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (4_134_647, "4.1 MB"),
        (64 * 1024**3, "68.7 GB"),
        (10**20, "100000 PB"),
    ],
)
def test_sizes(count: int, expected: str) -> None:
    shown = figures.size(count)
    assert f">{expected}<" in shown
    assert f"{count:,}" in shown


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [(0, "0:00:00.0"), (49, "0:00:00.0"), (50, "0:00:00.1"), (59_960, "0:01:00.0"), (139_400, "0:02:19.4"),
     (3_600_000, "1:00:00.0"), (360_000_000, "100:00:00.0")],
)  # fmt: skip
def test_durations(milliseconds: int, expected: str) -> None:
    assert f">{expected}<" in figures.duration(milliseconds)


def test_a_clock_that_is_ahead_has_a_plus() -> None:
    assert figures.clock_offset(1250) == "+1.250 s"
    assert figures.clock_offset(-3) == "-0.003 s"


def test_gaps_and_overlaps() -> None:
    with speaking("en"):
        assert [figures.gap(each) for each in (None, 0, 1500, -61_240)] == [
            "—", "gap of 0.0 s", "gap of 1.5 s", "overlap of 61.2 s"]  # fmt: skip
