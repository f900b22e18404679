"""The good specimens: a seal as files, and a bundle as files; both verify."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.bundle import write_bundle
from integrity.canonical import canonical, parse_canonical
from integrity.digest import Digest
from integrity.note import Signer
from integrity.proof_files import authority_files, seal_files
from integrity.receipt import Copy, Receipt, Stamp, TokenState, build_receipt
from integrity.sm3 import Sm3
from integrity.tlog_proof import TlogProof
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Issued
from tests.fakes.evidence import Evidence, Sealed
from tests.integrity.zoo import Files

VIDEO = b"video" * 50_000
VIDEO_PATH = "data/originals/询问 01.mp4"
SECOND_PATH = "data/originals/second.mp4"
DOCUMENT_PATH = "data/documents/笔录.txt"


@dataclass(frozen=True, slots=True)
class Specimen:
    """One installation's evidence, another's for contrast, and the good files."""

    evidence: Evidence
    other: Evidence
    video: Sealed
    second: Sealed
    seal: Files
    bundle: Files
    second_proof: bytes
    first_checkpoint: bytes
    credentials: tuple[Issued, Issued]

    @classmethod
    def make(cls, folder: Path, at: datetime | None = None, video_bytes: bytes = VIDEO) -> "Specimen":
        """`at` is the time of all that is made, by default the real one. Equal times give equal bytes."""
        at = at or datetime.now(UTC)
        credentials = _credentials(folder / "one", "zoo", at)
        _credentials(folder / "other", "zoo-elsewhere", at)
        other, evidence = Evidence(folder / "other", at), Evidence(folder / "one", at)
        video, second = evidence.seal("询问 01.mp4", video_bytes), evidence.seal("second.mp4", b"second")
        document = evidence.seal("笔录.txt", "答：是。".encode(), "document")
        first = evidence.log.head().note
        contents = evidence.contents([video, second], [document])
        write_bundle(folder / "bundle.zip", contents, evidence.stamp)
        with zipfile.ZipFile(folder / "bundle.zip") as archive:
            bundle = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
        roots = authority_files({"embedded": evidence.embedded.root_pem})
        seal = seal_files(evidence.proofs(video), evidence.log.head().note, roots)
        second_proof = evidence.log.tlog_proof(second.leaf_index)
        return cls(evidence, other, video, second, seal, bundle, second_proof, first, credentials)

    def relisted(self, files: Files) -> None:
        """Write both lists anew over what is there, and have the installation's own authority stamp them."""
        files["manifest-sha256.txt"] = listing(files, payload=True)
        files["tagmanifest-sha256.txt"] = listing(files, payload=False)
        files["tagmanifest-sha256.txt.tsr"] = self.evidence.stamp(Digest.of(files["tagmanifest-sha256.txt"]))

    @property
    def receipt(self) -> bytes:
        """The good receipt of the video, with one token still pending."""
        evidence, sealed, at = self.evidence, self.video, self.evidence.clock.now()
        proof = self.seal["tlog-proof"]
        stamp = Stamp("embedded", at, Digest.of(sealed.tokens["original"]), False)
        receipt = Receipt(
            upload="01upload", agency="01agency", station="01station", person=None,
            digest=Digest.of(sealed.body), size=len(sealed.body),
            received_at=at, issued_at=at, clock=evidence.clock.state(),
            copies=(Copy("files", "readback"),), copies_wanted=1, manifest=sealed.manifest,
            leaf_index=TlogProof.from_bytes(proof).index, tlog_proof=proof,
            tokens=(TokenState("original", stamp), TokenState("manifest", None)),
        )  # fmt: skip
        return build_receipt(receipt, evidence.receipt_key)

    @property
    def strangers_revocations(self) -> bytes:
        """A list that revokes everything, signed by nobody who matters."""
        made = certificates.revocations(certificates.root("stranger"), {1: self.evidence.clock.now()})
        return made.public_bytes(Encoding.PEM)

    @staticmethod
    def forger(name: str) -> Signer:
        """A key that nobody trusts, under any name."""
        return Signer(name, Ed25519PrivateKey.from_private_bytes(b"F" * 32))


def _credentials(folder: Path, name: str, at: datetime) -> tuple[Issued, Issued]:
    """An authority's keys, the same in every run: its root, and its time-stamping certificate of 25 years."""
    root = certificates.root(name, at - YEAR, at + 50 * YEAR)
    key = certificates.rsa_key(f"{name}-signer")
    signer = certificates.signer(root, start=at - YEAR / 12, end=at + 25 * YEAR, key=key)
    certificates.keep(folder / "authority", root, signer)
    return root, signer


def listing(files: Files, *, payload: bool, hashed: Callable[[bytes], Digest | Sm3] = Digest.of) -> bytes:
    """One of BagIt's lists, as the format has it."""
    lists = ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt.tsr", "tagmanifest-sm3.txt")
    chosen = sorted(path for path in files if path.startswith("data/") == payload and path not in lists)
    return "".join(f"{hashed(files[path])}  {path}\n" for path in chosen).encode()


def proofs(body: bytes, part: str) -> str:
    """Where a payload file's manifest, token or proof lies."""
    return f"proofs/{Digest.of(body)}.{part}"


def edited(content: bytes, **changes: Any) -> bytes:
    """Canonical JSON with other values at its top."""
    return canonical(parse_canonical(content) | changes)


def flipped(content: bytes, at: int | None = None) -> bytes:
    """One bit changed, by default in the middle."""
    place = len(content) // 2 if at is None else at
    return content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :]


def write_folder(folder: Path, files: Files) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def write_zip(path: Path, files: Files, *, top: str = "tiezheng-01grant/", compression: int = 0) -> Path:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(
                zipfile.ZipInfo(top + name), content, compression
            )  # always of 1980: equal files, equal zip
    path.write_bytes(made.getvalue())
    return path
