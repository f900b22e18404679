"""X.509 certificates and revocation lists as they come: read completely or refused.

Never decides whom to trust: that is what the reader brings along (`integrity.trust`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integrity.errors import InvalidTrust

CHAIN = 8
"""Certificates of one chain that are looked at."""

MINIMUM_RSA_BITS = 2048

_SIGNERS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    UserWarning,  # of what cryptography does not like, where warnings are errors
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What parsing raises. Most parts are parsed on first use: here, so that nothing is left to raise later."""


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM text, at least one; InvalidTrust if one of them cannot be read."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        return tuple(map(_parsed, certificates))
    except UNREADABLE as error:
        raise InvalidTrust("not a PEM text of certificates") from error


def read_certificate(der: bytes) -> x509.Certificate:
    """One certificate in DER; InvalidTrust if any part of it that is used here cannot be read."""
    try:
        return _parsed(x509.load_der_x509_certificate(der))
    except UNREADABLE as error:
        raise InvalidTrust("not a certificate") from error


def read_revocations(raw: bytes) -> x509.CertificateRevocationList:
    """One revocation list, PEM or DER; InvalidTrust if it cannot be read."""
    try:
        pem = raw.lstrip().startswith(b"-----")
        revocations = x509.load_pem_x509_crl(raw) if pem else x509.load_der_x509_crl(raw)
        _touch(revocations.issuer, *(revoked.revocation_date_utc for revoked in revocations))
    except UNREADABLE as error:
        raise InvalidTrust("not a certificate revocation list") from error
    return revocations


def issued_by(revocations: x509.CertificateRevocationList, issuers: Iterable[x509.Certificate]) -> bool:
    """Whether one of these certificates' keys signed the list."""
    for issuer in issuers:
        key = issuer.public_key()
        if issuer.subject == revocations.issuer and isinstance(key, _SIGNERS) and _signed_by(revocations, key):
            return True
    return False


def issued_under(
    certificates: Sequence[x509.Certificate], roots: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Those that may sign lists because a root, or another of them that a root issued, made them authorities.

    Of more than `CHAIN` none: a chain is short, and each comparison is a signature.
    """
    accepted: list[x509.Certificate] = []
    left = [one for one in dict.fromkeys(certificates) if _may_sign_lists(one)]
    above = list(roots)
    while len(certificates) <= CHAIN and above:
        above = [one for one in left if any(is_issued_by(one, issuer) for issuer in above)]
        left = [one for one in left if one not in above]
        accepted += above
    return tuple(accepted)


def chain_above(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Those of the others that lead from its issuer upwards, by every way, roots left out: `CHAIN` of them at most."""
    chain: list[x509.Certificate] = []
    left = [one for one in others if one.issuer != one.subject and _may_sign_lists(one)]
    below = [certificate]
    while below and len(chain) < CHAIN:
        below = [one for one in left if any(is_issued_by(issued, one) for issued in below)]
        left = [one for one in left if one not in below]
        chain += below
    return tuple(chain[:CHAIN])


def _may_sign_lists(certificate: x509.Certificate) -> bool:
    """An authority's certificate, by RFC 5280 sections 4.2.1.9 and 4.2.1.3."""
    extensions = certificate.extensions
    try:
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        return extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound as missing:
        return missing.oid == x509.KeyUsage.oid


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether this issuer itself signed the certificate, by name and key."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _signed_by(revocations: x509.CertificateRevocationList, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bool:
    try:
        return revocations.is_signature_valid(key)
    except UNREADABLE:
        return False  # an algorithm that nobody here knows


def key_period(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """When its key signs: privateKeyUsagePeriod where the certificate states one, else its own validity."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    try:
        period = certificate.extensions.get_extension_for_class(x509.PrivateKeyUsagePeriod).value
    except x509.ExtensionNotFound:
        return start, end
    if period.not_before is not None:
        start = max(start, period.not_before.replace(tzinfo=UTC))
    if period.not_after is not None:
        end = min(end, period.not_after.replace(tzinfo=UTC))
    return start, end


def _parsed(certificate: x509.Certificate) -> x509.Certificate:
    _touch(certificate.extensions, certificate.issuer, certificate.subject, certificate.public_key())
    _touch(certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number)
    return certificate


def _touch(*_: object) -> None:
    """Arguments are evaluated: that is all."""
