"""X.509 certificates and revocation lists as they come: read completely or refused.

Never decides whom to trust: that is what the reader brings along (`integrity.trust`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integrity.errors import InvalidTrust

_SIGNERS = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)


def read_certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a PEM text, at least one; InvalidTrust if one of them cannot be read."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        for certificate in certificates:
            certificate.extensions  # noqa: B018 - parsed on first use; a bad one is to be found here
    except ValueError as error:
        raise InvalidTrust("not a PEM text of certificates") from error
    return tuple(certificates)


def read_revocations(raw: bytes) -> x509.CertificateRevocationList:
    """One revocation list, PEM or DER; InvalidTrust if it cannot be read."""
    try:
        return x509.load_pem_x509_crl(raw) if raw.lstrip().startswith(b"-----") else x509.load_der_x509_crl(raw)
    except ValueError as error:
        raise InvalidTrust("not a certificate revocation list") from error


def issued_by(revocations: x509.CertificateRevocationList, issuers: Iterable[x509.Certificate]) -> bool:
    """Whether one of these certificates' keys signed the list."""
    for issuer in issuers:
        key = issuer.public_key()
        if issuer.subject == revocations.issuer and isinstance(key, _SIGNERS) and revocations.is_signature_valid(key):
            return True
    return False


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
