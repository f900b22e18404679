"""OCSP responses with any defect a test wants, put together here: what cryptography builds is right, and of today."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import der
from tests.fakes import certificates
from tests.fakes.certificates import Issued
from tests.fakes.clocks import START

BASIC, SHA1_OID = "1.3.6.1.5.5.7.48.1.1", "1.3.14.3.2.26"
RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
GOOD, UNKNOWN = der.element(der.context(0, constructed=False), b""), der.element(der.context(2, constructed=False), b"")
TRY_LATER = der.sequence(der.element(0x0A, b"\3"))
OCSP_SIGNING = (ExtendedKeyUsageOID.OCSP_SIGNING,)


def revoked(at: datetime, reason: int | None = None) -> bytes:
    """The status of a certificate that was revoked, for a reason of RFC 5280 section 5.3.1."""
    said = b"" if reason is None else der.element(der.context(0), der.element(0x0A, bytes((reason,))))
    return der.element(der.context(1), _whole(at) + said)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.element(der.BOOLEAN, b"\xff") if critical else b"", der.octets(value))


def responder(issuer: Issued, **said: object) -> Issued:
    """A certificate for answering, made by this issuer; `said` as for a time-stamping one."""
    wanted = {"purposes": OCSP_SIGNING, "critical": False, "serial": 7, "key": certificates.rsa_key("between")} | said
    return certificates.signer(issuer, **wanted)  # type: ignore[arg-type] # each its own


@dataclass(frozen=True, slots=True)
class Response:
    """One response about the certificate `serial` of `issuer`. None stands for what would be right."""

    issuer: Issued
    serial: int = 2
    status: bytes = GOOD
    at: datetime = START
    due: datetime | None = None
    produced_at: datetime | None = None
    signer: Issued | None = None
    certificates: Sequence[bytes] = ()
    by_key: bool = False
    named: Issued | None = None
    algorithm: str = SHA1_OID
    count: int = 1
    single: Sequence[bytes] = ()
    own: Sequence[bytes] = ()
    signed_with: str | None = None

    def der(self) -> bytes:
        signer = self.signer or self.issuer
        told = self._told(self.named or signer)
        known = RSA_SHA256 if isinstance(signer.key, rsa.RSAPrivateKey) else ECDSA_SHA256
        basic = der.sequence(
            told,
            der.sequence(der.oid(self.signed_with or known), der.NOTHING if known == RSA_SHA256 else b""),
            der.element(der.BIT_STRING, b"\0" + _signature(signer, told)),
            der.element(der.context(0), der.sequence(*self.certificates)) if self.certificates else b"",
        )
        content = der.sequence(der.oid(BASIC), der.octets(basic))
        return der.sequence(der.element(0x0A, b"\0"), der.element(der.context(0), content))

    def _told(self, named: Issued) -> bytes:
        name = der.element(der.context(1), named.certificate.subject.public_bytes())
        key = der.element(der.context(2), der.octets(hashlib.sha1(_key(named)).digest()))  # noqa: S324
        return der.sequence(
            key if self.by_key else name,
            _whole(self.produced_at or self.at),
            der.sequence(*(self._single() for _ in range(self.count))),
            _extensions(self.own),
        )

    def _single(self) -> bytes:
        algorithm = "sha1" if self.algorithm == SHA1_OID else "sha256"
        parts = (self.issuer.certificate.subject.public_bytes(), _key(self.issuer))
        hashed = [hashlib.new(algorithm, part).digest() for part in parts]
        named = der.sequence(
            der.sequence(der.oid(self.algorithm), der.NOTHING), *map(der.octets, hashed), der.integer(self.serial)
        )
        due = b"" if self.due is None else der.element(der.context(0), _whole(self.due))
        return der.sequence(named, self.status, _whole(self.at), due, _extensions(self.single))


def encoded(*issued: Issued) -> list[bytes]:
    """Certificates as a response carries them."""
    return [one.certificate.public_bytes(Encoding.DER) for one in issued]


def invalid_since(at: datetime) -> bytes:
    """invalidityDate, as a response may have it too (RFC 6960 section 4.4.5)."""
    value = x509.InvalidityDate(at).public_bytes()
    return extension(x509.InvalidityDate.oid.dotted_string, value)


def _whole(at: datetime) -> bytes:
    return der.generalized_time(at.replace(microsecond=0))


def _extensions(some: Sequence[bytes]) -> bytes:
    return der.element(der.context(1), der.sequence(*some)) if some else b""


def _key(issued: Issued) -> bytes:
    """The bits of its public key alone."""
    key = issued.key.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _signature(signer: Issued, content: bytes) -> bytes:
    if isinstance(signer.key, rsa.RSAPrivateKey):
        return signer.key.sign(content, padding.PKCS1v15(), SHA256())
    return signer.key.sign(content, ec.ECDSA(SHA256()))
