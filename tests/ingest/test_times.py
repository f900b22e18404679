"""Times of recordings as cameras and recorders write them are those of the viewing copy: compared with ffprobe's.

Fractional frame rates, pictures to be turned, clocks that run over or jump, tracks that begin later than others.
"""

import re
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy
import pytest

from ingest.rendering import Prepared
from integrity.canonical import parse_canonical
from tests.ingest.making import H264, SOUND, decodes, make, probe, turn
from tests.ingest.workshop import probed, rendered

WRAP_S = (1 << 33) / 90_000
"""Where the clock of MPEG-TS begins anew."""
TICK_S = 1 / 90_000
MPEG4 = ("-c:v", "mpeg4", "-g", "25")
TONE = ("-f", "lavfi", "-i", "sine=frequency=3000:sample_rate=8000:duration={seconds}")


def moving(rate: str = "25") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate={rate}:duration={{seconds}}")


def plan(prepared: Prepared) -> str:
    media = next(file for file in prepared.files if file.name == "media.mp4")
    return str(parse_canonical(media.provenance)["plan"])


def shown(path: Path, kind: str = "video") -> list[float]:
    """When the packets of a kind of track are shown, in order."""
    told = probe(path)
    index = next(stream["index"] for stream in told["streams"] if stream["codec_type"] == kind)
    return sorted(float(each["pts_time"]) for each in told["packets"] if each["stream_index"] == index)


def begun(path: Path) -> tuple[float, float]:
    """When the picture gets bright and the tone begins, as ffmpeg plays a file: seconds from its start."""
    looked = ["-vf", "blackdetect=d=0.5:pix_th=0.2", "-af", "silencedetect=d=0.5:n=-35dB"]
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path), *looked, "-f", "null", "-"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return tuple(float(re.findall(rf"{end}: ?([\d.]+)", told)[-1]) for end in ("black_end", "silence_end"))  # type: ignore[return-value]


def flash(at: float, rate: str = "25", size: str = "160x120") -> tuple[str, ...]:
    """Pictures that get bright and a tone that begins at the same moment."""
    return (
        "-f", "lavfi", "-i", f"color=black:size={size}:rate={rate}:duration={{seconds}},"
        f"drawbox=color=white:t=fill:enable='gte(t,{at})'",
        "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=16000:duration={{seconds}},volume=0:enable='lt(t,{at})'",
    )  # fmt: skip


def together(path: Path, at: float) -> bool:
    """Whether a copy gets bright and begins to sound at this moment, within two frames."""
    picture, sound = begun(path)
    return picture == pytest.approx(at, abs=0.1) and sound == pytest.approx(picture, abs=0.08)


def since_first(times: Sequence[float]) -> list[float]:
    return [time - times[0] for time in times]


@pytest.mark.parametrize(("rate", "encoding"), [("30000/1001", H264), ("24000/1001", MPEG4)])
def test_fractional_frame_rates_are_kept(tmp_path: Path, rate: str, encoding: tuple[str, ...]) -> None:
    path = make(tmp_path / "a.mov", *encoding, "-c:a", "aac", inputs=moving(rate) + SOUND, seconds=5)
    prepared = rendered(path, tmp_path / "made")
    assert (plan(prepared), prepared.findings) == ("remux" if encoding is H264 else "transcode", ())
    first, *times = shown(tmp_path / "made" / "media.mp4")
    wanted = [float(number / Fraction(rate)) for number in range(len(shown(path)) - 1)]
    assert since_first(times) == pytest.approx(wanted, abs=2 * TICK_S), "no frame more, none less, none elsewhere"
    assert first == 0 and len(wanted) > 100, "the first may stay longer, where sound begins before it"


@pytest.mark.parametrize(("degrees", "encoding"), [(90, H264), (180, H264), (270, H264), (90, MPEG4), (270, MPEG4)])
def test_turned_pictures_are_shown_as_they_are_meant(tmp_path: Path, degrees: int, encoding: tuple[str, ...]) -> None:
    path = turn(make(tmp_path / "a.mp4", *encoding, inputs=moving(), seconds=1), degrees)
    prepared = rendered(path, tmp_path / "made")
    assert plan(prepared) == ("remux" if encoding is H264 else "transcode")
    meant = first_picture(path)
    assert meant.shape == ((120, 160, 3) if degrees == 180 else (160, 120, 3))
    assert alike(first_picture(tmp_path / "made" / "media.mp4"), meant)
    assert alike(cv2.imread(str(tmp_path / "made" / "poster.jpg")), meant)
    assert not alike(cv2.rotate(meant, cv2.ROTATE_180), meant), "the comparison can tell"


