"""What a station can do to an upload, and each refusal."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.identity import UploadId, new_id
from ingest.errors import (
    ChecksumMismatch,
    DeclaredDigestMismatch,
    InvalidMetadata,
    OffsetConflict,
    SpaceExhausted,
    UploadBusy,
    UploadFinished,
    UploadGone,
    UploadNotFound,
    UploadTooLarge,
)
from ingest.spool import MISMATCH, RECEIVED, Spool
from ingest.upload import PastUpload
from integrity.digest import Digest
from tests.ingest.house import AGENCY, OTHER, STATION, Enrolled, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_file_arrives_in_pieces(house: House) -> None:
    upload = house.create(10, filename="a.mp4")
    assert house.send(upload, 0, b"01", b"23") == 4
    assert house.send(upload, 4, b"456789") == 10
    whole = house.spool.whole(upload, RECEIVED)
    assert whole is not None
    assert whole.digest.raw == hashlib.sha256(b"0123456789").digest()
    assert whole.size == 10
    assert whole.received_at == house.clock.now()
    assert house.received == [upload]
    assert house.uploads.state(STATION, upload).settled


def test_an_empty_file_is_complete_at_creation(house: House) -> None:
    upload = house.create(0)
    assert house.uploads.state(STATION, upload).settled
    assert house.received == [upload]
    whole = house.spool.whole(upload)
    assert whole is not None
    assert whole.digest == Digest.of(b"")


def test_an_empty_file_declared_another_goes_to_quarantine(house: House) -> None:
    with pytest.raises(DeclaredDigestMismatch):
        house.create(0, sha256="0" * 64)
    assert len(house.mismatches) == 1


def test_the_hash_goes_on_after_a_restart(house: House) -> None:
    upload = house.create(6, sha256=hashlib.sha256(b"abcdef").hexdigest())
    house.send(upload, 0, b"abc")
    house.restart()
    assert house.send(upload, 3, b"def") == 6
    assert house.received == [upload]


def test_a_declared_digest_that_is_not_met(house: House) -> None:
    upload = house.create(3, sha256=hashlib.sha256(b"abc").hexdigest())
    with pytest.raises(DeclaredDigestMismatch):
        house.send(upload, 0, b"abd")
    assert (house.received, house.mismatches) == ([], [upload])
    whole = house.spool.whole(upload, MISMATCH)
    assert whole is not None
    assert whole.digest == Digest.of(b"abd")
    for ask in (
        lambda: house.uploads.state(STATION, upload),
        lambda: house.uploads.begin(STATION, upload, 3, 0, None),
        lambda: house.uploads.terminate(STATION, upload),
    ):
        with pytest.raises(UploadGone):
            ask()
    assert house.content(upload) == b"abd"


def test_a_mismatch_stays_gone_while_it_moves_and_afterwards(house: House) -> None:
    upload = house.create(1, sha256="0" * 64)
    with pytest.raises(DeclaredDigestMismatch):
        house.send(upload, 0, b"x")
    (house.root / "spool" / upload).rename(house.root / "quarantine" / upload)
    with pytest.raises(UploadGone):
        house.uploads.state(STATION, upload)
    with pytest.raises(UploadNotFound):
        house.uploads.state(OTHER, upload)
    Spool(house.root / "quarantine", house.clock).remove(upload)
    house.past.known[upload] = PastUpload(STATION, "quarantined", 1)
    with pytest.raises(UploadGone):
        house.uploads.state(STATION, upload)


def test_a_chunk_with_its_checksum(house: House) -> None:
    upload = house.create(6)
    assert house.send(upload, 0, b"abc", checksum=Digest.of(b"abc")) == 3
    with pytest.raises(ChecksumMismatch):
        house.send(upload, 3, b"dex", checksum=Digest.of(b"def"))
    assert house.offset(upload) == 3
    assert house.content(upload) == b"abc"
    assert house.send(upload, 3, b"def", checksum=Digest.of(b"def")) == 6
    whole = house.spool.whole(upload)
    assert whole is not None
    assert whole.digest == Digest.of(b"abcdef")


def test_a_broken_connection_keeps_what_came(house: House) -> None:
    upload = house.create(6)
    reception = house.uploads.begin(STATION, upload, 0, 6, None)
    reception.take(b"abcd")
    assert reception.interrupt() == 4
    assert house.offset(upload) == 4
    assert house.send(upload, 4, b"ef") == 6
    whole = house.spool.whole(upload)
    assert whole is not None
    assert whole.digest == Digest.of(b"abcdef")


def test_a_broken_chunk_with_a_checksum_keeps_nothing(house: House) -> None:
    upload = house.create(6)
    reception = house.uploads.begin(STATION, upload, 0, 6, Digest.of(b"abcdef"))
    reception.take(b"abcd")
    assert reception.interrupt() == 0
    assert house.offset(upload) == 0


def test_a_long_request_is_acknowledged_on_the_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.reception.PERIOD", 4)
    upload = house.create(10)
    reception = house.uploads.begin(STATION, upload, 0, 10, None)
    reception.take(b"abc")
    assert house.spool.progress(upload).offset == 0
    reception.take(b"de")
    assert house.spool.progress(upload).offset == 5
    reception.interrupt()


@pytest.mark.parametrize("offset", [0, 2, 4, 10, 11, 2**70])
def test_a_wrong_offset_changes_nothing(house: House, offset: int) -> None:
    upload = house.create(10)
    house.send(upload, 0, b"abc")
    with pytest.raises(OffsetConflict):
        house.send(upload, offset, b"x")
    assert house.offset(upload) == 3


def test_no_byte_beyond_the_length(house: House) -> None:
    upload = house.create(3)
    with pytest.raises(UploadTooLarge):
        house.send(upload, 0, b"abcd")
    reception = house.uploads.begin(STATION, upload, 0, None, None)
    reception.take(b"ab")
    with pytest.raises(UploadTooLarge):
        reception.take(b"cd")
    assert reception.interrupt() == 2
    assert house.send(upload, 2, b"c") == 3


def test_the_largest_size(house: House) -> None:
    house.create(1000)
    with pytest.raises(UploadTooLarge):
        house.create(1001)


def test_metadata_is_read_before_anything_is_stored(house: House) -> None:
    with pytest.raises(InvalidMetadata):
        house.uploads.create(Enrolled(STATION, AGENCY, "dock 1"), 1, "filename Li4vYQ==")
    assert list(house.spool.uploads()) == []


def test_the_reserve_is_kept_at_creation_and_at_each_request(house: House) -> None:
    upload = house.create(10)
    house.reserve = 2**62
    house.restart()
    with pytest.raises(SpaceExhausted):
        house.create(1)
    with pytest.raises(SpaceExhausted):
        house.send(upload, 0, b"a")
    assert house.offset(upload) == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_keeps_what_was_acknowledged(house: House, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    upload = house.create(6)
    house.send(upload, 0, b"abc")

    def full(fd: int, chunk: bytes, offset: int) -> int:
        raise OSError(number, "no space")

    with monkeypatch.context() as patched, pytest.raises(SpaceExhausted):
        patched.setattr(os, "pwrite", full)
        house.send(upload, 3, b"def")
    assert house.offset(upload) == 3
    assert house.send(upload, 3, b"def") == 6


def test_a_failed_flush_is_never_taken_for_a_later_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync the kernel may have dropped the pages: the bytes have to be written again."""
    upload = house.create(6)
    house.send(upload, 0, b"abc")

    def broken(fd: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="input/output"):
        patched.setattr(os, "fdatasync", broken)
        house.send(upload, 3, b"def")
    assert house.offset(upload) == 3
    assert house.content(upload) == b"abc"
    assert house.send(upload, 3, b"DEF") == 6
    whole = house.spool.whole(upload)
    assert whole is not None
    assert whole.digest == Digest.of(b"abcDEF")


