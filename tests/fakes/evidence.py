"""A small installation's worth of real evidence: a log, an embedded authority, keys, and files sealed by them.

Nothing in here is faked but the clock; whoever verifies it can use openssl. Made fast enough for one a test module.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.authority import EmbeddedAuthority, make_authority
from integrity.bundle_contents import BundleApproval, BundleContents, BundleCopy, BundleFile
from integrity.canonical import Json, canonical
from integrity.certificates import read_certificates
from integrity.clock import instant
from integrity.commitment import commit
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.extent import BOTH, COPIES
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.maker import ACTION
from integrity.manifest import Manifest
from integrity.note import Signer
from integrity.proof_files import OriginalProofs, Over, authority_files
from integrity.provenance import Source, sign_provenance
from integrity.sm3 import Sm3
from integrity.statement import Filing, Statement
from integrity.timestamp import HttpAuthority
from integrity.trust import Trust, TrustedAuthority
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.provenances import MAKER, provenance
from tests.fakes.signers import WITNESS


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed file, in memory."""

    body: bytes
    manifest: bytes
    tokens: Mapping[Over, bytes]
    leaf_index: int


class Evidence:
    """Everything in one folder. `clock` stands at the real time when it was made, which openssl compares with."""

    def __init__(self, folder: Path, at: datetime | None = None) -> None:
        """`at` is another time for the clock; an authority whose keys lie in the folder already is used as it is."""
        self.clock = FakeClock(at or datetime.now(UTC))
        self.random = FakeRandom()
        self.log_key = Signer("tiezheng.example/log", Ed25519PrivateKey.from_private_bytes(b"L" * 32))
        self.receipt_key = Signer("tiezheng.example/receipt", Ed25519PrivateKey.from_private_bytes(b"R" * 32))
        self.log = Log.create(folder / "log", self.log_key, FileHeads(folder / "log" / "head"))
        self.embedded: EmbeddedAuthority = make_authority(folder / "authority", self.clock, self.random)
        roots = read_certificates(self.embedded.root_pem)
        self.authority = HttpAuthority("embedded", self.embedded.respond, roots, self.clock, self.random)
        self.trust = Trust(
            receipt_keys=(self.receipt_key.verifier,),
            logs=(self.log_key.verifier,),
            authorities=(TrustedAuthority("embedded", self.embedded.root_pem, qualified=False),),
            witnesses=(WITNESS.key,),
        )

    def append(self, commitment: bytes) -> int:
        with self.log.exclusive():
            return self.log.append([commitment])[0]

    def stamp(self, digest: Digest) -> bytes:
        return self.authority.stamp(digest).raw

    def seal(
        self, name: str, body: bytes, kind: str = "body-camera", pending: bool = False, sm3: Sm3 | None = None
    ) -> Sealed:
        """Seal bytes as the service would: manifest, two tokens (none when `pending`), one leaf."""
        filing = Filing("01case", name, "interview", "investigation", "text/plain") if kind == "document" else None
        statement = Statement(agency="01agency", station="01station", kind=kind, name=name, filing=filing)
        return self.seal_stated(statement, body, pending, sm3)

    def seal_stated(self, statement: Statement, body: bytes, pending: bool = False, sm3: Sm3 | None = None) -> Sealed:
        """The same for what an uploader declared otherwise."""
        manifest = Manifest.of(
            statement,
            Digest.of(body),
            len(body),
            "01upload",
            self.clock.now(),
            self.clock.state(),
            self.random(32),
            sm3,
        )
        content = manifest.encode()
        tokens: dict[Over, bytes] = {}
        if not pending:
            tokens = {"original": self.stamp(Digest.of(body)), "manifest": self.stamp(Digest.of(content))}
        return Sealed(body, content, tokens, self.append(commit(manifest.salt, content)))

    def entry(
        self,
        action: str,
        withheld: bool = False,
        subject: tuple[str, str] = ("recording", "01recording"),
        actor: tuple[str, str] = ("01person", "王芳"),
        details: Mapping[str, Json] | None = None,
        kind: str = "person",
        outcome: str = "permitted",
    ) -> CustodyEntry:
        """A ledger entry with its leaf and proof."""
        body = canonical(
            {
                "format": "tiezheng-ledger-v1",
                "at": instant(self.clock.now()),
                "agency": "01agency",
                "actor": {"kind": kind, "id": actor[0], "name": actor[1], "agency": "01agency"},
                "action": action,
                "subject": {"kind": subject[0], "id": subject[1]},
                "outcome": outcome,
                "purpose": "案卷评查",
                "details": details or {},
            }
        )
        salt = self.random(32)
        index = self.append(commit(salt, body))
        proof = self.log.tlog_proof(index)
        if withheld:
            return CustodyEntry(commit(salt, body), proof)
        return CustodyEntry(commit(salt, body), proof, body, salt)

    def file(self, sealed: Sealed) -> BundleFile:
        return BundleFile(lambda: io.BytesIO(sealed.body), self.proofs(sealed))

    def proofs(self, sealed: Sealed) -> dict[str, bytes]:
        """The seal's proofs by name, under today's head."""
        there = list(sealed.tokens.items())
        return OriginalProofs(sealed.manifest, there, self.log.tlog_proof(sealed.leaf_index)).files()

    def maker(self, maker: Signer = MAKER) -> CustodyEntry:
        """The ledger entry that puts a maker of viewing copies on record."""
        details: dict[str, Json] = {"vkey": maker.vkey}
        system, subject = ("system", "system"), (ACTION, Digest.of(maker.verifier.public_key).hex)
        return self.entry(ACTION, subject=subject, actor=system, details=details, kind="system", outcome="done")

    def viewing_copy(self, sealed: Sealed, name: str = "media.mp4") -> BundleCopy:
        """A viewing copy of a sealed file: a few bytes of its own."""
        body = b"moving pictures of " + Digest.of(sealed.body).raw
        said = provenance(name, body, [Source(Digest.of(sealed.body), len(sealed.body))])
        return BundleCopy(lambda: io.BytesIO(body), said, sign_provenance(said, MAKER), self.maker())

    def contents(
        self, originals: Sequence[Sealed], documents: Sequence[Sealed] = (), extent: str | None = None
    ) -> BundleContents:
        """A bundle's contents: custody with a view, a withheld entry and the approval.

        With an `extent` as today's service makes it, and with viewing copies where it asks for them; without one as
        before there was a choice.
        """
        asked: dict[str, Json] = {
            "action": "release",
            "recipient": "某区人民法院",
            "recipient_kind": "court",
            "legal_basis": "行政诉讼法",
        }
        granted: dict[str, Json] = {"decision": "approved", "grant": "01grant", "expires_at": instant(self.clock.now())}
        recordings = [Digest.of(sealed.body).hex for sealed in originals]
        records = [Digest.of(sealed.body).hex for sealed in documents]
        if extent is not None:
            asked["extent"] = extent
            granted |= {"extent": extent, "recordings": [*recordings], "documents": [*records]}
        request = ("request", "01request")
        custody = [
            self.entry("view"),
            self.entry("view", withheld=True),
            self.entry("request", subject=request, details=asked),
            self.entry("decide", actor=("02person", "李强"), subject=request, details=granted),
        ]
        return BundleContents(
            grant="01grant",
            organisation="某市城市管理局",
            made_on=self.clock.now().date(),
            originals=[self.file(sealed) for sealed in originals if extent != COPIES],
            documents=[self.file(sealed) for sealed in documents],
            authorities=authority_files({"embedded": self.embedded.root_pem}),
            checkpoint=self.log.head().note,
            custody=custody,
            approval=BundleApproval(
                request={
                    "id": "01request",
                    "recordings": [*recordings],
                    "documents": [*records],
                    "requester": "王芳",
                    "purpose": "案卷评查",
                    **asked,
                },
                approval={"decision": "approved", "approver": "李强", "reason": "案卷评查"},
                grant={"id": "01grant", "expires_at": granted["expires_at"]},
                entry=custody[-1].commitment,
            ),
            copies=[self.viewing_copy(sealed) for sealed in originals if extent in (BOTH, COPIES)],
            absent=[self.proofs(sealed) for sealed in originals if extent == COPIES],
        )
