"""Which recordings are copied and which are encoded anew: only what every browser is known to play is copied."""

from dataclasses import replace

import pytest

from ingest.recipe import FORMER, MAX_SIDE, MOMENT, RECIPE, choose, effort, main_picture
from ingest.tracks import Track
from tests.ingest.test_tracks import PICTURE, PROBED, SOUND


def test_plain_h264_with_aac_is_copied() -> None:
    plan = choose(PROBED)
    assert (plan.name, plan.picture, plan.sound, plan.sound_copied, plan.why) == ("remux", 1, (0,), True, ())


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "hevc"}, {"codec": "mjpeg"}, {"codec": "mpeg4"}, {"codec": "vp9"}, {"profile": "High 4:2:2"},
        {"profile": "High 10"}, {"pixels": "yuv420p10le"}, {"pixels": "yuv422p"}, {"steady": False},
        {"gap_us": 31_000_000}, {"width": 5000},
    ],
)  # fmt: skip
def test_any_other_picture_is_encoded_and_the_plan_says_why(change: dict[str, object]) -> None:
    plan = choose(replace(PROBED, tracks=(SOUND, replace(PICTURE, **change))))  # type: ignore[arg-type]
    assert plan.name == "transcode"
    assert plan.why
    assert plan.sound_copied, "good sound is kept beside a picture that is not"


@pytest.mark.parametrize("change", [{"codec": "amrnb"}, {"codec": "mp3"}, {"profile": "Main"}, {"channels": 6}])
def test_any_other_sound_is_encoded(change: dict[str, object]) -> None:
    plan = choose(replace(PROBED, tracks=(replace(SOUND, **change), PICTURE)))  # type: ignore[arg-type]
    assert (plan.name, plan.sound_copied) == ("remux", False)


def test_sound_alone() -> None:
    plan = choose(replace(PROBED, tracks=(SOUND,)))
    assert (plan.name, plan.picture, plan.sound) == ("sound", None, (0,))


def test_several_tracks_of_sound_are_all_heard() -> None:
    plan = choose(replace(PROBED, tracks=(SOUND, PICTURE, replace(SOUND, index=2))))
    assert (plan.sound, plan.sound_copied) == ((0, 2), False)


def test_of_several_pictures_the_longest_then_largest_is_shown_and_the_rest_named() -> None:
    small, large = replace(PICTURE, index=3, width=320), replace(PICTURE, index=4, width=1280)
    plan = choose(replace(PROBED, tracks=(small, PICTURE, large)))
    assert (plan.picture, plan.omitted) == (4, (3, 1))
    longer = replace(small, end_us=9_000_000)
    assert main_picture(replace(PROBED, tracks=(large, longer))) == longer


def test_without_copying_everything_is_encoded() -> None:
    plan = choose(PROBED, copying=False)
    assert (plan.picture_copied, plan.sound_copied) == (False, False)
    assert plan.why


@pytest.mark.parametrize(
    ("track", "size"),
    [
        (PICTURE, (640, 480)),
        (replace(PICTURE, rotation=90), (480, 640)),
        (replace(PICTURE, width=641, height=427), (640, 426)),
        (replace(PICTURE, width=8192, height=4320), (MAX_SIDE, 2160)),
        (replace(PICTURE, width=1, height=1), (2, 2)),
    ],
)
def test_the_shown_size_is_upright_even_and_bounded(track: Track, size: tuple[int, int]) -> None:
    plan = choose(replace(PROBED, tracks=(track,)))
    assert (plan.width, plan.height) == size


def test_the_last_picture_keeps_its_length() -> None:
    late = replace(PROBED, tracks=(replace(SOUND, start_us=40_000), replace(PICTURE, start_us=100_000)))
    plan = choose(late)
    assert (plan.last_us, plan.last_frame_us) == (3_560_000, 40_000)


def test_the_effort_is_what_is_encoded_of_the_picture() -> None:
    assert effort(PROBED, choose(PROBED)) == 0, "a copy takes none"
    older = replace(PROBED, tracks=(SOUND, replace(PICTURE, codec="hevc")))
    assert effort(older, choose(older)) == 640 * 480 * 36 // 10
    assert effort(PROBED, choose(PROBED, copying=False)) == 640 * 480 * 36 // 10
    large = replace(PROBED, tracks=(replace(PICTURE, width=8192, height=4320, codec="hevc"),))
    assert effort(large, choose(large)) == MAX_SIDE * 2160 * 36 // 10, "as large as the copy will be"
    sound = replace(PROBED, tracks=(SOUND,))
    assert effort(sound, choose(sound)) == 0


def test_a_minute_of_720_lines_is_a_moment_and_more_is_not() -> None:
    minute = replace(PICTURE, codec="hevc", width=1280, height=720, start_us=0, end_us=60_000_000)
    for track, long in (
        (minute, False),
        (replace(minute, end_us=60_100_000), True),
        (replace(minute, width=1920), True),
    ):
        found = replace(PROBED, tracks=(track,))
        assert (effort(found, choose(found)) > MOMENT) is long


def test_the_recipes_before_ours_are_known_and_ours_is_none_of_them() -> None:
    assert FORMER == ("r1", "r2")
    assert (RECIPE, RECIPE in FORMER) == ("r3", False)
