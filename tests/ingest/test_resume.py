"""The reconciler finds whatever is not where it should be; and a kill anywhere on the way loses and doubles nothing."""

from pathlib import Path

import pytest

from catalog.errors import CatalogUnavailable
from ingest.spool import UPLOAD
from tests.fakes.immutable import clear_immutable
from tests.fakes.interruptions import killed
from tests.ingest import killed_intake
from tests.ingest.works import Works, accounts


def test_received_uploads_go_to_the_intake(works: Works) -> None:
    upload = works.send(b"footage")
    works.restart()
    assert works.intake.status().waiting == 0
    works.reconciler.look()
    assert works.intake.status().waiting == 1
    works.reconciler.look()
    assert works.intake.status().waiting == 1
    works.finish()
    assert works.receipt(upload).upload == upload


def test_complete_uploads_that_nobody_settled_are_hashed(works: Works) -> None:
    upload = works.announce(7)
    with works.spool.open(upload) as file:
        file.append(b"footage")
        file.acknowledge()
    works.restart()
    works.finish()
    assert works.receipt(upload).size == 7


def test_unfinished_uploads_wait_for_bytes_and_expire(works: Works) -> None:
    upload = works.announce(7)
    works.finish()
    assert works.spool.folder(upload).exists()
    works.clock.advance(8 * 24 * 3600)
    works.reconciler.look()
    assert not works.spool.folder(upload).exists()
    [entry] = works.entries("upload-terminated")
    assert entry["actor"]["kind"] == "system"


def test_a_creation_cut_short_is_swept_before_the_first_request(works: Works) -> None:
    upload = works.announce(7)
    (works.spool.folder(upload) / UPLOAD).unlink()
    works.reconciler.look()
    assert works.spool.folder(upload).exists(), "beside running requests nothing half made is touched"
    works.restart()
    assert not works.spool.folder(upload).exists()


def test_receipts_that_are_due(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = works.send(b"footage")
    with monkeypatch.context() as patched:
        patched.setattr(works.receipts, "issue", lambda _: b"")
        works.intake.complete(upload)
    assert works.receipts.receipt(upload) is None
    assert not works.spool.folder(upload).exists()
    works.reconciler.look()
    assert works.receipt(upload).upload == upload


def test_recordings_that_were_never_prepared(works: Works) -> None:
    done = works.intake.complete(works.send(b"footage"))
    assert done is not None
    works.restart()
    works.reconciler.look()
    works.reconciler.look()
    assert works.jobs.woken == [("prepare", done.recording)]


def test_one_steps_trouble_keeps_no_other_from_its_turn(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise CatalogUnavailable("the test")

    upload = works.send(b"footage")
    works.intake = works.reconciler._intake
    for step in ("scan",):
        monkeypatch.setattr(works.quarantine, step, down)
    monkeypatch.setattr(works.recordings, "pending_tokens", down)
    works.reconciler.look()
    works.intake.complete(upload)
    assert works.receipt(upload).upload == upload


def test_it_runs_in_a_thread_of_its_own(works: Works) -> None:
    works.send(b"footage")
    works.reconciler.start()
    works.reconciler.stop()
    works.reconciler.stop()


def test_killed_anywhere_between_creation_and_receipt(tmp_path: Path) -> None:
    """Each durable call of the way is the last one once before and once after it; then a normal start."""
    folders = killed(killed_intake.__name__, tmp_path)
    assert len(folders) > 60, "creation, bytes, manifest, vault, tokens, log, catalog and removal have many calls"
    for folder in folders:
        works = Works(folder).adopt()
        works.finish()
        accounts(works)
        killed_intake.demand(works)
        works.close()
    clear_immutable(tmp_path)
