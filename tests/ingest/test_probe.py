"""What a probe says of good files, and that bad ones get a name for what is wrong with them, in bounded time."""

import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from ingest.errors import ChildCrashed, Unplayable
from ingest.task import MIB, Limits
from ingest.tracks import Medium
from tests.ingest.making import H264, PICTURE, SOUND, make, turn
from tests.ingest.workshop import probed

HOSTILE = Limits(wall_s=60, cpu_s=30, memory=2048 * MIB)


def test_sound_and_picture_are_measured(tmp_path: Path) -> None:
    found = probed(make(tmp_path / "a.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND))
    assert found.medium is Medium.VIDEO
    assert [track.kind for track in found.tracks] == ["video", "audio"]
    picture, sound = found.tracks
    assert (picture.codec, picture.width, picture.height, picture.pixels) == ("h264", 160, 120, "yuv420p")
    assert picture.length_us == pytest.approx(2_000_000, abs=1000)
    assert picture.gap_us == 1_000_000
    assert (sound.codec, sound.rate, sound.channels) == ("aac", 16000, 1)
    assert sound.length_us == pytest.approx(2_000_000, abs=70_000)


def test_sound_alone_is_audio(tmp_path: Path) -> None:
    assert probed(make(tmp_path / "a.wav", inputs=SOUND)).medium is Medium.AUDIO


def test_rotation_is_told_clockwise(tmp_path: Path) -> None:
    turned = turn(make(tmp_path / "flat.mp4", *H264))
    told = subprocess.run(["ffprobe", "-v", "error", "-show_streams", str(turned)], check=True, capture_output=True)
    counter_clockwise = int(told.stdout.split(b"rotation=")[1].split(b"\n")[0])
    assert probed(turned).tracks[0].rotation == -counter_clockwise % 360 != 0


def test_a_header_that_lies_about_the_duration_is_not_believed(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", *H264)
    content = path.read_bytes()
    at = content.index(b"\x44\x89\x88") + 3  # Duration: a double, in milliseconds
    path.write_bytes(content[:at] + struct.pack(">d", 1e9) + content[at + 8 :])
    found = probed(path)
    assert found.announced_us == 1_000_000_000_000
    assert found.duration_us == pytest.approx(2_000_000, abs=1000)


def test_a_picture_and_a_text_are_told_apart_from_recordings(tmp_path: Path) -> None:
    picture = make(tmp_path / "a.png", "-frames:v", "1")
    assert probed(picture, "renamed.mp4").medium is Medium.PICTURE
    text = tmp_path / "询问笔录.txt"
    text.write_text("问：姓名？\n答：……\n", encoding="utf-8")
    assert probed(text).medium is Medium.TEXT


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp4", b"", "empty"),
        ("noise.mp4", bytes(range(256)) * 40, "not-media"),
        ("text.mp4", b"not a recording at all\n" * 9, "not-media"),
        ("control.txt", b"text with \x1b[2J in it", "not-media"),
        ("latin.txt", "voilà".encode("latin-1"), "not-media"),
        ("index-lost.mp4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0\0\0\x10mdat" + bytes(8), "damaged"),
        ("matroska.mkv", b"\x1a\x45\xdf\xa3" + bytes(100), "damaged"),
        ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(20), "damaged"),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "damaged"),
    ],
)
def test_what_cannot_be_shown_is_named(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unplayable) as error:
        probed(path)
    assert error.value.reason == reason


