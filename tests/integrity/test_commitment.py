"""Commitments against sha256sum, and that each of their parts counts."""

import subprocess

import pytest

from integrity.commitment import commit, opens

SALT = bytes(range(32))
BODY = b"body"


def sha256(data: bytes) -> bytes:
    """SHA-256 by coreutils."""
    done = subprocess.run(["sha256sum"], input=data, capture_output=True, check=True)
    return bytes.fromhex(done.stdout.split()[0].decode())


def test_a_commitment_can_be_made_with_sha256sum() -> None:
    assert commit(SALT, BODY) == sha256(b"tiezheng-leaf-v1\n" + SALT + sha256(BODY))


def test_it_opens_with_its_own_salt_and_body_only() -> None:
    made = commit(SALT, BODY)
    assert opens(made, SALT, BODY)
    assert not opens(made, SALT, b"Body")
    assert not opens(made, SALT[::-1], BODY)
    assert not opens(made, SALT[:31], BODY)
    assert not opens(made[::-1], SALT, BODY)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit(bytes(length), BODY)
