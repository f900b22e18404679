"""Stock `openssl ocsp` as the other side: a responder to ask, and a judge of what others answer."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.certificates import Issued
from tests.servers.openssl_ts import openssl


class OpensslResponder:
    """Answers for one issuer, with its own key or with that of a responder it made, what it `says` of a certificate."""

    def __init__(self, folder: Path, issuer: Issued, by: Issued | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        (folder / "issuer.pem").write_bytes(issuer.pem)
        (folder / "responder.pem").write_bytes((by or issuer).key_file())
        self._index = folder / "index"
        self._index.touch()

    def says(self, serial: int, revoked: str = "") -> None:
        """One certificate is good, or was revoked: `YYMMDDHHMMSSZ`, or that and `,reason`."""
        state = "R" if revoked else "V"
        self._index.write_text(f"{state}\t450101000000Z\t{revoked}\t{serial:02X}\tunknown\t/CN=x\n", encoding="ascii")

    @property
    def _command(self) -> list[str | Path]:
        issuer, own = self._folder / "issuer.pem", self._folder / "responder.pem"
        return ["ocsp", "-index", self._index, "-CA", issuer, "-rsigner", own, "-rkey", own]

    def __call__(self, request: bytes, *options: str) -> bytes:
        """Its answer, without a server."""
        (self._folder / "request").write_bytes(request)
        openssl(*self._command, *options, "-reqin", self._folder / "request", "-respout", self._folder / "answer")
        return (self._folder / "answer").read_bytes()

    @contextmanager
    def listening(self, *options: str) -> Iterator[str]:
        """Its own server: where it is. It has read what it `says` by then."""
        command = ["openssl", *self._command, "-port", "0", "-timeout", "20", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            try:
                assert running.stdout is not None
                port = int(running.stdout.readline().partition(b" PID")[0].rpartition(b":")[2])
                yield f"http://127.0.0.1:{port}/"
            finally:
                running.kill()


def judged(folder: Path, answer: bytes, issuer: Issued, about: Issued, at: int, *options: str) -> str:
    """What `openssl ocsp` says of an answer at an instant (POSIX time), by an issuer that it trusts."""
    for name, content in (("issuer.pem", issuer.pem), ("about.pem", about.pem), ("answer.der", answer)):
        (folder / name).write_bytes(content)
    return openssl(
        "ocsp", *options, "-no_nonce", "-respin", folder / "answer.der", "-issuer", folder / "issuer.pem",
        "-cert", folder / "about.pem", "-CAfile", folder / "issuer.pem", "-attime", str(at),
        "-status_age", "999999999",
    )  # fmt: skip
