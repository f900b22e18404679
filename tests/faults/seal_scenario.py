"""Fixing and sealing one upload with the real vault and the real log, to be killed at each durable call.

What each step returned is told to a folder beside, on a disk that keeps its power: from then on it must hold.
"""

import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.clock import system_random
from integrity.digest import Digest
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.note import Signer
from integrity.seal import ReceivedFile, Seal, Sealer
from integrity.statement import Statement
from integrity.vault_files import FileVault
from tests.fakes.appenders import FakeAppender
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import FakeClock

BODY = b"footage" * 1000
SIGNER = Signer("tiezheng.example/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
STATEMENT = Statement(agency="01agency", station="01station", kind="body-camera", name="询问.mp4")


def told_by(folder: Path) -> Path:
    """Where the scenario that ran in `folder` told what had been promised to it."""
    return folder.with_suffix(".told")


def tell(folder: Path, promise: str) -> None:
    """Making a folder is a durable call like others, so there is also a stop right after each promise."""
    (told_by(folder) / promise).mkdir(parents=True, exist_ok=True)


def opened(folder: Path) -> Log:
    return Log.open(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))


def begin(folder: Path) -> None:
    shutil.rmtree(told_by(folder), ignore_errors=True)
    (folder / "spool").mkdir()
    (folder / "spool" / "bytes").write_bytes(BODY)
    (folder / "log").mkdir()
    Log.create(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))


def work(folder: Path) -> Seal:
    received = ReceivedFile("01upload", folder / "spool" / "bytes", Digest.of(BODY), len(BODY))
    sealer = Sealer(
        FileVault(folder / "vault"), [FakeAuthority()], FakeAppender(opened(folder)), FakeClock(), system_random
    )
    fixed = sealer.fix(folder / "spool", received, STATEMENT)
    tell(folder, f"manifest-{fixed.digest}")
    seal = sealer.seal(folder / "spool", received)
    tell(folder, f"leaf-{seal.leaf_index}-{seal.commitment.hex()}")
    return seal
