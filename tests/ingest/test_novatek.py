"""Blocks of cameras with Novatek chips, made by hand: three layouts, and nothing of what is another."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.boxes import read_movie
from ingest.novatek import novatek_places, read_block
from ingest.track_table import SAMPLES
from tests.ingest import telling

AT = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
LAYOUTS = [("f", 76), ("f", 44), ("d", 32)]


def places(tmp_path: Path, content: bytes) -> list[tuple[datetime | None, float, float]]:
    path = tmp_path / "original"
    path.write_bytes(content)
    with path.open("rb") as file:
        return list(novatek_places(read_movie(file), file))


@pytest.mark.parametrize(("form", "at"), LAYOUTS)
def test_each_layout(form: str, at: int) -> None:
    point = read_block(telling.novatek(form=form, at=at))
    assert point is not None and point[0] == AT
    assert point[1:] == pytest.approx((telling.LATITUDE, telling.LONGITUDE), abs=1e-4)


def test_south_and_west() -> None:
    block = telling.novatek().replace(b"ANE", b"ASW")
    point = read_block(block)
    assert point is not None
    assert point[1] == pytest.approx(-telling.LATITUDE, abs=1e-4)
    assert point[2] == pytest.approx(-telling.LONGITUDE, abs=1e-4)


def test_a_year_in_full_is_local_time_of_no_known_zone() -> None:
    point = read_block(telling.novatek(year=2026))
    assert point is not None and point[0] is None


@pytest.mark.parametrize("listed", [True, False])
def test_blocks_are_found_by_their_list_and_at_the_top_of_the_file(tmp_path: Path, listed: bool) -> None:
    blocks = [telling.novatek(), telling.novatek(fix=b"V"), telling.novatek(minutes=54.3)]
    found = places(tmp_path, telling.novatek_movie(*blocks, listed=listed))
    assert len(found) == 2, "one of them has no fix"
    assert found[1][1] - found[0][1] == pytest.approx((54.3 - 54.252) / 60, abs=1e-5)


@pytest.mark.parametrize(
    "block",
    [
        telling.novatek(fix=b"V"), telling.novatek(minutes=61), telling.novatek(minutes=-3950),
        telling.novatek(minutes=float("nan")), telling.novatek(minutes=float("inf")), telling.novatek(year=126),
        telling.novatek(year=2**32 - 1), telling.novatek()[:100], telling.novatek().replace(b"ANE", b"AXE"),
        telling.novatek().replace(b"ANE", b"ANX"), telling.novatek().replace(b"freeGPS ", b"freeGPSX"),
        telling.novatek()[:60] + bytes(12) + telling.novatek()[72:],
    ],
)  # fmt: skip
def test_what_fits_no_layout_is_no_place(block: bytes) -> None:
    assert read_block(block) is None


@pytest.mark.parametrize("text", [b"3954.2520", b"MzkwNC4yNTIw"])
def test_coordinates_as_text_are_not_read_as_numbers(text: bytes) -> None:
    block = bytearray(telling.novatek(at=44))
    block[44:64] = block[64:84] = text.ljust(20, b"\0")
    assert read_block(bytes(block)) is None


def test_a_list_may_claim_anything(tmp_path: Path) -> None:
    whole = telling.novatek_movie(telling.novatek())
    index = whole.index(b"gps ")
    wild = {
        "beyond the file": struct.pack(">II", 2**32 - 1, 512), "longer than the file": struct.pack(">II", 40, 2**20),
        "longer than any": struct.pack(">II", telling.MDAT, 2**32 - 1), "empty": struct.pack(">II", telling.MDAT, 0),
    }  # fmt: skip
    for why, entry in wild.items():
        assert places(tmp_path, whole[: index + 12] + entry + whole[index + 20 :]) == [], why
    count = whole[: index + 8] + struct.pack(">I", 2**32 - 1) + whole[index + 12 :]
    assert len(places(tmp_path, count)) == 1, "a count is no promise"


def test_of_many_blocks_so_many_are_read(tmp_path: Path) -> None:
    one = struct.pack(">II", telling.MDAT, 512)
    gps = telling.box(b"gps ", struct.pack(">II", 0x101, SAMPLES + 5), one * (SAMPLES + 5))
    content = telling.START + telling.box(b"mdat", telling.novatek()) + telling.box(b"moov", telling.header(), gps)
    assert len(places(tmp_path, content)) == SAMPLES
