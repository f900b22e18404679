"""Declarations: what is signed is read back, checks by openssl too, and nothing else passes."""

import base64
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.declaration import LIMIT, Declaration, SignedDeclaration
from integrity.digest import Digest
from integrity.errors import InvalidDeclaration
from integrity.note import Signer
from tests.fakes.clocks import START
from tests.fakes.signers import KEY

STATION = Signer("01station", KEY)
SAID = Declaration(
    station="01station", size=7, sha256=Digest.of(b"footage"), name="询问 01.mp4", kind="body-camera", device="DSJ-7",
    started_at=START, ended_at=START + timedelta(minutes=3), clock_offset_ms=-1500, clock_uncertainty_ms=200,
)  # fmt: skip


def test_what_is_signed_is_read_back() -> None:
    signed = SignedDeclaration.sign(SAID, STATION)
    assert Declaration.parse(SAID.encode()) == SAID
    assert signed.verify() == SAID


def test_openssl_agrees(tmp_path: Path) -> None:
    signed = SignedDeclaration.sign(SAID, STATION)
    for name, content in (("said", signed.content), ("signature", signed.signature),
                          ("key", bytes.fromhex("302a300506032b6570032100") + signed.key.public_key)):  # fmt: skip
        (tmp_path / name).write_bytes(content)
    argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(tmp_path / "key"), "-rawin",
            "-in", str(tmp_path / "said"), "-sigfile", str(tmp_path / "signature")]  # fmt: skip
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0
    (tmp_path / "said").write_bytes(signed.content.replace(b"DSJ-7", b"DSJ-8"))
    assert subprocess.run(argv, capture_output=True, check=False).returncode != 0


def test_a_changed_field_is_refused() -> None:
    signed = SignedDeclaration.sign(SAID, STATION)
    with pytest.raises(InvalidDeclaration, match="signature"):
        replace(signed, content=signed.content.replace(b"DSJ-7", b"DSJ-8")).verify()


def test_another_keys_signature_is_refused() -> None:
    other = Signer("01station", Ed25519PrivateKey.from_private_bytes(b"3" * 32))
    signed = SignedDeclaration.sign(SAID, other)
    with pytest.raises(InvalidDeclaration, match="signature"):
        replace(signed, key=STATION.verifier).verify()


def test_a_key_that_is_named_by_another_station_is_refused() -> None:
    with pytest.raises(InvalidDeclaration, match="01other"):
        SignedDeclaration.sign(SAID, Signer("01other", KEY)).verify()


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidDeclaration):
        replace(SignedDeclaration.sign(SAID, STATION), signature=bytes(length)).verify()


@pytest.mark.parametrize("content", [b"", b"{}", base64.b64encode(SAID.encode()), SAID.encode() + b" "])
def test_nothing_else_is_read(content: bytes) -> None:
    with pytest.raises(InvalidDeclaration):
        Declaration.parse(content)


def test_one_that_is_too_long_is_not_written() -> None:
    with pytest.raises(InvalidDeclaration):
        replace(SAID, name="x" * LIMIT).encode()
