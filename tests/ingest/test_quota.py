"""How much a station may have on its way: what is there counts, what left does not, and nobody pays for others."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from catalog.identity import StationId, UploadId
from ingest.errors import QuotaExhausted, UploadTooLarge
from ingest.spool import Spool
from ingest.upload import Limits, Uploads
from tests.ingest.house import AGENCY, OTHER, STATION, Enrolled, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def limited(house: House, most: int) -> Uploads:
    """Uploads over the house's spool as a new process with this limit has them."""
    limits = Limits(1000, timedelta(days=7), most)
    return Uploads(house.spool, house.spool, house.past, limits, house.clock)


def announce(uploads: Uploads, length: int, station: StationId = STATION) -> None:
    uploads.create(Enrolled(station, AGENCY, "dock"), length, "")


def test_what_is_on_its_way_counts_and_nothing_else(house: House) -> None:
    uploads = limited(house, 100)
    announce(uploads, 60)
    with pytest.raises(QuotaExhausted):
        announce(uploads, 41)
    announce(uploads, 40)
    with pytest.raises(QuotaExhausted):
        announce(uploads, 1)
    assert len(list(house.spool.uploads())) == 2, "what is refused leaves nothing behind"
    announce(uploads, 100, OTHER)


def test_what_left_the_spool_makes_room(house: House) -> None:
    uploads = limited(house, 100)
    announce(uploads, 100)
    for way in ("terminated", "sealed"):
        upload = next(house.spool.uploads())
        uploads.terminate(STATION, upload) if way == "terminated" else house.spool.remove(upload)
        announce(uploads, 100)


def test_a_new_process_counts_what_it_finds(house: House) -> None:
    house.create(60)
    uploads = limited(house, 100)
    with pytest.raises(QuotaExhausted):
        announce(uploads, 41)


def test_a_file_that_never_fits_is_too_large(house: House) -> None:
    with pytest.raises(UploadTooLarge):
        announce(limited(house, 100), 101)


def test_without_a_limit_there_is_none(house: House) -> None:
    uploads = limited(house, 0)
    for _ in range(5):
        announce(uploads, 1000)


def test_creations_at_the_same_time_do_not_slip_through_together(house: House) -> None:
    uploads, refused = limited(house, 100), list[str]()

    def one() -> None:
        try:
            announce(uploads, 30)
        except QuotaExhausted as error:
            refused.append(error.code)

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(house.spool.uploads())) == 3
    assert refused == ["quota-exhausted"] * 7


def test_many_abandoned_uploads_do_not_make_the_next_one_slow(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked for a few times over all announcements, and not at every single one."""
    uploads, looked, has = limited(house, 500), list[UploadId](), Spool.has

    def counted(spool: Spool, upload: UploadId) -> bool:
        looked.append(upload)
        return has(spool, upload)

    monkeypatch.setattr(Spool, "has", counted)
    for _ in range(500):
        announce(uploads, 1)
    assert len(looked) <= 3 * 500
    with pytest.raises(QuotaExhausted):
        announce(uploads, 1)
    house.spool.remove(next(house.spool.uploads()))
    announce(uploads, 1)
