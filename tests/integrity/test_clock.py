"""The clock's statements: fixed-width instants, and what the kernel says of its clock."""

import ctypes
from datetime import UTC, datetime, timedelta

import pytest

from integrity.clock import (
    ClockState,
    SystemClock,
    _Timex,
    clock_state,
    from_instant,
    from_rfc3339,
    instant,
    system_random,
)


def test_instants_go_there_and_back() -> None:
    at = datetime(2026, 3, 2, 8, 30, 0, 5, tzinfo=UTC)
    assert instant(at) == "2026-03-02T08:30:00.000005Z"
    assert from_instant(instant(at)) == at


@pytest.mark.parametrize(
    "text",
    ["2026-03-02T08:30:00.1Z", "2026-3-2T8:30:00.000000Z", "2026-03-02T08:30:00Z", "２026-03-02T08:30:00.000000Z", ""],
)
def test_no_other_spelling_of_an_instant_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_instant(text)


@pytest.mark.parametrize("text", ["2026-03-01T09:30:00.5+08:00", "2026-03-01T01:30:00.500000Z"])
def test_what_others_write_is_one_instant(text: str) -> None:
    assert from_rfc3339(text) == datetime(2026, 3, 1, 1, 30, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-01T09:30:00", "zone"), ("2026-03-01 09:30:00Z", "RFC 3339"), ("2026-03-01T09:30:00.1234567Z", "RFC"),
        ("2026-02-30T09:30:00Z", "no time there is"), ("2026-03-01T09:30:00+25:00", "no time there is"),
        ("0001-01-01T00:00:00+08:00", "no time there is"), ("1969-12-31T23:59:59Z", "before 1970"),
    ],
)  # fmt: skip
def test_why_what_others_write_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        from_rfc3339(text)


@pytest.mark.parametrize(
    ("returned", "status", "state"),
    [
        (0, 0x2001, ClockState(synchronised=True, max_error_ms=16)),
        (0, 0x2041, ClockState(synchronised=False, max_error_ms=None)),
        (5, 0x2001, ClockState(synchronised=False, max_error_ms=None)),
        (-1, 0, ClockState(synchronised=False, max_error_ms=None)),
    ],
    ids=["synchronised", "the kernel says unsynchronised", "the call says it", "refused"],
)
def test_what_the_kernel_says(returned: int, status: int, state: ClockState) -> None:
    assert clock_state(returned, status, 15_001) == state


def test_the_system_clock_is_the_system_s() -> None:
    clock = SystemClock()
    assert abs(datetime.now(UTC) - clock.now()) < timedelta(seconds=5)
    state = clock.state()
    assert state.synchronised is (state.max_error_ms is not None)


def test_the_kernel_s_structure_is_as_its_header_lays_it_out() -> None:
    """The only field we can check by its value is the time; everything we read lies before it."""
    timex = _Timex(modes=0)
    assert ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) >= 0
    assert abs(datetime.now(UTC).timestamp() - timex.time.seconds) < 5
    if ctypes.sizeof(ctypes.c_long) == 8:
        assert (_Timex.maximum_error.offset, _Timex.status.offset, ctypes.sizeof(_Timex)) == (24, 40, 208)


def test_randomness_is_as_long_as_asked_and_never_the_same() -> None:
    assert len(system_random(32)) == 32
    assert system_random(32) != system_random(32)