def test_a_recording_cut_off_before_its_first_frame_is_truncated(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mp4", *H264, "-movflags", "+faststart").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: whole.index(b"mdat") + 4])
    with pytest.raises(Unplayable) as error:
        probed(path)
    assert error.value.reason in ("truncated", "no-frames")


def test_a_recording_cut_off_later_is_measured_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.ts", *H264, seconds=8).read_bytes()
    path = tmp_path / "cut.ts"
    path.write_bytes(whole[: len(whole) // 2])
    assert 1_000_000 < probed(path).duration_us < 7_000_000


@pytest.mark.parametrize("suffix", ["mp4", "txt", "ts"])
@pytest.mark.parametrize("kind", ["ffconcat", "m3u8", "sdp"])
def test_a_text_that_names_a_neighbour_makes_nobody_read_it(tmp_path: Path, kind: str, suffix: str) -> None:
    neighbour = make(tmp_path / "secret.mp4", *H264)
    texts = {
        "ffconcat": f"ffconcat version 1.0\nfile '{neighbour}'\nfile 'secret.mp4'\n",
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{neighbour}\n#EXTINF:2,\nsecret.mp4\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    }
    path = tmp_path / f"holiday.{suffix}"
    path.write_text(texts[kind], encoding="utf-8")
    if suffix == "txt":
        assert probed(path).medium is Medium.TEXT
        return
    with pytest.raises(Unplayable, match="not-media"):
        probed(path)


def test_a_playlist_with_bytes_that_are_no_text_makes_nobody_read_a_neighbour(tmp_path: Path) -> None:
    neighbour = make(tmp_path / "secret.mp4", *H264)
    for head in (b"ffconcat version 1.0\n", b"#EXTM3U\n"):
        path = tmp_path / "holiday.mp4"
        path.write_bytes(head + f"file '{neighbour}'\n#EXTINF:2,\n{neighbour}\n".encode() + b"\0\x01\xff")
        with pytest.raises(Unplayable, match="not-media"):
            probed(path)


def test_a_movie_cannot_pull_in_another(tmp_path: Path) -> None:
    """A MOV may refer to its media by a path: FFmpeg follows it only when told to."""
    whole = make(tmp_path / "a.mov", *H264).read_bytes()
    secret = make(tmp_path / "secret.mov", *H264)
    at = whole.index(b"dref")
    changed = bytearray(whole)
    entry = at + 12  # one entry: size, `url `, version and flags whose lowest bit says "in this file"
    changed[entry + 4 : entry + 8] = b"alis"
    changed[entry + 8 : entry + 12] = bytes(4)
    (tmp_path / "b.mov").write_bytes(changed)
    assert secret.exists()
    try:
        probed(tmp_path / "b.mov")
    except Unplayable as error:
        assert error.reason in ("damaged", "no-frames", "truncated")


def test_a_picture_of_absurd_size_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(60_000, 60_000))
    with pytest.raises(Unplayable) as error:
        probed(path, limits=HOSTILE)
    assert error.value.reason == "too-large"


def test_a_video_of_absurd_size_is_bounded(tmp_path: Path) -> None:
    path = make(tmp_path / "a.avi", "-c:v", "mjpeg", inputs=PICTURE)
    content = path.read_bytes()
    for at in (content.index(b"avih") + 8 + 32, content.index(b"strf") + 8 + 4):
        content = content[:at] + struct.pack("<II", 60_000, 60_000) + content[at + 8 :]
    jpeg = content.index(b"\xff\xc0") + 5
    content = content.replace(content[jpeg : jpeg + 4], struct.pack(">HH", 60_000, 60_000))
    path.write_bytes(content)
    with pytest.raises((Unplayable, ChildCrashed)):
        probed(path, limits=HOSTILE)


def test_timestamps_that_span_years_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", *H264, "-vf", "setpts='if(gt(N,10),PTS+900000/TB,PTS)'", "-fps_mode", "passthrough")
    with pytest.raises(Unplayable) as error:
        probed(path, limits=HOSTILE)
    assert error.value.reason == "timestamps-absurd"


def test_hundreds_of_channels_are_bounded(tmp_path: Path) -> None:
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + 255 * 1600, b"WAVE", b"fmt ", 16, 1, 255, 8000, 8000 * 510, 510, 16
    )
    path = tmp_path / "choir.wav"
    path.write_bytes(head + struct.pack("<4sI", b"data", 255 * 1600) + bytes(255 * 1600))
    try:
        found = probed(path, limits=HOSTILE)
    except Unplayable as error:
        assert error.reason in ("damaged", "no-frames")
    else:
        assert found.tracks[0].channels <= 255


def test_a_codec_that_is_not_on_the_list_is_left_out(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", "-c:v", "ffv1", "-c:a", "aac", inputs=PICTURE + SOUND)
    found = probed(path)
    assert found.medium is Medium.AUDIO
    assert any("ffv1: no decoder" in line for line in found.left_out)


def _png(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its few bytes never fill."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
