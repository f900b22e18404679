"""Recordings made for a test by ffmpeg, and what ffprobe, which none of our code uses, says of one."""

import json
import subprocess
from pathlib import Path
from typing import Any

PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration={seconds}")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration={seconds}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")


def make(path: Path, *arguments: str, inputs: tuple[str, ...] = PICTURE, seconds: float = 2) -> Path:
    """Have ffmpeg write a file from generated inputs."""
    given = [part.format(seconds=seconds) for part in inputs]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *given, *arguments, str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def turn(path: Path, degrees: int = 90) -> Path:
    """A copy that says it is to be shown turned; ffmpeg 5 and 7 have different options for it, and directions."""
    turned = path.with_name(f"turned-{path.name}")
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-display_rotation",
        str(degrees),
        "-i",
        str(path),
        "-c",
        "copy",
        str(turned),
    ]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        make(turned, "-c", "copy", "-metadata:s:v", f"rotate={degrees}", inputs=("-i", str(path)))
    return turned


def probe(path: Path) -> dict[str, Any]:
    """Streams and packets by ffprobe."""
    shown = "packet=stream_index,pts_time,duration_time:stream=index,codec_type,codec_name,start_time,duration"
    command = ["ffprobe", "-v", "error", "-show_entries", shown, "-of", "json", str(path)]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return told


def extents(path: Path) -> dict[str, tuple[float, float]]:
    """Each kind of track's start and end in seconds, from its packets, by ffprobe."""
    told = probe(path)
    kinds = {stream["index"]: stream["codec_type"] for stream in told["streams"]}
    found: dict[str, tuple[float, float]] = {}
    for packet in told["packets"]:
        if "pts_time" not in packet:
            continue
        start = float(packet["pts_time"])
        end = start + float(packet.get("duration_time", 0))
        kind = kinds[packet["stream_index"]]
        before = found.get(kind, (start, end))
        found[kind] = (min(before[0], start), max(before[1], end))
    return found


def announced(path: Path) -> dict[str, tuple[float, float]]:
    """Each kind of track's start and end by its fragments' sample durations, which packets do not always carry."""
    streams = probe(path)["streams"]
    starts = {each["codec_type"]: float(each["start_time"]) for each in streams}
    return {kind: (start, start + _length(streams, kind)) for kind, start in starts.items()}


def _length(streams: list[dict[str, Any]], kind: str) -> float:
    return next(float(each["duration"]) for each in streams if each["codec_type"] == kind)


def decodes(path: Path) -> str:
    """What ffmpeg complains of when it decodes all of a file; nothing, when it plays."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr
