"""Small files that say where and when they were made, put together byte by byte after each format's description."""

import struct

LATITUDE, LONGITUDE = 39.9042, 116.4074


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def klv(key: bytes, kind: str, width: int, content: bytes) -> bytes:
    """One item of GPMF, padded to four bytes."""
    repeat = len(content) // max(1, width)
    head = struct.pack(">4sBBH", key, ord(kind) if kind else 0, width if kind else 1, repeat if kind else len(content))
    return head + content + bytes(-len(content) % 4)


def gpmf(fix: int = 3) -> bytes:
    """One second of GPS5 with its scale, fix and time."""
    places = struct.pack(">5i", round(LATITUDE * 1e7), round(LONGITUDE * 1e7), 50_000, 1000, 100)
    return _group(
        klv(b"GPSF", "L", 4, struct.pack(">I", fix))
        + klv(b"GPSU", "U", 16, b"260302003000.000")
        + klv(b"SCAL", "l", 4, struct.pack(">5i", 10_000_000, 10_000_000, 1000, 1000, 100))
        + klv(b"GPS5", "l", 20, places * 2)
    )


def gps9(fix: int = 3, days: int = 9_557) -> bytes:
    """One place of a newer camera, with its own time (days since 2000: 2026-03-02) and fix."""
    scale = klv(b"SCAL", "l", 4, struct.pack(">9i", 10_000_000, 10_000_000, 1000, 1000, 100, 1, 1000, 100, 1))
    place = struct.pack(">7iHH", round(LATITUDE * 1e7), round(LONGITUDE * 1e7), 0, 0, 0, days, 1_800_000, 150, fix)
    return _group(klv(b"TYPE", "c", 1, b"lllllllSS") + scale + klv(b"GPS9", "?", 32, place))


def gpri(fix: int = 3) -> bytes:
    """One place as a camera on a drone has it."""
    scale = klv(b"SCAL", "l", 4, struct.pack(">10i", 1_000_000, 10_000_000, 10_000_000, 1000, 100, 100, 100, 100, 1, 1))
    place = struct.pack(">Q3i4HBB", 145_911_705, round(LATITUDE * 1e7), round(LONGITUDE * 1e7), 0, 0, 0, 0, 0, fix, 20)
    return _group(klv(b"TYPE", "c", 1, b"JlllSSSSBB") + scale + klv(b"GPRI", "?", 30, place))


def _group(stream: bytes) -> bytes:
    return klv(b"DEVC", "", 1, klv(b"STRM", "", 1, stream))


def keyed(values: dict[str, str], *, full: bool = False, kind: int = 1) -> bytes:
    """A movie of a phone, with names and their values in `meta`; `full` as MP4 has the box."""
    names = b"".join(box(b"mdta", f"com.apple.quicktime.{name}".encode()) for name in values)
    items = (
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", kind, 0), value.encode()))
        for number, value in enumerate(values.values(), 1)
    )
    keys = box(b"keys", struct.pack(">II", 0, len(values)), names)
    meta = box(b"meta", bytes(4) if full else b"", box(b"hdlr", bytes(8), b"mdta", bytes(12)), keys,
               box(b"ilst", *items))  # fmt: skip
    return START + box(b"mdat", b"") + box(b"moov", header(), meta)


def movie(*, place: bytes = b"+39.9042+116.4074/", created: int = 3_855_126_600, sample: bytes = b"") -> bytes:
    """A movie without pictures: header, place, and perhaps a track of GoPro metadata."""
    udta = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(place), 0x15C7), place), loci())
    tracks = track(1, b"gpmd", [len(sample)]) if sample else b""
    return START + box(b"mdat", sample) + box(b"moov", header(created), udta, tracks)


START = box(b"ftyp", b"mp42\0\0\0\0")
MDAT = len(START) + 8
"""Where the bytes of `mdat` begin in the files made here."""


def header(created: int = 0) -> bytes:
    return box(b"mvhd", struct.pack(">IIIII", 0, created, created, 1000, 1000), bytes(80))


def track(number: int, kind: bytes, sizes: list[int], *, length: int = 1000, chapters: tuple[int, ...] = ()) -> bytes:
    """A track of a thousand units a second, its samples one after the other where `mdat` begins."""
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), struct.pack(">I4s", 16, kind), bytes(8)),
        box(b"stts", struct.pack(">II", 0, 1), struct.pack(">II", len(sizes), length)),
        box(b"stsz", struct.pack(">III", 0, 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes)),
        box(b"stsc", struct.pack(">II", 0, 1), struct.pack(">III", 1, len(sizes), 1)),
        box(b"stco", struct.pack(">II", 0, 1), struct.pack(">I", MDAT)),
    )
    tkhd = box(b"tkhd", struct.pack(">IIII", 0, 0, 0, number), bytes(68))
    mdhd = box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0), bytes(4))
    tref = box(b"tref", box(b"chap", struct.pack(f">{len(chapters)}I", *chapters))) if chapters else b""
    return box(b"trak", tkhd, tref, box(b"mdia", mdhd, box(b"minf", stbl)))


