"""QuickTime metadata: names in `keys`, their values in `ilst` (QuickTime File Format, metadata), as phones write it.

Of place, time and maker; anything else is passed over. Bounded by the box it is given; what does not fit is left out.
Runs in a confined child only.
"""

import re
from dataclasses import dataclass

from ingest.boxes import children, printable

_PREFIX = b"com.apple.quicktime."
_TEXT = b"\0\0\0\1"
_LONGEST = 256
_LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Said:
    """What the file says: its place as it is written (ISO 6709), the device's local time as in EXIF, and the device."""

    place: str | None
    local_time: str | None
    device: str | None


def read_keys(meta: bytes) -> Said:
    """Of a movie's `meta` box; nothing of what is not there or does not fit."""
    body = meta[4:] if meta[:4] == bytes(4) else meta  # in MP4 version and flags come first, in QuickTime files not
    boxes = dict(children(body))
    names = [name for _space, name in children(boxes.get(b"keys", b"")[8:])]
    values: dict[bytes, str] = {}
    for number, content in children(boxes.get(b"ilst", b"")):
        at, data = int.from_bytes(number), dict(children(content)).get(b"data", b"")
        text = printable(data[8:]) if data[:4] == _TEXT and len(data) <= 8 + _LONGEST else None
        if text and 0 < at <= len(names):
            values[names[at - 1]] = text
    made = [text[:64] for key in (b"make", b"model") if (text := values.get(_PREFIX + key))]
    taken = _LOCAL.match(values.get(_PREFIX + b"creationdate", ""))
    local = None if taken is None else "{}:{}:{} {}".format(*taken.groups())
    return Said(values.get(_PREFIX + b"location.ISO6709"), local, " ".join(made)[:128] or None)
