"""Where a rendition comes from, and that a copy which lacks something is told apart from one that does not."""

from dataclasses import replace

import pytest

from ingest.provenance import Making, compare, statement, without_paths
from ingest.quality import Code, QualityFinding
from ingest.recipe import RECIPE
from ingest.tracks import Probed, Track
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.provenance import FORMAT, Source
from tests.ingest.test_tracks import PICTURE, PROBED, SOUND


def copied(*tracks: Track, shifted: int = 0) -> Probed:
    moved = (replace(t, start_us=t.start_us + shifted, end_us=t.end_us + shifted) for t in tracks)
    return replace(PROBED, tracks=tuple(moved))


def test_a_whole_copy_is_whole_wherever_its_clock_starts() -> None:
    lines, cut = compare(PROBED, copied(SOUND, PICTURE, shifted=10_000_000), PICTURE.index)
    assert cut == []
    assert lines[1] == {
        "track": 1, "kind": "video", "source_us": [40_000, 3_640_000], "rendition_us": [40_000, 3_640_000],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("copy", "word"),
    [
        (copied(SOUND), "is missing"),
        (copied(PICTURE), "is missing"),
        (copied(SOUND, replace(PICTURE, end_us=3_500_000)), "instead of"),
        (copied(replace(SOUND, end_us=3_640_000), PICTURE), "instead of"),
        (copied(SOUND, replace(PICTURE, start_us=200_000)), "instead of"),
        (copied(), "is missing"),
    ],
)
def test_what_is_missing_or_short_is_told(copy: Probed, word: str) -> None:
    _, cut = compare(PROBED, copy, PICTURE.index)
    assert cut
    assert all(line.startswith("cut-short: track ") for line in cut)
    assert word in cut[0]


def test_two_frames_or_a_tenth_of_a_second_are_no_cut_and_never_more_than_a_second() -> None:
    late = replace(PICTURE, end_us=PICTURE.end_us - 100_000)
    assert compare(PROBED, copied(SOUND, late), PICTURE.index)[1] == []
    slow = replace(PICTURE, frame_us=10_000_000, end_us=60_000_000)
    source = replace(PROBED, tracks=(SOUND, slow))
    assert compare(source, copied(SOUND, replace(slow, end_us=59_000_000)), slow.index)[1] == []
    assert compare(source, copied(SOUND, replace(slow, end_us=58_900_000)), slow.index)[1]


def test_a_picture_that_is_not_shown_is_not_compared() -> None:
    other = replace(PICTURE, index=7, end_us=9_000_000)
    lines, cut = compare(replace(PROBED, tracks=(SOUND, PICTURE, other)), copied(SOUND, PICTURE), PICTURE.index)
    assert (len(lines), cut) == (2, [])


def test_the_statement_is_canonical_and_says_derived() -> None:
    source, output = Digest.of(b"original"), Digest.of(b"copy")
    making = Making(
        (Source(source, 8), Source(output, 4, part=2)),
        "remux",
        tools=("ffmpeg 5.1",),
        argv=("ffmpeg",),
        confinement={"landlock": "version 3"},
        findings=("a: b",),
        quality=(QualityFinding(Code.BLACK, 0, 2500),),
    )
    told = parse_canonical(statement(making, "media.mp4", output, 4))
    assert (told["format"], told["derived"], told["recipe"]) == (FORMAT, True, RECIPE)
    assert told["sources"] == [
        {"part": 1, "sha256": source.hex, "size": 8},
        {"part": 2, "sha256": output.hex, "size": 4},
    ]
    assert told["quality"] == [{"code": "black", "start_ms": 0, "end_ms": 2500}]
    assert told["output"] == {"name": "media.mp4", "sha256": output.hex, "size": 4}
    assert told["findings"] == ["a: b"]


def test_a_command_line_names_no_folder_of_the_machine() -> None:
    argv = ["/usr/local/bin/ffmpeg", "-i", "/proc/self/fd/7", "-map", "0:1", "/srv/renditions/x/media.mp4"]
    assert without_paths(argv) == ("ffmpeg", "-i", "ORIGINAL", "-map", "0:1", "media.mp4")
