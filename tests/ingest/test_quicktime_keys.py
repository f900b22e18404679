"""What phones write into a movie's `meta` box: place, maker and local time; anything else is no matter of ours."""

import struct

import pytest

from ingest.boxes import children
from ingest.quicktime_keys import Said, read_keys
from tests.ingest import telling

PHONE = {
    "location.ISO6709": "+39.9042+116.4074+043.5/", "make": "Apple", "model": "iPhone 6", "software": "12.3",
    "creationdate": "2026-03-02T08:30:00+0800",
}  # fmt: skip


_OTHERS = "2026:03:02 08:30:00", "Apple iPhone 6"


def read(movie: bytes) -> Said:
    return read_keys(dict(children(dict(children(movie))[b"moov"]))[b"meta"])


@pytest.mark.parametrize("full", [False, True])
def test_a_phones_place_time_and_maker(full: bool) -> None:
    said = read(telling.keyed(PHONE, full=full))
    assert said == Said("+39.9042+116.4074+043.5/", "2026:03:02 08:30:00", "Apple iPhone 6")


@pytest.mark.parametrize(
    "values",
    [{}, {"software": "12.3"}, {"creationdate": "yesterday", "model": "a\x1bb", "location.ISO6709": "x" * 300}],
)
def test_what_is_not_there_or_does_not_fit_is_left_out(values: dict[str, str]) -> None:
    assert read(telling.keyed(values)) == Said(None, None, None)


def test_what_is_no_text_is_none() -> None:
    assert read(telling.keyed(PHONE, kind=21)) == Said(None, None, None)


@pytest.mark.parametrize("number", [0, 6, 2**32 - 1])
def test_a_number_without_a_name_is_nothing(number: int) -> None:
    whole = telling.keyed(PHONE)
    at = whole.index(b"data") - 8
    assert read(whole[:at] + struct.pack(">I", number) + whole[at + 4 :]) == Said(None, *_OTHERS)


def test_what_ends_early_says_nothing() -> None:
    assert {read_keys(meta) for meta in (b"", bytes(3), b"\0\0\0\x08keys")} == {Said(None, None, None)}
