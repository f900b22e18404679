"""From received to receipt: once, whatever is repeated, taken away or given back."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from catalog.identity import UploadId, new_id
from ingest.errors import IntakePending
from ingest.intake import Intake
from integrity.digest import Digest
from integrity.errors import LogUnavailable, VaultUnavailable
from tests.ingest.works import Works, accounts


def test_a_file_becomes_a_recording_with_a_receipt(works: Works) -> None:
    body = b"footage" * 1000
    upload = works.send(body, filename="现场.mp4", kind="body-camera", device="DSJ-7")
    assert works.receipts.receipt(upload) is None
    done = works.intake.complete(upload)
    assert done is not None
    assert not done.repeated
    receipt = works.receipt(upload)
    assert (receipt.digest, receipt.size) == (Digest.of(body), len(body))
    assert (receipt.upload, receipt.station, receipt.wipe) == (upload, works.station.id, "allowed")
    assert not works.spool.folder(upload).exists()
    assert works.jobs.woken == [("prepare", done.recording)]
    assert works.uploads.state(works.station.id, upload).settled
    works.finish()
    accounts(works)
    [entry] = works.entries("catalogue")
    assert entry["actor"] == {"kind": "station", "id": works.station.id, "name": "dock 1", "agency": works.agency}


def test_an_empty_file(works: Works) -> None:
    upload = works.send(b"", filename="empty.txt")
    works.finish()
    assert works.receipt(upload).size == 0
    accounts(works)


def test_running_it_again_changes_nothing(works: Works) -> None:
    upload = works.send(b"footage")
    first = works.intake.complete(upload)
    receipt = works.receipts.receipt(upload)
    assert works.intake.complete(upload) == first
    assert works.receipts.receipt(upload) == receipt
    works.finish()
    assert (works.count("originals"), works.count("recordings"), works.count("uploads")) == (1, 1, 1)
    accounts(works)


def test_the_same_bytes_again_are_not_sealed_again(works: Works) -> None:
    first = works.send(b"footage", filename="a.mp4", operator="张三")
    works.intake.complete(first)
    second = works.send(b"footage", filename="b.mp4", operator="李四")
    done = works.intake.complete(second)
    assert done is not None
    assert done.repeated
    works.finish()
    assert (works.count("originals"), works.count("recordings"), works.count("uploads")) == (1, 1, 2)
    assert works.receipt(second).leaf_index == works.receipt(first).leaf_index
    [entry] = works.entries("upload-repeated")
    assert entry["details"]["statement"]["operator"] == "李四"
    accounts(works)


def test_the_same_bytes_at_the_same_time_are_sealed_once(works: Works) -> None:
    uploads = [works.send(b"footage", filename=f"{number}.mp4") for number in range(6)]
    works.intake.start()
    works.sequencer.start()
    until(lambda: all(works.receipts.receipt(upload) for upload in uploads))
    works.intake.stop()
    works.sequencer.stop()
    works.finish()
    assert (works.count("originals"), works.count("uploads"), works.count("repeated_manifests")) == (1, 6, 0)
    accounts(works)


def test_a_manifest_that_was_fixed_is_taken_to_its_end(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its leaf may be there already: dropping it would leave a leaf without a body."""
    first = works.send(b"footage", filename="a.mp4")
    with monkeypatch.context() as patched:
        patched.setattr(works.recordings, "catalogue", failing(LogUnavailable("the test")))
        with pytest.raises(LogUnavailable):
            works.intake.complete(first)
    second = works.send(b"footage", filename="b.mp4")
    works.restart()
    for upload in (second, first):
        works.intake.complete(upload)
    works.finish()
    assert works.count("uploads") == 2
    accounts(works)


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_an_upload_that_is_not_whole_waits(works: Works) -> None:
    upload = works.announce(10)
    assert works.intake.complete(upload) is None
    assert works.intake.complete(UploadId(new_id())) is None
    assert works.spool.folder(upload).exists()


