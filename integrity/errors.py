"""Every error `integrity` raises.

IntegrityError                      code
├── InvalidDigest                   digest-invalid
├── InvalidEncoding                 encoding-invalid    not strict DER
├── DigestMismatch                  digest-mismatch
├── InvalidCanonical                canonical-invalid
├── InvalidManifest                 manifest-invalid
├── InvalidDeclaration              declaration-invalid what a station signed does not hold
├── VaultError                      vault-error
│   ├── VaultConflict               vault-conflict      other bytes lie under this digest
│   ├── VaultMissing                vault-missing       no such object
│   ├── VaultRefused                vault-refused       the store does not permit it
│   ├── VaultImmutable              vault-immutable     only the machine's root may remove it, by a command
│   ├── VaultUnprotected            vault-unprotected   the store does not keep what it was given as it must
│   ├── VaultStrays                 vault-stray         something lies there that is no object
│   └── VaultUnavailable            vault-unavailable   try again later
├── LogError                        log-error
│   ├── LogUnavailable              log-unavailable     nothing was appended, or it cannot be known
│   ├── LogCorrupt                  log-corrupt         stored tiles, head and key do not agree
│   └── HeadConflict                head-conflict       another writer moved the head
├── InvalidNote                     note-invalid        signed note, checkpoint or tlog-proof
│   └── RevokedKey                  log-key-revoked     signed by a revoked key, and not proven to be older
├── InvalidProof                    proof-invalid       Merkle inclusion or consistency
├── TokenError                      token-error
│   ├── InvalidToken                token-invalid       see `finding` for the exact step
│   └── AuthorityUnavailable        authority-unavailable
├── WitnessUnavailable              witness-unavailable
├── InvalidRenewal                  renewal-invalid
├── InvalidRevocations              revocations-invalid a revocation list or OCSP response that is not kept
├── InvalidProvenance               provenance-invalid
├── InvalidReceipt                  receipt-invalid
├── InvalidTrust                    trust-invalid
├── InvalidOrder                    order-invalid       no two persons' order that the log proves
└── InvalidBundle                   bundle-invalid

An error carries no HTTP status; `catalog.problems` maps codes to problems. Errors of other libraries never leak:
the module that calls the library turns them into one of these, with the cause chained.
"""

from collections.abc import Sequence
from typing import ClassVar

from integrity.finding import Finding


class IntegrityError(Exception):
    """Base of all; `code` is stable and part of the public face, `str()` is for people."""

    code: ClassVar[str] = "integrity-error"


class InvalidDigest(IntegrityError):
    """Not 32 bytes, or not 64 lowercase hexadecimal digits."""

    code = "digest-invalid"


class InvalidEncoding(IntegrityError):
    """Bytes are not the one strict DER form of what they should be."""

    code = "encoding-invalid"


class DigestMismatch(IntegrityError):
    """Bytes do not have the digest they were declared or stored under."""

    code = "digest-mismatch"


class InvalidCanonical(IntegrityError):
    """Not canonical JSON (RFC 8785), or not of the shape its format prescribes."""

    code = "canonical-invalid"


class InvalidManifest(IntegrityError):
    """Not a canonical manifest of a known format version."""

    code = "manifest-invalid"


class InvalidDeclaration(IntegrityError):
    """Not a station's declaration, not signed by its key, or not of what it came with."""

    code = "declaration-invalid"


class VaultError(IntegrityError):
    """A vault did not do what it was asked."""

    code = "vault-error"


class VaultConflict(VaultError):
    """Other bytes lie under this digest."""

    code = "vault-conflict"


class VaultMissing(VaultError):
    """No object of this digest."""

    code = "vault-missing"


class VaultRefused(VaultError):
    """The store does not permit what it was asked."""

    code = "vault-refused"


class VaultImmutable(VaultError):
    """The object's immutable flag stands: the service never clears it."""

    code = "vault-immutable"


class VaultUnprotected(VaultError):
    """The store does not keep what it was given as it must; `lacking` names what failed, in stable words."""

    code = "vault-unprotected"

    def __init__(self, lacking: str, detail: str) -> None:
        super().__init__(f"{lacking}: {detail}")
        self.lacking = lacking


class VaultStrays(VaultError):
    """Something lies in a vault that is no object of it; `findings` name each."""

    code = "vault-stray"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.detail for finding in findings))
        self.findings = tuple(findings)


class VaultUnavailable(VaultError):
    """The store cannot be reached or is full; nothing is known to be lost."""

    code = "vault-unavailable"


class LogError(IntegrityError):
    """The transparency log refused or failed."""

    code = "log-error"


class LogUnavailable(LogError):
    """Nothing was appended, or whether it was cannot be known: re-read before going on."""

    code = "log-unavailable"


class LogCorrupt(LogError):
    """Stored tiles, signed head and key do not agree."""

    code = "log-corrupt"


class HeadConflict(LogError):
    """Another writer moved the head between reading and swapping it."""

    code = "head-conflict"


class InvalidNote(IntegrityError):
    """A signed note, checkpoint or tlog-proof is malformed or not signed by the expected key."""

    code = "note-invalid"


class RevokedKey(InvalidNote):
    """Only a revoked key signed it, and nothing from outside proves that it is older than the revocation."""

    code = "log-key-revoked"


class InvalidProof(IntegrityError):
    """A Merkle inclusion or consistency proof does not hold."""

    code = "proof-invalid"


class TokenError(IntegrityError):
    """Something about RFC 3161 timestamping."""

    code = "token-error"


class InvalidToken(TokenError):
    """A token does not prove what it should; `finding` names the step, such as `token-imprint-differs`."""

    code = "token-invalid"

    def __init__(self, finding: str, detail: str) -> None:
        super().__init__(f"{finding}: {detail}")
        self.finding = finding


class AuthorityUnavailable(TokenError):
    """No authority answered, or it refused the request."""

    code = "authority-unavailable"


class WitnessUnavailable(IntegrityError):
    """A witness did not answer, in time and in bounds."""

    code = "witness-unavailable"


class InvalidRenewal(IntegrityError):
    """A renewal's statement is malformed."""

    code = "renewal-invalid"


class InvalidRevocations(IntegrityError):
    """A revocation list or OCSP response is malformed, of a stranger, or not the one in force."""

    code = "revocations-invalid"


class InvalidProvenance(IntegrityError):
    """A rendition's provenance is not signed by its maker, or not in its format."""

    code = "provenance-invalid"


class InvalidReceipt(IntegrityError):
    """A receipt is malformed, or its signature or log proof does not hold."""

    code = "receipt-invalid"


class InvalidTrust(IntegrityError):
    """trust.json is malformed."""

    code = "trust-invalid"


class InvalidOrder(IntegrityError):
    """What should let bytes go is no order of two persons, or the log does not prove it."""

    code = "order-invalid"


class InvalidBundle(IntegrityError):
    """A bundle could not be written, or what was written does not verify."""

    code = "bundle-invalid"
