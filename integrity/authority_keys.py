"""The embedded authority's keys: a certification authority of its own and under it one time-stamping key a year.

A key and its certificate lie in one file each (`ca.key`, `tsa.key`, mode 0600), replaced whole, so no crash leaves a
key beside another key's certificate; `ca.pem` and `tsa.pem` are copies for readers, rewritten on every opening.
Certificates last decades so that stock `openssl ts -verify` judges an old token without being told a time; the key is
used for a year only, says so itself (privateKeyUsagePeriod, RFC 3280 section 4.2.1.4), and is then overwritten by its
successor. Never hands a private key to anything but `EmbeddedAuthority`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from integrity import durable
from integrity.certificates import key_period
from integrity.clock import Random
from integrity.errors import AuthorityUnavailable

KEY_BITS = 3072
YEAR = timedelta(days=365)
ROOT_LIFE = 75 * YEAR
CERTIFICATE_LIFE = 25 * YEAR
KEY_USE = YEAR


@dataclass(frozen=True, slots=True)
class Credential:
    """A private key with the certificate that is about it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def usable(self, at: datetime) -> bool:
        """Whether the key may sign at this instant."""
        start, end = key_period(self.certificate)
        return start <= at < end


def open_root(folder: Path, now: datetime, random: Random) -> Credential:
    """The certification authority of this folder, made where there is none; AuthorityUnavailable if unreadable."""
    durable.make_folder(folder)
    return _open(folder, "ca", lambda: _make_root(now, random))


def open_signer(folder: Path, root: Credential, now: datetime, random: Random) -> Credential:
    """The time-stamping key in use, made where there is none and succeeded where its year is over."""
    signer = _open(folder, "tsa", lambda: _make_signer(root, now, random))
    if now < key_period(signer.certificate)[1]:
        return signer
    successor = _make_signer(root, now, random)
    # A crash in between leaves the old pair or the new one, and tsa.pem to be rewritten by the next opening.
    durable.replace(folder / "tsa.key", _key_file(successor), 0o600)
    durable.replace(folder / "tsa.pem", successor.certificate.public_bytes(Encoding.PEM), 0o644)
    return successor


def _open(folder: Path, name: str, make: Callable[[], Credential]) -> Credential:
    key_path, pem_path = folder / f"{name}.key", folder / f"{name}.pem"
    try:
        credential = _read(key_path.read_bytes())
    except FileNotFoundError:
        credential = make()
        durable.write_new(key_path, _key_file(credential), 0o600)
    except ValueError as error:
        raise AuthorityUnavailable(f"{key_path.name} is not a key with its certificate") from error
    pem = credential.certificate.public_bytes(Encoding.PEM)
    if not pem_path.is_file() or pem_path.read_bytes() != pem:
        durable.replace(pem_path, pem, 0o644)
    return credential


def _key_file(credential: Credential) -> bytes:
    key = credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + credential.certificate.public_bytes(Encoding.PEM)


def _read(pem: bytes) -> Credential:
    key = load_pem_private_key(pem, None)
    certificate = x509.load_pem_x509_certificate(pem)
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError("the key is not the certificate's")
    return Credential(key, certificate)


def _make_root(now: datetime, random: Random) -> Credential:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    # A name of its own per installation: two roots of one name would be confused with each other by verifiers.
    name = _name(f"Root {random(8).hex()}")
    start = now.replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), _serial(random), start, start + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    return Credential(key, certificate)


def _make_signer(root: Credential, now: datetime, random: Random) -> Credential:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = _name(f"Time-stamping {random(8).hex()}")
    start = now.replace(microsecond=0)
    end = min(start + CERTIFICATE_LIFE, root.certificate.not_valid_after_utc)
    period = x509.PrivateKeyUsagePeriod(start.replace(tzinfo=None), (start + KEY_USE).replace(tzinfo=None))
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    certificate = (
        x509.CertificateBuilder(root.certificate.subject, name, key.public_key(), _serial(random), start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(period, critical=False)
        .sign(root.key, SHA256())
    )
    return Credential(key, certificate)


def _name(common_name: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tiezheng embedded, not a qualified authority")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _serial(random: Random) -> int:
    """Positive, below 2^159 (RFC 5280 section 4.1.2.2)."""
    return int.from_bytes(random(20), "big") >> 1 or 1


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
