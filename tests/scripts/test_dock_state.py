"""What a station remembers survives a restart, and its credentials are read strictly."""

import json
from pathlib import Path

import pytest

from integrity.digest import Digest
from scripts.dock_state import Credentials, DockState, WrongCredentials

DIGEST = Digest.of(b"footage")


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    state = DockState(tmp_path / "dock.json")
    assert (state.upload(DIGEST), state.receipt(DIGEST), state.checkpoint()) == (None, None, None)
    state.begin_upload(DIGEST, "http://a/files/1")
    state.keep_checkpoint(b"note\n")
    path = state.keep_receipt(DIGEST, b"receipt")
    again = DockState(tmp_path / "dock.json")
    assert again.upload(DIGEST) == "http://a/files/1"
    assert (again.receipt(DIGEST), again.checkpoint()) == (b"receipt", b"note\n")
    assert path == tmp_path / "receipts" / f"{DIGEST.hex}.receipt.json"
    again.end_upload(DIGEST)
    again.end_upload(DIGEST)
    assert state.upload(DIGEST) is None


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir()
    left = tmp_path / "receipts" / ".0123456789abcdef.tmp"
    left.write_bytes(b"half")
    DockState(tmp_path / "dock.json")
    assert not left.exists()


def test_credentials(tmp_path: Path) -> None:
    path = tmp_path / "dock.json"
    path.write_text(json.dumps({"station": "s", "name": "dock 1", "token": "t", "server": None}))
    path.chmod(0o600)
    assert Credentials.read(path) == Credentials(path, "s", "dock 1", "t", None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_credentials_that_others_can_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "dock.json"
    path.write_text(json.dumps({"station": "s", "name": "dock 1", "token": "t"}))
    path.chmod(mode)
    with pytest.raises(WrongCredentials, match="chmod"):
        Credentials.read(path)


def test_credentials_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongCredentials):
        Credentials.read(tmp_path / "nothing")