def novatek(fix: bytes = b"A", form: str = "f", at: int = 76, year: int = 26, minutes: float = 54.252) -> bytes:
    """A block of one second: the layout with numbers of four bytes at 44 or 76, or of eight at 32."""
    block = bytearray(struct.pack(">I8s", 512, b"freeGPS ").ljust(512, b"\0"))
    clock, fixed, date = {76: (48, 72, 60), 44: (16, 40, 28), 32: (16, 28, 80)}[at]
    struct.pack_into("<3I", block, clock, 0, 30, 0)
    struct.pack_into("<3I", block, date, year, 3, 2)
    wide = form == "d"
    block[fixed : fixed + 1] = fix
    north, east = (40, 56) if wide else (fixed + 1, fixed + 2)
    block[north : north + 1], block[east : east + 1] = b"N", b"E"
    struct.pack_into(f"<{form}", block, at, 3900 + minutes)
    struct.pack_into(f"<{form}", block, at + (16 if wide else 4), 11624.444)
    return bytes(block)


def novatek_movie(*blocks: bytes, listed: bool = True) -> bytes:
    """Blocks in `mdat` with their list in `moov`, or at the top of the file without one."""
    if not listed:
        return START + b"".join(blocks) + box(b"moov", header())
    index, at = b"", MDAT
    for block in blocks:
        index += struct.pack(">II", at, len(block))
        at += len(block)
    gps = box(b"gps ", struct.pack(">II", 0x101, len(blocks)), index)
    return START + box(b"mdat", *blocks) + box(b"moov", header(), gps)


def highlights(*moments: tuple[int, bytes]) -> bytes:
    """GoPro's own metadata of a file: what was marked, and by what."""
    marks = b"".join(struct.pack(">IIIiif4sff", 0, 0, at, 0, 0, 0, by, 100, 0) for at, by in moments)
    stream = klv(b"TYPE", "c", 1, b"LLLllfFff") + klv(b"HLMT", "?", 36, marks)
    device = klv(b"DVID", "F", 4, b"HLMT") + klv(b"DVNM", "c", 1, b"Highlights") + klv(b"STRM", "", 1, stream)
    return klv(b"DEVC", "", 1, device)


def title(text: str, encoding: str = "utf-8") -> bytes:
    raw = text.encode(encoding)
    return struct.pack(">H", len(raw)) + raw


def marked_movie(
    *, titles: tuple[bytes, ...] = (), chpl: tuple[tuple[int, str], ...] = (), hmmt: tuple[int, ...] = (),
    gpmf: bytes = b"", named: tuple[int, ...] = (2,),
) -> bytes:  # fmt: skip
    """A movie whose second track holds chapters of a second each, with the lists that cameras and programs write."""
    inside = b""
    if hmmt:
        inside += box(b"HMMT", struct.pack(f">{len(hmmt) + 1}I", len(hmmt), *hmmt), bytes(40))
    if gpmf:
        inside += box(b"GPMF", gpmf)
    if chpl:
        entries = b"".join(struct.pack(">QB", at * 10_000, len(name.encode())) + name.encode() for at, name in chpl)
        inside += box(b"chpl", struct.pack(">IIB", 0x01000000, 0, len(chpl)), entries)
    tracks = track(1, b"avc1", [], chapters=named) + track(2, b"text", [len(each) for each in titles])
    moov = box(b"moov", header(), tracks if titles else b"", box(b"udta", inside))
    return START + box(b"mdat", *titles) + moov


def loci() -> bytes:
    place = struct.pack(">iii", round(LONGITUDE * 65536), round(LATITUDE * 65536), 0)
    return box(b"loci", bytes(4), b"\x15\xc7", b"Beijing\0", b"\0", place, b"earth\0\0")


def jpeg() -> bytes:
    """EXIF with maker, model, time and place; no picture."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")

    rationals = struct.pack("<6I", 39, 1, 54, 1, 1512, 100) + struct.pack("<6I", 116, 1, 24, 1, 2664, 100)
    taken = b"2026:03:02 08:30:00\0"
    exif, gps = 8 + 2 + 4 * 12 + 4, 8 + 2 + 4 * 12 + 4 + 2 + 12 + 4
    data = gps + 2 + 4 * 12 + 4
    main = struct.pack("<H", 4) + entry(0x010F, 2, 4, b"DSJ\0") + entry(0x0110, 2, 3, b"A7\0")
    main += entry(0x8769, 4, 1, struct.pack("<I", exif)) + entry(0x8825, 4, 1, struct.pack("<I", gps)) + bytes(4)
    further = struct.pack("<H", 1) + entry(0x9003, 2, len(taken), struct.pack("<I", data)) + bytes(4)
    where = struct.pack("<H", 4) + entry(1, 2, 2, b"N\0") + entry(2, 5, 3, struct.pack("<I", data + len(taken)))
    where += entry(3, 2, 2, b"E\0") + entry(4, 5, 3, struct.pack("<I", data + len(taken) + 24)) + bytes(4)
    tiff = b"II*\0" + struct.pack("<I", 8) + main + further + where + taken + rationals
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff + b"\xff\xd9"


def nmea(status: str = "A", checksum: bool = True, talker: str = "GP") -> bytes:
    body = f"{talker}RMC,003000.00,{status},3954.2520,N,11624.4440,E,0.0,0.0,020326,,"
    total = 0
    for character in body.encode():
        total ^= character
    return f"${body}*{total if checksum else total ^ 1:02X}\r\n".encode()


GPX = (
    b'<?xml version="1.0"?><gpx version="1.1"><trk><trkseg><trkpt lat="39.9042" lon="116.4074">'
    b"<ele>50</ele><time>2026-03-02T00:30:00Z</time></trkpt></trkseg></trk></gpx>"
)
