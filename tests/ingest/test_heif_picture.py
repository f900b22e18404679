"""HEIF pictures decoded: one, a grid of tiles as phones write it, turned; AVIF; and every way in which one is none."""

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy
import pytest

from ingest import picture
from ingest.errors import Unplayable
from ingest.heif_picture import Image, decode_heif
from ingest.tracks import Medium
from tests.ingest.picturing import BLUE, GREEN, GREY, RED, heif, hevc
from tests.ingest.telling import box
from tests.ingest.workshop import rendered

TILES = [hevc(colour) for colour in (RED, GREEN, BLUE, GREY)]
GRID = (2, 2, 100, 120)


def decoded(tmp_path: Path, content: bytes) -> Image:
    path = tmp_path / "photo.heic"
    path.write_bytes(content)
    with path.open("rb") as file:
        return decode_heif(file)


def colours(image: Image) -> list[str]:
    """What stands at the corners: upper left, upper right, lower left, lower right."""
    names = {"red": RED, "green": GREEN, "blue": BLUE, "grey": GREY}
    corners = (image[5, 5], image[5, -6], image[-6, 5], image[-6, -6])
    return [min(names, key=lambda name: float(numpy.abs(corner[::-1].astype(int) - names[name]).sum()))
            for corner in corners]  # fmt: skip


def test_one_coded_picture(tmp_path: Path) -> None:
    image = decoded(tmp_path, heif([hevc(RED, 96, 64)], size=(96, 64)))
    assert image.shape == (64, 96, 3)
    assert colours(image) == ["red"] * 4


def test_a_grid_is_cut_to_its_size(tmp_path: Path) -> None:
    image = decoded(tmp_path, heif(TILES, grid=GRID))
    assert image.shape == (120, 100, 3)
    assert colours(image) == ["red", "green", "blue", "grey"]


@pytest.mark.parametrize(
    ("turned", "seen"),
    [
        ((box(b"irot", b"\1"),), ["green", "grey", "red", "blue"]),
        ((box(b"irot", b"\2"),), ["grey", "blue", "green", "red"]),
        ((box(b"imir", b"\0"),), ["blue", "grey", "red", "green"]),
        ((box(b"imir", b"\1"),), ["green", "red", "grey", "blue"]),
        (
            (
                box(b"irot", b"\1"),
                box(b"imir", b"\1"),
            ),
            ["grey", "green", "blue", "red"],
        ),
    ],
)
def test_it_is_turned_as_it_says(tmp_path: Path, turned: tuple[bytes, ...], seen: list[str]) -> None:
    image = decoded(tmp_path, heif(TILES, grid=(2, 2, 128, 128), turned=turned))
    assert colours(image) == seen


def test_a_single_picture_is_turned_too(tmp_path: Path) -> None:
    content = heif([hevc(RED, 96, 64)], size=(96, 64), turned=(box(b"irot", b"\3"),))
    assert decoded(tmp_path, content).shape == (96, 64, 3)


def test_avif_that_another_wrote(tmp_path: Path) -> None:
    coded = cv2.imencode(".avif", numpy.full((40, 60, 3), BLUE[::-1], numpy.uint8))[1].tobytes()
    image = decoded(tmp_path, coded)
    assert image.shape == (40, 60, 3)
    assert colours(image) == ["blue"] * 4
    (tmp_path / "a.avif").write_bytes(coded)
    assert picture.decode(tmp_path / "a.avif").shape == (40, 60, 3)


def test_a_confined_child_makes_its_copies_upright(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(heif(TILES, grid=GRID, turned=(box(b"irot", b"\1"),)))
    prepared = rendered(tmp_path / "a.heic", tmp_path / "made")
    assert (prepared.medium, [file.name for file in prepared.files]) == (Medium.PICTURE, ["picture.jpg", "poster.jpg"])
    shown = cv2.imread(str(tmp_path / "made" / "picture.jpg"))
    assert shown is not None and shown.shape == (100, 120, 3)
    assert colours(shown.astype(numpy.uint8)) == ["green", "grey", "red", "blue"]


def _patched(kind: bytes, at: int, value: bytes) -> Callable[[bytes], bytes]:
    def patch(content: bytes) -> bytes:
        start = content.index(kind) + 4 + at
        return content[:start] + value + content[start + len(value) :]

    return patch


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda good: good[:100], "damaged"),
        (lambda good: good[:-200], "damaged"),
        (_patched(b"pitm", 4, b"\0\x09"), "damaged"),
        (_patched(b"grid", -4, b"iden"), "picture-unsupported"),
        (_patched(b"iloc", 4, b"\xff\xff"), "damaged"),
        (_patched(b"dimg", 4, b"\0\x63"), "damaged"),
        (_patched(b"idat", 2, b"\x09"), "damaged"),
        (_patched(b"idat", 4, b"\0\0"), "damaged"),
        (_patched(b"hvcC", 0, bytes(20)), "damaged"),
        (_patched(b"ispe", 4, b"\x7f\xff\xff\xff"), "too-large"),
        (lambda good: good.replace(b"hvc1", b"vvc1"), "picture-unsupported"),
    ],
)
def test_what_is_no_picture_says_why(tmp_path: Path, make: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(Unplayable) as refused:
        decoded(tmp_path, make(heif(TILES, grid=GRID)))
    assert refused.value.reason == reason


def test_tiles_of_two_sizes_are_no_grid(tmp_path: Path) -> None:
    with pytest.raises(Unplayable, match="one size"):
        decoded(tmp_path, heif([*TILES[:3], hevc(GREY, 64, 96)], grid=GRID))


def test_a_grid_of_tiles_that_would_be_too_many_pixels_is_not_laid_out(tmp_path: Path) -> None:
    rule = struct.pack(">HH", 65_535, 65_535)
    with pytest.raises(Unplayable) as refused:
        decoded(tmp_path, _patched(b"idat", 4, rule)(heif(TILES, grid=GRID)))
    assert refused.value.reason == "too-large"