def test_another_station_sees_nothing(house: House) -> None:
    upload = house.create(3)
    for ask in (
        lambda: house.uploads.state(OTHER, upload),
        lambda: house.uploads.begin(OTHER, upload, 0, 3, None),
        lambda: house.uploads.terminate(OTHER, upload),
        lambda: house.uploads.state(STATION, UploadId(new_id())),
        lambda: house.uploads.state(STATION, UploadId("../spool")),
    ):
        with pytest.raises(UploadNotFound):
            ask()


def test_terminating(house: House) -> None:
    upload = house.create(3)
    house.send(upload, 0, b"ab")
    house.uploads.terminate(STATION, upload)
    assert house.past.endings == [(upload, 2, "terminated")]
    assert not house.spool.folder(upload).exists()
    with pytest.raises(UploadGone):
        house.uploads.state(STATION, upload)


def test_a_finished_upload_is_evidence(house: House) -> None:
    upload = house.create(1)
    house.send(upload, 0, b"x")
    with pytest.raises(UploadFinished):
        house.uploads.terminate(STATION, upload)
    house.spool.remove(upload)
    house.past.known[upload] = PastUpload(STATION, "catalogued", 1)
    with pytest.raises(UploadFinished):
        house.uploads.terminate(STATION, upload)
    assert house.uploads.state(STATION, upload).settled
    with pytest.raises(OffsetConflict):
        house.uploads.begin(STATION, upload, 1, 0, None)


