"""Putting an original into a file vault, to be killed at each durable call."""

from pathlib import Path

from integrity.digest import Digest
from integrity.vault_files import FileVault

BODY = b"evidence" * 1000


def begin(folder: Path) -> None:
    (folder / "spool").mkdir()
    (folder / "spool" / "upload").write_bytes(BODY)


def work(folder: Path) -> None:
    FileVault(folder / "vault").put_once(folder / "spool" / "upload", Digest.of(BODY))
