"""Checkpoints and receipts from outside: a log that was set back or rewritten is told by any of them."""

import shutil
from pathlib import Path

import pytest

from integrity import checkpoint
from integrity.anchor import Anchor, anchor_findings
from integrity.checkpoint import Checkpoint
from integrity.clock import ClockState
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.log_chain import LogChain
from integrity.manifest import leaf_of
from integrity.merkle import EMPTY_ROOT
from integrity.receipt import Copy, Receipt, TokenState, build_receipt
from integrity.trust import Trust
from tests.fakes.clocks import START
from tests.fakes.signers import OTHER, SIGNER
from tests.integrity.test_log import append, made, opened
from tests.integrity.test_manifest import made as made_manifest

TRUST = Trust(receipt_keys=(OTHER.verifier,), logs=(SIGNER.verifier,))
MANIFEST = made_manifest()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Ten leaves, one of them the manifest's."""
    log = made(tmp_path)
    append(log, *range(4))
    with log.exclusive():
        log.append([leaf_of(MANIFEST.encode())])
    append(log, *range(5, 10))
    return log


def receipt_of(log: Log) -> bytes:
    receipt = Receipt(
        upload="01upload", agency="01agency", station="01station", person=None, digest=MANIFEST.digest,
        size=MANIFEST.size, received_at=START, issued_at=START, clock=ClockState(True, 5),
        copies=(Copy("files", "readback"),), copies_wanted=1, manifest=MANIFEST.encode(), leaf_index=4,
        tlog_proof=log.tlog_proof(4), tokens=(TokenState("original", None), TokenState("manifest", None)),
    )  # fmt: skip
    return build_receipt(receipt, OTHER)


def codes(content: bytes, log: Log, missing: str | None = None, trust: Trust = TRUST) -> list[str]:
    found = anchor_findings(Anchor("kept", content), LogChain((), log), trust, lambda receipt: missing)
    return [finding.code for finding in found]


def test_a_log_that_has_grown_contains_what_it_had(log: Log) -> None:
    kept, receipt = log.head().note, receipt_of(log)
    assert codes(kept, log) == codes(receipt, log) == []
    append(log, *range(10, 600))
    assert codes(kept, log) == codes(receipt, log) == []


def test_a_log_that_was_set_back(log: Log, tmp_path: Path) -> None:
    """The whole folder from a backup: from inside nothing is wrong."""
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    append(log, *range(10, 20))
    kept, receipt = log.head().note, receipt_of(log)
    shutil.rmtree(tmp_path / "log")
    shutil.move(tmp_path / "backup", tmp_path / "log")
    old = opened(tmp_path)
    assert list(old.check()) == []
    assert codes(kept, old) == codes(receipt, old) == ["log-set-back"]


def test_a_log_that_was_rewritten(log: Log, tmp_path: Path) -> None:
    """By whoever has its key: as long, perfectly signed, and another one."""
    kept, receipt = log.head().note, receipt_of(log)
    shutil.rmtree(tmp_path / "log")
    forged = made(tmp_path)
    append(forged, *range(100, 115))
    assert list(forged.check()) == []
    assert codes(kept, forged) == ["log-forked"]
    assert codes(receipt, forged) == ["log-forked"]


def test_a_recording_that_is_gone(log: Log) -> None:
    assert codes(receipt_of(log), log, missing="upload 01upload is not in the catalogue") == [
        "receipted-recording-missing"
    ]


def test_the_empty_log_is_no_anchor_and_no_defect(log: Log) -> None:
    empty = checkpoint.sign(Checkpoint(SIGNER.name, 0, EMPTY_ROOT), [SIGNER])
    assert codes(empty.note, log) == []
    other = checkpoint.sign(Checkpoint(SIGNER.name, 0, bytes(32)), [SIGNER])
    assert codes(other.note, log) == ["log-forked"]


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"[]", b"\xff"])
def test_what_is_no_anchor(log: Log, content: bytes) -> None:
    assert codes(content, log) == ["anchor-invalid"]


def test_no_flipped_byte_of_an_anchor_passes(log: Log) -> None:
    for content in (log.head().note, receipt_of(log)):
        for position in range(0, len(content), 7):
            flipped = bytearray(content)
            flipped[position] ^= 1
            assert codes(bytes(flipped), log) == ["anchor-invalid"], position


def test_an_anchor_of_another_log_or_an_unknown_key(log: Log, tmp_path: Path) -> None:
    assert codes(log.head().note, log, trust=Trust(receipt_keys=TRUST.receipt_keys)) == ["anchor-invalid"]
    (tmp_path / "other").mkdir()
    other = Log.create(tmp_path / "other" / "log", OTHER, FileHeads(tmp_path / "other" / "log" / "head"))
    both = Trust(logs=(SIGNER.verifier, OTHER.verifier))
    assert codes(log.head().note, other, trust=both) != []


def test_a_log_that_cannot_be_read_is_said_so(log: Log, tmp_path: Path) -> None:
    kept, receipt = log.head().note, receipt_of(log)
    append(log, *range(10, 20))
    shutil.rmtree(tmp_path / "log" / "tile")
    assert codes(kept, log) == codes(receipt, log) == ["log-corrupt"]
