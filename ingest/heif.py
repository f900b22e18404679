"""HEIF and AVIF pictures (ISO/IEC 23008-12): which coded pictures a file holds, how they make one, and its EXIF.

Reads the one `meta` box of a file, strictly and bounded: numbers are held against what is there, and whatever does not
fit is no picture. Runs in a confined child only. Never decodes anything: that is `ingest.heif_picture`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.boxes import children, read_at

META_LIMIT = 8 * 1024 * 1024
ITEM_LIMIT = 128 * 1024 * 1024
"""Bytes of one coded picture."""
_EXIF_LIMIT = 256 * 1024
_ITEMS = 4096
_BOXES = 64


@dataclass(slots=True)
class Item:
    """One thing in the file: a coded picture, a rule how to make one of others, EXIF.

    `parts` are method (0: offsets in the file, 1: in `idat`), offset and length; `made_of` are other items' numbers.
    """

    kind: bytes = b""
    parts: list[tuple[int, int, int]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    made_of: list[int] = field(default_factory=list)

    def first(self, kind: bytes) -> bytes | None:
        """Its first property of a kind."""
        return next((content for name, content in self.properties if name == kind), None)


@dataclass(slots=True)
class Heif:
    """What a `meta` box says; `primary` is the number of the item to be shown."""

    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    idat: bytes = b""

    def content(self, file: Any, item: Item) -> bytes | None:
        """An item's bytes; None where they are too many, or not all there."""
        size = sum(length for _method, _offset, length in item.parts)
        if not 0 < size <= ITEM_LIMIT:
            return None
        whole = b"".join(self._part(file, *part) or b"" for part in item.parts)
        return whole if len(whole) == size else None

    def _part(self, file: Any, method: int, offset: int, length: int) -> bytes | None:
        if method == 0:
            return read_at(file, offset, length, ITEM_LIMIT)
        return self.idat[offset : offset + length] if offset + length <= len(self.idat) else None

    def exif(self, file: Any) -> bytes | None:
        """The TIFF structure of its EXIF: after an offset of four bytes that counts from behind itself."""
        item = next((item for item in self.items.values() if item.kind == b"Exif"), None)
        content = None if item is None else self.content(file, item)
        if content is None or len(content) < 4:
            return None
        start = 4 + struct.unpack_from(">I", content)[0]
        return content[start : start + _EXIF_LIMIT]


def read_heif(file: Any) -> Heif | None:
    """The picture's description; None where there is none, or where it does not fit."""
    meta = _meta(file)
    if meta is None:
        return None
    try:
        return _heif(meta)
    except (struct.error, IndexError, ValueError):
        return None


def _meta(file: Any) -> bytes | None:
    """The content of the first `meta` box at the top of the file, without version and flags."""
    file.seek(0, 2)
    end, at = file.tell(), 0
    for _ in range(_BOXES):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return None
        size, kind = struct.unpack(">I4s", head)
        if size < 8 or at + size > end:
            return None
        if kind == b"meta":
            content = read_at(file, at + 8, size - 8, META_LIMIT)
            return None if content is None else content[4:]
        at += size
    return None


def _heif(meta: bytes) -> Heif:
    heif = Heif()
    boxes = dict(children(meta))
    heif.idat = boxes.get(b"idat", b"")
    heif.primary = _Numbers(boxes[b"pitm"], 4).number(2 if boxes[b"pitm"][0] == 0 else 4) if b"pitm" in boxes else 0
    _kinds(heif, boxes.get(b"iinf", b""))
    _places(heif, boxes.get(b"iloc", b""))
    _made_of(heif, boxes.get(b"iref", b""))
    _properties(heif, dict(children(boxes.get(b"iprp", b""))))
    return heif


@dataclass(slots=True)
class _Numbers:
    """Numbers of one box, one after the other; ValueError where it ends."""

    body: bytes
    at: int = 0

    def number(self, width: int) -> int:
        """Big-endian, of so many bytes; 0 of none."""
        if self.at + width > len(self.body):
            raise ValueError("a box ends within a number")
        self.at += width
        return int.from_bytes(self.body[self.at - width : self.at])

    def count(self, width: int) -> int:
        value = self.number(width)
        if value > _ITEMS:
            raise ValueError("too many of them")
        return value


def _kinds(heif: Heif, body: bytes) -> None:
    skipped = 6 if body[:1] == b"\0" else 8
    for kind, content in children(body[skipped:]):
        if kind == b"infe" and content[:1] in (b"\2", b"\3") and len(heif.items) < _ITEMS:
            numbers = _Numbers(content, 4)
            number = numbers.number(2 if content[0] == 2 else 4)
            heif.items[number] = Item(content[numbers.at + 2 : numbers.at + 6])


def _places(heif: Heif, body: bytes) -> None:
    if not body:
        return
    version, numbers = body[0], _Numbers(body, 4)
    widths = numbers.number(2)
    offset, length, base, index = widths >> 12, widths >> 8 & 15, widths >> 4 & 15, widths & 15
    left = _ITEMS  # of all items together: a part may be told of in no bytes at all
    for _ in range(numbers.count(4 if version == 2 else 2)):
        number = numbers.number(4 if version == 2 else 2)
        method = numbers.number(2) & 15 if version else 0
        numbers.number(2)  # which file: references to others are not followed, and read as this one's
        start = numbers.number(base)
        parts = []
        count = numbers.count(2)
        left -= count
        if left < 0:
            raise ValueError("too many parts")
        for _ in range(count):
            numbers.number(index if version else 0)
            parts.append((method, start + numbers.number(offset), numbers.number(length)))
        if number in heif.items and method < 2:
            heif.items[number].parts = parts


def _made_of(heif: Heif, body: bytes) -> None:
    width = 2 if body[:1] == b"\0" else 4
    for kind, content in children(body[4:]):
        numbers = _Numbers(content)
        item = heif.items.get(numbers.number(width))
        if kind == b"dimg" and item is not None:
            item.made_of = [numbers.number(width) for _ in range(numbers.count(2))]


def _properties(heif: Heif, boxes: dict[bytes, bytes]) -> None:
    there, body = list(children(boxes.get(b"ipco", b""))), boxes.get(b"ipma", b"")
    if not body:
        return
    wide, numbers = body[3] & 1, _Numbers(body, 4)
    for _ in range(numbers.count(4)):
        item = heif.items.get(numbers.number(4 if body[0] else 2))
        for index in _indices(numbers, wide):
            if item is not None and 0 < index <= len(there):
                item.properties.append(there[index - 1])


def _indices(numbers: _Numbers, wide: int) -> Iterator[int]:
    for _ in range(numbers.number(1)):
        yield numbers.number(2) & 0x7FFF if wide else numbers.number(1) & 0x7F
