"""What a file is and how long its tracks really last: read packet by packet, decoded where it starts. In a child.

Headers lie (one file of the test set claims 143,165 s and lasts 1.07), so nothing here comes from one: `ingest.measure`
follows each track, and `ingest.continuity` the clock of those containers whose clock may leap. Never imported by the
service itself, which reads the answer through `ingest.tracks`.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ingest import picture
from ingest.continuity import Continuity
from ingest.errors import Unplayable
from ingest.formats import DECODERS, begins_recording, named_as_recording, open_options, picture_format
from ingest.measure import Measure
from ingest.task import Work
from ingest.text import is_text
from ingest.tracks import MAX_TRACKS, Medium, Probed, Track, to_answer

TOOL = f"PyAV {av.__version__} (FFmpeg {av.ffmpeg_version_info})"
MAX_US = 7 * 24 * 3600 * 1_000_000
"""A recording that seems to last longer than a week has broken timestamps; nothing can be paced by them."""
_MAY_LEAP = 0x200
"""FFmpeg's mark of container formats whose clock may leap, AVFMT_TS_DISCONT."""
_DECODERS = frozenset(DECODERS.split(","))


def probe(work: Work) -> dict[str, Any]:
    """Say what the original is; Unplayable with `empty`, `not-media`, `damaged`, `truncated`, `too-large` …"""
    with work.original.open("rb") as file:
        head = file.read(64)
    if not head:
        raise Unplayable("empty", "the file has no bytes")
    kind = picture_format(head)
    if kind is not None:
        return to_answer(_picture(work, kind))
    if is_text(work.original):
        if named_as_recording(work.arguments["name"]):
            raise Unplayable("not-media", "the file is named as a recording and holds text")
        return to_answer(Probed(Medium.TEXT, "text", (), (), 0, "UTF-8"))
    return to_answer(_recording(work.original, head))


def rendered(work: Work) -> dict[str, Any]:
    """The same measure taken of a finished rendition."""
    return to_answer(_recording(work.folder / "media.mp4", b"\0\0\0\0ftyp"))


def _picture(work: Work, kind: str) -> Probed:
    height, width = picture.decode(work.original).shape[:2]
    track = Track(0, "video", kind, "", 0, 0, 0, 0, 0, True, width, height, 0, "bgr24", 0, 0)
    return Probed(Medium.PICTURE, kind, (track,), (), 0, TOOL if kind == "heif" else picture.TOOL)


def _recording(path: Path, head: bytes) -> Probed:
    try:
        container = av.open(str(path), options=open_options(), metadata_errors="replace")
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        if begins_recording(head):
            raise Unplayable("damaged", "it begins like a recording, but its index cannot be read") from error
        raise Unplayable("not-media", "no recording, picture or text of a known format") from error
    with container:
        return _measured(container)


def _measured(container: InputContainer) -> Probed:
    measures, left_out = _selected(container)
    clock = Continuity() if container.format.flags & _MAY_LEAP else None
    ending = _read(container, measures, clock)
    tracks = tuple(measure.track() for measure in measures.values() if measure.decoded)
    left_out += [note for measure in measures.values() if (note := measure.note())]
    announced = max(0, container.duration or 0)
    if not tracks:
        raise _nothing_decoded(measures, announced, ending)
    leaps = clock.leaps if clock else 0
    left_out += [f"clock: it leaps {leaps} times; what follows is shown right after what was before"] if leaps else []
    medium = Medium.VIDEO if any(track.kind == "video" for track in tracks) else Medium.AUDIO
    found = Probed(medium, container.format.name[:64], tracks, tuple([*left_out, *ending][:64]), announced, TOOL, leaps)
    if found.duration_us > MAX_US:
        raise Unplayable("timestamps-absurd", "by its timestamps the recording would last longer than a week")
    return found


def _nothing_decoded(measures: dict[int, Measure], announced: int, ending: list[str]) -> Unplayable:
    if not any(measure.packets for measure in measures.values()) and (announced or ending):
        seconds = announced / 1_000_000
        return Unplayable("truncated", f"the header announces {seconds:.1f} s, but no frame follows")
    return Unplayable("no-frames", "not one frame of sound or picture can be decoded")


def _selected(container: InputContainer) -> tuple[dict[int, Measure], list[str]]:
    """Tracks of picture and sound whose decoder is on the list; the rest by name."""
    measures: dict[int, Measure] = {}
    left_out: list[str] = []
    for stream in list(container.streams)[:256]:
        why_not = _refusal(stream, len(measures))
        if why_not is None and isinstance(stream, VideoStream | AudioStream):
            measures[stream.index] = Measure(stream)
        else:
            left_out.append(f"track {stream.index}: {why_not}")
    return measures, left_out


def _refusal(stream: Stream, taken: int) -> str | None:
    """Why a track is not looked at, or None."""
    if not isinstance(stream, VideoStream | AudioStream) or stream.disposition & Disposition.attached_pic:
        return f"{stream.type}: carries no sound or moving picture"
    # An unknown codec leaves no context, whatever the type says.
    codec = getattr(getattr(stream.codec_context, "codec", None), "name", "unknown")
    if codec not in _DECODERS:
        return f"{codec}: no decoder for it"
    return None if taken < MAX_TRACKS else f"more than {MAX_TRACKS} tracks"


def _read(container: InputContainer, measures: dict[int, Measure], clock: Continuity | None) -> list[str]:
    """Every packet to the end of the file; where reading breaks off, what was read until then counts."""
    if not measures:
        return []
    try:
        for packet in container.demux([measure.stream for measure in measures.values()]):
            if clock is not None:
                _follow(packet, clock)
            measures[packet.stream.index].take(packet)
    except (av.FFmpegError, OSError) as error:
        return [f"reading broke off: {type(error).__name__}"]
    return []


def _follow(packet: "Packet[Stream]", clock: Continuity) -> None:
    """Give a packet the times it has on a clock that never leaps."""
    if packet.dts is None or packet.time_base is None:
        return
    unit = Fraction(packet.time_base)
    shift = round(clock.shift(packet.stream.index, packet.dts * unit, (packet.duration or 0) * unit) / unit)
    packet.dts += shift
    if packet.pts is not None:
        packet.pts += shift