def test_without_an_authority_the_receipt_says_pending_and_is_replaced_later(works: Works) -> None:
    works.authority.go_away()
    upload = works.send(b"footage")
    works.intake.complete(upload)
    early = works.receipts.receipt(upload)
    assert works.receipt(upload).pending
    works.reconciler.look()
    assert works.receipts.receipt(upload) == early
    works.authority.come_back()
    works.reconciler.look()
    assert not works.receipt(upload).pending
    assert len(works.entries("token-added")) == 2
    works.finish()
    accounts(works)


@pytest.mark.parametrize("error", [LogUnavailable("no"), VaultUnavailable("full"), OSError(5, "input/output error")])
def test_one_uploads_trouble_holds_up_no_other(works: Works, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    troubled, fine = works.send(b"troubled"), works.send(b"fine")
    seal = works.sealer.seal
    trouble = [True]

    def seal_or_fail(folder: object, received: object) -> object:
        if trouble and getattr(received, "upload", None) == troubled:
            raise error
        return seal(folder, received)  # type: ignore[arg-type]

    monkeypatch.setattr(works.sealer, "seal", seal_or_fail)
    monkeypatch.setattr("ingest.intake.FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr("ingest.intake.LAST_RETRY_SECONDS", 0.05)
    with running(works):
        until(lambda: works.receipts.receipt(fine) is not None)
        until(lambda: [failure.attempts > 2 for failure in works.intake.status().failing] == [True])
        [failure] = works.intake.status().failing
        assert failure.upload == troubled
        assert failure.code == getattr(error, "code", "OSError")
        assert works.receipts.receipt(troubled) is None
        trouble.clear()
        until(lambda: works.receipts.receipt(troubled) is not None)
        until(lambda: works.intake.status().failing == ())
    works.finish()
    accounts(works)


def test_a_thread_that_meets_a_defect_goes_on(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    troubled = works.send(b"troubled")
    monkeypatch.setattr(works.sealer, "seal", failing(ZeroDivisionError("a defect")))
    works.intake = Intake(works.spool, works.sealer, works.recordings, works.receipts, works.jobs, threads=1)
    works.intake.submit(troubled)
    works.intake.start()
    until(lambda: bool(works.intake.status().failing))
    assert works.intake.status().failing[0].code == "ZeroDivisionError"
    works.intake.stop()
    assert works.spool.folder(troubled).exists(), "bytes that were acknowledged are never dropped"


def test_waiting_for_an_upload(works: Works) -> None:
    upload = works.send(b"footage")
    with pytest.raises(IntakePending):
        works.intake.wait(upload, timeout=0)
    with running(works):
        done = works.intake.wait(upload, timeout=20)
        assert works.intake.wait(upload, timeout=0) == done, "also when it was catalogued long ago"


def test_submitting_while_it_is_being_worked_on_is_not_lost(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = works.send(b"footage")
    inside, go_on, runs = threading.Event(), threading.Event(), []

    def complete(one: UploadId) -> None:
        runs.append(one)
        inside.set()
        go_on.wait()

    monkeypatch.setattr(works.intake, "complete", complete)
    works.intake.start()
    inside.wait()
    works.intake.submit(upload)
    works.intake.submit(upload)
    go_on.set()
    until(lambda: len(runs) == 2)
    works.intake.stop()
    assert runs == [upload, upload]


def test_a_stopped_intake_leaves_the_rest_for_the_next_start(works: Works) -> None:
    works.intake.start()
    works.intake.stop()
    upload = works.send(b"footage")
    assert works.intake.status().waiting == 1
    works.restart()
    works.finish()
    assert works.receipt(upload).digest.hex == hashlib.sha256(b"footage").hexdigest()


class running:
    """Intake and sequencer in their threads."""

    def __init__(self, works: Works) -> None:
        self.works = works

    def __enter__(self) -> None:
        self.works.sequencer.start()
        self.works.intake.start()

    def __exit__(self, *_: object) -> None:
        self.works.intake.stop()
        self.works.sequencer.stop()


def until(true: Callable[[], bool]) -> None:
    """Wait for threads to get there."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("intake-")]
