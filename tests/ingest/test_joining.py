"""Several originals of one recording play as one; what one of them lacks or is does not hide the others."""

import re
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.errors import Unplayable
from ingest.joining import numbered
from ingest.playlist import PEAKS, joined_peaks
from ingest.rendering import MAX_PARTS, Prepared, Renderer
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from tests.ingest.children import children
from tests.ingest.making import H264, PICTURE, SOUND, decodes, make
from tests.ingest.workshop import BOUNDS, opened

DARK = ("-f", "lavfi", "-i", "color=black:size=160x120:rate=25:duration={seconds}")


def joined(paths: Sequence[Path], folder: Path) -> Prepared:
    folder.mkdir()
    with ExitStack() as stack:
        originals = [stack.enter_context(opened(path)) for path in paths]
        return Renderer(children(), BOUNDS).render(originals, folder)


def frames(media: Path) -> int:
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
               "stream=nb_read_frames", "-of", "csv=p=0", str(media)]  # fmt: skip
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])


def test_three_segments_are_one_recording(tmp_path: Path) -> None:
    first = make(tmp_path / "1.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND, seconds=3)
    silent = make(tmp_path / "2.mp4", *H264, inputs=DARK, seconds=4)
    other = make(tmp_path / "3.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le", inputs=PICTURE + SOUND, seconds=2)
    prepared = joined([first, silent, other], tmp_path / "made")
    assert {file.name for file in prepared.files} == {
        "media.mp4", "media-2.mp4", "media-3.mp4", "sprite.jpg", "sprite-2.jpg", "sprite-3.jpg",
        "poster.jpg", "index.m3u8", "thumbs.vtt", "waveform.json",
    }  # fmt: skip
    assert {each.name for each in (tmp_path / "made").iterdir()} == {file.name for file in prepared.files}
    assert prepared.duration_ms == pytest.approx(9_000, abs=200)
    assert prepared.findings == ()
    playlist = tmp_path / "made" / "index.m3u8"
    assert playlist.read_text().count("#EXT-X-DISCONTINUITY\n") == 2
    text = playlist.read_text()
    assert text.count("#EXT-X-MAP:") == 3
    assert sum(map(float, re.findall(r"#EXTINF:([\d.]+),", text))) == pytest.approx(9, abs=0.3)
    media = [tmp_path / "made" / numbered("media.mp4", number) for number in (1, 2, 3)]
    assert [frames(path) for path in media] == [75, 100, 50]
    assert [decodes(path) for path in media] == ["", "", ""]
    found = {one.code.value: (one.start_ms, one.end_ms) for one in prepared.quality}
    assert found["no-sound"] == pytest.approx((3_000, 7_000), abs=200), "the second, on the whole's clock"
    assert found["black"] == pytest.approx((3_000, 7_000), abs=200)
    assert "00:00:0" in (tmp_path / "made" / "thumbs.vtt").read_text().split("sprite-3.jpg")[0]


def test_a_silent_part_gets_a_silent_track_and_says_whose_it_is(tmp_path: Path) -> None:
    silent = make(tmp_path / "1.mp4", *H264, inputs=PICTURE, seconds=2)
    heard = make(tmp_path / "2.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND, seconds=2)
    prepared = joined([silent, heard], tmp_path / "made")
    for name in ("media.mp4", "media-2.mp4"):
        kinds = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0",
             str(tmp_path / "made" / name)], check=True, capture_output=True, text=True,
        ).stdout.split()  # fmt: skip
        assert kinds == ["h264", "aac"], "a player goes on only with the tracks it began with"
    told = {file.name: parse_canonical(file.provenance) for file in prepared.files}
    digests = [Digest.of_file(path).hex for path in (silent, heard)]
    assert [one["sha256"] for one in told["index.m3u8"]["sources"]] == digests
    assert [one["sha256"] for one in told["media-2.mp4"]["sources"]] == digests[1:]
    assert told["media-2.mp4"]["sources"][0]["part"] == 2
    assert told["index.m3u8"]["plan"] == "joined"


def test_a_damaged_or_other_part_is_named_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "1.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    (tmp_path / "3.txt").write_text("some words")
    good = make(tmp_path / "2.mp4", *H264, inputs=PICTURE, seconds=2)
    prepared = joined([tmp_path / "1.mp4", good, tmp_path / "3.txt"], tmp_path / "made")
    assert [finding.split(": ")[:2] for finding in prepared.findings] == [
        ["left-out", "part 1"],
        ["left-out", "part 3"],
    ]
    assert prepared.duration_ms == pytest.approx(2_000, abs=100)
    assert "media.mp4" in {file.name for file in prepared.files}


def test_sound_alone_is_joined_too(tmp_path: Path) -> None:
    paths = [make(tmp_path / f"{number}.wav", inputs=SOUND, seconds=2) for number in (1, 2)]
    prepared = joined(paths, tmp_path / "made")
    assert {file.name for file in prepared.files} == {
        "media.mp4", "media-2.mp4", "poster.jpg", "index.m3u8", "waveform.json",
    }  # fmt: skip


def test_nothing_that_can_be_shown_says_why(tmp_path: Path) -> None:
    (tmp_path / "1.mp4").write_bytes(b"")
    (tmp_path / "2.txt").write_text("words")
    with pytest.raises(Unplayable, match="empty"):
        joined([tmp_path / "1.mp4", tmp_path / "1.mp4"], tmp_path / "made")
    with pytest.raises(Unplayable, match="several-parts"):
        joined([tmp_path / "2.txt", tmp_path / "2.txt"], tmp_path / "texts")
    with pytest.raises(Unplayable, match="several-parts"):
        Renderer(children(), BOUNDS).render([], tmp_path / "none")
    with opened(tmp_path / "2.txt") as original, pytest.raises(Unplayable, match="several-parts"):
        Renderer(children(), BOUNDS).render([original] * (MAX_PARTS + 1), tmp_path / "many")


def test_peaks_of_parts_lie_where_they_are_heard() -> None:
    told = joined_peaks([((10,) * PEAKS, 1_000), (None, 2_000), ((200,) * PEAKS, 1_000)])
    assert (told[100], told[400], told[700]) == (10, 0, 200)
    assert (told.index(0), len(told) - told[::-1].index(0)) == (200, 600)


def test_the_first_part_has_the_plain_name() -> None:
    assert (numbered("media.mp4", 1), numbered("media.mp4", 12)) == ("media.mp4", "media-12.mp4")
