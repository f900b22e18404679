"""One track's real extent, taken packet by packet. Runs in a confined child.

Sound is decoded to its end, which is cheap; pictures until the first one that decodes, then packets are only read. So
a track starts with the first frame that can be shown, whatever came before it, and its end includes the time its last
frame stays on the screen. Never trusts a header, an index or a duration field of the container.
"""

from collections.abc import Sequence
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.errors import Unplayable
from ingest.tracks import Track

MAX_PIXELS = 64_000_000
_HIDDEN_S = Fraction(3, 10)
"""What an edit list hides, a copy would show: so a track that hides more than an encoder's own beginning is encoded."""
_TRIES = 4000
"""Packets in a row that may fail to decode before a track counts as undecodable: over two minutes of pictures."""


class Measure:
    """Follows one track from its first packet to its last."""

    def __init__(self, stream: VideoStream | AudioStream) -> None:
        self.stream = stream
        self.codec = stream.codec_context.codec.name
        self.packets = 0
        self._failures = self._frames = 0
        self._first: VideoFrame | AudioFrame | None = None
        self._start: Fraction | None = None
        self._end: Fraction | None = None
        self._last: Fraction | None = None
        self._key: Fraction | None = None
        self._gap = self._lasting = self._hidden = Fraction(0)
        self._steady = True

    @property
    def decoded(self) -> bool:
        return self._first is not None

    def take(self, packet: "Packet[Stream]") -> None:
        """One packet, or the empty one that ends the track."""
        ending = packet.size == 0 and packet.pts is None
        if self._wanted(packet):
            self._decode(packet)
        if ending:
            return
        self.packets += 1
        # Decoded later than shown is nonsense that a copy would turn into frames of no length.
        timed = packet.pts is not None and (packet.dts is None or packet.dts <= packet.pts)
        self._steady &= timed and not packet.has_sidedata("new_extradata")
        if packet.is_discard:
            self._hidden += (packet.duration or 0) * (packet.time_base or 0)
        elif self.stream.type == "video" and not packet.is_corrupt:
            self._pass(packet)

    def _wanted(self, packet: "Packet[Stream]") -> bool:
        """Whether to decode on: sound always, pictures until one came out, and nothing that never does."""
        if self.stream.type == "video" and self.decoded:
            return False
        return self.decoded or self._failures < _TRIES

    def _decode(self, packet: "Packet[Stream]") -> None:
        try:
            frames: Sequence[object] = packet.decode()
        except (av.FFmpegError, ValueError):
            self._failures += 1
            return
        for frame in frames:
            if isinstance(frame, VideoFrame) and self._first is None:
                self._meet(frame)
            elif isinstance(frame, AudioFrame):
                self._hear(frame)

    def _meet(self, frame: VideoFrame) -> None:
        if frame.width * frame.height > MAX_PIXELS:
            raise Unplayable("too-large", f"pictures of {frame.width} × {frame.height} pixels are not shown")
        self._first = frame
        if frame.pts is not None and frame.time_base is not None:
            self._start = frame.pts * frame.time_base

    def _hear(self, frame: AudioFrame) -> None:
        if self._first is None:
            self._first = frame
        self._frames += 1
        if frame.pts is None or frame.time_base is None or not frame.sample_rate:
            return
        at = frame.pts * frame.time_base
        self._start = at if self._start is None else min(self._start, at)
        self._last = at if self._last is None else max(self._last, at)
        end = at + Fraction(frame.samples, frame.sample_rate)
        self._end = end if self._end is None else max(self._end, end)

    def _pass(self, packet: "Packet[Stream]") -> None:
        """A packet of pictures: how far the track has come, and how far apart its keyframes are."""
        ticks = packet.pts if packet.pts is not None else packet.dts
        if ticks is None or packet.time_base is None:
            return
        at = ticks * packet.time_base
        self._frames += 1
        if packet.is_keyframe:
            if self.decoded and self._key is not None:
                self._gap = max(self._gap, at - self._key)
            self._key = at
        lasting = (packet.duration or 0) * packet.time_base
        if self._last is None or at >= self._last:
            self._last, self._lasting = at, lasting
        self._end = at + lasting if self._end is None else max(self._end, at + lasting)

    def note(self) -> str | None:
        """What to say of a track that is not, or not wholly, shown."""
        if not self.decoded:
            return f"track {self.stream.index}: {self.codec}: no frame decodes"
        if self._hidden > _HIDDEN_S:
            return f"track {self.stream.index}: {float(self._hidden):.1f} s are hidden by the file itself"
        if self._failures:
            return f"track {self.stream.index}: {self.codec}: {self._failures} packets do not decode"
        return None

    def track(self) -> Track:
        """The track as measured; only of one that decoded."""
        start = self._start or Fraction(0)
        last = max(self._last if self._last is not None else start, start)
        frame = (last - start) / max(1, self._frames - 1 - self._failures)
        end = max(self._end if self._end is not None else last, last)
        if self.stream.type == "video" and not self._lasting:  # it does not say how long: as long as the others
            end = max(end, last + frame)
        key = self._key if self._key is not None else start
        context, first = self.stream.codec_context, self._first
        picture = first if isinstance(first, VideoFrame) else None
        sound = first if isinstance(first, AudioFrame) else None
        return Track(
            index=self.stream.index,
            kind=self.stream.type,
            codec=context.name[:32],
            profile=(context.profile or "")[:64],
            start_us=_us(start),
            end_us=_us(end),
            last_us=_us(last),
            frame_us=_us(frame),
            gap_us=_us(max(self._gap, end - key, Fraction(0))) if picture else 0,
            steady=self._steady and self._hidden <= _HIDDEN_S,
            width=picture.width if picture else 0,
            height=picture.height if picture else 0,
            rotation=-round(picture.rotation / 90) * 90 % 360 if picture else 0,
            pixels=picture.format.name[:32] if picture else "",
            rate=sound.sample_rate if sound else 0,
            channels=sound.layout.nb_channels if sound else 0,
        )


def _us(seconds: Fraction) -> int:
    return round(seconds * 1_000_000)
