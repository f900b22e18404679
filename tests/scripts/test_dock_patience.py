"""Patience: a wait that the server asked for is kept, with jitter."""

from scripts.dock_patience import Interrupted, Patience, Tries


def test_a_wait_that_was_asked_for_is_kept() -> None:
    waits: list[float] = []
    tries = Tries(Patience(100, sleep=waits.append, monotonic=lambda: 0.0, jitter=lambda: 0.0))
    tries.wait(Interrupted("upload-busy", "no", wait=4))
    assert waits == [2.0]
