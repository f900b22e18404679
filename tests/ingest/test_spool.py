"""The spool after cuts, torn records, lying disks and two writers."""

import errno
import os
from pathlib import Path

import pytest

from catalog.identity import UploadId, new_id
from ingest.errors import SpaceExhausted, UploadBusy, UploadNotFound
from ingest.spool import CONTENT, MISMATCH, OFFSET, RECEIVED, UPLOAD, Announced, Spool, Whole
from integrity.digest import Digest
from integrity.statement import Filing, Statement
from tests.fakes.clocks import START, FakeClock
from tests.fakes.interruptions import calls_of, failing


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def spool(tmp_path: Path, clock: FakeClock) -> Spool:
    return Spool(tmp_path / "spool", clock)


def announced(length: int = 10) -> Announced:
    statement = Statement(agency="a" * 26, station="s" * 26, kind="photo", name="案卷.jpg")
    return Announced(UploadId(new_id()), length, statement, "dock 1", "filename 5qGI5Y23LmpwZw==", START)


def append(spool: Spool, upload: UploadId, chunk: bytes) -> int:
    with spool.open(upload) as file:
        file.append(chunk)
        return file.acknowledge()


def test_what_was_announced_is_read_back(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    assert spool.announced(one.upload) == one
    assert list(spool.uploads()) == [one.upload]
    assert spool.progress(one.upload).offset == 0


def test_a_filing_is_read_back(spool: Spool) -> None:
    filing = Filing(case="c" * 26, title="笔录", kind="transcript", stage="investigation", content_type="text/plain")
    statement = Statement(agency="a" * 26, person="p" * 26, kind="document", name="笔录.txt", filing=filing)
    one = Announced(UploadId(new_id()), 1, statement, "王五", "", START)
    spool.create(one)
    assert spool.announced(one.upload) == one


@pytest.mark.parametrize("name", ["", "..", "../x", "a" * 27, "/etc", "UPPER" + "a" * 21, "a" * 25 + "\n"])
def test_what_is_no_id_is_no_upload(spool: Spool, name: str) -> None:
    with pytest.raises(UploadNotFound):
        spool.announced(UploadId(name))


def test_offsets_are_those_of_the_last_acknowledgement(spool: Spool, clock: FakeClock) -> None:
    one = announced()
    spool.create(one)
    assert append(spool, one.upload, b"abc") == 3
    later = clock.advance(5)
    assert append(spool, one.upload, b"de") == 5
    assert (spool.progress(one.upload).offset, spool.progress(one.upload).at) == (5, later)


def test_bytes_nobody_acknowledged_are_cut_off(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abc")
    with spool.open(one.upload) as file:
        file.append(b"lost")
    with spool.open(one.upload) as file:
        assert file.acknowledged == 3
        assert b"".join(file.read()) == b"abc"
    assert (spool.folder(one.upload) / CONTENT).read_bytes() == b"abc"


def test_abandoned_bytes_are_gone(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    with spool.open(one.upload) as file:
        file.append(b"abc")
        file.acknowledge()
        file.append(b"wrong")
        assert file.abandon() == 3
        file.append(b"de")
        assert file.acknowledge() == 5
        assert b"".join(file.read()) == b"abcde"


@pytest.mark.parametrize("cut", range(1, 58))
def test_a_torn_record_does_not_count_and_is_written_over(spool: Spool, cut: int) -> None:
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abc")
    append(spool, one.upload, b"de")
    path = spool.folder(one.upload) / OFFSET
    path.write_bytes(path.read_bytes()[: 58 + cut])
    assert spool.progress(one.upload).offset == 3
    assert append(spool, one.upload, b"DEF") == 6
    assert spool.progress(one.upload).offset == 6
    assert path.stat().st_size == 116


@pytest.mark.parametrize("tail", [b"\0" * 58, b"x" * 58, b"\0" * 20])
def test_a_record_of_zeros_or_nonsense_does_not_count(spool: Spool, tail: bytes) -> None:
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abc")
    path = spool.folder(one.upload) / OFFSET
    path.write_bytes(path.read_bytes() + tail)
    assert spool.progress(one.upload).offset == 3
    assert append(spool, one.upload, b"d") == 4
    assert spool.progress(one.upload).offset == 4


@pytest.mark.parametrize("position", range(58))
def test_a_flipped_byte_in_a_record_takes_it_out(spool: Spool, position: int) -> None:
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abc")
    path = spool.folder(one.upload) / OFFSET
    record = bytearray(path.read_bytes())
    record[position] ^= 1
    path.write_bytes(record)
    assert spool.progress(one.upload).offset == 0


def test_a_disk_that_lost_bytes_is_not_believed(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abcdef")
    path = spool.folder(one.upload) / CONTENT
    path.write_bytes(b"abcd")
    assert spool.progress(one.upload).offset == 4
    assert append(spool, one.upload, b"EF") == 6


def test_what_comes_in_place_of_lost_bytes_counts_only_once_it_is_on_the_disk(spool: Spool) -> None:
    """The record of what was lost would speak for it before."""
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abcdef")
    (spool.folder(one.upload) / CONTENT).write_bytes(b"abcd")
    with spool.open(one.upload) as file:
        file.append(b"XY")
        assert spool.progress(one.upload).offset == 4
        file.acknowledge()
    assert spool.progress(one.upload).offset == 6


def test_what_was_abandoned_is_not_flushed_although_it_could_not_be_cut_off(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second fsync that succeeds says nothing of the pages that the first one lost."""
    one = announced()
    spool.create(one)
    append(spool, one.upload, b"abc")
    with spool.open(one.upload) as file:
        file.append(b"lost")
        with monkeypatch.context() as patched, pytest.raises(OSError, match="read-only"):
            patched.setattr(os, "ftruncate", broken)
            file.abandon()
        assert file.acknowledge() == 3
    assert append(spool, one.upload, b"de") == 5
    assert (spool.folder(one.upload) / CONTENT).read_bytes() == b"abcde"


def broken(_fd: int, _length: int) -> None:
    raise OSError(errno.EROFS, "read-only file system")


def test_one_writer_at_a_time(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    with spool.open(one.upload) as first:
        first.append(b"abc")
        with pytest.raises(UploadBusy):
            spool.open(one.upload)
        assert first.acknowledge() == 3
    with spool.open(one.upload) as second:
        assert second.acknowledged == 3


def test_whole_files_say_so_once(spool: Spool) -> None:
    one = announced()
    spool.create(one)
    whole = Whole(Digest.of(b"x"), 10, START)
    assert spool.whole(one.upload) is None
    spool.settle(one.upload, whole)
    spool.settle(one.upload, whole)
    assert spool.whole(one.upload, RECEIVED) == whole
    assert spool.whole(one.upload, MISMATCH) is None
    with pytest.raises(FileExistsError):
        spool.settle(one.upload, Whole(Digest.of(b"y"), 10, START))


def test_a_cut_creation_is_swept_or_whole(spool: Spool) -> None:
    """The acknowledgement of a creation is its last step: whatever failed before leaves an upload, or nothing."""
    steps = calls_of(lambda: spool.create(announced()))
    assert steps >= 4
    for number in range(1, steps + 1):
        for after in (False, True):
            one = announced()
            with failing(number, after), pytest.raises(OSError, match="interrupted"):
                spool.create(one)
            spool.sweep()
            if one.upload in spool.uploads():
                assert spool.announced(one.upload) == one
                assert spool.progress(one.upload).offset == 0
            else:
                assert not spool.folder(one.upload).exists()


def test_a_cut_removal_is_never_taken_up_again(spool: Spool) -> None:
    def whole() -> UploadId:
        one = announced()
        spool.create(one)
        append(spool, one.upload, b"0123456789")
        spool.settle(one.upload, Whole(Digest.of(b"0123456789"), 10, START))
        return one.upload

    upload = whole()
    steps = calls_of(lambda: spool.remove(upload))
    for number in range(1, steps + 1):
        for after in (False, True):
            upload = whole()
            with failing(number, after), pytest.raises(OSError, match="interrupted"):
                spool.remove(upload)
            if upload in spool.uploads():
                assert spool.whole(upload) is not None, "still there means: still whole"
            spool.sweep()
            spool.remove(upload)
            assert not spool.folder(upload).exists()


def test_sweeping_leaves_uploads_and_strangers_alone(spool: Spool, tmp_path: Path) -> None:
    one = announced()
    spool.create(one)
    (spool.root / "README").write_text("not ours")
    (spool.folder(one.upload) / ".0123456789abcdef.tmp").write_text("left by a kill")
    assert spool.sweep() == 1
    assert (spool.folder(one.upload) / UPLOAD).exists()
    assert (spool.root / "README").exists()


def test_the_reserve_is_kept(tmp_path: Path, clock: FakeClock) -> None:
    spool = Spool(tmp_path / "spool", clock, reserve=2**62)
    with pytest.raises(SpaceExhausted):
        spool.require_space(1)
    Spool(tmp_path / "spool", clock).require_space(1)
