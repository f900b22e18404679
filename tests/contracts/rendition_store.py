"""What every `RenditionStore` must do. An implementation's test module subclasses `RenditionStoreContract`.

Needed: `opened`, a function that opens the same store once more, for a worker of this name on a machine of its own or
on the same one; `damage`, which puts other bytes at a path below the store, as somebody with its own powers could.
"""

from collections.abc import Callable
from contextlib import closing

import pytest

from catalog.errors import InvalidInput, NotFound
from catalog.identity import RecordingId, new_id
from catalog.renditions import RenditionStore
from integrity.opened import as_file

Opened = Callable[[str], RenditionStore]
Damage = Callable[[str, bytes], None]

RECORDING, OTHER = RecordingId(new_id()), RecordingId(new_id())
BODY = bytes(range(256)) * 20


def kept(store: RenditionStore, content: bytes = BODY, recording: RecordingId = RECORDING) -> str:
    """The place of a rendition of two files."""
    work = store.begin(recording)
    (work / "media.mp4").write_bytes(content)
    (work / "text.txt").write_bytes(b"")
    place = store.keep(recording, "r1")
    store.give_up(recording)
    return place


def read(store: RenditionStore, place: str, name: str = "media.mp4") -> bytes:
    with as_file(store.open(RECORDING, place, name)) as file:
        return file.read()


