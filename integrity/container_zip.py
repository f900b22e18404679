"""A zip that is being verified: read as every unpacker would read it, or not at all.

Two programs can see two different sets of files in one zip: by its central directory or by walking its entries, by the
first of two equal names or by the last. So entries must lie one after the other without a gap, from the first byte to
the directory, each named the same in both places. Bombs are refused by what the directory says, before inflating.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from integrity.container import Names, printable
from integrity.digest import READ_SIZE
from integrity.errors import InvalidBundle
from integrity.finding import Finding

RATIO = 200
"""Bytes out for a byte in, over the whole zip; recordings do not shrink, and text does not shrink that much."""

GRACE = 1024**3
"""Bytes out that cost nobody anything, however small they were made."""

DIRECTORY_LIMIT = 4 * 1024 * 1024
"""Bytes of a central directory that are read."""

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800
_NO_GAP: tuple[int, ...] = (0,)
_DESCRIPTORS: tuple[int, ...] = (12, 16, 20, 24)
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_LONG = 0xFFFFFFFF
_UNREADABLE = (
    OSError, zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip


class Zip:
    """A zip file with the bundle's folder at its top, or its files directly."""

    def __init__(self, path: Path) -> None:
        self.sizes: dict[str, int] = {}
        self.defects: list[Finding] = []
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._starts: dict[int, int] = {}
        with ExitStack() as opened:
            try:
                self._file = opened.enter_context(path.open("rb"))
                self._size = _refuse_large_directory(self._file)
                self._archive = opened.enter_context(zipfile.ZipFile(self._file))
                self._check_layout()
                self._refuse_bomb()
                self._list()
            except _UNREADABLE as error:
                raise InvalidBundle(f"not a zip that can be read: {error}") from error
            self._opened = opened.pop_all()

    def chunks(self, path: str) -> Iterator[bytes]:
        entry = self._entries[path]
        try:
            with self._archive.open(entry) as file:  # compares the names, for every method
                if entry.compress_type == zipfile.ZIP_STORED:
                    yield from self._stored(entry)
                    return
                while chunk := file.read(READ_SIZE):
                    yield chunk
        except _UNREADABLE as error:
            raise InvalidBundle(f"cannot be read: {error}") from error

    def close(self) -> None:
        self._opened.close()

    def _stored(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes as they lie there, a third faster than through zipfile; whoever hashes them needs no CRC."""
        at = self._starts[entry.header_offset]
        end = at + entry.file_size
        while at < end:
            chunk = os.pread(self._file.fileno(), min(READ_SIZE, end - at), at)
            if not chunk:
                raise EOFError("the zip became shorter")
            at += len(chunk)
            yield chunk

    def _list(self) -> None:
        """Every entry that names a file, below the bundle's own folder where it has one."""
        names = Names(self.defects)
        entries = [(_name(entry), entry) for entry in self._archive.infolist()]
        top = _top([name for name, _ in entries])
        for name, entry in entries:
            path = name.removeprefix(top)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if name.endswith("/") and not entry.file_size and not entry.compress_size:
                if path:
                    names.folder(path.rstrip("/"))
            elif kind not in (0, stat.S_IFREG):
                self.defects.append(Finding("not-a-file", printable(path), "a link or device; it was not opened"))
            elif (reason := _unclear(name, entry)) is not None:
                self.defects.append(Finding("name-unsafe", printable(path), reason))
            elif names.file(path):
                self.sizes[path] = entry.file_size
                self._entries[path] = entry

    def _refuse_bomb(self) -> None:
        size = sum(entry.file_size for entry in self._archive.infolist())
        if size > RATIO * self._size + GRACE:
            raise InvalidBundle(f"its {self._size} bytes would grow to {size}")

    def _check_layout(self) -> None:
        """Entries without gap or overlap, and each the same in its own header as in the directory."""
        at, gaps = 0, _NO_GAP
        for entry in sorted(self._archive.infolist(), key=lambda entry: entry.header_offset):
            _refuse_gap(entry.header_offset - at, gaps)
            self._file.seek(entry.header_offset)
            start = entry.header_offset + _local_length(self._file, entry)
            self._starts[entry.header_offset] = start
            at, gaps = start + entry.compress_size, _DESCRIPTORS if entry.flag_bits & _DESCRIPTOR else _NO_GAP
        _refuse_gap(self._archive.start_dir - at, gaps)


def _refuse_gap(gap: int, gaps: tuple[int, ...]) -> None:
    if gap not in gaps:
        raise InvalidBundle("bytes that its directory does not know, or entries over each other")


def _top(names: list[str]) -> str:
    """The folder that every entry lies in, with its slash; empty where there is none."""
    first = names[0].partition("/")[0] + "/" if names else ""
    return first if first not in ("/", "./", "../") and all(name.startswith(first) for name in names) else ""


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's name. Info-ZIP writes UTF-8 without saying so; its bytes are taken for what they plainly are."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return entry.filename


def _unclear(name: str, entry: zipfile.ZipInfo) -> str | None:
    """Why two programs could read two different names here, or one of them none."""
    if entry.orig_filename != entry.filename:
        return "holds a null character"
    if not entry.flag_bits & _UTF8 and name == entry.filename and not name.isascii():
        return "not in UTF-8"
    second = _extra_fields(entry.extra).get(_UNICODE_PATH)
    if second is not None and second[5:] != name.encode():
        return "has a second name"
    return None


def _extra_fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    while len(extra) >= 4:
        number, length = struct.unpack_from("<2H", extra)
        fields[number] = extra[4 : 4 + length]
        extra = extra[4 + length :]
    return fields


def _local_length(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Bytes of an entry's own header, which must agree with the directory as far as it speaks of the content."""
    signature, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(name, 1)
    long_sizes = _extra_fields(file.read(extra)).get(_ZIP64, b"")
    if (size, packed) == (_LONG, _LONG) and len(long_sizes) >= 16:
        size, packed = struct.unpack_from("<2Q", long_sizes)
    known = (crc, packed, size) == (entry.CRC, entry.compress_size, entry.file_size)
    if signature != b"PK\x03\x04" or (method, flags) != (entry.compress_type, entry.flag_bits):
        raise InvalidBundle("an entry's own header is not what its directory says")
    if flags & _ENCRYPTED or not (known or flags & _DESCRIPTOR):
        raise InvalidBundle("an entry is encrypted, or its own header is not what its directory says")
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidBundle("an entry is packed by another method than deflate, which alone is unpacked piece by piece")
    if method == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
        raise InvalidBundle("a stored entry that is not as long as what it stores")
    return _LOCAL.size + int(name) + int(extra)


def _refuse_large_directory(file: BinaryIO) -> int:
    """Before it is read into memory whole. Nothing may follow the zip's end: another end could be meant by it.

    Gives the zip's length in bytes.
    """
    length = file.seek(0, os.SEEK_END)
    tail = _END.size + _END64_LOCATOR.size + _END64.size
    file.seek(max(0, length - tail))
    end = file.read(tail)
    signature, _, _, _, _, size, _, comment = _END.unpack(end[-_END.size :])
    if signature != b"PK\x05\x06" or comment:
        raise InvalidBundle("no zip, cut short, or something follows its end")
    if len(end) == tail and end[:4] == b"PK\x06\x06":
        size = max(size if size != _LONG else 0, _END64.unpack(end[: _END64.size])[8])
    if size > DIRECTORY_LIMIT:
        raise InvalidBundle(f"a directory of {size} bytes")
    return length