def first_picture(path: Path) -> numpy.typing.NDArray[numpy.uint8]:
    """As ffmpeg shows it, which turns pictures by itself."""
    still = path.with_suffix(".png")
    make(still, "-frames:v", "1", inputs=("-i", str(path)))
    return numpy.asarray(cv2.imread(str(still)), numpy.uint8)


def alike(one: object, other: numpy.typing.NDArray[numpy.uint8]) -> bool:
    """Whether two pictures differ by no more than being encoded again does to them."""
    seen = numpy.asarray(one, numpy.int16)
    return seen.shape == other.shape and bool(numpy.abs(seen - other).mean() < 12)


@pytest.mark.parametrize(("before_s", "seconds", "rate"), [(3, 6, "25"), (66, 70, "2")])
def test_a_clock_that_runs_over_is_followed(tmp_path: Path, before_s: int, seconds: int, rate: str) -> None:
    """Soon after the beginning, and later than a demuxer looks ahead."""
    whole = make(tmp_path / "a.mkv", *H264, "-g", "10", "-c:a", "aac", inputs=moving(rate) + SOUND, seconds=seconds)
    path = make(tmp_path / "a.ts", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0", "-output_ts_offset",
                f"{WRAP_S - before_s:.6f}", inputs=("-i", str(whole)))  # fmt: skip
    assert (1 << 33) - 90_000 * (before_s + 1) < raw_clock(path) < 1 << 33, "it does begin anew"
    prepared = rendered(path, tmp_path / "made")
    assert prepared.findings == ()
    assert prepared.duration_ms == pytest.approx(seconds * 1000, abs=120)
    media = tmp_path / "made" / "media.mp4"
    for kind, step in (("video", 1 / float(rate)), ("audio", 0.064)):
        _, *times = shown(media, kind)
        assert [round(each, 3) for each in intervals(times)] == pytest.approx([step] * (len(times) - 1), abs=0.002)
    assert len(shown(media)) == seconds * int(rate)
    assert decodes(media) == ""


