"""Revocation lists (RFC 5280 section 5) and OCSP responses as they are taken in, to be kept beside their tokens.

Either is kept only if it says something for certain: a whole list, of all reasons and of every certificate, or a
response about the very certificate; signed under a root that the operator named, issued before now and not overdue.
Says nothing of what a revocation means for a token: that is `integrity.token`. Never fetches one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from cryptography import x509

from integrity.certificates import UNREADABLE, is_issued_by, issued_by, read_revocations
from integrity.digest import Digest
from integrity.errors import InvalidRevocations, InvalidTrust
from integrity.ocsp import OcspResponse, read_ocsp
from integrity.token import CLOCK_TOLERANCE

LIMIT = 1024 * 1024
"""Bytes of a list that are taken, for verifiers read no more of one."""

FRESH = timedelta(days=1)
"""How old a response may be that does not say when the next one is due: then there is a newer one at any time."""

Kind = Literal["crl", "ocsp"]


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list, as it came; `issuer` is the SHA-256 of its issuer's name in DER."""

    content: bytes
    issuer: Digest
    this_update: datetime
    next_update: datetime | None
    kind: ClassVar[Kind] = "crl"
    serial: ClassVar[None] = None

    @property
    def digest(self) -> Digest:
        return Digest.of(self.content)

    def revokes(self, certificate: x509.Certificate) -> bool:
        """Whether it names this certificate, for whatever reason."""
        revocations = read_revocations(self.content)
        if revocations.issuer != certificate.issuer:
            return False
        return revocations.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """An OCSP response that is about this certificate, whose issuer it does not name in full."""

    response: OcspResponse
    certificate: x509.Certificate
    kind: ClassVar[Kind] = "ocsp"

    @property
    def content(self) -> bytes:
        return self.response.content

    @property
    def digest(self) -> Digest:
        return self.response.digest

    @property
    def issuer(self) -> Digest:
        return issuer_of(self.certificate.issuer)

    @property
    def serial(self) -> str:
        return serial_of(self.response.serial)

    @property
    def this_update(self) -> datetime:
        return self.response.this_update

    @property
    def next_update(self) -> datetime | None:
        return self.response.next_update

    def revokes(self, certificate: x509.Certificate) -> bool:
        """Whether it says so of this certificate, for whatever reason."""
        return self.response.revoked is not None and self.response.is_about(certificate)


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
    _require_in_force(taken.this_update, taken.next_update, now)
    return taken


def take_answer(
    content: bytes,
    certificate: x509.Certificate,
    issuers: Iterable[x509.Certificate],
    now: datetime,
    known: RevocationList | None = None,
) -> Answer:
    """A response that a responder gave about this certificate, if it is the one in force; InvalidRevocations.

    `known` is the newest list of the same issuer: a responder that stands on it is not believed any more.
    """
    response = read_ocsp(content)
    if not response.is_about(certificate):
        raise InvalidRevocations("it is about another certificate")
    signer = response.signer(one for one in issuers if is_issued_by(certificate, one))
    if signer is None:
        raise InvalidRevocations("signed by no issuer of this certificate, nor by a responder that one made")
    if known is not None and known.revokes(signer):
        raise InvalidRevocations("the responder's own certificate was revoked")
    if response.produced_at > now + CLOCK_TOLERANCE:
        raise InvalidRevocations(f"it is from the future, {response.produced_at}")
    _require_in_force(response.this_update, response.next_update or response.this_update + FRESH, now)
    return Answer(response, certificate)


def _require_in_force(issued: datetime, due: datetime | None, now: datetime) -> None:
    if issued > now + CLOCK_TOLERANCE:
        raise InvalidRevocations(f"it is from the future, {issued}")
    if due is not None and due < now - CLOCK_TOLERANCE:
        raise InvalidRevocations(f"its next one was due at {due}")


def serial_of(number: int) -> str:
    """A certificate's number as it is kept, in hexadecimal."""
    return f"{number:x}"


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
