"""The scenario whose every durable call is a kill: a file is announced, sent, sealed, catalogued and receipted.

What was told to the station is written to `told` beside the installation, without fsync: a kill keeps the page cache.
"""

import shutil
from pathlib import Path

from catalog.identity import UploadId
from integrity.digest import Digest
from tests.ingest.works import Works

BODY = b"footage that must not be lost " * 100


def begin(folder: Path) -> None:
    """A founded installation: made once for all stops, and copied."""
    template = folder.parent / "template"
    if not template.exists():
        template.mkdir()
        Works(template).found().close()
    shutil.copytree(template, folder, dirs_exist_ok=True)


def work(folder: Path) -> None:
    works = Works(folder).adopt()
    told = (folder / "told").open("w")
    upload = works.announce(len(BODY), filename="a.mp4", sha256=Digest.of(BODY).hex)
    print(upload, 0, file=told, flush=True)
    for start in range(0, len(BODY), 1000):
        chunk = BODY[start : start + 1000]
        reception = works.uploads.begin(works.station.id, upload, start, len(chunk), None)
        reception.take(chunk)
        print(upload, reception.finish(), file=told, flush=True)
    works.finish()
    if works.receipts.receipt(upload):
        print(upload, "receipt", file=told, flush=True)


def demand(works: Works) -> None:
    """After a restart: what was told holds, and going on as a station does ends in one original and its receipt."""
    told = (works.root / "told").read_text().split("\n")[:-1] if (works.root / "told").exists() else []
    if not told:
        assert works.count("originals") == 0
        return
    upload, last = UploadId(told[-1].split()[0]), told[-1].split()[1]
    state = works.uploads.state(works.station.id, upload)
    if last != "receipt":
        assert state.offset >= int(last), "an offset that was told is never taken back"
    if state.offset < len(BODY):
        reception = works.uploads.begin(works.station.id, upload, state.offset, None, None)
        reception.take(BODY[state.offset :])
        reception.finish()
    works.finish()
    assert works.receipt(upload).digest == Digest.of(BODY)
    assert (works.count("originals"), works.count("recordings"), works.count("uploads")) == (1, 1, 1)
    assert works.entries("catalogue")[0]["details"]["upload"] == upload
