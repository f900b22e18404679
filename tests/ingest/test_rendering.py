"""What comes out of a rendition, what happens when a copy does not hold, and that no child's word is believed."""

import json
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from ingest.errors import ChildAnswerInvalid, ChildCrashed, ChildTimedOut, Unplayable
from ingest.rendering import Bounds, Original, Prepared, Renderer
from ingest.task import Reply, Task
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from tests.ingest.children import children, misbehaving
from tests.ingest.making import H264, PICTURE, SOUND, announced, decodes, make, turn
from tests.ingest.workshop import BOUNDS, Meddling, opened, rendered

VIDEO = {"index.m3u8", "media.mp4", "poster.jpg", "sprite.jpg", "thumbs.vtt"}


def told(prepared: Prepared, name: str = "media.mp4") -> dict[str, Any]:
    """The provenance of one file."""
    return parse_canonical(next(file.provenance for file in prepared.files if file.name == name))


def test_a_video_with_sound(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND, seconds=6)
    prepared = rendered(path, tmp_path / "made")
    assert {file.name for file in prepared.files} == VIDEO | {"waveform.json"}
    assert {each.name for each in (tmp_path / "made").iterdir()} == VIDEO | {"waveform.json"}
    for file in prepared.files:
        content = (tmp_path / "made" / file.name).read_bytes()
        assert (file.digest, file.size) == (Digest.of(content), len(content))
        assert told(prepared, file.name)["output"] == {"name": file.name, "sha256": file.digest.hex, "size": file.size}
    assert told(prepared)["plan"] == "remux"
    assert decodes(tmp_path / "made" / "index.m3u8") == ""
    assert (tmp_path / "made" / "thumbs.vtt").read_text().count("sprite.jpg#xywh=") == 3
    peaks = json.loads((tmp_path / "made" / "waveform.json").read_text())["peaks"]
    assert len(peaks) == 800
    assert min(peaks[12:-20]) > 10, "the tone sounds all the time"


