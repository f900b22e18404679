"""How an authority stands: it rests after a failure, longer each time, and an answer makes all of it good."""

from dataclasses import dataclass

import pytest

from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, InvalidToken
from integrity.standing import LONGEST_REST_SECONDS, FirstAuthority, Standing, StandingAuthority
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import START, FakeClock, FakeRandom

DIGEST = Digest.of(b"evidence")


@dataclass(slots=True)
class Seconds:
    """A monotonic clock."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def inner() -> FakeAuthority:
    return FakeAuthority("far")


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def authority(inner: FakeAuthority, seconds: Seconds) -> StandingAuthority:
    return StandingAuthority(inner, FakeClock(), FakeRandom(), seconds)


def refused(authority: StandingAuthority) -> str:
    with pytest.raises(AuthorityUnavailable) as caught:
        authority.stamp(DIGEST)
    return str(caught.value)


def test_it_is_asked_and_well(authority: StandingAuthority, inner: FakeAuthority) -> None:
    assert authority.stamp(DIGEST).authority == authority.name == "far"
    assert authority.standing == Standing("far", 0, None, None)
    assert inner.asked == [DIGEST]


def test_one_that_failed_is_not_asked_while_it_rests(
    authority: StandingAuthority, inner: FakeAuthority, seconds: Seconds
) -> None:
    inner.go_away()
    refused(authority)
    assert "rests after the test took it away" in refused(authority)
    assert len(inner.asked) == 1
    assert authority.standing == Standing("far", 1, START, "the test took it away")
    seconds.at = 1.5
    refused(authority)
    assert len(inner.asked) == 2


def test_rests_double_up_to_a_longest_and_none_is_like_another(
    authority: StandingAuthority, inner: FakeAuthority, seconds: Seconds
) -> None:
    inner.go_away()
    rests = []
    for _ in range(14):
        refused(authority)
        rests.append(authority._rests_until - seconds.at)
        seconds.at = authority._rests_until
    for failures, rest in enumerate(rests):
        middle = min(LONGEST_REST_SECONDS, 2.0**failures)
        assert 0.5 * middle <= rest < 1.5 * middle
    assert len({rest / min(LONGEST_REST_SECONDS, 2.0**failures) for failures, rest in enumerate(rests)}) == 14
    assert len(inner.asked) == 14
    assert authority.standing.since == START


def test_an_answer_makes_it_well(authority: StandingAuthority, inner: FakeAuthority, seconds: Seconds) -> None:
    inner.go_away()
    refused(authority)
    inner.come_back()
    seconds.at = 2
    authority.stamp(DIGEST)
    assert authority.standing == Standing("far", 0, None, None)
    authority.stamp(DIGEST)


def test_the_first_that_answers(inner: FakeAuthority) -> None:
    second = FakeAuthority("near")
    both = FirstAuthority([inner, second])
    assert both.stamp(DIGEST).authority == "far"
    inner.go_away()
    assert both.stamp(DIGEST).authority == "near"
    second.answer_wrongly()
    with pytest.raises(InvalidToken, match="the test changed it"):
        both.stamp(DIGEST)
