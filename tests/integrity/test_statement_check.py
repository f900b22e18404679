"""A statement that came along: signed by its station, of these bytes, and the one that the manifest names."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.clock import ClockState
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.inquiry import Inquiry
from integrity.manifest import Manifest
from integrity.note import Signer
from integrity.statement import Statement
from integrity.statement_check import check_statement
from tests.fakes.clocks import START
from tests.fakes.signers import KEY

FOOTAGE = Digest.of(b"footage")
PLAIN = Statement(
    agency="01agency", station="01station", kind="body-camera", name="a.mp4", sha256=FOOTAGE, device="DSJ-7"
)
SIGNER = Signer("01station", KEY)
OTHER = Signer("01other", Ed25519PrivateKey.from_private_bytes(b"3" * 32))


def signed(statement: Statement = PLAIN, signer: Signer = SIGNER, size: int = 7) -> Statement:
    return replace(statement, signed=SignedDeclaration.sign(statement.declaration(size), signer))


def manifest_of(statement: Statement) -> Manifest:
    return Manifest.of(statement, FOOTAGE, 7, "01upload", START, ClockState(True, 1), bytes(32))


def codes(content: bytes, manifest: Manifest) -> list[str]:
    inquiry = Inquiry()
    with inquiry.step("a step") as step:
        check_statement(inquiry, "statement.json", content, manifest, step)
    return [finding.code for finding in inquiry.findings]


def test_the_stations_own_passes() -> None:
    assert Statement.parse(signed().encode()) == signed()
    assert codes(signed().encode(), manifest_of(signed())) == []


def test_a_statement_of_another_file() -> None:
    assert codes(signed().encode(), manifest_of(signed(replace(PLAIN, name="b.mp4")))) == ["declaration-differs"]


@pytest.mark.parametrize("field", ["name", "device", "kind"])
def test_a_field_that_was_changed_after_it_was_signed(field: str) -> None:
    changed = signed()
    changed = {"name": replace(changed, name="b.mp4"), "device": replace(changed, device="DSJ-8"),
               "kind": replace(changed, kind="photo")}[field]  # fmt: skip
    assert codes(changed.encode(), manifest_of(changed)) == ["declaration-signature"]


def test_signed_by_another_station() -> None:
    foreign = signed(signer=OTHER)
    assert codes(foreign.encode(), manifest_of(foreign)) == ["declaration-signature"]


def test_signed_over_another_size() -> None:
    shorter = signed(size=6)
    assert codes(shorter.encode(), manifest_of(shorter)) == ["declaration-signature"]


def test_nobody_signed() -> None:
    assert codes(PLAIN.encode(), manifest_of(PLAIN)) == ["declaration-signature"]


def test_a_manifest_that_says_otherwise() -> None:
    manifest = manifest_of(signed())
    other = replace(manifest, source=replace(manifest.source, device="DSJ-8"))
    assert codes(signed().encode(), other) == ["declaration-differs"]


def test_a_digest_that_was_declared_otherwise() -> None:
    wrong = signed(replace(PLAIN, sha256=Digest.of(b"other")))
    assert codes(wrong.encode(), manifest_of(wrong)) == ["declaration-differs"]


def test_what_cannot_be_read() -> None:
    content = b"{}"
    assert codes(content, replace(manifest_of(PLAIN), statement=Digest.of(content))) == ["declaration-malformed"]
