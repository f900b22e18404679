"""Zips that harm whoever unpacks them, or that two programs read as two different things.

Each case gets the good bundle's zip and gives the bytes of a hostile one. The bundle in it is untouched, so what is
found is the harm alone, unless the harm is that nothing of it can be relied upon.
"""

import bz2
import io
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping

from tests.integrity.zoo import Cage

TOP = "tiezheng-01grant/"
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
cage = Cage()
case = cage.case


# How such bytes are made


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A plain zip, dated 1980."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return made.getvalue()


def with_entry(content: bytes, name: str, body: bytes = b"x", mode: int = 0, extra: bytes = b"") -> bytes:
    """A further entry under a name that zipfile itself would not write."""
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        entry = zipfile.ZipInfo("x")
        entry.filename, entry.extra, entry.external_attr = name, extra, mode << 16
        archive.writestr(entry, body)
    return made.getvalue()


def patched(content: bytes, needle: bytes, offset: int, value: bytes) -> bytes:
    """Other bytes at `offset` after the first place where `needle` is."""
    at = content.index(needle) + offset
    return content[:at] + value + content[at + len(value) :]


def central(content: bytes) -> int:
    """Where the directory begins."""
    return struct.unpack_from("<L", content, len(content) - 6)[0]  # type: ignore[no-any-return] # "L" is a number


def hidden(content: bytes) -> bytes:
    """An entry that only a program sees which walks the file from its start."""
    extra = zipped({f"{TOP}hidden": b"hidden"})
    stray, at = extra[: central(extra)], central(content)
    return content[:at] + stray + content[at:-6] + struct.pack("<L", at + len(stray)) + content[-2:]


def overlapping(content: bytes) -> bytes:
    """The second entry of the directory is where the first is: how a small zip unpacks to a large folder."""
    second = content.index(CENTRAL, central(content) + 4)
    return content[: second + 42] + struct.pack("<L", 0) + content[second + 46 :]


def _with_packed(content: bytes, packed: bytes, size: int, method: int, crc: int = 0) -> bytes:
    """A further entry of packed bytes with whatever size and checksum it claims."""
    name = f"{TOP}data/originals/bomb.mp4".encode()
    made = with_entry(content, name.decode(), packed)
    for signature, at in ((LOCAL, 6), (CENTRAL, 8)):
        start = made.rindex(signature)
        fields = (method, 0, 0x21, crc, len(packed), size)
        head = start + at
        made = made[:head] + struct.pack("<H", 0) + struct.pack("<3H3L", *fields) + made[head + 20 :]
    return made


# Names


@case("name-unsafe")
def a_path_leads_outside(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}../../etc/cron.d/evil")


