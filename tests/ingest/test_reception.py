"""One request's bytes: what is hashed is what is kept, whatever is cut off again."""

from pathlib import Path

import pytest

from catalog.identity import UploadId
from ingest.errors import ChecksumMismatch, UploadTooLarge
from ingest.reception import REMEMBERED, Hashes, Passed, Reception
from ingest.spool import Announced, SpoolFile, Whole
from ingest.writers import Writers
from integrity.digest import Digest
from integrity.trace import Comparison
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
    another = Passed()
    another.update(b"xyz")
    another.keep(3)
    desk.hashes.remember(desk.upload, another)
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
        hashes.remember(UploadId(f"{number:026}"), Passed())
    assert len(hashes._states) == REMEMBERED


def same(whole: Whole, body: bytes) -> bool:
    assert whole.trace is not None
    comparison = Comparison(whole.trace)
    comparison.update(body)
    return comparison.same


def test_a_trace_is_of_the_bytes_that_count(house: House) -> None:
    desk = Desk(house, 9)
    first = desk.begin()
    first.take(b"abc")
    first.interrupt()
    refused = desk.begin(Digest.of(b"another"))
    refused.take(b"xyz")
    with pytest.raises(ChecksumMismatch):
        refused.finish()
    second = desk.begin()
    second.take(b"def")
    second.finish()
    desk.hashes.forget(desk.upload)  # as a restart does: what is there is read again
    third = desk.begin()
    third.take(b"ghi")
    third.finish()
    assert same(desk.settled[0], b"abcdefghi")
    assert not same(desk.settled[0], b"abcxyzghi")


def test_a_write_that_failed_leaves_nothing_in_the_trace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(house, 3)
    reception = desk.begin()
    with monkeypatch.context() as patch:
        patch.setattr(SpoolFile, "append", fail)
        with pytest.raises(OSError, match="no"):
            reception.take(b"xyz")
    reception.interrupt()
    again = desk.begin()
    again.take(b"abc")
    again.finish()
    assert same(desk.settled[0], b"abc")
    assert desk.settled[0].digest == Digest.of(b"abc")


def fail(*_: object) -> None:
    raise OSError(5, "no")
