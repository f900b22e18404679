"""What an original itself says of place, time, device and marks, read in a confined child: GPMF, QuickTime, Novatek,
NMEA, GPX, EXIF.

Strict and bounded: lengths are checked against what is there, loops have limits, and whatever does not fit is left
out. Nothing of it is believed: it is derived, shown with its source beside what was declared, and corrects nothing.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from ingest.boxes import Movie, read_movie, samples_of
from ingest.camera_marks import camera_marks
from ingest.exif import Exif, read_exif, read_tiff
from ingest.formats import picture_format
from ingest.gpmf import read_gpmf
from ingest.heif import read_heif
from ingest.novatek import novatek_places
from ingest.quicktime_keys import read_keys
from ingest.task import MIB, Work
from ingest.track_table import SAMPLES

POINTS = 2000
"""Places of one source that are kept; of more, evenly spread ones."""
_TEXT_LIMIT = 16 * MIB
_METADATA_LIMIT = 256 * MIB
_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
_ISO6709 = re.compile(r"([+-]\d{2}(?:\.\d{1,8})?)([+-]\d{3}(?:\.\d{1,8})?)")
_RMC = re.compile(
    r"\$(?:G[NPLAB]|BD)RMC,(\d{6})(?:\.\d+)?,A,(\d{2})(\d{2}\.\d{1,8}),([NS]),(\d{3})(\d{2}\.\d{1,8}),([EW]),[^,]*,[^,]*,(\d{6})",
    re.ASCII,
)
_TRKPT = re.compile(r"<trkpt\b([^>]{0,200})>(.{0,400}?)</trkpt>", re.DOTALL)
_TIME = re.compile(r"<time>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z</time>")

Point = tuple[datetime | None, float, float]


def read(work: Work) -> dict[str, Any]:
    """Every source that says something: `{"facts": [{source, points, created_at, device …}]}`."""
    with work.original.open("rb") as file:
        head = file.read(4096)
        found = [*_moving(file, head), *_still(file, head), *_written(file, head)]
    return {"facts": found}


def _moving(file: Any, head: bytes) -> Iterator[dict[str, Any]]:
    if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return
    movie = read_movie(file)
    yield from _quicktime(movie)
    gpmf = (place for sample in _samples(movie, file) for place in read_gpmf(sample))
    for source, places in (("gpmf", gpmf), ("novatek", novatek_places(movie, file))):
        track: list[Point] = [place for place in places if _on_earth(*place[1:])]
        if track:
            yield _fact(source, track, None, None)
    marks = camera_marks(movie, file)
    if marks:
        yield _fact("camera-mark", [], None, None) | {"marks": [mark._asdict() for mark in marks]}


def _quicktime(movie: Movie) -> Iterator[dict[str, Any]]:
    said = read_keys(movie.meta)
    written = [*movie.places, *([said.place] if said.place else [])]
    points: list[Point] = [(None, *place) for text in written if (place := _iso6709(text)) is not None]
    points += [(None, *place) for place in movie.loci if _on_earth(*place)]
    created, device = _since_1904(movie), movie.device or said.device
    if points or created or device or said.local_time:
        yield _fact("quicktime", points, created, device) | {"local_time": said.local_time}


def _samples(movie: Movie, file: Any) -> Iterator[bytes]:
    """Of all tracks of GoPro metadata, up to a number and a sum of bytes."""
    tracks = (samples_of(track, file) for track in movie.of_format(b"gpmd"))
    left = _METADATA_LIMIT
    for _at_ms, sample in islice(chain.from_iterable(tracks), SAMPLES):
        left -= len(sample)
        if left < 0:
            return
        yield sample


def _still(file: Any, head: bytes) -> Iterator[dict[str, Any]]:
    kind = picture_format(head)
    if kind not in ("jpeg", "heif"):
        return
    exif = _exif_of_heif(file) if kind == "heif" else _exif_of_jpeg(file)
    place = exif.place
    points: list[Point] = [(None, *place)] if place is not None and _on_earth(*place) else []
    if points or exif.taken_at or exif.device:
        fact = _fact("exif", points, None, exif.device)
        yield fact | {"local_time": exif.taken_at}


def _exif_of_jpeg(file: Any) -> Exif:
    file.seek(0)
    return read_exif(file.read(256 * 1024))


def _exif_of_heif(file: Any) -> Exif:
    heif = read_heif(file)
    return read_tiff((heif.exif(file) if heif else None) or b"")


def _written(file: Any, head: bytes) -> Iterator[dict[str, Any]]:
    if not any(sign in head for sign in (b"$G", b"$BD", b"<gpx")):
        return
    file.seek(0)
    text = file.read(_TEXT_LIMIT).decode("ascii", "replace")
    for source, points in (("nmea", list(nmea(text))), ("gpx", list(gpx(text)))):
        if points:
            yield _fact(source, points, None, None)


def nmea(text: str) -> Iterator[Point]:
    """Places of valid RMC sentences (NMEA 0183) whose checksum fits."""
    for line in text.splitlines():
        match = _RMC.match(line)
        if match is None or not _checksum_fits(line):
            continue
        clock, d1, m1, ns, d2, m2, ew, date = match.groups()
        latitude = (int(d1) + float(m1) / 60) * (1 if ns == "N" else -1)
        longitude = (int(d2) + float(m2) / 60) * (1 if ew == "E" else -1)
        try:
            at = datetime.strptime(date + clock, "%d%m%y%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            continue
        if _on_earth(latitude, longitude):
            yield at, latitude, longitude


def _checksum_fits(line: str) -> bool:
    body, _, given = line.strip().removeprefix("$").partition("*")
    total = 0
    for character in body.encode("ascii", "replace"):
        total ^= character
    return given.upper() == f"{total:02X}"


def gpx(text: str) -> Iterator[Point]:
    """Track points of GPX 1.1, found as text: no XML parser is let near what a stranger wrote."""
    for match in _TRKPT.finditer(text):
        latitude = re.search(r'\blat="(-?\d{1,2}(?:\.\d{1,15})?)"', match[1])
        longitude = re.search(r'\blon="(-?\d{1,3}(?:\.\d{1,15})?)"', match[1])
        if latitude is None or longitude is None or not _on_earth(float(latitude[1]), float(longitude[1])):
            continue
        time = _TIME.search(match[2])
        try:
            at = None if time is None else datetime.fromisoformat(time[1]).replace(tzinfo=UTC)
        except ValueError:
            at = None
        yield at, float(latitude[1]), float(longitude[1])


def _iso6709(text: str) -> tuple[float, float] | None:
    match = _ISO6709.match(text)
    if match is None or not _on_earth(float(match[1]), float(match[2])):
        return None
    return float(match[1]), float(match[2])


def _on_earth(latitude: float, longitude: float) -> bool:
    """A place at all; exactly 0, 0 is what a receiver without a fix writes."""
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0.0, 0.0)


def _since_1904(movie: Movie) -> datetime | None:
    """The movie header's time; 0 is what is written by whoever has none."""
    seconds = movie.created_s
    return None if not 0 < seconds < 1 << 33 else _EPOCH_1904 + timedelta(seconds=seconds)


def _fact(source: str, points: list[Point], created: datetime | None, device: str | None) -> dict[str, Any]:
    step = max(1, -(-len(points) // POINTS))
    told = [
        {"at": None if at is None else _text(at), "lat_e7": round(latitude * 1e7), "lon_e7": round(longitude * 1e7)}
        for at, latitude, longitude in points[::step]
    ]
    return {"source": source, "points": told, "points_read": len(points),
            "created_at": None if created is None else _text(created), "device": device}  # fmt: skip


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