@pytest.mark.parametrize(
    "arguments",
    [
        ("a.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le"),
        ("a.ts", "-c:v", "mpeg2video", "-c:a", "mp2"),
        ("a.mkv", "-c:v", "libx265", "-x265-params", "log-level=none", "-c:a", "flac"),
        ("a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv444p", "-c:a", "aac"),
        ("a.mov", *H264, "-c:a", "pcm_s16le"),
        ("b.ts", *H264, "-c:a", "aac"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_other_codecs_become_h264_and_aac(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = make(tmp_path / arguments[0], *arguments[1:], inputs=PICTURE + SOUND, seconds=3)
    prepared = rendered(path, tmp_path / "made")
    assert not prepared.findings
    told_by_ffprobe = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,pix_fmt", "-of", "csv=p=0",
         str(tmp_path / "made" / "media.mp4")], check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert told_by_ffprobe == ["h264,yuv420p", "aac"]
    lengths = announced(tmp_path / "made" / "media.mp4")
    assert lengths["video"][1] - lengths["video"][0] == pytest.approx(3, abs=0.1)
    assert lengths["audio"][1] == pytest.approx(3, abs=0.1)


def test_sound_that_goes_on_after_the_picture_is_kept(tmp_path: Path) -> None:
    short = make(tmp_path / "v.mp4", *H264, seconds=2)
    path = make(tmp_path / "a.mp4", "-c:v", "copy", "-c:a", "aac", inputs=("-i", str(short), *SOUND), seconds=9)
    prepared = rendered(path, tmp_path / "made")
    assert prepared.duration_ms == pytest.approx(9000, abs=70)
    assert announced(tmp_path / "made" / "media.mp4")["audio"][1] == pytest.approx(9, abs=0.1)
    playlist = (tmp_path / "made" / "index.m3u8").read_text()
    lasting = [float(line[8:-1]) for line in playlist.splitlines() if line.startswith("#EXTINF:")]
    assert sum(lasting) == pytest.approx(9, abs=0.1)


def test_a_last_picture_that_stays_long_is_kept_when_encoded(tmp_path: Path) -> None:
    slow = make(tmp_path / "slow.mkv", *H264, "-vf", "setpts='if(gt(N,40),PTS+N*0.3/TB,PTS)'", "-fps_mode", "vfr")
    path = make(tmp_path / "a.mkv", "-c:v", "mpeg4", "-fps_mode", "vfr", inputs=("-i", str(slow)))
    prepared = rendered(path, tmp_path / "made")
    assert not prepared.findings
    line = told(prepared)["durations"][0]
    assert line["rendition_us"][1] == pytest.approx(line["source_us"][1], abs=100_000)


def test_a_turned_picture_is_shown_upright(tmp_path: Path) -> None:
    copied = turn(make(tmp_path / "flat.mp4", *H264))
    encoded = turn(make(tmp_path / "other.mp4", "-c:v", "mpeg4"))
    for path, plan in ((copied, "remux"), (encoded, "transcode")):
        assert told(rendered(path, tmp_path / plan))["plan"] == plan
        height, width = cv2.imread(str(tmp_path / plan / "poster.jpg")).shape[:2]  # type: ignore[union-attr]
        assert (width, height) == (120, 160), plan


@pytest.mark.parametrize(
    ("orientation", "turn"), [(3, cv2.ROTATE_180), (6, cv2.ROTATE_90_CLOCKWISE), (8, cv2.ROTATE_90_COUNTERCLOCKWISE)]
)
def test_a_photo_is_shown_as_the_camera_was_held(tmp_path: Path, orientation: int, turn: int) -> None:
    """EXIF tells how (CIPA DC-008, Orientation), and the sealed file stays as it is."""
    flat = make(tmp_path / "flat.jpg", "-frames:v", "1").read_bytes()
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHHI", 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    path = tmp_path / "held.jpg"
    path.write_bytes(flat[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(segment)) + segment + flat[2:])
    rendered(path, tmp_path / "made")
    unturned = cv2.imread(str(tmp_path / "flat.jpg"))
    assert unturned is not None
    meant = cv2.rotate(unturned, turn)
    for name in ("picture.jpg", "poster.jpg"):
        shown = cv2.imread(str(tmp_path / "made" / name))
        assert shown is not None and shown.shape == meant.shape
        assert abs(shown.astype(int) - meant.astype(int)).mean() < 5, name


def test_sound_alone_has_a_drawn_poster(tmp_path: Path) -> None:
    prepared = rendered(make(tmp_path / "a.wav", inputs=SOUND, seconds=13), tmp_path / "made")
    assert {file.name for file in prepared.files} == {"index.m3u8", "media.mp4", "poster.jpg", "waveform.json"}
    assert told(prepared)["plan"] == "sound"
    assert (tmp_path / "made" / "index.m3u8").read_text().count("#EXTINF") == 3


def test_two_microphones_are_both_heard(tmp_path: Path) -> None:
    high = ("-f", "lavfi", "-i", "sine=frequency=3000:sample_rate=16000:duration={seconds}")
    path = make(
        tmp_path / "a.mkv", "-map", "0", "-map", "1", "-map", "2", *H264, "-c:a", "aac", inputs=PICTURE + SOUND + high
    )  # fmt: skip
    prepared = rendered(path, tmp_path / "made")
    assert not prepared.findings
    for frequency in (440, 3000):
        assert _loudness(tmp_path / "made" / "media.mp4", frequency) > -40, f"{frequency} Hz"
    assert _loudness(tmp_path / "made" / "media.mp4", 6000) < -50


def _loudness(path: Path, frequency: int) -> float:
    """Decibels around a frequency, by ffmpeg."""
    command = ["ffmpeg", "-nostdin", "-i", str(path), "-vn", "-af", f"bandpass=f={frequency}:w=100,volumedetect",
               "-f", "null", "-"]  # fmt: skip
    text = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(text.split("mean_volume:")[1].split("dB")[0])


def test_a_second_picture_is_named_as_left_out(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", "-map", "0", "-map", "1", *H264, inputs=PICTURE + PICTURE)
    prepared = rendered(path, tmp_path / "made")
    assert [finding.split(":")[0] for finding in prepared.findings] == ["left-out"]
    assert told(prepared)["findings"] == list(prepared.findings)


def test_metadata_of_the_camera_stays_in_the_original(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *H264, "-metadata", "location=+31.2304+121.4737/", "-metadata", "title=secret")
    rendered(path, tmp_path / "made")
    content = (tmp_path / "made" / "media.mp4").read_bytes()
    assert b"+31.2304" not in content
    assert b"secret" not in content


class _Shortening(Meddling):
    """A decoder whose copies come out shorter than their source."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def meddle(self, task: Task, reply: Reply) -> Reply:
        if task.name != "rendered" or not self.times:
            return reply
        self.times -= 1
        tracks = [{**track, "end_us": track["end_us"] - 900_000} for track in reply.answer["tracks"]]
        return replace(reply, answer={**reply.answer, "tracks": tracks})


def test_a_copy_that_is_cut_short_is_encoded_instead(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *H264)
    decoder = _Shortening(1)
    prepared = rendered(path, tmp_path / "made", decoder)
    assert [task.arguments["picture_copied"] for task in decoder.asked if task.name == "render"] == [True, False]
    assert (told(prepared)["plan"], prepared.findings) == ("transcode", ())


def test_what_is_still_short_is_a_finding_with_its_name(tmp_path: Path) -> None:
    prepared = rendered(make(tmp_path / "a.mp4", *H264), tmp_path / "made", _Shortening(2))
    assert [finding.split(":")[0] for finding in prepared.findings] == ["cut-short"]
    assert told(prepared)["findings"] == list(prepared.findings)


class _Failing(Meddling):
    """A decoder that raises on the n-th render."""

    def __init__(self, *failures: Exception | None) -> None:
        super().__init__()
        self.failures = list(failures)

    def meddle(self, task: Task, reply: Reply) -> Reply:
        failure = self.failures.pop(0) if task.name == "render" and self.failures else None
        if failure:
            raise failure
        return reply


def test_a_copy_that_cannot_be_made_is_encoded_instead(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *H264)
    for number, failure in enumerate((ChildCrashed("code 1"), Unplayable("rendition-damaged", "no index"))):
        assert told(rendered(path, tmp_path / f"made{number}", _Failing(failure)))["plan"] == "transcode"


def test_a_crash_of_the_last_resort_and_any_timeout_are_the_childs_failure(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", *H264)
    with pytest.raises(ChildCrashed):
        rendered(path, tmp_path / "made1", _Failing(ChildCrashed("copy"), ChildCrashed("encode")))
    with pytest.raises(ChildTimedOut):
        rendered(path, tmp_path / "made2", _Failing(ChildTimedOut("copy")))


def test_a_slow_decoder_is_ended(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", "-c:v", "mpeg4", inputs=PICTURE)
    with pytest.raises(ChildTimedOut):
        rendered(path, tmp_path / "made", bounds=Bounds(timeout_s=0.01, memory=BOUNDS.memory, threads=1))


class _Leaving(Meddling):
    """A taken-over decoder that leaves something else in the folder than it was asked for."""

    def __init__(self, name: str, leave: Callable[[Path], object]) -> None:
        super().__init__()
        self.name, self.leave = name, leave

    def meddle(self, task: Task, reply: Reply) -> Reply:
        if task.name == self.name and task.folder is not None:
            self.leave(task.folder)
        return reply


def _to_link(name: str, target: str) -> Callable[[Path], None]:
    def leave(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return leave


def _to_second_name(folder: Path) -> None:
    (folder / "poster.jpg").unlink()
    (folder / "poster.jpg").hardlink_to(folder.parents[1] / "a.mp4")


@pytest.mark.parametrize(
    "decoder",
    [
        _Leaving("waveform", lambda folder: (folder / "waveform.json").symlink_to("/etc/hostname")),
        _Leaving("thumbnails", _to_link("poster.jpg", "/etc/hostname")),
        _Leaving("thumbnails", _to_second_name),
        _Leaving("thumbnails", lambda folder: (folder / "poster.jpg").write_bytes(b"")),
        _Leaving("thumbnails", lambda folder: (folder / "sprite.jpg").unlink()),
        _Leaving("thumbnails", lambda folder: (folder / "extra.html").write_text("<script>")),
        _Leaving("thumbnails", lambda folder: (folder / "extra").mkdir()),
        _Leaving("rendered", _to_link("media.mp4", "/etc/hostname")),
    ],
)
def test_what_a_child_leaves_is_checked(tmp_path: Path, decoder: _Leaving) -> None:
    path = make(tmp_path / "a.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND)
    with pytest.raises((ChildAnswerInvalid, ChildCrashed, Unplayable)):
        rendered(path, tmp_path / "made", decoder)


def test_a_link_made_by_a_real_child_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    path = tmp_path / "a.txt"
    path.write_text("a text")
    more = "ingest.task.TASKS['text'] = 'tests.ingest.misdeeds:link'"
    (tmp_path / "made").mkdir()
    with opened(path) as original, pytest.raises((ChildAnswerInvalid, ChildCrashed)):
        Renderer(misbehaving(tmp_path, more=more), BOUNDS).render([original], tmp_path / "made")


def test_an_original_whose_bytes_differ_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("altered")
    with opened(path) as original, pytest.raises(Unplayable) as error:
        other = Original(original.fd, original.name, Digest.of(b"sealed"), original.size)
        Renderer(children(), BOUNDS).render([other], tmp_path)
    assert error.value.reason == "original-differs"


def test_a_text_keeps_its_characters_and_a_picture_its_look(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes(b"\xef\xbb\xbf" + "第一行\r\n<script>alert(1)</script>\r\n".encode())
    rendered(text, tmp_path / "text")
    assert (tmp_path / "text" / "text.txt").read_text(encoding="utf-8") == "第一行\n<script>alert(1)</script>\n"
    wide = ("-f", "lavfi", "-i", "testsrc2=size=3000x1000:rate=1:duration=1")
    rendered(make(tmp_path / "a.png", "-frames:v", "1", inputs=wide), tmp_path / "picture")
    assert cv2.imread(str(tmp_path / "picture" / "picture.jpg")).shape == (853, 2560, 3)  # type: ignore[union-attr]
    assert cv2.imread(str(tmp_path / "picture" / "poster.jpg")).shape == (213, 640, 3)  # type: ignore[union-attr]
