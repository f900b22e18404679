"""Receipts say what is durable, once; and are replaced only by one that says more."""

import pytest

from catalog.identity import UploadId, new_id
from ingest.errors import UploadNotFound
from ingest.receipt import Receipts
from integrity.errors import InvalidReceipt, LogUnavailable, VaultUnprotected
from integrity.manifest import Manifest
from integrity.receipt import NOT_QUALIFIED, Copy, verify_receipt
from tests.fakes.signers import SIGNER
from tests.ingest.works import TRUST, Works


def catalogued(works: Works, body: bytes = b"footage") -> UploadId:
    upload = works.send(body, filename="a.mp4")
    works.intake.complete(upload)
    return upload


def test_what_a_receipt_says(works: Works) -> None:
    upload = catalogued(works)
    receipt = works.receipt(upload)
    assert receipt.copies == (Copy("files", "readback"),)
    assert receipt.note == NOT_QUALIFIED
    assert Manifest.parse(receipt.manifest).name == "a.mp4"
    assert {token.over for token in receipt.tokens} == {"original", "manifest"}
    assert receipt.received_at == works.clock.now()


def test_it_is_built_once(works: Works) -> None:
    upload = catalogued(works)
    first = works.receipts.receipt(upload)
    works.clock.advance(3600)
    assert works.receipts.issue(upload) == first
    works.restart()
    assert works.receipts.issue(upload) == first


def test_an_agency_that_asks_for_two_copies_is_told_to_wait(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    agency = works.agencies.get(works.agency)
    wanted = type(agency)(agency.id, agency.code, agency.name, None, None, copies_wanted=2)
    monkeypatch.setattr(works.agencies, "get", lambda _: wanted)
    assert works.receipt(catalogued(works)).wipe == "wait"


def test_a_qualified_authority_takes_the_warning_away(works: Works) -> None:
    works.receipts = works.intake._receipts = Receipts(
        works.recordings,
        works.agencies,
        works.log,
        works.receipts._signer,
        works.clock,
        {"files": "readback"},
        [works.authority.name],
    )
    assert works.receipt(catalogued(works)).note is None


def test_nothing_is_signed_for_what_lies_where_nothing_would_keep_it(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(vault: str) -> None:
        raise VaultUnprotected("lock-parts", vault)

    monkeypatch.setattr(works.receipts, "_vouch", refuse)
    upload = works.send(b"footage", filename="a.mp4")
    with pytest.raises(VaultUnprotected, match="lock-parts: files"):
        works.intake.complete(upload)
    assert works.receipts.receipt(upload) is None
    assert works.spool.whole(upload) is not None, "the spool keeps it until then"
    monkeypatch.undo()
    works.intake.complete(upload)
    assert works.receipt(upload).wipe == "allowed"


def test_nothing_is_signed_for_what_is_not_catalogued(works: Works) -> None:
    for upload in (works.send(b"footage"), UploadId(new_id())):
        with pytest.raises(UploadNotFound):
            works.receipts.issue(upload)


def test_without_a_proof_there_is_no_receipt(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = works.send(b"footage")

    def down(_: int) -> bytes:
        raise LogUnavailable("the test")

    with monkeypatch.context() as patched, pytest.raises(LogUnavailable):
        patched.setattr(works.log, "tlog_proof", down)
        works.intake.complete(upload)
    assert works.receipts.receipt(upload) is None
    assert works.spool.folder(upload).exists()
    works.intake.complete(upload)
    assert works.receipt(upload).upload == upload


def test_another_key_is_not_believed(works: Works) -> None:
    body = works.receipts.receipt(catalogued(works))
    assert body is not None
    with pytest.raises(InvalidReceipt):
        verify_receipt(body, type(TRUST)(receipt_keys=(SIGNER.verifier,), logs=TRUST.logs))
