"""Files made to fool or to hold up a decoder, made here byte by byte: refused or shown, in bounded time and memory."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import ChildCrashed, Unplayable
from ingest.task import MIB, Limits
from tests.ingest.making import H264, make
from tests.ingest.workshop import probed

BOUND = Limits(wall_s=120, cpu_s=60, memory=1024 * MIB)


def wav(channels: int, rate: int, data: bytes) -> bytes:
    block = channels * 2
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block & 0xFFFFFFFF, block & 0xFFFF, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", 0xFFFFFFF0) + data
    return b"RIFF" + struct.pack("<I", 0xFFFFFFF8) + body


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(4 * MIB), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


def cmov() -> bytes:
    """A movie's boxes, compressed: a few bytes that say they are four gigabytes."""
    packed = struct.pack(">I", 0xFFFFFFF0) + zlib.compress(bytes(16 * MIB), 9)
    return box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", packed)))


def gif(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0xF0, 0, 0) + bytes(6)
    picture = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + screen + picture + b";"


def timeless(movie: bytes, box: bytes) -> bytes:
    """The same with no units in a second, and as many of them as there can be."""
    at = movie.index(box) + 16
    return movie[:at] + struct.pack(">II", 0, 0xFFFFFFFF) + movie[at + 8 :]


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "concat.mp4": lambda folder: f"ffconcat version 1.0\nfile '{folder / 'neighbour.mp4'}'\n".encode(),
    "list.mp4": lambda folder: f"#EXTM3U\n#EXTINF:1,\n{folder / 'neighbour.mp4'}\n#EXT-X-ENDLIST\n".encode(),
    "channels.wav": lambda _: wav(65_535, 48_000, bytes(65_536)),
    "rate.wav": lambda _: wav(2, 0, bytes(65_536)),
    "bomb.png": lambda _: png(60_000, 60_000),
    "sides.png": lambda _: png(0x7FFFFFFF, 0x7FFFFFFF),
    "packed.mov": lambda _: cmov(),
    "screen.gif": lambda _: gif(65_535, 65_535),
    "boxes.mp4": lambda _: b"\0\0\0\x18ftypmp42" + bytes(12) + b"\0\0\0\x08moov" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_harm_is_refused_within_bounds(tmp_path: Path, name: str) -> None:
    make(tmp_path / "neighbour.mp4", *H264, seconds=1)
    (tmp_path / name).write_bytes(HOSTILE[name](tmp_path))
    with pytest.raises((Unplayable, ChildCrashed)):
        probed(tmp_path / name, limits=BOUND)


@pytest.mark.parametrize("box", [b"mvhd", b"mdhd"])
def test_a_timescale_of_nothing_and_an_absurd_length_are_no_length(tmp_path: Path, box: bytes) -> None:
    path = make(tmp_path / "a.mp4", *H264, seconds=1)
    path.write_bytes(timeless(path.read_bytes(), box))
    try:
        assert probed(path, limits=BOUND).duration_us < 7 * 24 * 3600 * 1_000_000
    except Unplayable as error:
        assert error.reason in ("damaged", "timestamps-absurd", "no-frames", "truncated")