def intervals(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def raw_clock(path: Path) -> int:
    """The first PTS of a transport stream, as it is written (ISO/IEC 13818-1 §2.4.3.6)."""
    content = path.read_bytes()
    at = content.index(b"\x00\x00\x01\xe0") + 9
    head = content[at : at + 5]
    return (head[0] >> 1 & 7) << 30 | head[1] << 22 | (head[2] >> 1) << 15 | head[3] << 7 | head[4] >> 1


@pytest.mark.parametrize("jump_s", [-1000, -2])
def test_a_clock_that_jumps_leaves_nothing_out_and_adds_nothing(tmp_path: Path, jump_s: int) -> None:
    """A recorder that was started again, or set its clock, in the middle of a stream."""
    whole = make(tmp_path / "a.mkv", *H264, "-c:a", "aac", inputs=moving() + SOUND, seconds=4)
    parts = [
        make(tmp_path / f"{number}.ts", "-c", "copy", "-output_ts_offset", str(offset), inputs=("-i", str(whole)))
        for number, offset in ((1, 2000), (2, 2004 + jump_s))
    ]
    path = tmp_path / "jumping.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    prepared = rendered(path, tmp_path / "made")
    assert [finding.split(":")[0] for finding in prepared.findings] == ["clock"]
    assert prepared.duration_ms == pytest.approx(8000, abs=250)
    for kind, count in (("video", 200), ("audio", 2 * len(shown(whole, "audio")))):
        times = shown(tmp_path / "made" / "media.mp4", kind)
        assert len(times) == pytest.approx(count, abs=4)
        assert times[-1] == pytest.approx(8, abs=0.3)
        assert max(after - before for before, after in pairwise(times)) < 0.3
        assert all(before < after for before, after in pairwise(times))


def test_sound_and_picture_stay_together_after_a_leap(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mkv", *H264, "-c:a", "aac", inputs=flash(1), seconds=4)
    parts = [
        make(tmp_path / f"{number}.ts", "-c", "copy", "-output_ts_offset", str(offset), inputs=("-i", str(whole)))
        for number, offset in ((1, 10), (2, 3000))
    ]
    path = tmp_path / "leaping.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    rendered(path, tmp_path / "made")
    assert together(tmp_path / "made" / "media.mp4", 5), "in the second half too"


def test_sound_that_pauses_goes_on_when_it_did(tmp_path: Path) -> None:
    """Nothing leaps here: a track may pause for longer than ffmpeg takes a clock to go without leaping."""
    picture, tone = flash(26, "5")[:4], ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration={seconds}")
    kept = "aselect='lt(t,4)+gte(t,26)'"
    path = make(tmp_path / "a.ts", *H264, "-af", kept, "-c:a", "mp2", inputs=picture + tone, seconds=30)
    prepared = rendered(path, tmp_path / "made")
    assert prepared.findings == ()
    assert prepared.duration_ms == pytest.approx(30_000, abs=200)
    picture_s, sound_s = begun(tmp_path / "made" / "media.mp4")
    assert picture_s == pytest.approx(26, abs=0.3) and sound_s == pytest.approx(picture_s, abs=0.25)


def test_times_before_zero_are_kept_apart_as_they_are(tmp_path: Path) -> None:
    """Pictures decoded before they are shown, in a file whose first times are negative."""
    path = make(tmp_path / "a.mp4", *H264, "-bf", "3", "-preset", "medium", "-c:a", "aac", "-movflags",
                "+negative_cts_offsets", inputs=flash(2), seconds=4)  # fmt: skip
    told = probe_decoding(path)
    assert min(told) < 0, "it has them"
    prepared = rendered(path, tmp_path / "made")
    assert (plan(prepared), prepared.findings) == ("remux", ())
    times = shown(tmp_path / "made" / "media.mp4")[1:]
    assert since_first(times) == pytest.approx([number / 25 for number in range(99)], abs=2 * TICK_S)
    assert together(path, 2) and together(tmp_path / "made" / "media.mp4", 2.1)


def probe_decoding(path: Path) -> list[float]:
    command = ["ffprobe", "-v", "error", "-show_entries", "packet=dts_time", "-of", "csv=p=0", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(line.strip(",")) for line in told.split() if line.strip(",") not in ("", "N/A")]


def test_a_trimmed_file_shows_what_it_was_trimmed_to(tmp_path: Path) -> None:
    """A phone's edit list hides pictures that are only there to be decoded from."""
    whole = make(tmp_path / "a.mp4", *H264, "-g", "100", "-c:a", "aac", inputs=flash(2), seconds=4)
    path = make(tmp_path / "b.mp4", "-c", "copy", inputs=("-ss", "1", "-i", str(whole)))
    prepared = rendered(path, tmp_path / "made")
    assert plan(prepared) == "transcode"
    assert ["hidden by the file itself" in finding for finding in prepared.findings] == [True, True], "and says so"
    assert prepared.duration_ms == pytest.approx(3000, abs=120)
    assert len(shown(tmp_path / "made" / "media.mp4")) == pytest.approx(75, abs=1)
    assert together(tmp_path / "made" / "media.mp4", 1)


def test_a_second_microphone_that_begins_later_is_heard_later(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.mkv", "-map", "0", "-map", "1", "-map", "2", *H264, "-c:a:0", "aac", "-c:a:1", "pcm_s16le",
        inputs=(*moving(), *SOUND, "-itsoffset", "2", *TONE), seconds=4,
    )  # fmt: skip
    assert [track.start_us > 1_900_000 for track in probed(path).of("audio")] == [False, True]
    prepared = rendered(path, tmp_path / "made")
    assert prepared.findings == ()
    media = tmp_path / "made" / "media.mp4"
    assert loudness(media, 440, 0.2, 1.6) > -45 and loudness(media, 440, 2.2, 3.8) > -45
    assert loudness(media, 3000, 0.2, 1.6) < -60, "not before it began"
    assert loudness(media, 3000, 2.2, 3.8) > -45
    assert loudness(media, 3000, 4.2, 5.8) > -45, "and to its end, after the other's"


def loudness(path: Path, frequency: int, start: float, end: float) -> float:
    """Decibels around a frequency in a stretch of seconds, by ffmpeg."""
    listened = f"atrim={start}:{end},bandpass=f={frequency}:w=100,volumedetect"
    command = ["ffmpeg", "-nostdin", "-i", str(path), "-vn", "-af", listened, "-f", "null", "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(text.split("mean_volume:")[1].split("dB")[0])
