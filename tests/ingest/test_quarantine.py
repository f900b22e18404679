"""Files that are not what was declared: kept, on record, and out only by a decision; killed anywhere."""

import hashlib
from pathlib import Path

import pytest

from catalog.entry import Actor
from catalog.errors import CatalogUnavailable, InvalidInput
from catalog.identity import UploadId, new_id
from catalog.quarantine import Decision
from ingest.errors import NotInQuarantine, QuarantineDecided, UploadGone
from ingest.spool import CONTENT, MISMATCH
from tests.fakes.interruptions import calls_of, failing
from tests.ingest.works import Works, accounts

BODY = b"not what was declared"
DECLARED = hashlib.sha256(b"something else").hexdigest()


def decider(works: Works) -> Actor:
    return Actor("system", "test", "test", works.agency)


def mismatched(works: Works, body: bytes = BODY) -> UploadId:
    return works.send(body, filename="a.mp4", sha256=DECLARED)


def test_the_bytes_are_kept_and_on_record(works: Works) -> None:
    upload = mismatched(works)
    assert (works.folder.folder(upload) / CONTENT).read_bytes() == BODY
    assert not works.spool.folder(upload).exists()
    [waiting] = works.recordings.quarantined()
    assert (waiting.upload, waiting.digest.hex, waiting.size) == (upload, hashlib.sha256(BODY).hexdigest(), len(BODY))
    [entry] = works.entries("quarantine")
    assert entry["details"]["declared"] == DECLARED
    with pytest.raises(UploadGone):
        works.uploads.state(works.station.id, upload)
    works.finish()
    assert works.receipts.receipt(upload) is None
    assert works.count("originals") == 0
    accounts(works)


def test_without_a_catalog_it_is_recorded_later(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise CatalogUnavailable("the test")

    with monkeypatch.context() as patched:
        patched.setattr(works.recordings, "quarantine", down)
        upload = mismatched(works)
        works.reconciler.look()
    assert works.recordings.quarantined() == []
    with pytest.raises(UploadGone):
        works.uploads.state(works.station.id, upload)
    works.reconciler.look()
    assert [waiting.upload for waiting in works.recordings.quarantined()] == [upload]


def test_a_move_cut_short_is_finished(works: Works) -> None:
    upload = works.announce(len(BODY), sha256=DECLARED)
    works.uploads.on_mismatch = lambda _: None
    reception = works.uploads.begin(works.station.id, upload, 0, len(BODY), None)
    reception.take(BODY)
    reception.interrupt()
    assert works.spool.whole(upload, MISMATCH) is not None
    works.restart()
    works.reconciler.look()
    assert [waiting.upload for waiting in works.recordings.quarantined()] == [upload]


def test_keeping(works: Works) -> None:
    upload = mismatched(works)
    works.quarantine.decide(upload, "keep", "the camera is being examined", decider(works))
    works.finish()
    assert (works.folder.folder(upload) / CONTENT).read_bytes() == BODY
    [entry] = works.entries("quarantine-decide")
    assert entry["purpose"] == "the camera is being examined"
    assert entry["details"]["decision"] == "keep"


def test_discarding(works: Works) -> None:
    upload = mismatched(works)
    works.quarantine.decide(upload, "discard", "a test pattern", decider(works))
    assert not works.folder.folder(upload).exists()
    with pytest.raises(UploadGone):
        works.uploads.state(works.station.id, upload)
    works.finish()
    accounts(works)


def test_sealing(works: Works) -> None:
    upload = mismatched(works)
    works.quarantine.decide(upload, "seal", "the station hashed another file", decider(works))
    assert not works.folder.folder(upload).exists()
    works.finish()
    [release] = works.entries("quarantine-release")
    new = UploadId(release["details"]["upload"])
    assert release["subject"] == {"kind": "upload", "id": upload}
    receipt = works.receipt(new)
    assert receipt.digest.hex == hashlib.sha256(BODY).hexdigest()
    accounts(works)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_decision_needs_its_reason(works: Works, reason: str) -> None:
    upload = mismatched(works)
    with pytest.raises(InvalidInput):
        works.quarantine.decide(upload, "discard", reason, decider(works))
    assert (works.folder.folder(upload) / CONTENT).read_bytes() == BODY


def test_one_decision_only(works: Works) -> None:
    upload = mismatched(works)
    works.quarantine.decide(upload, "keep", "first", decider(works))
    works.quarantine.decide(upload, "keep", "again", decider(works))
    with pytest.raises(QuarantineDecided):
        works.quarantine.decide(upload, "discard", "second", decider(works))
    assert (works.folder.folder(upload) / CONTENT).read_bytes() == BODY
    with pytest.raises(NotInQuarantine):
        works.quarantine.decide(UploadId(new_id()), "keep", "what?", decider(works))


@pytest.mark.parametrize("decision", ["seal", "discard"])
def test_a_decision_cut_short_anywhere_is_finished(tmp_path: Path, works: Works, decision: Decision) -> None:
    def decide(upload: UploadId) -> None:
        works.quarantine.decide(upload, decision, "reason", decider(works))

    count = calls_of(lambda: decide(mismatched(works, b"counting")))
    works.finish()
    for number in range(1, count + 1):
        for after in (False, True):
            body = b"%d %r" % (number, after)
            upload = mismatched(works, body)
            try:
                with failing(number, after):
                    decide(upload)
            except Exception:  # noqa: BLE001, S110  whatever it was, the restart has to deal with it
                pass
            works.restart()
            works.finish()
            if works.recordings.decision(upload) is None:
                decide(upload)
                works.finish()
            assert not works.folder.folder(upload).exists()
            assert works.uploads._past.find(upload) is not None
    assert works.count("originals") == (1 + 2 * count if decision == "seal" else 0)
    accounts(works)