class RenditionStoreContract:
    """The suite; pytest collects only its subclasses."""

    def test_what_was_kept_is_read_by_everybody(self, opened: Opened) -> None:
        place = kept(opened("one"))
        other = opened("two")
        assert (read(other, place), read(other, place, "text.txt")) == (BODY, b"")
        assert other.places(RECORDING) == {place}
        assert list(other.lying()) == [(RECORDING, {place})]

    def test_any_range_of_it_is_read(self, opened: Opened) -> None:
        store = opened("one")
        with closing(store.open(RECORDING, kept(store), "media.mp4")) as found:
            assert found.size == len(BODY)
            for offset, length in ((0, 1), (255, 2), (0, len(BODY)), (len(BODY) - 3, 3), (len(BODY) - 3, 400)):
                assert found.read_at(offset, length) == BODY[offset : offset + length]
            assert found.read_at(len(BODY), 10) == b""
            assert b"".join(found.pieces()) == BODY

    def test_nothing_is_there_before_it_is_kept(self, opened: Opened) -> None:
        store = opened("one")
        (store.begin(RECORDING) / "media.mp4").write_bytes(b"half")
        assert (store.places(RECORDING), list(store.lying())) == (set(), [])
        assert store.holds(RECORDING), "and still it lies there"
        store.give_up(RECORDING)
        store.give_up(RECORDING)
        assert not opened("two").holds(RECORDING)

    def test_beginning_again_starts_empty(self, opened: Opened) -> None:
        store = opened("one")
        (store.begin(RECORDING) / "media.mp4").write_bytes(b"half")
        assert list(store.begin(RECORDING).iterdir()) == []

    def test_each_attempt_has_a_place_of_its_own(self, opened: Opened) -> None:
        """Whatever is kept later, by whomever, changes nothing of what was kept before."""
        places = [kept(opened(worker), content) for worker, content in (("one", b"1"), ("two", b"2"), ("one", b"3"))]
        assert opened("two").places(RECORDING) == set(places)
        assert len(set(places)) == 3
        assert [read(opened("two"), place) for place in places] == [b"1", b"2", b"3"]

    def test_a_place_that_is_discarded_takes_no_other_with_it(self, opened: Opened) -> None:
        store = opened("one")
        gone, stays = kept(store, b"gone"), kept(store, b"stays")
        store.discard(OTHER, gone)
        elsewhere = kept(store, b"other", OTHER)
        for _ in range(2):
            store.discard(RECORDING, gone)
        with pytest.raises(NotFound):
            read(store, gone)
        assert read(store, stays) == b"stays"
        assert dict(store.lying()) == {RECORDING: {stays}, OTHER: {elsewhere}}
        store.discard(RECORDING, stays)
        assert not store.holds(RECORDING)
        assert dict(store.lying()).get(RECORDING, set()) == set()

    def test_of_what_is_removed_nothing_stays(self, opened: Opened) -> None:
        store = opened("one")
        kept(store, b"1")
        kept(store, b"2")
        kept(store, b"other", OTHER)
        (store.begin(RECORDING) / "media.mp4").write_bytes(b"half")
        assert store.holds(RECORDING)
        for _ in range(2):
            store.remove(RECORDING)
        assert not store.holds(RECORDING)
        assert store.places(RECORDING) == set()
        assert store.holds(OTHER)

    @pytest.mark.parametrize(
        "name", ["../media.mp4", "", ".", "catalog.sqlite3", "media.mp4/", "/etc/passwd", "poster.jpg"]
    )
    def test_another_name_is_not_found(self, opened: Opened, name: str) -> None:
        store = opened("one")
        with pytest.raises(NotFound):
            read(store, kept(store), name)

    def test_another_place_or_recording_is_not_found(self, opened: Opened) -> None:
        store = opened("one")
        place = kept(store, recording=OTHER)
        with pytest.raises(NotFound):
            store.open(OTHER, "r1", "media.mp4")
        with pytest.raises(NotFound):
            store.open(RECORDING, place, "media.mp4")

    def test_places_from_before_there_were_any_are_read_too(self, opened: Opened, damage: Damage) -> None:
        damage(f"{RECORDING}/r1/media.mp4", b"older")
        store = opened("one")
        assert (read(store, "r1"), store.places(RECORDING)) == (b"older", {"r1"})

    def test_what_is_no_place_is_left_alone(self, opened: Opened, damage: Damage) -> None:
        for stray in (f"{RECORDING}/r 1/media.mp4", f"{RECORDING}/notes.txt", "notes", "other/r1/media.mp4"):
            damage(stray, b"whoever's")
        store = opened("one")
        assert store.places(RECORDING) == set()
        assert dict(store.lying()).get(RECORDING, set()) == set()

    @pytest.mark.parametrize("recording", ["..", "", "../../etc", "A" * 26, "x"])
    def test_what_is_no_identifier_names_nothing(self, opened: Opened, recording: str) -> None:
        store, wrong = opened("one"), RecordingId(recording)
        calls: tuple[Callable[[], object], ...] = (
            lambda: store.begin(wrong), lambda: store.keep(wrong, "r1"), lambda: store.open(wrong, "r1", "media.mp4"),
            lambda: store.places(wrong), lambda: store.discard(wrong, "r1"), lambda: store.remove(wrong),
            lambda: store.holds(wrong),
        )  # fmt: skip
        for call in calls:
            with pytest.raises(InvalidInput):
                call()

    @pytest.mark.parametrize("place", ["", "..", "r1/..", "r 1", "r1-x", "r1-0123456789abcdef/"])
    def test_what_is_no_place_or_recipe_names_nothing(self, opened: Opened, place: str) -> None:
        store = opened("one")
        store.begin(RECORDING)
        for call in (
            lambda: store.open(RECORDING, place, "media.mp4"),
            lambda: store.discard(RECORDING, place),
            lambda: store.keep(RECORDING, place),
        ):
            with pytest.raises(InvalidInput):
                call()

    def test_what_a_lost_worker_left_is_removed(self, opened: Opened) -> None:
        """On its own machine, where somebody of that machine hears of it."""
        one, two = opened("one"), opened("two")
        assert one.makers() == set()
        left, mine = one.begin(RECORDING), two.begin(RECORDING)
        assert one.makers() == {"one", "two"}
        two.abandon("one")
        assert (left.exists(), mine.exists(), one.makers()) == (False, True, {"two"})

    def test_room_is_told(self, opened: Opened) -> None:
        assert opened("one").free_bytes() > 0
