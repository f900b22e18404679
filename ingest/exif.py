"""EXIF of a picture (CIPA DC-008): when by its own clock, with what, and where; of a JPEG from the file's beginning.

Offsets are held against the segment, directories and entries are limited. Runs in a confined child only.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ENTRIES = 200
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_MAKE, _MODEL, _EXIF, _GPS, _TAKEN = 0x010F, 0x0110, 0x8769, 0x8825, 0x9003


@dataclass(frozen=True, slots=True)
class Exif:
    """What it says; `taken_at` is the camera's own local time without a zone, as it is written."""

    taken_at: str | None
    device: str | None
    place: tuple[float, float] | None


def read_exif(jpeg: bytes) -> Exif:
    """Of the first APP1 segment that holds EXIF; nothing where there is none, or where it does not fit."""
    return read_tiff(next(_segments(jpeg), b""))


def read_tiff(tiff: bytes) -> Exif:
    """Of the TIFF structure itself; nothing where it does not fit."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8 or struct.unpack_from(order + "H", tiff, 2)[0] != 42:
        return Exif(None, None, None)
    reader = _Tiff(tiff, order)
    main = reader.directory(struct.unpack_from(order + "I", tiff, 4)[0])
    further = reader.directory(reader.number(main.get(_EXIF)))
    made = [text for tag in (_MAKE, _MODEL) if (text := reader.text(main.get(tag)))]
    return Exif(reader.text(further.get(_TAKEN)), " ".join(made) or None, _place(reader, main))


def _segments(jpeg: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        if length < 2:
            return
        content = jpeg[at + 4 : at + 2 + length]
        if jpeg[at + 1] == 0xE1 and content.startswith(b"Exif\0\0"):
            yield content[6:]
        at += 2 + length


def _place(reader: "_Tiff", main: dict[int, tuple[int, bytes]]) -> tuple[float, float] | None:
    gps = reader.directory(reader.number(main.get(_GPS)))
    latitude, longitude = reader.degrees(gps.get(2)), reader.degrees(gps.get(4))
    if latitude is None or longitude is None:
        return None
    south, west = reader.text(gps.get(1)) == "S", reader.text(gps.get(3)) == "W"
    return (-latitude if south else latitude), (-longitude if west else longitude)


@dataclass(frozen=True, slots=True)
class _Tiff:
    """Values of one TIFF structure."""

    body: bytes
    order: str

    def directory(self, at: int | None) -> dict[int, tuple[int, bytes]]:
        """Tag to type and bytes; empty where the offset leads nowhere."""
        found: dict[int, tuple[int, bytes]] = {}
        if at is None or not 8 <= at <= len(self.body) - 2:
            return found
        count = min(struct.unpack_from(self.order + "H", self.body, at)[0], _ENTRIES)
        for number in range(count):
            entry = at + 2 + 12 * number
            if entry + 12 > len(self.body):
                break
            tag, kind, values = struct.unpack_from(self.order + "HHI", self.body, entry)
            length = _WIDTHS.get(kind, 0) * values
            start = entry + 8
            if length > 4:
                start = struct.unpack_from(self.order + "I", self.body, start)[0]
            if 0 < length <= 1024 and start + length <= len(self.body):
                found[tag] = (kind, self.body[start : start + length])
        return found

    def number(self, value: tuple[int, bytes] | None) -> int | None:
        if value is None or value[0] != 4:
            return None
        return int(struct.unpack_from(self.order + "I", value[1])[0])

    def text(self, value: tuple[int, bytes] | None) -> str | None:
        if value is None or value[0] != 2:
            return None
        text = value[1].split(b"\0")[0].decode("utf-8", "replace").strip()[:64]
        return text if text and text.isprintable() else None

    def degrees(self, value: tuple[int, bytes] | None) -> float | None:
        """Three rationals: degrees, minutes, seconds."""
        if value is None or value[0] != 5 or len(value[1]) != 24:
            return None
        numbers = struct.unpack(self.order + "6I", value[1])
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if any(below == 0 for _above, below in pairs):
            return None
        degrees, minutes, seconds = (float(above / below) for above, below in pairs)
        return degrees + minutes / 60 + seconds / 3600
