"""Stock `openssl ts` as the other side: an authority to ask, and a judge of what ours says."""

import shutil
import subprocess
from pathlib import Path

import pytest

from integrity.digest import Digest
from tests.fakes.certificates import Issued

REQUIRED = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

_CONFIGURATION = """
[ts]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1, millisecs:500
clock_precision_digits = 3
ordering = no
tsa_name = {name}
ess_cert_id_chain = no
ess_cert_id_alg = {certificate_digest}
"""


def openssl(*arguments: str | Path, check: bool = True) -> str:
    """Run openssl; what it printed, both streams."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    if check and done.returncode:
        raise AssertionError(text)
    return text


class OpensslAuthority:
    """`openssl ts -reply` over a folder: a `Transport` from one DER query to one DER response."""

    def __init__(
        self,
        folder: Path,
        issued: Issued,
        *,
        digests: str = "sha256, sha384, sha512",
        certificate_digest: str = "sha256",
        name: str = "no",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        configuration = _CONFIGURATION.format(
            folder=folder, digests=digests, certificate_digest=certificate_digest, name=name
        )
        (folder / "openssl.cnf").write_text(configuration)
        (folder / "tsa.pem").write_bytes(issued.pem)
        (folder / "tsa.key").write_bytes(issued.key_file())

    def __call__(self, query: bytes) -> bytes:
        (self._folder / "query").write_bytes(query)
        openssl(
            "ts", "-reply", "-config", self._folder / "openssl.cnf", "-section", "ts",
            "-queryfile", self._folder / "query", "-out", self._folder / "reply",
            "-signer", self._folder / "tsa.pem", "-inkey", self._folder / "tsa.key",
        )  # fmt: skip
        return (self._folder / "reply").read_bytes()


def query(folder: Path, digest: Digest, *options: str) -> bytes:
    """A request as openssl writes it."""
    algorithm = () if any(option.startswith("-sha") for option in options) else ("-sha256",)
    openssl("ts", "-query", "-digest", digest.hex, *algorithm, *options, "-out", folder / "made.tsq")
    return (folder / "made.tsq").read_bytes()


def verified(folder: Path, response: bytes, roots: bytes, *options: str | Path) -> bool:
    """Whether `openssl ts -verify` with these options says OK."""
    (folder / "verify.tsr").write_bytes(response)
    (folder / "verify.pem").write_bytes(roots)
    said = openssl(
        "ts", "-verify", "-in", folder / "verify.tsr", "-CAfile", folder / "verify.pem", *options, check=False
    )
    return "Verification: OK" in said


def text(folder: Path, response: bytes) -> str:
    """How openssl reads a response."""
    (folder / "read.tsr").write_bytes(response)
    return openssl("ts", "-reply", "-in", folder / "read.tsr", "-text")
