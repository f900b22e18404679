"""Roots and time-stamping certificates with any defect a test wants, as the embedded authority keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from integrity import der
from integrity.authority import EmbeddedAuthority, sign
from integrity.authority_keys import Credential
from integrity.clock import Clock
from integrity.oids import SHA256_OID
from tests.fakes.clocks import START, FakeRandom

YEAR = timedelta(days=365)
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key for a name and a test run: making them is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key."""

    key: rsa.RSAPrivateKey
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


def signer(
    issuer: Issued,
    *,
    start: datetime = START - timedelta(days=30),
    end: datetime = START + 20 * YEAR,
    purposes: Sequence[x509.ObjectIdentifier] = TIME_STAMPING,
    critical: bool = True,
    key: rsa.RSAPrivateKey | None = None,
    period: x509.PrivateKeyUsagePeriod | None = None,
    serial: int = 2,
) -> Issued:
    """A time-stamping certificate under `issuer`; `purposes` empty leaves the extension out."""
    key = key or rsa_key("signer")
    builder = x509.CertificateBuilder(issuer.certificate.subject, _name("signer"), key.public_key(), serial, start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    if period is not None:
        builder = builder.add_extension(period, critical=False)
    return Issued(key, builder.sign(issuer.key, SHA256()))


def authority(folder: Path, issuer: Issued, issued: Issued, clock: Clock) -> EmbeddedAuthority:
    """The embedded authority with these keys instead of its own, whatever is wrong with them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.key").write_bytes(issuer.key_file())
    (folder / "tsa.key").write_bytes(issued.key_file())
    return EmbeddedAuthority(folder, clock, FakeRandom(str(folder).encode()))


def revocations(issuer: Issued, serials: dict[int, datetime], at: datetime = START) -> x509.CertificateRevocationList:
    """A list signed by `issuer`."""
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, at, at + YEAR)
    for serial, revoked_at in serials.items():
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, revoked_at).build())
    return builder.sign(issuer.key, SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True, slots=True)
class Forgery:
    """A granted response that says whatever a test wants, signed as the embedded authority signs."""

    imprint: bytes
    algorithm: str = SHA256_OID
    gen_time: datetime = START
    policy: str = "1.2.3.4"
    nonce: int = 4711
    accuracy: bytes = b""
    extensions: bytes = b""
    version: int = 1
    with_certificate: bool = True

    def by(self, issued: Issued) -> bytes:
        info = der.sequence(
            der.integer(self.version),
            der.oid(self.policy),
            der.sequence(der.sequence(der.oid(self.algorithm), der.NOTHING), der.octets(self.imprint)),
            der.integer(1),
            der.generalized_time(self.gen_time),
            self.accuracy,
            der.integer(self.nonce),
            self.extensions,
        )
        token = sign(info, Credential(issued.key, issued.certificate), self.with_certificate)
        return der.sequence(der.sequence(der.integer(0)), token)
