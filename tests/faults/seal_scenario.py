"""Fixing and sealing one upload with the real vault and the real log, to be killed at each durable call."""

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


def opened(folder: Path) -> Log:
    return Log.open(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))


def begin(folder: Path) -> None:
    (folder / "spool").mkdir()
    (folder / "spool" / "bytes").write_bytes(BODY)
    (folder / "log").mkdir()
    Log.create(folder / "log", SIGNER, FileHeads(folder / "log" / "head"))


def work(folder: Path) -> Seal:
    received = ReceivedFile("01upload", folder / "spool" / "bytes", Digest.of(BODY), len(BODY))
    sealer = Sealer(
        FileVault(folder / "vault"), [FakeAuthority()], FakeAppender(opened(folder)), FakeClock(), system_random
    )
    sealer.fix(folder / "spool", received, STATEMENT)
    return sealer.seal(folder / "spool", received)
