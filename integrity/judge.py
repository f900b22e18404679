"""Judges single proofs, tokens, log proofs, checkpoints, manifests, by what the reader brought from outside.

Without `trust` it can only say whether things agree with each other, and uses the certificates that came along and
unsigned roots for that; `integrity.verify` then ends with `trust-not-supplied`, whatever was found to agree. With
`trust` nothing that came along is believed. Each failure is a finding of the inquiry; nothing is raised.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from integrity import checkpoint, merkle
from integrity.certificates import issued_by, issued_under, read_certificates, read_revocations
from integrity.checkpoint import SignedCheckpoint
from integrity.cosignature import Cosignature, cosignatures
from integrity.digest import Digest
from integrity.errors import (
    IntegrityError,
    InvalidManifest,
    InvalidNote,
    InvalidProof,
    InvalidRevocations,
    InvalidToken,
    InvalidTrust,
    RevokedKey,
)
from integrity.finding import Assurance
from integrity.inquiry import Inquiry
from integrity.manifest import Manifest
from integrity.ocsp import OcspResponse, read_ocsp
from integrity.receipt import Receipt, verify_receipt
from integrity.tlog_proof import TlogProof
from integrity.token import CLOCK_TOLERANCE, Expectation, TokenFacts, verify_token
from integrity.trust import Trust


@dataclass(frozen=True, slots=True)
class Existence:
    """An instant at which something is proven to have existed, and whether a qualified authority says so."""

    at: datetime
    qualified: bool


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a good token says, and whether a qualified authority stands behind all that makes it good."""

    facts: TokenFacts
    qualified: bool


@dataclass(frozen=True, slots=True)
class _Root:
    certificate: x509.Certificate
    qualified: bool


