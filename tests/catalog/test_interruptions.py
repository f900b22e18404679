"""What was stated of an interruption, held against the recording and against the written record: each edge of both."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.identity import RecordingId, new_id
from catalog.interruptions import Interruption, Noted, interruption_of
from catalog.segments import Span
from tests.fakes.clocks import START


def at(minute: float) -> Any:
    return START + timedelta(minutes=minute)


def footage(start: float | None, end: float | None, offset_ms: int | None = None) -> Span:
    times = (None if start is None else at(start), None if end is None else at(end))
    return Span(RecordingId(new_id()), "a.mp4", *times, offset_ms, None, False)


def stated(
    stop: float, again: float | None, channels: dict[str, list[Span]], noted: bytes | None = None
) -> Interruption:
    row = SimpleNamespace(
        id=new_id(), reason="当事人就医", stopped_at=at(stop), restarted_at=None if again is None else at(again),
        document_id=None, made_by_name="王五", made_at=START, noted_entry=noted,
    )  # fmt: skip
    return interruption_of(row, channels)  # type: ignore[arg-type]  # a row by its names


ROOM = {"近景": [footage(0, 10), footage(20, 30)], "全景": [footage(0, 10.05), footage(20, 30)]}
S = 1 / 60


@pytest.mark.parametrize(
    ("stop", "again", "in_recording", "goes_on"),
    [
        (10, 20, True, False), (10 + 5 * S, 20 - 5 * S, True, False), (10 + 9 * S, 20, False, False),
        (10, 20 + 6 * S, False, True), (10, 20 - 6 * S, False, False), (10 - 9 * S, 20, False, True),
        (10, None, False, True), (30, None, True, False), (5, 6, False, True), (12, 18, False, False),
        (100, 110, False, False), (30, 40, False, False), (-10, 0, False, False),
    ],
)  # fmt: skip
def test_it_is_in_the_recording_where_that_stops_and_restarts_then(
    stop: float, again: float | None, in_recording: bool, goes_on: bool
) -> None:
    found = stated(stop, again, ROOM)
    assert (found.in_recording, found.goes_on) == (in_recording, goes_on)


def test_one_channel_that_goes_on_is_enough() -> None:
    found = stated(10, 20, ROOM | {"声音": [footage(0, 30)]})
    assert (found.in_recording, found.goes_on) == (False, True)


@pytest.mark.parametrize("spans", [[], [footage(None, None)], [footage(0, None), footage(None, 30)]])
def test_what_has_no_times_shows_no_interruption(spans: list[Span]) -> None:
    found = stated(10, 20, {"近景": spans})
    assert (found.in_recording, found.goes_on) == (False, False)


def test_times_of_a_clock_that_was_off_are_corrected_first() -> None:
    found = stated(10, 20, {"近景": [footage(5, 15, 300_000), footage(25, 35, 300_000)]})
    assert found.in_recording


def entry(stop: float, again: float | None) -> bytes:
    details = Noted("0" * 26, at(stop), None if again is None else at(again)).details()
    return json.dumps({"details": details}, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize(
    ("written", "again", "same"),
    [
        ((10, 20), 20, True), ((11, 19), 20, True), ((11 + S, 20), 20, False), ((10, 21 + S), 20, False),
        ((10, None), 20, False), ((10, None), None, True), ((10, 20), None, False),
    ],
)  # fmt: skip
def test_it_is_in_the_record_where_that_has_the_same_times_to_the_minute(
    written: tuple[float, float | None], again: float | None, same: bool
) -> None:
    assert stated(10, again, {}, entry(*written)).in_record is same


@pytest.mark.parametrize("noted", [None, b"{}", b"no entry", b'{"details":{"document":"x"}}', b'{"details":[]}'])
def test_nothing_is_said_where_nobody_told_what_the_record_has(noted: bytes | None) -> None:
    """Entries of before that had no times, and what no entry is."""
    found = stated(10, 20, {}, noted)
    assert (found.noted, found.in_record) == (None, None)
