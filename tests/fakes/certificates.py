"""Roots and time-stamping certificates with any defect a test wants, as the embedded authority keeps them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from integrity import der
from integrity.authority import EmbeddedAuthority
from integrity.clock import Clock
from integrity.oids import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    RSA,
    SHA256_OID,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)
from tests.fakes.clocks import START, FakeRandom

YEAR = timedelta(days=365)
_SHA256 = der.sequence(der.oid(SHA256_OID), der.NOTHING)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


_KEYS = Path(__file__).with_name("keys")


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key for a name: the one that lies in `keys`, where a test needs equal bytes in every run, else a new one."""
    kept = _KEYS / f"{name}.pem"
    if not kept.is_file():
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    key = load_pem_private_key(kept.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{kept} is no RSA key")
    return key


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key."""

    key: Key
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_file(self) -> bytes:
        """Key and certificate, as `authority/tsa.key` holds them."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + self.pem


def root(name: str = "root", start: datetime = START - YEAR, end: datetime = START + 30 * YEAR) -> Issued:
    key = rsa_key(name)
    certificate = (
        x509.CertificateBuilder(_name(name), _name(name), key.public_key(), 1, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return Issued(key, certificate)


def between(issuer: Issued, name: str, *, authority: bool = True, crl_sign: bool | None = None) -> Issued:
    """An authority's certificate that is no root; `crl_sign` None leaves its key's usage out."""
    key, subject = rsa_key("between"), issuer.certificate.subject
    builder = x509.CertificateBuilder(subject, _name(name), key.public_key(), 3, START - YEAR, START + 30 * YEAR)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if crl_sign is not None:
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        named = x509.KeyUsage(
            digital_signature=False,
            key_cert_sign=True,
            crl_sign=crl_sign,
            encipher_only=False,
            decipher_only=False,
            **usage,
        )
        builder = builder.add_extension(named, critical=True)
    return Issued(key, builder.sign(issuer.key, SHA256()))


def signer(
    issuer: Issued,
    *,
    start: datetime = START - timedelta(days=30),
    end: datetime = START + 20 * YEAR,
    purposes: Sequence[x509.ObjectIdentifier] = TIME_STAMPING,
    critical: bool = True,
    key: Key | None = None,
    period: x509.PrivateKeyUsagePeriod | None = None,
    serial: int = 2,
    lists: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> Issued:
    """A time-stamping certificate under `issuer`; `purposes` empty leaves the extension out.

    `lists` and `answers` are addresses of its issuer's revocation list and OCSP responder.
    """
    key = key or rsa_key("signer")
    builder = x509.CertificateBuilder(issuer.certificate.subject, _name("signer"), key.public_key(), serial, start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    if period is not None:
        builder = builder.add_extension(period, critical=False)
    if lists:
        points = [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in lists]
        builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
    if answers:
        access = [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
            for url in answers
        ]
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    return Issued(key, builder.sign(issuer.key, SHA256()))


def authority(folder: Path, issuer: Issued, issued: Issued, clock: Clock) -> EmbeddedAuthority:
    """The embedded authority with these keys instead of its own, whatever is wrong with them."""
    keep(folder, issuer, issued)
    return EmbeddedAuthority(folder, clock, FakeRandom(str(folder).encode()))


def keep(folder: Path, issuer: Issued, issued: Issued) -> None:
    """Lay keys where an embedded authority finds its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.key").write_bytes(issuer.key_file())
    (folder / "tsa.key").write_bytes(issued.key_file())


def revocations(
    issuer: Issued,
    serials: dict[int, datetime],
    at: datetime = START,
    extensions: Sequence[x509.ExtensionType] = (),
    own: Sequence[x509.ExtensionType] = (),
    due: timedelta = YEAR,
) -> x509.CertificateRevocationList:
    """A list signed by `issuer`; each of its entries has these extensions, and it has its `own`, critical."""
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, at, at + due)
    for extension in own:
        builder = builder.add_extension(extension, critical=True)
    for serial, revoked_at in serials.items():
        revoked = x509.RevokedCertificateBuilder(serial, revoked_at)
        for extension in extensions:
            revoked = revoked.add_extension(extension, critical=False)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(issuer.key, SHA256())


def encoded(issued: Issued) -> bytes:
    """The certificate in DER, as a token carries it."""
    return issued.certificate.public_bytes(Encoding.DER)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _signature(key: Key, content: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), SHA256())
    return key.sign(content, ec.ECDSA(SHA256()))


@dataclass(frozen=True, slots=True)
class Forgery:
    """A granted response that says whatever a test wants, put together here and signed with whatever key.

    None stands for what would be right. `certificates` are DER; `attributes` are added to the three that must be there.
    """

    imprint: bytes
    algorithm: str = SHA256_OID
    gen_time: datetime = START
    policy: str = "1.2.3.4"
    nonce: int = 4711
    accuracy: bytes = b""
    extensions: bytes = b""
    version: int = 1
    after_imprint: bytes = b""
    certificates: Sequence[bytes] | None = None
    signed_version: int = 3
    digest_algorithms: Sequence[bytes] = (_SHA256,)
    digest_algorithm: bytes = _SHA256
    signer_version: int = 1
    signer_name: bytes | None = None
    signature_algorithm: bytes = der.sequence(der.oid(RSA), der.NOTHING)
    named_algorithm: bytes = b""
    named_digest: bytes | None = None
    message_digest: bytes | None = None
    content_type: str = TST_INFO
    attributes: Sequence[bytes] = ()
    left_out: str | None = None
    unsigned: bytes = b""
    signers: int = 1
    status: bytes = der.integer(0)

    def by(self, issued: Issued) -> bytes:
        info = der.sequence(
            der.integer(self.version),
            der.oid(self.policy),
            der.sequence(
                der.sequence(der.oid(self.algorithm), der.NOTHING), der.octets(self.imprint), self.after_imprint
            ),
            der.integer(1),
            der.generalized_time(self.gen_time),
            self.accuracy,
            der.integer(self.nonce),
            self.extensions,
        )
        own = issued.certificate.public_bytes(Encoding.DER)
        certificates = [own] if self.certificates is None else sorted(self.certificates)
        signed_data = der.sequence(
            der.integer(self.signed_version),
            der.set_of(self.digest_algorithms),
            der.sequence(der.oid(TST_INFO), der.element(der.context(0), der.octets(info))),
            der.element(der.context(0), b"".join(certificates)) if certificates else b"",
            der.element(der.SET, self._signer(info, own, issued) * self.signers),
        )
        token = der.sequence(der.oid(SIGNED_DATA), der.element(der.context(0), signed_data))
        return der.sequence(der.sequence(self.status), token)

    def _signer(self, info: bytes, own: bytes, issued: Issued) -> bytes:
        named = self.named_digest or hashlib.sha256(own).digest()
        values = {
            CONTENT_TYPE: der.oid(self.content_type),
            MESSAGE_DIGEST: der.octets(self.message_digest or hashlib.sha256(info).digest()),
            SIGNING_CERTIFICATE_V2: der.sequence(der.sequence(der.sequence(self.named_algorithm, der.octets(named)))),
        }
        made = [
            der.sequence(der.oid(name), der.set_of([value])) for name, value in values.items() if name != self.left_out
        ]
        attributes = der.set_of([*made, *self.attributes])
        issuer = self.signer_name or issued.certificate.issuer.public_bytes()
        return der.sequence(
            der.integer(self.signer_version),
            der.sequence(issuer, der.integer(issued.certificate.serial_number)),
            self.digest_algorithm,
            bytes((der.context(0),)) + attributes[1:],
            self.signature_algorithm,
            der.octets(_signature(issued.key, attributes)),
            self.unsigned,
        )