class Judge:
    """One verification's judge; remembers every checkpoint it saw, for two of one size must be one.

    `witnesses` is how many trusted witnesses each checkpoint needs; the quorum of `trust` where that is more.
    """

    def __init__(self, inquiry: Inquiry, trust: Trust | None, now: datetime, *, witnesses: int = 0) -> None:
        self._inquiry = inquiry
        self._trust = trust
        self._now = now
        self._quorum = max(witnesses, trust.quorum if trust else 0)
        self._roots = [_Root(item.certificate, item.qualified) for item in trust.authorities] if trust else []
        self._between: list[x509.Certificate] = []
        self._revocations: list[x509.CertificateRevocationList] = []
        self._responses: list[OcspResponse] = []
        self.revocation_digests: set[Digest] = set()
        """Of all that came along about revocation, believed or not."""
        self._trees: dict[tuple[str, int], bytes] = {}
        self._qualified: dict[Digest, bool] = {}
        self._outside: dict[Digest, datetime] = {}
        self._receipted = False
        self._witnessed: set[bool] = set()

    @property
    def without_trust(self) -> bool:
        return self._trust is None

    def certificates(self, subject: str, content: bytes) -> None:
        """Certificates that came along: compared with those that are trusted, or used as they are without trust."""
        try:
            found = read_certificates(content)
        except InvalidTrust as error:
            self._inquiry.find("certificate-malformed", subject, str(error))
            return
        if self._trust is None:
            self._roots += [_Root(certificate, qualified=False) for certificate in found]
        elif not set(found) <= {root.certificate for root in self._roots}:
            self._inquiry.find("certificate-not-trusted", subject, "a certificate that your trust.json does not name")

    def between(self, subject: str, content: bytes) -> None:
        """Certificates said to stand between a root and a list: those that a root made may sign lists, and no more."""
        try:
            found = read_certificates(content)
        except InvalidTrust as error:
            self._inquiry.find("certificate-malformed", subject, str(error))
        else:
            self._between += issued_under(found, [root.certificate for root in self._roots])

    def revocations(self, subject: str, content: bytes) -> None:
        """A revocation list that came along: it can only take trust away, so it counts if its issuer made it."""
        self.revocation_digests.add(Digest.of(content))
        try:
            revocations = read_revocations(content)
        except InvalidTrust as error:
            self._inquiry.find("revocations-malformed", subject, str(error))
            return
        if issued_by(revocations, self._authorities()):
            self._revocations.append(revocations)
        else:
            self._inquiry.find("revocations-not-trusted", subject, "signed by no authority that is trusted")

    def response(self, subject: str, content: bytes) -> None:
        """An OCSP response that came along: as a list, if the certificate's issuer made it or had it made."""
        self.revocation_digests.add(Digest.of(content))
        try:
            response = read_ocsp(content)
        except InvalidRevocations as error:
            self._inquiry.find("revocations-malformed", subject, str(error))
            return
        if response.signer(self._authorities()) is not None:
            self._responses.append(response)
        else:
            self._inquiry.find("revocations-not-trusted", subject, "signed by no authority that is trusted")

    def _authorities(self) -> list[x509.Certificate]:
        """Whoever may say what was revoked."""
        return [*(root.certificate for root in self._roots), *self._between]

    def token(self, subject: str, raw: bytes, digest: Digest, existed: Sequence[Existence] = ()) -> TokenFacts | None:
        """What a token over this digest says; None, with a finding, where it proves nothing."""
        try:
            stamped = self.stamped(raw, digest, existed)
        except InvalidToken as error:
            self.refuse(subject, error)
            return None
        self.count(digest, stamped)
        return stamped.facts

    def refuse(self, subject: str, error: InvalidToken) -> None:
        """A token that proves nothing is a finding by the name of the check that failed."""
        self._inquiry.find(error.finding, subject, str(error).partition(": ")[2])

    def stamped(self, raw: bytes, digest: Digest, existed: Sequence[Existence] = ()) -> Stamped:
        """What a token over this digest says; InvalidToken.

        `existed` are instants at which the token itself is known to have existed: one by which it is good is enough,
        and where it needs one, what it proves is worth no more than that.
        """
        refusal: InvalidToken | None = None
        for known in (None, *sorted(existed, key=lambda one: (not one.qualified, one.at))):
            try:
                facts, root = self._rooted(raw, digest, None if known is None else known.at)
            except InvalidToken as error:
                refusal = refusal or error
            else:
                return Stamped(facts, root.qualified and (known is None or known.qualified))
        raise refusal or InvalidToken("token-chain", "nothing to judge it by")

    def count(self, digest: Digest, stamped: Stamped) -> None:
        """A good token that the verdict's assurance rests on; of several over one digest the best counts."""
        self._qualified[digest] = self._qualified.get(digest, False) or stamped.qualified

    def qualified(self, digest: Digest) -> bool:
        """Whether a good token over this digest was of a qualified authority."""
        return self._qualified.get(digest, False)

    def _rooted(self, raw: bytes, digest: Digest, existed_by: datetime | None) -> tuple[TokenFacts, _Root]:
        """What it says, and the root in which its chain ends."""
        expected = Expectation(
            (), self._now, revocations=self._revocations, existed_by=existed_by, responses=self._responses
        )
        refusal = InvalidToken("token-chain", "there is no root certificate to judge it by")
        for root in self._roots:
            try:
                return verify_token(raw, digest, replace(expected, roots=(root.certificate,))), root
            except InvalidToken as error:
                refusal = error
                if error.finding != "token-chain":
                    break
        raise refusal

    def manifest(self, subject: str, content: bytes) -> Manifest | None:
        """A manifest of a version we know."""
        try:
            return Manifest.parse(content)
        except InvalidManifest as error:
            self._inquiry.find("manifest-malformed", subject, str(error))
            return None

    def stamped_after_receipt(self, subject: str, manifest: Manifest, facts: TokenFacts) -> None:
        """A manifest cannot have been stamped before what it tells of had happened."""
        if facts.gen_time + CLOCK_TOLERANCE < manifest.received_at:
            detail = f"it was stamped at {facts.gen_time}, before the receipt it states, {manifest.received_at}"
            self._inquiry.find("token-before-receipt", subject, detail)

    def proof(self, subject: str, content: bytes, leaf: bytes) -> TlogProof | None:
        """A log's proof that it has this leaf."""
        try:
            proof = TlogProof.from_bytes(content)
            claimed = checkpoint.claimed(proof.checkpoint)
        except InvalidNote as error:
            self._inquiry.find("proof-malformed", subject, str(error))
            return None
        if self.checkpoint(subject, proof.checkpoint) is None:
            return None
        try:
            merkle.verify_inclusion(merkle.leaf_hash(leaf), proof.index, claimed.size, proof.path, claimed.root)
        except InvalidProof as error:
            self._inquiry.find("proof-invalid", subject, str(error))
            return None
        return proof

    def checkpoint(self, subject: str, content: bytes) -> SignedCheckpoint | None:
        """A checkpoint, signed by a log that is trusted, and in no contradiction with another one seen before."""
        try:
            signed = self._signed(content)
        except _Refused as refused:
            self._inquiry.find(refused.code, subject, refused.detail)
            return None
        self._witnesses(subject, signed)
        tree = (signed.checkpoint.origin, signed.size)
        if self._trees.setdefault(tree, signed.root) != signed.root:
            self._inquiry.find("log-forked", subject, f"two roots for size {signed.size}: the log shows two faces")
        return signed

    def checkpoint_token(
        self, subject: str, raw: bytes, stamped: bytes, existed: Sequence[Existence] = ()
    ) -> TokenFacts | None:
        """What a token over this checkpoint says: it is over the note as the log signed it, cosignatures left out."""
        try:
            own = checkpoint.own_note(stamped)
        except InvalidNote as error:
            self._inquiry.find("checkpoint-malformed", subject, str(error))
            return None
        digest = Digest.of(own)
        facts = self.token(subject, raw, digest, existed)
        if facts is not None and self.qualified(digest):
            self._outside[digest] = facts.gen_time
        return facts

    def receipt(self, subject: str, content: bytes, digest: Digest, size: int) -> Receipt | None:
        """A receipt about these bytes. Without trust nothing can be said of it, for only its signature makes it one."""
        if self._trust is None:
            return None
        try:
            receipt = verify_receipt(content, self._trust, digest=digest, size=size)
        except IntegrityError as error:
            self._inquiry.find("receipt-invalid", subject, str(error))
            return None
        self._receipted = True
        return receipt

    def assurance(self) -> Assurance:
        """How far what was verified stands without the operator's word; the digest with the least token counts."""
        if self._trust is None or not self._inquiry.clean():
            return Assurance.SELF_ASSERTED
        if self._qualified and all(self._qualified.values()):
            return Assurance.EXTERNAL_AUTHORITY
        if self._witnessed == {True}:
            return Assurance.WITNESSED
        return Assurance.RECEIPTED if self._receipted else Assurance.SELF_ASSERTED

    def _signed(self, content: bytes) -> SignedCheckpoint:
        try:
            claimed = checkpoint.claimed(content)
        except InvalidNote as error:
            raise _Refused("checkpoint-malformed", str(error)) from error
        if self._trust is None:
            return SignedCheckpoint(content, claimed)
        if not self._trust.log_keys(claimed.origin):
            raise _Refused("log-not-trusted", f"your trust.json does not name the log {claimed.origin}")
        try:
            return self._trust.open_checkpoint(content, claimed.origin, self._existed(content))
        except RevokedKey as error:
            raise _Refused("log-key-revoked", str(error)) from error
        except InvalidNote as error:
            raise _Refused("checkpoint-signature", str(error)) from error

    def _existed(self, signed: bytes) -> datetime | None:
        """When a qualified authority stamped this very checkpoint: what a revoked key needs."""
        with suppress(InvalidNote):
            return self._outside.get(Digest.of(checkpoint.own_note(signed)))
        return None

    def _witnesses(self, subject: str, signed: SignedCheckpoint) -> None:
        """Count the trusted witnesses of a checkpoint, each key once; one that signed falsely is never passed over."""
        found: tuple[Cosignature, ...] = ()
        try:
            found = cosignatures(signed.note, self._trust.witnesses if self._trust else ())
        except InvalidNote as error:
            self._inquiry.find("witness-signature", subject, str(error))
        if any(one.at > self._now + CLOCK_TOLERANCE for one in found):
            self._inquiry.find("witness-from-future", subject, "a witness signed later than it is now")
        self._witnessed.add(len(found) >= max(1, self._quorum))
        if len(found) < self._quorum:
            detail = f"{self._quorum} witnesses were asked for; {len(found)} of those you trust signed this checkpoint"
            self._inquiry.find("witnesses-missing", subject, detail)


class _Refused(Exception):
    """A checkpoint that does not count; never leaves this module."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
