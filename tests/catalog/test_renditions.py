"""Names and places of renditions: none that leads elsewhere."""

import pytest

from catalog.errors import InvalidInput
from catalog.identity import RecordingId, new_id
from catalog.renditions import content_type, is_place, new_place, path_of
from integrity.clock import system_random
from tests.fakes.clocks import FakeRandom


def test_files_of_further_parts_are_known_by_their_number() -> None:
    assert content_type("media.mp4") == content_type("media-2.mp4") == content_type("media-256.mp4") == "video/mp4"
    assert content_type("sprite-17.jpg") == "image/jpeg"
    for name in ("media-1.mp4", "media-02.mp4", "media-2000.mp4", "poster-2.jpg", "media-2.jpg", "media-2.mp4.mp4", ""):
        assert content_type(name) is None, name


def test_a_place_is_named_by_its_recipe_and_by_nothing_that_comes_twice() -> None:
    made = [new_place("r3", system_random) for _ in range(50)]
    assert len(set(made)) == 50
    assert all(is_place(place) and place.startswith("r3-") for place in made)
    longest = new_place("r" * 32, FakeRandom())
    assert is_place(longest)
    assert len(longest) <= 64, "as wide as its column"
    with pytest.raises(InvalidInput):
        new_place("r" * 33, system_random)


def test_a_path_stays_below() -> None:
    recording = RecordingId(new_id())
    assert path_of(recording, "r1") == f"{recording}/r1"
    for place in ("..", "r1/x", "r1-", "", "r1-0123456789ABCDEF"):
        with pytest.raises(InvalidInput):
            path_of(recording, place)
