"""Footage for `tiezheng bench prepare`: made on the spot by ffmpeg, the same each time, as cameras and recorders write.

A minute is encoded and then repeated by stream copy, so an hour costs what a minute does. Never decoded here.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MINUTE = 60
RATE = 25
_PICTURE = "testsrc2=size={width}x{height}:rate={rate}:duration={seconds},noise=alls=6:allf=t"
"""Noise, since without it the encoder would leave most of the picture out and the file be a tenth of a camera's."""
_SOUND = "sine=frequency=440:sample_rate=16000:duration={seconds}"


@dataclass(frozen=True, slots=True)
class Footage:
    """A kind of recording: what its file is called, how it is encoded, and how it must be prepared."""

    name: str
    plan: str
    encoding: tuple[str, ...]


FOOTAGE: Mapping[str, Footage] = {
    "remux": Footage(
        "camera.mp4",
        "remux",
        (
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2", "-g", "50",
            "-b:v", "3M", "-maxrate", "4M", "-bufsize", "6M", "-c:a", "aac", "-b:a", "64k",
        ),
    ),
    "transcode": Footage(
        "recorder.avi", "transcode", ("-c:v", "mpeg4", "-b:v", "4M", "-threads", "1", "-g", "50", "-c:a", "pcm_s16le")
    ),
}  # fmt: skip
"""A body camera's H.264, whose picture is copied; an older recorder's MPEG-4, which browsers do not play."""


def make(footage: Footage, place: Path, seconds: int, height: int) -> Path:
    """A file of so many seconds, 16 by 9."""
    once = min(seconds, MINUTE)
    shape = {"width": height * 16 // 9 // 2 * 2, "height": height, "rate": RATE, "seconds": once}
    inputs = [part for each in (_PICTURE, _SOUND) for part in ("-f", "lavfi", "-i", each.format(**shape))]
    minute, file = place / f"minute-{footage.name}", place / footage.name
    _run(*inputs, *footage.encoding, "-bitexact", str(minute))
    _run("-stream_loop", str(-(-seconds // once) - 1), "-i", str(minute), "-c", "copy", "-t", str(seconds), str(file))
    minute.unlink()
    return file


def _run(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)
