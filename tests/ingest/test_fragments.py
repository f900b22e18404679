"""Where fragments lie: compared with what ffprobe reads out of the very bytes, and refused when it makes no sense."""

import subprocess
from pathlib import Path

import pytest

from ingest.errors import Unplayable
from ingest.fragments import index
from ingest.playlist import Index, hls, index_from
from ingest.task import Work
from tests.ingest.making import H264, PICTURE, SOUND, make

FRAGMENTED = ("-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-use_editlist", "0")


def read(folder: Path) -> Index:
    answer = index(Work({}, Path("/nonexistent"), folder))
    return index_from(answer, (folder / "media.mp4").stat().st_size)


def test_every_segment_starts_with_a_keyframe_and_decodes_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "media.mp4", *H264, "-c:a", "aac", *FRAGMENTED, inputs=PICTURE + SOUND, seconds=5)
    found = read(tmp_path)
    assert len(found.segments) == 5
    assert sum(segment.duration_us for segment in found.segments) == pytest.approx(5_000_000, abs=80_000)
    content = path.read_bytes()
    assert found.segments[-1].offset + found.segments[-1].size <= len(content)
    for segment in found.segments:
        alone = tmp_path / "alone.mp4"
        alone.write_bytes(content[: found.initial] + content[segment.offset : segment.offset + segment.size])
        assert _first_flags(alone).startswith("K")


def test_fragments_between_keyframes_belong_to_the_segment_before(tmp_path: Path) -> None:
    make(tmp_path / "media.mp4", *H264, *FRAGMENTED, "-frag_duration", "200000", seconds=3)
    assert [round(segment.duration_us, -4) for segment in read(tmp_path).segments] == [1_000_000] * 3


def test_sound_alone_is_divided_by_time(tmp_path: Path) -> None:
    make(tmp_path / "media.mp4", "-c:a", "aac", *FRAGMENTED, "-frag_duration", "1000000", inputs=SOUND, seconds=5)
    assert len(read(tmp_path).segments) >= 4


def test_the_playlist_plays_to_its_end(tmp_path: Path) -> None:
    make(tmp_path / "media.mp4", *H264, "-c:a", "aac", *FRAGMENTED, inputs=PICTURE + SOUND, seconds=5)
    (tmp_path / "index.m3u8").write_text(hls([("media.mp4", read(tmp_path))]))
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
               "stream=nb_read_frames", "-of", "csv=p=0", str(tmp_path / "index.m3u8")]  # fmt: skip
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(told.stdout.split()) == {"125"}
    assert told.stderr == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\0\x08free", b"\0\0\0\x00moof", b"\0\0\xff\xffmoof", b"\0\0\0\x10moof\0\0\0\x08traf",
     b"\0\0\0\x18moof\0\0\0\x10traf\0\0\0\x08tfhd", b"\0\0\0\x10moof\0\0\0\x02traf"],
)  # fmt: skip
def test_what_has_no_fragments_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "media.mp4").write_bytes(content)
    with pytest.raises(Unplayable, match="rendition-damaged"):
        index(Work({}, Path("/nonexistent"), tmp_path))


def test_no_flipped_byte_of_the_index_makes_it_fail_in_an_unknown_way(tmp_path: Path) -> None:
    path = make(tmp_path / "media.mp4", *H264, *FRAGMENTED, seconds=1)
    content = path.read_bytes()
    for at in range(0, content.index(b"mdat"), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            index(Work({}, Path("/nonexistent"), tmp_path))
        except Unplayable as error:
            assert error.reason == "rendition-damaged"


def _first_flags(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0",
               str(path)]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[0]
