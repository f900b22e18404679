"""Uploads that nobody finishes: given up after their time, each an entry of the ledger, and nothing of them left."""

from datetime import timedelta
from pathlib import Path

from catalog.entry import SYSTEM
from tests.ingest.works import Works

COUNT = 40


def test_abandoned_uploads_are_swept_and_each_is_an_entry(works: Works, tmp_path: Path) -> None:
    uploads = [works.announce(10, filename=f"{number}.mp4") for number in range(COUNT)]
    for upload in uploads[::4]:  # some were begun
        reception = works.uploads.begin(works.station.id, upload, 0, None, None)
        reception.take(b"abc")
        reception.interrupt()
    works.clock.advance(timedelta(days=6).total_seconds())
    assert works.uploads.expire() == 0
    kept = works.announce(10)  # of today
    works.clock.advance(timedelta(days=2).total_seconds())
    assert works.uploads.expire() == COUNT
    assert works.uploads.expire() == 0
    assert list(works.spool.uploads()) == [kept]
    assert [path.name for path in works.spool.root.iterdir()] == [kept]
    entries = works.entries("upload-terminated")
    assert {entry["subject"]["id"] for entry in entries} == set(uploads)
    assert len(entries) == COUNT
    assert {entry["actor"]["kind"] for entry in entries} == {SYSTEM.kind}
    assert sorted(entry["details"]["size"] for entry in entries) == [0] * (COUNT - COUNT // 4) + [3] * (COUNT // 4)
