"""Refusals: each on record up to a limit, then counted; never lost, never a flood."""

import threading

from catalog.entry import Actor, Entry, Subject
from catalog.identity import AgencyId
from catalog.refusals import ALONE, DOORS, NAMED, SECONDS, Refusals
from tests.fakes.clocks import FakeClock

LI = Actor("person", "l" * 26, "李四", AgencyId("a" * 26))


def _view(number: int = 0, actor: Actor = LI) -> Entry:
    return Entry("view", actor, Subject("recording", f"{number}"), "refused", agency=AgencyId("b" * 26))


def test_up_to_the_limit_each_is_written_alone() -> None:
    refusals = Refusals(FakeClock())
    assert all(refusals.admit(_view()) for _ in range(ALONE))
    assert refusals.take(everything=True) == []


def test_the_excess_becomes_one_entry() -> None:
    clock = FakeClock()
    refusals = Refusals(clock)
    admitted = [refusals.admit(_view(number)) for number in range(ALONE + 30)]
    assert admitted.count(True) == ALONE
    assert refusals.take(everything=False) == []
    clock.advance(SECONDS)
    (tally,) = refusals.take(everything=False)
    entry = tally.entry()
    assert (entry.action, entry.actor, entry.outcome, entry.agency) == ("view", LI, "refused", "b" * 26)
    assert entry.details["refused"] == 30
    assert entry.details["subjects"] == {f"recording {ALONE + number}": 1 for number in range(NAMED)}
    assert refusals.take(everything=True) == []


def test_another_action_and_another_person_have_their_own_minute() -> None:
    refusals = Refusals(FakeClock())
    for _ in range(ALONE + 1):
        refusals.admit(_view())
    assert refusals.admit(_view(actor=Actor("person", "w" * 26, "王五", None)))
    assert refusals.admit(Entry("export", LI, Subject("case", "c"), "refused"))


def test_a_new_minute_starts_anew_and_keeps_what_was_counted() -> None:
    clock = FakeClock()
    refusals = Refusals(clock)
    for _ in range(ALONE + 5):
        refusals.admit(_view())
    clock.advance(SECONDS + 1)
    assert refusals.admit(_view())
    (tally,) = refusals.take(everything=False)
    assert tally.entry().details["refused"] == 5


def test_a_clock_set_back_ends_the_minute() -> None:
    clock = FakeClock()
    refusals = Refusals(clock)
    for _ in range(ALONE + 5):
        refusals.admit(_view())
    clock.advance(-3600)
    assert [tally.counted for tally in refusals.take(everything=False)] == [5]


def test_strangers_are_counted_by_door() -> None:
    clock = FakeClock()
    refusals = Refusals(clock)
    for door in ("files", "api", "files"):
        refusals.stranger(door)
    clock.advance(SECONDS)
    (tally,) = refusals.take(everything=False)
    entry = tally.entry()
    assert (entry.actor.kind, entry.outcome, entry.agency) == ("stranger", "refused", None)
    assert (entry.details["refused"], entry.details["doors"]) == (3, {"files": 2, "api": 1})


def test_a_stranger_cannot_fill_the_memory_with_doors() -> None:
    refusals = Refusals(FakeClock())
    for number in range(10 * DOORS):
        refusals.stranger(f"door {number}")
    (tally,) = refusals.take(everything=True)
    assert (tally.counted, len(tally.counts)) == (10 * DOORS, DOORS)


def test_what_could_not_be_written_comes_again() -> None:
    refusals = Refusals(FakeClock())
    refusals.stranger("files")
    taken = refusals.take(everything=True)
    refusals.put_back(taken)
    assert refusals.take(everything=False) == taken


def test_none_is_lost_between_threads() -> None:
    refusals = Refusals(FakeClock())
    admitted: list[bool] = []

    def refuse() -> None:
        admitted.extend(refusals.admit(_view()) for _ in range(200))

    threads = [threading.Thread(target=refuse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (tally,) = refusals.take(everything=True)
    assert admitted.count(True) == ALONE
    assert tally.counted == 800 - ALONE
