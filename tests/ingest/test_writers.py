"""One writer at a time: the living keeps its place, the silent makes room."""

import threading

import pytest

from catalog.identity import UploadId
from ingest import writers
from ingest.errors import UploadBusy
from ingest.writers import Writers

UPLOAD = UploadId("u" * 26)


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_living_writer_keeps_its_place() -> None:
    watch = Watch()
    one = Writers(watch, patience=2)
    first = one.claim(UPLOAD)
    watch.at = 1.9
    with pytest.raises(UploadBusy):
        one.claim(UPLOAD)
    first.heard()
    watch.at = 3.8
    with pytest.raises(UploadBusy):
        one.claim(UPLOAD)
    first.release()
    assert one.claim(UPLOAD) is not first


def test_a_silent_writer_is_asked_to_end_and_waited_for() -> None:
    watch = Watch()
    one = Writers(watch, patience=2)
    first = one.claim(UPLOAD)
    asked = threading.Event()
    first.give_up = asked.set

    def end() -> None:
        asked.wait()
        first.release()

    ending = threading.Thread(target=end)
    ending.start()
    watch.at = 2
    second = one.claim(UPLOAD)
    ending.join()
    assert asked.is_set()
    first.release()
    assert one.busy(UPLOAD), "a late release of the first does not take the second's place"
    second.release()
    assert not one.busy(UPLOAD)


def test_a_writer_that_is_ending_is_waited_for() -> None:
    """Its station may be back already: it has been told the offset, and must not find its own old connection busy."""
    one = Writers(Watch(), patience=2)
    first = one.claim(UPLOAD)
    first.end()
    releasing = threading.Timer(0.02, first.release)
    releasing.start()
    assert one.claim(UPLOAD) is not first
    releasing.join()


def test_a_writer_that_does_not_end_keeps_the_newcomer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "ENDING_SECONDS", 0.01)
    watch = Watch()
    one = Writers(watch, patience=2)
    one.claim(UPLOAD)
    watch.at = 5
    with pytest.raises(UploadBusy):
        one.claim(UPLOAD)


def test_others_are_not_concerned() -> None:
    one = Writers(Watch())
    one.claim(UPLOAD)
    one.claim(UploadId("v" * 26))
    one.settle(UploadId("w" * 26))


def test_a_service_that_ends_lets_every_writer_go_and_none_begin() -> None:
    one, asked = Writers(Watch()), list[str]()
    for name in "ab":
        one.claim(UploadId(name * 26)).give_up = lambda name=name: asked.append(name)  # type: ignore[misc]
    one.end()
    assert asked == ["a", "b"], "living ones too"
    with pytest.raises(UploadBusy):
        one.claim(UPLOAD)