def test_a_catalogued_upload_of_another_station_is_unknown(house: House) -> None:
    upload = UploadId(new_id())
    house.past.known[upload] = PastUpload(OTHER, "catalogued", 1)
    with pytest.raises(UploadNotFound):
        house.uploads.state(STATION, upload)


def test_unfinished_uploads_expire_and_finished_ones_do_not(house: House) -> None:
    old, going, done = house.create(3), house.create(3), house.create(1)
    house.send(done, 0, b"x")
    house.clock.advance(6 * 24 * 3600)
    house.send(going, 0, b"a")
    house.clock.advance(2 * 24 * 3600)
    assert house.uploads.expire() == 1
    assert house.past.endings == [(old, 0, "expired")]
    with pytest.raises(UploadGone):
        house.uploads.state(STATION, old)
    assert house.offset(going) == 1


def test_an_upload_being_written_does_not_expire(house: House) -> None:
    upload = house.create(3)
    reception = house.uploads.begin(STATION, upload, 0, 3, None)
    house.clock.advance(30 * 24 * 3600)
    assert house.uploads.expire() == 0
    reception.interrupt()


def test_a_second_writer_is_refused_while_the_first_is_alive(house: House) -> None:
    upload = house.create(6)
    first = house.uploads.begin(STATION, upload, 0, 3, None)
    first.take(b"abc")
    with pytest.raises(UploadBusy):
        house.uploads.begin(STATION, upload, 0, 3, None)
    with pytest.raises(UploadBusy):
        house.uploads.terminate(STATION, upload)
    assert first.finish() == 3
    assert house.send(upload, 3, b"def") == 6


def test_a_silent_writer_makes_room(house: House) -> None:
    upload = house.create(6)
    first = house.uploads.begin(STATION, upload, 0, 6, None)
    first.take(b"abc")
    first.claim.give_up = lambda: void(first.interrupt())
    house.monotonic += 10
    assert house.offset(upload) == 3, "asking how far it is ends the silent writer, so its bytes are counted"
    assert house.send(upload, 3, b"def") == 6


def void(_value: object) -> None:
    return None


def test_a_complete_upload_that_a_kill_left_unsettled(house: House) -> None:
    good = house.create(3, sha256=hashlib.sha256(b"abc").hexdigest())
    bad = house.create(3, sha256="0" * 64)
    for upload in (good, bad):
        with house.spool.open(upload) as file:
            file.append(b"abc")
            file.acknowledge()
    house.restart()
    house.uploads.conclude(good)
    house.uploads.conclude(bad)
    house.uploads.conclude(good)
    assert (house.received, house.mismatches) == ([good], [bad])


def test_an_unfinished_upload_is_not_concluded(house: House) -> None:
    upload = house.create(3)
    house.uploads.conclude(upload)
    assert house.received == []


def test_a_station_that_finds_its_upload_complete_but_unsettled_settles_it(house: House) -> None:
    upload = house.create(3)
    with house.spool.open(upload) as file:
        file.append(b"abc")
        file.acknowledge()
    house.restart()
    assert house.send(upload, 3) == 3
    assert house.received == [upload]


@pytest.fixture(autouse=True)
def _closed(house: House) -> Iterator[None]:
    yield
    assert not any(house.uploads.writers.busy(upload) for upload in house.spool.uploads())


def test_only_what_somebody_else_hashed_too_is_known_again_by_its_trace(house: House) -> None:
    digest = Digest.of(b"abc")
    undeclared = house.create(3)
    house.send(undeclared, 0, b"abc")
    assert house.traces.take(digest) is None  # nobody would notice that this processor hashes wrongly
    another = house.create(3, sha256="0" * 64)
    with pytest.raises(DeclaredDigestMismatch):
        house.send(another, 0, b"abc")
    assert house.traces.take(digest) is None
    declared = house.create(3, sha256=digest.hex)
    house.send(declared, 0, b"abc")
    trace = house.traces.take(digest)
    assert trace is not None
    assert trace.size == 3
