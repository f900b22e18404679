"""Locks that grow, tries that are few at once, refusals that all take their time."""

from datetime import timedelta

import pytest

from catalog.errors import TooManyAttempts, Unauthenticated, WrongCredentials
from catalog.lockout import (
    AT_ONCE,
    FIRST_LOCK,
    FREE_FAILURES,
    LONGEST_LOCK,
    PACE_SECONDS,
    REMEMBERED,
    Strangers,
    Turnstile,
    lock_until,
)
from tests.fakes.clocks import START


def test_a_lock_doubles_up_to_its_longest() -> None:
    lengths = [(lock_until(failures, START) or START) - START for failures in range(60)]
    assert lengths[: FREE_FAILURES + 2] == [timedelta()] * FREE_FAILURES + [FIRST_LOCK, 2 * FIRST_LOCK]
    assert max(lengths) == LONGEST_LOCK
    assert lengths == sorted(lengths)


def test_strangers_are_forgotten_the_oldest_first() -> None:
    strangers = Strangers()
    for _ in range(FREE_FAILURES):
        assert not strangers.locked("first", START)
    assert strangers.locked("first", START)
    assert not strangers.locked("first", START + FIRST_LOCK)
    for number in range(REMEMBERED):
        strangers.locked(f"{number}", START)
    assert not strangers.locked("first", START + FIRST_LOCK)


def test_only_so_many_at_once() -> None:
    turnstile = Turnstile(lambda seconds: None)
    inside = [turnstile.passing() for _ in range(AT_ONCE)]
    for each in inside:
        each.__enter__()
    with pytest.raises(TooManyAttempts), turnstile.passing():
        pass
    inside[0].__exit__(None, None, None)
    with turnstile.passing():
        pass
    for each in inside[1:]:
        each.__exit__(None, None, None)


@pytest.mark.parametrize("refusal", [WrongCredentials, TooManyAttempts])
def test_a_refusal_waits_for_its_time(refusal: type[Exception]) -> None:
    rested: list[float] = []
    with pytest.raises(refusal), Turnstile(rested.append).passing():
        raise refusal
    assert len(rested) == 1
    assert 0 < rested[0] <= PACE_SECONDS


def test_nothing_else_waits() -> None:
    rested: list[float] = []
    with Turnstile(rested.append).passing():
        pass
    with pytest.raises(Unauthenticated), Turnstile(rested.append).passing():
        raise Unauthenticated
    assert rested == []
