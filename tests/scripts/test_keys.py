"""The installation's keys: made once, private, and refused when they are not."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrity.clock import system_random
from scripts.keys import KeyUnusable, make_key, read_key, signer


def test_a_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    make_key(path, system_random)
    first = path.read_bytes()
    make_key(path, system_random)
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert signer(path, "log.example").vkey.startswith("log.example+")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    make_key(path, system_random)
    path.chmod(0o644)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        read_key(path)


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        read_key(tmp_path / "log.key")


@pytest.mark.parametrize("kind", ["nothing", "noise", "rsa"])
def test_what_is_no_ed25519_key_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log.key"
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes({"nothing": b"", "noise": b"-----BEGIN PRIVATE KEY-----", "rsa": other}[kind])
    path.chmod(0o600)
    with pytest.raises(KeyUnusable):
        read_key(path)
