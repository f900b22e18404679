"""What files say of themselves, read from bytes made by hand; what does not fit is left out and never guessed."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.derived import checked
from ingest.task import Work
from ingest.telemetry import POINTS, read
from tests import MEDIA
from tests.ingest import telling

WHERE = (round(telling.LATITUDE * 1e7), round(telling.LONGITUDE * 1e7))


def told(tmp_path: Path, content: bytes) -> dict[str, Any]:
    """Facts by source, as the service takes them from the child."""
    path = tmp_path / "original"
    path.write_bytes(content)
    return {fact["source"]: fact for fact in checked(read(Work({}, path, tmp_path)))}


def near(fact: dict[str, Any], number: int = 0) -> bool:
    point: dict[str, int] = fact["points"][number]
    return abs(point["lat_e7"] - WHERE[0]) < 2000 and abs(point["lon_e7"] - WHERE[1]) < 2000


def test_quicktime_and_3gpp(tmp_path: Path) -> None:
    facts = told(tmp_path, telling.movie())
    assert set(facts) == {"quicktime"}
    assert facts["quicktime"]["created_at"] == "2026-02-28T12:30:00Z"
    assert len(facts["quicktime"]["points"]) == 2, "of ©xyz and of loci"
    assert near(facts["quicktime"], 0) and near(facts["quicktime"], 1)


def test_gopro(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.movie(sample=telling.gpmf()))["gpmf"]
    assert [point["at"] for point in fact["points"]] == ["2026-03-02T00:30:00Z", None]
    assert near(fact, 0) and near(fact, 1)
    assert "gpmf" not in told(tmp_path, telling.movie(sample=telling.gpmf(fix=0))), "no fix is no place"


@pytest.mark.parametrize(("places", "at"), [(telling.gps9, "2026-03-02T00:30:00Z"), (telling.gpri, None)])
def test_gopros_newer_cameras_and_those_on_drones(
    tmp_path: Path, places: Callable[[int], bytes], at: str | None
) -> None:
    fact = told(tmp_path, telling.movie(sample=places(2)))["gpmf"]
    assert ([point["at"] for point in fact["points"]], near(fact)) == ([at], True)
    assert "gpmf" not in told(tmp_path, telling.movie(sample=places(1))), "no fix is no place"
    other = places(3).replace(b"lllllllSS", b"lllllllSL").replace(b"JlllSSSSBB", b"JlllSSSSBc")
    assert "gpmf" not in told(tmp_path, telling.movie(sample=other)), "of another type nothing is guessed"
    unscaled = places(3).replace(struct.pack(">i", 10_000_000), bytes(4))
    assert "gpmf" not in told(tmp_path, telling.movie(sample=unscaled))


def test_a_day_that_is_none_is_a_place_without_a_time(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.movie(sample=telling.gps9(days=2**31 - 1)))["gpmf"]
    assert ([point["at"] for point in fact["points"]], near(fact)) == ([None], True)


@pytest.mark.skipif(not MEDIA.is_dir(), reason=f"the real recordings are not at {MEDIA}")
@pytest.mark.parametrize(
    ("name", "source", "count", "place", "device"),
    [
        ("gopro/karma.mp4", "gpmf", 47, (331_253_680, -1_173_310_641), None),
        ("metadata-extractor/with-gps.mov", "quicktime", 1, (320_929_000, 348_620_000), "Apple iPhone 6"),
        ("metadata-extractor/Issue 515 (java).mp4", "quicktime", 1, (523_692_932, 66_760_864), None),
        ("mapillary/sf_30km_h.gpx", "gpx", 38, (377_950_460, -1_224_611_460), None),
    ],
)
def test_real_files_say_where_they_were_made(
    tmp_path: Path, name: str, source: str, count: int, place: tuple[int, int], device: str | None
) -> None:
    fact = told(tmp_path, (MEDIA / name).read_bytes())[source]
    first = fact["points"][0]
    assert (fact["points_read"], (first["lat_e7"], first["lon_e7"]), fact["device"]) == (count, place, device)


def test_novatek(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.novatek_movie(telling.novatek(), telling.novatek()))["novatek"]
    assert (fact["points_read"], fact["points"][0]["at"]) == (2, "2026-03-02T00:30:00Z")
    assert near(fact, 0)


def test_marks_of_the_camera(tmp_path: Path) -> None:
    facts = told(tmp_path, telling.marked_movie(titles=(telling.title("开始"),), hmmt=(1_500,)))
    assert facts["camera-mark"]["marks"] == [
        {"at_ms": 0, "kind": "chapter", "title": "开始"}, {"at_ms": 1_500, "kind": "highlight", "title": None},
    ]  # fmt: skip
    assert "camera-mark" not in told(tmp_path, telling.movie())


def test_so_many_bytes_of_a_camera_s_own_format_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.telemetry._METADATA_LIMIT", 10)
    assert "gpmf" not in told(tmp_path, telling.movie(sample=telling.gpmf()))


def test_exif(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.jpeg())["exif"]
    assert (fact["device"], fact["local_time"]) == ("DSJ A7", "2026:03:02 08:30:00"), "as declared, without a zone"
    assert near(fact)


def test_sidecars(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.nmea() * 2)["nmea"]
    assert near(fact) and fact["points"][0]["at"] == "2026-03-02T00:30:00Z"
    assert near(told(tmp_path, telling.nmea(talker="BD"))["nmea"]), "of BeiDou alone"
    assert near(told(tmp_path, telling.GPX)["gpx"])
    for wrong in (telling.nmea("V"), telling.nmea(checksum=False), telling.GPX.replace(b"39.9", b"99.9")):
        assert told(tmp_path, wrong) == {}


def test_many_places_are_thinned_and_counted(tmp_path: Path) -> None:
    fact = told(tmp_path, telling.nmea() * (POINTS + 1))["nmea"]
    assert fact["points_read"] == POINTS + 1
    assert POINTS // 2 <= len(fact["points"]) <= POINTS


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x" * 5000, telling.movie(place=b"nowhere", created=0).replace(b"loci", b"free"),
        telling.movie(place=b"+00.0000+000.0000/", created=0).replace(b"loci", b"free"),
        telling.movie()[:-30], telling.jpeg()[:30], struct.pack(">I4s", 1, b"ftyp"),
    ],
)  # fmt: skip
def test_what_says_nothing_that_fits(tmp_path: Path, content: bytes) -> None:
    assert told(tmp_path, content) == {}


def test_every_cut_and_every_flipped_length_is_survived(tmp_path: Path) -> None:
    marked = telling.marked_movie(
        titles=(telling.title("x"),), chpl=((0, "x"),), hmmt=(5,), gpmf=telling.highlights((5, b"MANL"))
    )
    novatek = telling.novatek_movie(telling.novatek())
    phone = telling.keyed({"location.ISO6709": "+39.9042+116.4074/", "creationdate": "2026-03-02T08:30:00+0800"})
    gopro = telling.movie(sample=telling.gpmf() + telling.gps9() + telling.gpri())
    for whole in (gopro, telling.jpeg(), marked, novatek, phone):
        for at in range(0, len(whole), 3):
            told(tmp_path, whole[:at])
            told(tmp_path, whole[:at] + b"\xff" + whole[at + 1 :])
