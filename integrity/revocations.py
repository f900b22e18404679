"""Revocation lists (RFC 5280 section 5) as they are taken in, to be kept beside the tokens they speak of.

A list is kept only if it says something for certain: a whole one, of all reasons and of every certificate, signed under
a root that the operator named, issued before now and not overdue. Says nothing of what a revocation means for a token:
that is `integrity.token`. Never fetches one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

from integrity.certificates import UNREADABLE, issued_by, read_revocations
from integrity.digest import Digest
from integrity.errors import InvalidRevocations, InvalidTrust
from integrity.token import CLOCK_TOLERANCE

LIMIT = 1024 * 1024
"""Bytes of a list that are taken, for verifiers read no more of one."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list, as it came; `issuer` is the SHA-256 of its issuer's name in DER."""

    content: bytes
    issuer: Digest
    this_update: datetime
    next_update: datetime | None

    @property
    def digest(self) -> Digest:
        return Digest.of(self.content)

    def revokes(self, certificate: x509.Certificate) -> bool:
        """Whether it names this certificate, for whatever reason."""
        revocations = read_revocations(self.content)
        if revocations.issuer != certificate.issuer:
            return False
        return revocations.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


def read_list(content: bytes) -> RevocationList:
    """What this list says of itself; InvalidRevocations if it cannot be read, or says nothing for certain."""
    if len(content) > LIMIT:
        raise InvalidRevocations(f"longer than {LIMIT} bytes")
    try:
        revocations = read_revocations(content)
        _require_whole(revocations)
        issuer, issued, due = revocations.issuer, revocations.last_update_utc, revocations.next_update_utc
    except InvalidTrust as error:
        raise InvalidRevocations(str(error)) from error
    except UNREADABLE as error:
        raise InvalidRevocations("not a revocation list") from error
    return RevocationList(content, issuer_of(issuer), issued, due)


def take_list(content: bytes, issuers: Iterable[x509.Certificate], now: datetime) -> RevocationList:
    """A list that was fetched, if one of these issuers signed it and it is the one in force; InvalidRevocations."""
    taken = read_list(content)
    if not issued_by(read_revocations(content), issuers):
        raise InvalidRevocations("signed by no root of this authority, nor by one that its root made")
    if taken.this_update > now + CLOCK_TOLERANCE:
        raise InvalidRevocations(f"it is from the future, {taken.this_update}")
    if taken.next_update is not None and taken.next_update < now - CLOCK_TOLERANCE:
        raise InvalidRevocations(f"its next one was due at {taken.next_update}")
    return taken


def issuer_of(name: x509.Name) -> Digest:
    """What lists and certificates of one issuer have in common: the digest of its name in DER."""
    return Digest.of(name.public_bytes())


def distribution_points(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where a certificate says that its issuer's list is: addresses of HTTP alone, each once."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()
    named = (name.value for point in points for name in point.full_name or ())
    return tuple(dict.fromkeys(url for url in named if isinstance(url, str) and is_web(url)))


def is_web(url: str) -> bool:
    """Whether this is an address of HTTP: nothing else is asked for a list."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _require_whole(revocations: x509.CertificateRevocationList) -> None:
    """No delta, no part, no list of another's certificates, and nothing critical that nobody here knows."""
    for extension in revocations.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            raise InvalidRevocations("it tells of changes only")
        if isinstance(value, x509.IssuingDistributionPoint):
            if value.only_some_reasons or value.indirect_crl or value.only_contains_ca_certs:
                raise InvalidRevocations("it is of some reasons, or of some certificates, only")
            if value.only_contains_attribute_certs:
                raise InvalidRevocations("it is of attribute certificates only")
        elif extension.critical:
            raise InvalidRevocations(f"it has the critical extension {extension.oid.dotted_string}")