@case("name-unsafe")
def a_path_leads_outside_and_back(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/../../tiezheng-01grant/checkpoint")


@case("name-unsafe")
def a_path_is_absolute(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}/etc/passwd")


@case("name-unsafe")
def a_path_has_backslashes(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}..\\..\\evil.exe")


@case("name-unsafe")
def a_path_names_a_drive(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}C:evil.exe")


@case("name-unsafe")
def a_name_holds_a_terminal_s_commands(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/\x1b]0;owned\x07.mp4")


@case("name-unsafe")
def a_name_holds_a_line_break(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals/a\nb.mp4")


@case("name-unsafe")
def a_name_is_read_from_right_to_left(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals/\u202e4pm.exe")


@case("name-unsafe")
def a_name_holds_a_null(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/aaaa").replace(b"data/aaaa", b"data/a\0aa")


@case("name-unsafe")
def a_name_is_in_no_known_encoding(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/aaaa").replace(b"data/aaaa", b"data/\xd1\xaf\xce\xca"[:9])


@case("name-unsafe", "file-missing", "file-unexpected", "payload-missing")
def an_entry_has_no_name(content: bytes) -> bytes:
    """Neither is it in the bundle's folder, so nothing is."""
    return with_entry(content, "")


@case("name-unsafe")
def an_entry_has_a_second_name(content: bytes) -> bytes:
    second = struct.pack("<HHBL", 0x7075, 8, 1, 0) + b"xyz"
    return with_entry(content, f"{TOP}data/originals/further.mp4", extra=second)


@case("name-unsafe")
def a_path_is_too_deep(content: bytes) -> bytes:
    return with_entry(content, TOP + "d/" * 200 + "deep")


@case("name-unsafe")
def a_name_is_too_long(content: bytes) -> bytes:
    return with_entry(content, TOP + "n" * 300)


@case("name-repeated")
def a_name_differs_in_case_only(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}CHECKPOINT", b"another head")


@case("name-repeated")
def a_name_differs_in_its_unicode_form_only(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}ｃｈｅｃｋｐｏｉｎｔ", b"another head")


@case("name-repeated")
def a_name_is_there_twice(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}checkpoint", b"another head")


@case("name-repeated")
def a_file_is_where_a_folder_is(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals")


@case("name-repeated")
def a_folder_is_where_a_file_is(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}checkpoint/inside")


@case("not-a-file")
def an_entry_is_a_symbolic_link(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals/link.mp4", b"/etc/passwd", stat.S_IFLNK | 0o777)


@case("not-a-file")
def an_entry_is_a_pipe(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals/pipe.mp4", b"", stat.S_IFIFO | 0o600)


@case("not-a-file")
def an_entry_is_a_device(content: bytes) -> bytes:
    return with_entry(content, f"{TOP}data/originals/disk.mp4", b"", stat.S_IFBLK | 0o600)


# Two faces


@case("file-missing", "payload-missing")
def a_zip_of_nothing(content: bytes) -> bytes:
    return zipped({})


@case("bundle-unreadable")
def nothing(content: bytes) -> bytes:
    return b""


@case("bundle-unreadable")
def an_end_without_a_zip(content: bytes) -> bytes:
    return END


@case("bundle-unreadable")
def the_last_byte_is_missing(content: bytes) -> bytes:
    return content[:-1]


@case("bundle-unreadable")
def the_directory_is_cut_off(content: bytes) -> bytes:
    return content[: central(content)]


@case("bundle-unreadable")
def a_program_stands_in_front(content: bytes) -> bytes:
    return b"#!/bin/sh\nexec evil\n" + content


@case("bundle-unreadable")
def a_byte_follows_the_end(content: bytes) -> bytes:
    return content + b"\0"


@case("bundle-unreadable")
def a_comment_holds_another_zip(content: bytes) -> bytes:
    other = zipped({f"{TOP}checkpoint": b"another head"})
    return content[:-2] + struct.pack("<H", len(other)) + other


@case("bundle-unreadable")
def two_zips_one_after_the_other(content: bytes) -> bytes:
    return zipped({f"{TOP}checkpoint": b"another head"}) + content


@case("bundle-unreadable")
def an_entry_is_not_in_the_directory(content: bytes) -> bytes:
    return hidden(content)


@case("bundle-unreadable")
def entries_lie_over_each_other(content: bytes) -> bytes:
    return overlapping(content)


@case("bundle-unreadable")
def an_entry_is_encrypted(content: bytes) -> bytes:
    made = with_entry(content, f"{TOP}data/originals/secret.mp4")
    for signature, at in ((LOCAL, 6), (CENTRAL, 8)):
        start = made.rindex(signature) + at
        made = made[:start] + b"\x01" + made[start + 1 :]
    return made


@case("bundle-unreadable")
def an_entry_says_another_size_of_itself(content: bytes) -> bytes:
    return patched(content, LOCAL, 22, b"\x04")


@case("bundle-unreadable")
def an_entry_says_another_checksum_of_itself(content: bytes) -> bytes:
    return patched(content, LOCAL, 14, b"\0\0\0\0")


@case("file-unreadable")
def an_entry_is_named_otherwise_in_its_own_header(content: bytes) -> bytes:
    return patched(content, LOCAL, 30, f"{TOP}bagit.exe".encode())


@case("bundle-unreadable")
def an_offset_leads_outside(content: bytes) -> bytes:
    return patched(content, CENTRAL, 42, b"\xff\xff\xff\x7f")


@case("bundle-unreadable")
def more_bytes_are_stored_than_the_entry_says(content: bytes) -> bytes:
    return _with_packed(content, b"x" * 100, 4, zipfile.ZIP_STORED)


# Absurd sizes


@case("bundle-unreadable")
def the_directory_claims_a_million_entries(content: bytes) -> bytes:
    """As a zip of 64 bits would; the directory itself is as small as before."""
    size, start = struct.unpack_from("<2L", content, len(content) - 10)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(content) - 22, 1)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:-22] + b"\0" + end64 + locator + end


@case("bundle-unreadable")
def the_directory_is_said_to_be_absurdly_large(content: bytes) -> bytes:
    return content[:-10] + struct.pack("<L", 0x7FFFFFFF) + content[-6:]


@case("bundle-unreadable")
def the_directory_of_64_bits_is_said_to_be_absurdly_large(content: bytes) -> bytes:
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 1 << 62, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(content) - 22, 1)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:-22] + end64 + locator + end


@case("bundle-unreadable")
def a_bomb_of_one_entry(content: bytes) -> bytes:
    """Honest about its size: 4 GiB of nothing."""
    return _with_packed(content, zlib.compress(bytes(1 << 16), 9, -15), 0xFFFFFFF0, zipfile.ZIP_DEFLATED)


@case("file-unexpected", "payload-size")
def a_bomb_that_lies_about_its_size(content: bytes) -> bytes:
    """16 MiB, said to be 100 bytes."""
    return _with_packed(content, zlib.compress(bytes(1 << 24), 9, -15), 100, zipfile.ZIP_DEFLATED)


@case("bundle-unreadable")
def a_bomb_by_a_method_that_inflates_at_once(content: bytes) -> bytes:
    """512 MiB in a few hundred bytes, said to be 100: bzip2 is unpacked whole by whoever asks for one byte."""
    return _with_packed(content, bz2.compress(bytes(1 << 29), 9), 100, zipfile.ZIP_BZIP2)


@case("bundle-unreadable")
def an_entry_by_a_method_nobody_knows(content: bytes) -> bytes:
    return _with_packed(content, b"x" * 100, 100, 99)


@case("file-unexpected", "payload-size")
def a_zip_in_a_zip_in_a_zip(content: bytes) -> bytes:
    """Never unpacked, so it is one more file that no list names."""
    nested = b"x" * 1000
    for _ in range(5):
        nested = zipped({"nested.zip": nested, "again.zip": nested}, zipfile.ZIP_DEFLATED)
    return with_entry(content, f"{TOP}data/originals/nested.zip", nested)
