"""OCSP responses (RFC 6960): what an issuer said of one certificate when it was asked, read completely or refused.

Kept beside tokens as revocation lists are, and judged alike: a response can only take trust away. It has to be about
exactly one certificate, say good or revoked, and be signed by that certificate's issuer or by a responder that the
issuer made for this. Never asks anybody; `integrity.revocations` says which responses are taken.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from integrity import der
from integrity.certificates import CHAIN, MINIMUM_RSA_BITS, UNREADABLE, is_issued_by, read_certificate
from integrity.digest import Digest
from integrity.errors import InvalidEncoding, InvalidRevocations, InvalidTrust
from integrity.oids import ECDSA_WITH, RSA_WITH
from integrity.revoked import Revoked

LIMIT = 64 * 1024
"""Bytes of a response that are read; one is of two or three thousand."""

_NAMED_BY = {"sha1", "sha256", "sha384", "sha512"}
"""How a response may name the issuer: SHA-1 is what everybody uses, and nothing rests on it but the name."""

_SIGNED_BY = {**RSA_WITH, **ECDSA_WITH}


@dataclass(frozen=True, slots=True)
class OcspResponse:
    """One response, as it came; `named_by` is the hash by which it names the issuer's name and key."""

    content: bytes
    named_by: str
    issuer_name: bytes
    issuer_key: bytes
    serial: int
    produced_at: datetime
    this_update: datetime
    next_update: datetime | None
    revoked: Revoked | None

    @property
    def digest(self) -> Digest:
        return Digest.of(self.content)

    def is_about(self, certificate: x509.Certificate) -> bool:
        """Whether it speaks of this certificate: of this number, by an issuer of this name."""
        return (self.serial, self.issuer_name) == (certificate.serial_number, self._hash(certificate.issuer))

    def signer(self, issuers: Iterable[x509.Certificate]) -> x509.Certificate | None:
        """Whose key signed it: the issuer that it names, if it is one of these, or a responder that this one made."""
        parsed = _load(self.content)
        for issuer in issuers:
            if self._names(issuer):
                for one in (issuer, *_responders_of(parsed, issuer)):
                    if _signed_by(parsed, one):
                        return one
        return None

    def _names(self, issuer: x509.Certificate) -> bool:
        if self.issuer_name != self._hash(issuer.subject):
            return False
        return self.issuer_key == hashlib.new(self.named_by, _key_bits(issuer)).digest()

    def _hash(self, name: x509.Name) -> bytes:
        return hashlib.new(self.named_by, name.public_bytes()).digest()


def read_ocsp(content: bytes) -> OcspResponse:
    """The response in these bytes; InvalidRevocations if it cannot be read, or says nothing for certain."""
    if len(content) > LIMIT:
        raise InvalidRevocations(f"longer than {LIMIT} bytes")
    try:
        return _read(content, _load(content))
    except (*UNREADABLE, OverflowError) as error:
        raise InvalidRevocations("not an OCSP response") from error


def request_about(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """What to ask a responder, in DER. Without a nonce: many answer with what they signed before, for everybody."""
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 # a name only
    return asked.build().public_bytes(Encoding.DER)


def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where a certificate says that its issuer answers (authorityInfoAccess): whatever kind of address, each once."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()
    found = (one.access_location.value for one in access if one.access_method == AuthorityInformationAccessOID.OCSP)
    return tuple(dict.fromkeys(url for url in found if isinstance(url, str)))


def _load(content: bytes) -> ocsp.OCSPResponse:
    parsed = ocsp.load_der_ocsp_response(content)
    if parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise InvalidRevocations(f"the responder refused: {parsed.response_status.name}")
    return parsed


def _read(content: bytes, parsed: ocsp.OCSPResponse) -> OcspResponse:
    if len(list(parsed.responses)) != 1:
        raise InvalidRevocations("it is not about exactly one certificate")
    own = [extension.value for extension in _known(parsed.single_extensions)]
    _known(parsed.extensions)
    if parsed.hash_algorithm.name not in _NAMED_BY or parsed.signature_algorithm_oid.dotted_string not in _SIGNED_BY:
        raise InvalidRevocations("it uses an algorithm that is not accepted")
    _parsed_now(parsed.certificates, parsed.responder_name, parsed.signature_hash_algorithm)
    return OcspResponse(
        content=content,
        named_by=parsed.hash_algorithm.name,
        issuer_name=parsed.issuer_name_hash,
        issuer_key=parsed.issuer_key_hash,
        serial=parsed.serial_number,
        produced_at=parsed.produced_at_utc,
        this_update=parsed.this_update_utc,
        next_update=parsed.next_update_utc,
        revoked=_revoked(parsed, own),
    )


def _parsed_now(*_: object) -> None:
    """Arguments are evaluated: each part is parsed on first use, and nothing is left to raise later."""


def _revoked(parsed: ocsp.OCSPResponse, extensions: list[x509.ExtensionType]) -> Revoked | None:
    if parsed.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return None
    at = parsed.revocation_time_utc
    if at is None:
        raise InvalidRevocations("its issuer does not know the certificate")
    return Revoked.said(at, parsed.revocation_reason, extensions)


def _known(extensions: x509.Extensions) -> x509.Extensions:
    """Nothing critical that nobody here knows: it could say that the rest means something else."""
    for extension in extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise InvalidRevocations(f"it has the critical extension {extension.oid.dotted_string}")
    return extensions


def _responders_of(parsed: ocsp.OCSPResponse, issuer: x509.Certificate) -> Iterator[x509.Certificate]:
    """Certificates that came along and that this issuer itself made for answering (RFC 6960 section 4.2.2.2)."""
    for raw in parsed.certificates[:CHAIN]:
        try:
            one = read_certificate(raw.public_bytes(Encoding.DER))
        except (InvalidTrust, *UNREADABLE):
            continue
        if _may_answer(one, parsed.produced_at_utc) and is_issued_by(one, issuer):
            yield one


def _may_answer(certificate: x509.Certificate, at: datetime) -> bool:
    """For OCSP by its purpose, in its time, and with nothing critical that nobody here knows."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return False
    purposes: list[x509.ObjectIdentifier] = []
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            return False
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.digital_signature:
            return False
        if isinstance(extension.value, x509.ExtendedKeyUsage):
            purposes += extension.value
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _signed_by(parsed: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    """Whether the response calls this one its responder, and its key made the signature."""
    named = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
    if parsed.responder_name != signer.subject and parsed.responder_key_hash != named:
        return False
    key, algorithm = signer.public_key(), parsed.signature_hash_algorithm
    oid = parsed.signature_algorithm_oid.dotted_string
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MINIMUM_RSA_BITS and oid in RSA_WITH and algorithm:
            key.verify(parsed.signature, parsed.tbs_response_bytes, padding.PKCS1v15(), algorithm)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and oid in ECDSA_WITH and algorithm:
            key.verify(parsed.signature, parsed.tbs_response_bytes, ec.ECDSA(algorithm))
            return True
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return False


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The bits of subjectPublicKey, which a response names the issuer by (RFC 6960 section 4.1.1)."""
    encoded = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        fields = der.read(encoded, der.SEQUENCE).fields()
        fields.take(der.SEQUENCE)
        return fields.take(der.BIT_STRING).body[1:]
    except InvalidEncoding as error:
        raise InvalidRevocations("the issuer's key cannot be read") from error
