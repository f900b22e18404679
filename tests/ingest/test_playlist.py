"""Texts that a browser acts on are written from checked numbers only."""

import re

import pytest

from ingest.errors import ChildAnswerInvalid
from ingest.playlist import Index, Segment, Tiles, hls, index_from, tiles_from, vtt

ANSWER = {"initial": 100, "segments": [[100, 50, 4_000_000], [150, 30, 2_500_000]]}


def test_a_playlist_says_where_each_segment_lies() -> None:
    text = hls([("media.mp4", index_from(ANSWER, 180))])
    assert text.splitlines() == [
        "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="media.mp4",BYTERANGE="100@0"',
        "#EXTINF:4.000000,", "#EXT-X-BYTERANGE:50@100", "media.mp4",
        "#EXTINF:2.500000,", "#EXT-X-BYTERANGE:30@150", "media.mp4", "#EXT-X-ENDLIST",
    ]  # fmt: skip


def test_the_target_duration_is_never_below_a_segment() -> None:
    text = hls([("media.mp4", Index(1, (Segment(1, 1, 4_000_001),)))])
    assert "#EXT-X-TARGETDURATION:5\n" in text


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"initial": 100}, {"initial": 100, "segments": []}, {"initial": 99, "segments": ANSWER["segments"]},
        {"initial": 100, "segments": [[100, 50, 1], [151, 29, 1]]}, {"initial": 100, "segments": [[100, 81, 1]]},
        {"initial": 100, "segments": [[100, 0, 1]]}, {"initial": 100, "segments": [[100, 50, 0]]},
        {"initial": 100, "segments": [[100, 50]]}, {"initial": 100, "segments": [["100", 50, 1]]},
        {"initial": 100, "segments": [[100, 50.0, 1]]}, {"initial": -1, "segments": [[-1, 50, 1]]},
        {"initial": 100, "segments": [[100, 50, 1, "\n#EXT-X-KEY:URI=evil"]]}, {"initial": 100, "segments": 7},
    ],
)  # fmt: skip
def test_an_index_that_does_not_fit_its_file_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ChildAnswerInvalid):
        index_from(answer, 180)


def test_thumbnails_cover_the_whole_length() -> None:
    text = vtt([("sprite.jpg", Tiles(160, 90, 2, (0, 2000, 4040)), 3_700_000_000)])
    cues = re.findall(r"(\S+) --> (\S+)\nsprite.jpg#xywh=(\d+),(\d+),160,90\n", text)
    assert text.startswith("WEBVTT\n\n")
    assert cues == [
        ("00:00:00.000", "00:00:02.000", "0", "0"),
        ("00:00:02.000", "00:00:04.040", "160", "0"),
        ("00:00:04.040", "01:01:40.000", "0", "90"),
    ]


@pytest.mark.parametrize(
    "change",
    [{"at_ms": []}, {"at_ms": [0, 0]}, {"at_ms": [5, 1]}, {"at_ms": ["0"]}, {"at_ms": 3}, {"width": 0},
     {"height": 5000}, {"columns": 0}, {"at_ms": list(range(500))}],
)  # fmt: skip
def test_tiles_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ChildAnswerInvalid):
        tiles_from({"width": 160, "height": 90, "columns": 10, "at_ms": [0], **change})
