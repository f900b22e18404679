"""What a HEIF file describes, read without decoding: items, places, EXIF; whatever is cut or flipped is survived."""

import struct
from pathlib import Path

from ingest.heif import Heif, read_heif
from tests.ingest import telling
from tests.ingest.picturing import heif
from tests.ingest.test_telemetry import near, told

TIFF = telling.jpeg()[12:-2]
FILE = heif([(b"configuration", b"one"), (b"configuration", b"other")], grid=(1, 2, 128, 64), exif=TIFF)


def read(tmp_path: Path, content: bytes) -> Heif | None:
    path = tmp_path / "original"
    path.write_bytes(content)
    with path.open("rb") as file:
        described = read_heif(file)
        if described is not None:
            described.exif(file)
            for item in described.items.values():
                described.content(file, item)
        return described


def test_what_it_is_made_of(tmp_path: Path) -> None:
    described = read(tmp_path, FILE)
    assert described is not None and described.primary == 3
    assert {number: item.kind for number, item in described.items.items()} == {
        1: b"hvc1", 2: b"hvc1", 3: b"grid", 4: b"Exif"}  # fmt: skip
    assert described.items[3].made_of == [1, 2]
    assert described.items[2].first(b"hvcC") == b"configuration" and described.items[3].first(b"hvcC") is None
    with (tmp_path / "original").open("rb") as file:
        assert [described.content(file, described.items[number]) for number in (1, 2)] == [b"one", b"other"]
        assert described.exif(file) == TIFF


def test_its_exif_is_a_fact(tmp_path: Path) -> None:
    fact = told(tmp_path, FILE)["exif"]
    assert (fact["device"], fact["local_time"]) == ("DSJ A7", "2026:03:02 08:30:00")
    assert near(fact)
    assert told(tmp_path, heif([(b"c", b"d")])) == {}


def test_parts_that_take_no_bytes_are_counted_all_the_same(tmp_path: Path) -> None:
    told_of = b"".join(struct.pack(">HHHH", number, 0, 0, 2048) for number in (1, 2, 3))
    iloc = telling.box(b"iloc", struct.pack(">IHH", 1 << 24, 0, 3), told_of)
    start = FILE.index(b"iloc") - 4
    size = struct.unpack_from(">I", FILE, start)[0]
    assert len(iloc) <= size
    other = iloc + telling.box(b"free", bytes(size - len(iloc) - 8))
    assert read(tmp_path, FILE[:start] + other + FILE[start + size :]) is None


def test_every_cut_and_every_flipped_length_is_survived(tmp_path: Path) -> None:
    for at in range(0, len(FILE), 2):
        read(tmp_path, FILE[:at])
        read(tmp_path, FILE[:at] + b"\xff" + FILE[at + 1 :])
