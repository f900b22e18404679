"""The checks of one seal: shared by a file with its seal and by every payload file of a bundle.

Each is about the digest of the bytes that are there. Never compares a manifest with what the manifest says of itself,
and never takes a missing part for a right one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from integrity.clock import instant
from integrity.cms import RESPONSE_LIMIT
from integrity.container import printable
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.files import Held, Source
from integrity.finding import Finding
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Existence, Judge
from integrity.manifest import Manifest, leaf_of
from integrity.note import SIZE_LIMIT as CHECKPOINT_LIMIT
from integrity.proof_files import AUTHORITIES, MANIFEST, STATEMENT, TLOG_PROOF, is_between, is_proof, is_revocations
from integrity.sm3 import Sm3
from integrity.statement import LIMIT as MANIFEST_LIMIT
from integrity.statement_check import STEP as SIGNED
from integrity.statement_check import check_statement
from integrity.tlog_proof import SIZE_LIMIT as PROOF_LIMIT
from integrity.tlog_proof import TlogProof
from integrity.token import TokenFacts
from integrity.token_check import TokenCheck
from integrity.trust import Trust

CHECKPOINT = "checkpoint"
CHECKPOINT_STAMP = "checkpoint.tsr"
RECEIPT = "receipt.json"
RENEWED = "the time stamps were renewed"
_PARTS = frozenset({MANIFEST, TLOG_PROOF, CHECKPOINT, CHECKPOINT_STAMP, RECEIPT})
_NO_MANIFEST = "there is no manifest to compare with"
_RECEIPT_LIMIT = 1024 * 1024
_CERTIFICATES_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SealedManifest:
    """A manifest that is about the bytes at hand, with its own bytes."""

    manifest: Manifest
    content: bytes


@dataclass(frozen=True, slots=True)
class HashedFile:
    """The bytes at hand: their digest and number, and how to have their SM3, which not every manifest asks for."""

    digest: Digest
    size: int
    sm3: Callable[[], Sm3]


class SealCheck:
    """Checks parts of seals from one source. `existed` are instants at which all of it is proven to have existed."""

    def __init__(self, inquiry: Inquiry, judge: Judge, source: Source, existed: tuple[Existence, ...] = ()) -> None:
        self._inquiry = inquiry
        self._judge = judge
        self._source = source
        self._existed = existed

    def authorities(self, folder: str) -> None:
        """Certificates that came along, then lists and OCSP responses: certificates say who may make them."""
        paths = [path for path in self._source.paths() if path.startswith(folder)]
        between = [path for path in paths if is_between(path.removeprefix(folder))]
        roots = [path for path in paths if path.endswith(".pem") and path not in between]
        lists = [path for path in paths if path.endswith(".crl")]
        responses = [path for path in paths if path.endswith(".ocsp")]
        judge = self._judge
        for some, judged in (
            (roots, judge.certificates),
            (between, judge.between),
            (lists, judge.revocations),
            (responses, judge.response),
        ):
            for path in some:
                content = self._source.read(path, _CERTIFICATES_LIMIT)
                if content is not None:
                    judged(printable(path), content)

    def manifest(self, path: str, file: HashedFile) -> SealedManifest | None:
        """The manifest, if it is about these bytes."""
        content = self._read(path, MANIFEST_LIMIT, "manifest-missing")
        manifest = None if content is None else self._judge.manifest(path, content)
        if content is None or manifest is None:
            return None
        if (manifest.digest, manifest.size) != (file.digest, file.size):
            said = f"{manifest.digest}, {manifest.size} bytes"
            self._inquiry.find(
                "file-differs", path, f"the manifest is about {said}; the file is {file.digest}, {file.size} bytes"
            )
            return None
        if manifest.sm3 is not None:
            self._compare_sm3(path, manifest.sm3, file)
        return SealedManifest(manifest, content)

    def manifest_of(self, path: str, digest: Digest) -> SealedManifest | None:
        """The manifest of bytes that are not at hand, if it is about this digest; nothing is said of the bytes."""
        content = self._read(path, MANIFEST_LIMIT, "manifest-missing")
        manifest = None if content is None else self._judge.manifest(path, content)
        if content is None or manifest is None:
            return None
        if manifest.digest != digest:
            self._inquiry.find("file-differs", path, f"the manifest is about {manifest.digest}")
            return None
        return SealedManifest(manifest, content)

    def _compare_sm3(self, path: str, sealed: Sm3, file: HashedFile) -> None:
        """The second digest, where a manifest has one: the file is read again for it."""
        try:
            found = file.sm3()
        except InvalidBundle as error:
            self._inquiry.find("file-unreadable", path, f"its file cannot be read again: {error}")
            return
        if found != sealed:
            self._inquiry.find("sm3-differs", path, f"the manifest says SM3 {sealed}; the file has {found}")

    def token(self, path: str, digest: Digest) -> TokenFacts | None:
        """The single token over this digest."""
        raw = self._read(path, RESPONSE_LIMIT, "token-missing")
        return None if raw is None else self._judge.token(path, raw, digest, self._existed)

    def statements(self, sealed: "Mapping[str, SealedManifest | None]") -> None:
        """What stations signed, where it came along: by its path, with the manifest that must name it."""
        there = {path: manifest for path, manifest in sealed.items() if self._source.has(path)}
        if not there:
            return
        with self._inquiry.step(SIGNED) as step:
            for path, manifest in there.items():
                content = self._source.read(path, MANIFEST_LIMIT)
                if content is not None and manifest is not None:
                    check_statement(self._inquiry, path, content, manifest.manifest, step)

    def tokens(self, prefix: str, digest: Digest, sealed: SealedManifest | None) -> "SealTokens":
        """All tokens of the seal below this prefix, to be judged."""
        found = TokenCheck(self._inquiry, self._judge, self._source, prefix, self._existed)
        return SealTokens(self._judge, found, digest, sealed)

    def stamped_checkpoint(self) -> None:
        """The token over the checkpoint, where there is one: its step comes only then, for none has to be there."""
        if not self._source.has(CHECKPOINT_STAMP):
            return
        with self._inquiry.step("an authority stamped the log's checkpoint") as step:
            stamped = self._read(CHECKPOINT, CHECKPOINT_LIMIT, "checkpoint-missing")
            raw = self._read(CHECKPOINT_STAMP, RESPONSE_LIMIT, "token-missing")
            if raw is None or stamped is None:
                step.nothing_to_check("there is no checkpoint that it could be over")
                return
            judged = self._judge.checkpoint_token(CHECKPOINT_STAMP, raw, stamped, self._existed)
            tell(step, judged)

    def proof(self, path: str, sealed: SealedManifest) -> TlogProof | None:
        """The log's proof for the manifest's leaf."""
        content = self._read(path, PROOF_LIMIT, "proof-missing")
        return None if content is None else self._judge.proof(path, content, leaf_of(sealed.content))

    def _read(self, path: str, limit: int, missing: str) -> bytes | None:
        if not self._source.has(path):
            self._inquiry.find(missing, path, "it is not there")
            return None
        return self._source.read(path, limit)


@dataclass(frozen=True, slots=True)
class SealTokens:
    """The tokens of one seal, and what they are to be over."""

    judge: Judge
    found: TokenCheck
    digest: Digest
    sealed: SealedManifest | None

    @property
    def renewed(self) -> bool:
        """Whether there are renewals."""
        return self.found.renewed

    def renewals(self, step: RunningStep) -> None:
        """All of it was stamped anew in time; to be judged first."""
        self.found.walk(None if self.sealed is None else Digest.of(self.sealed.content), step)

    def original(self, step: RunningStep) -> None:
        """An authority stamped the bytes."""
        for facts in self.found.over("original", self.digest, step).values():
            tell(step, facts)

    def manifest(self, step: RunningStep) -> None:
        """An authority stamped the manifest, which cannot be older than what it tells of."""
        if self.sealed is None:
            step.nothing_to_check(_NO_MANIFEST)
            return
        for path, facts in self.found.over("manifest", Digest.of(self.sealed.content), step).items():
            tell(step, facts)
            self.judge.stamped_after_receipt(path, self.sealed.manifest, facts)


def check_seal(inquiry: Inquiry, judge: Judge, source: Source, file: HashedFile) -> None:
    """Judge the folder of one seal: what FORMAT lists, and the receipt where it lies with it."""
    check = SealCheck(inquiry, judge, source)
    with inquiry.step("the seal holds nothing unknown"):
        for path in source.paths():
            if not (path in _PARTS or is_proof(path) or is_certificate(path, AUTHORITIES)):
                inquiry.find("file-unexpected", printable(path), "no part of a seal is called so")
        check.authorities(AUTHORITIES)
    with inquiry.step("the manifest is about this file") as step:
        sealed = check.manifest(MANIFEST, file)
        if sealed is not None:
            step.note(f"received at {instant(sealed.manifest.received_at)}")
            if sealed.manifest.sm3 is not None:
                step.note(f"SM3 {sealed.manifest.sm3}")
    check.statements({STATEMENT: sealed})
    tokens = check.tokens("", file.digest, sealed)
    if tokens.renewed:
        with inquiry.step(RENEWED) as step:
            tokens.renewals(step)
    with inquiry.step("an authority stamped the file") as step:
        tokens.original(step)
    with inquiry.step("an authority stamped the manifest") as step:
        tokens.manifest(step)
    check.stamped_checkpoint()
    with inquiry.step("the manifest is in the log") as step:
        if sealed is None:
            step.nothing_to_check(_NO_MANIFEST)
        else:
            proof = check.proof(TLOG_PROOF, sealed)
            _check_checkpoint(inquiry, source, proof)
            step.note(f"leaf {proof.index}" if proof else "no leaf")
    if source.has(RECEIPT):
        with inquiry.step("the receipt is about this file") as step:
            receipt = source.read(RECEIPT, _RECEIPT_LIMIT)
            if judge.without_trust:
                step.nothing_to_check("only a key you trust makes it a receipt")
            elif receipt is not None:
                judge.receipt(RECEIPT, receipt, file.digest, file.size)


def token_findings(files: Mapping[str, bytes], digest: Digest, trust: Trust, now: datetime) -> tuple[Finding, ...]:
    """What is wrong with the tokens and renewals among the proofs of one original, by the names of its seal's files."""
    inquiry = Inquiry()
    judge = Judge(inquiry, trust, now)
    check = SealCheck(inquiry, judge, Held(files))
    check.authorities(AUTHORITIES)
    manifest = judge.manifest(MANIFEST, files[MANIFEST])
    tokens = check.tokens("", digest, None if manifest is None else SealedManifest(manifest, files[MANIFEST]))
    with inquiry.step(RENEWED) as step:
        tokens.renewals(step)
        tokens.original(step)
        tokens.manifest(step)
    return inquiry.findings


def is_certificate(path: str, folder: str) -> bool:
    """Whether a path is where certificates, revocation lists and OCSP responses lie."""
    name = path.removeprefix(folder)
    return name != path and "/" not in name and (name.endswith(".pem") or is_revocations(name))


def tell(step: RunningStep, facts: TokenFacts | None) -> None:
    """Note when a token says it was made, and how exactly."""
    if facts is not None:
        accuracy = "no accuracy stated" if facts.accuracy is None else f"± {facts.accuracy.total_seconds()} s"
        step.note(f"{instant(facts.gen_time)} ({accuracy})")


def _check_checkpoint(inquiry: Inquiry, source: Source, proof: TlogProof | None) -> None:
    if not source.has(CHECKPOINT):
        inquiry.find("checkpoint-missing", CHECKPOINT, "it is not there")
        return
    content = source.read(CHECKPOINT, CHECKPOINT_LIMIT)
    if content is not None and proof is not None and proof.checkpoint != content:
        inquiry.find("checkpoint-differs", CHECKPOINT, "it is not the one that tlog-proof leads to")
