"""One request's bytes: what is hashed is what is kept, whatever is cut off again."""

import hashlib
from pathlib import Path

import pytest

from catalog.identity import UploadId
from ingest.errors import ChecksumMismatch, UploadTooLarge
from ingest.reception import REMEMBERED, Hashes, Reception
from ingest.spool import Announced, SpoolFile, Whole
from ingest.writers import Writers
from integrity.digest import Digest
from tests.ingest.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


class Desk:
    """Receptions of one upload, and what they settled."""

    def __init__(self, house: House, length: int) -> None:
        self.house = house
        self.upload = house.create(length)
        self.announced: Announced = house.spool.announced(self.upload)
        self.hashes = Hashes()
        self.writers = Writers()
        self.settled: list[Whole] = []

    def begin(self, checksum: Digest | None = None) -> Reception:
        file: SpoolFile = self.house.spool.open(self.upload)
        claim = self.writers.claim(self.upload)
        return Reception(
            self.announced, file, self.hashes, lambda _, whole: self.settled.append(whole), claim, checksum
        )


def test_a_hash_goes_on_from_one_request_to_the_next(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(house, 6)
    first = desk.begin()
    first.take(b"abc")
    assert first.finish() == 3
    monkeypatch.setattr(SpoolFile, "read", lambda _: pytest.fail("what is remembered is not read again"))
    second = desk.begin()
    second.take(b"def")
    assert second.finish() == 6
    assert [whole.digest for whole in desk.settled] == [Digest.of(b"abcdef")]
    assert not desk.writers.busy(desk.upload)


def test_a_forgotten_hash_is_computed_from_the_disk(house: House) -> None:
    desk = Desk(house, 6)
    first = desk.begin()
    first.take(b"abc")
    first.finish()
    desk.hashes.forget(desk.upload)
    second = desk.begin()
    second.take(b"def")
    second.finish()
    assert desk.settled[0].digest == Digest.of(b"abcdef")


def test_a_hash_of_another_offset_is_not_believed(house: House) -> None:
    desk = Desk(house, 6)
    desk.hashes.remember(desk.upload, 3, hashlib.sha256(b"xyz"))
    reception = desk.begin()
    reception.take(b"abcdef")
    reception.finish()
    assert desk.settled[0].digest == Digest.of(b"abcdef")


def test_bytes_that_are_cut_off_are_not_in_the_hash(house: House) -> None:
    desk = Desk(house, 6)
    wrong = desk.begin(Digest.of(b"abc"))
    wrong.take(b"abX")
    with pytest.raises(ChecksumMismatch):
        wrong.finish()
    right = desk.begin()
    with pytest.raises(UploadTooLarge):
        right.take(b"abcdefg")
    right.take(b"abcdef")
    right.finish()
    assert desk.settled[0].digest == Digest.of(b"abcdef")


def test_only_so_many_hashes_are_kept() -> None:
    hashes = Hashes()
    for number in range(REMEMBERED + 5):
        hashes.remember(UploadId(f"{number:026}"), 0, hashlib.sha256())
    assert len(hashes._states) == REMEMBERED
