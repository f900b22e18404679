"""RFC 3161 tokens, and whether one proves that bytes of a digest existed at a time, to someone who trusts some roots.

The verdict is that of rfc3161-client (OpenSSL underneath: chain, EKU, nonce, signature) and of our own checks, which it
does not make: the imprint's algorithm, the certificate named inside the signature (ESSCertIDv2), genTime against the
clock, the key's and the certificate's time, revocation, and one strict encoding of everything no signature covers.
A token is judged at its genTime. Certificates that come inside a token prove nothing by themselves.
Never imports an HTTP client; never says yes to what it could not read.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import rfc3161_client
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import cms
from integrity.certificates import MINIMUM_RSA_BITS, key_period, read_certificate
from integrity.digest import Digest
from integrity.errors import InvalidEncoding, InvalidToken, InvalidTrust
from integrity.ocsp import OcspResponse
from integrity.oids import ECDSA_WITH, RSA, RSA_WITH, SHA256_OID, SHA384_OID, SHA512_OID
from integrity.revoked import Revoked

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far two honest clocks may be apart."""

OUTLIVED = "token-outlived-certificate"
"""The one defect of a token that another token over the same digest, or a renewal, makes good."""

_HASHES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    SHA256_OID: ("sha256", hashes.SHA256()),
    SHA384_OID: ("sha384", hashes.SHA384()),
    SHA512_OID: ("sha512", hashes.SHA512()),
}


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a verified token says. `accuracy` is None when the authority states none."""

    gen_time: datetime
    accuracy: timedelta | None
    policy: str
    serial: int
    nonce: int | None
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token as it is kept: `raw` is the whole DER TimeStampResp, a `.tsr` file that openssl reads."""

    raw: bytes
    digest: Digest
    authority: str
    facts: TokenFacts
    qualified: bool = False

    @property
    def gen_time(self) -> datetime:
        return self.facts.gen_time

    @property
    def policy(self) -> str:
        return self.facts.policy


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a token is judged by, apart from itself; whoever verifies brings it from outside.

    `now` is the verifier's clock. `policies` empty means any. `revocations` (lists) and `responses` (of OCSP) were
    found to be signed by their issuer. `existed_by` is an instant at which the token is proven to have existed by
    something other than itself: with it a certificate may have ended or been revoked later.
    """

    roots: Sequence[x509.Certificate]
    now: datetime
    nonce: int | None = None
    policies: frozenset[str] = frozenset()
    revocations: Sequence[x509.CertificateRevocationList] = ()
    existed_by: datetime | None = None
    responses: Sequence[OcspResponse] = ()


def verify_token(raw: bytes, digest: Digest, expected: Expectation) -> TokenFacts:
    """Check that `raw` is a token over `digest` from one of the roots; InvalidToken names the first failed check."""
    response = _read(raw)
    statement = response.statement
    _check_imprint(statement, digest)
    _check_request(statement, expected)
    if statement.gen_time > expected.now + CLOCK_TOLERANCE:
        raise InvalidToken("token-from-future", f"its time {statement.gen_time} is later than now")
    certificate = _signing_certificate(response)
    _check_purpose(certificate)
    _check_signature(response, certificate)
    _check_period(certificate, statement.gen_time)
    _check_chain(raw, digest, certificate, expected)
    _check_afterlife(certificate, statement.gen_time, expected)
    return TokenFacts(
        gen_time=statement.gen_time,
        accuracy=statement.accuracy,
        policy=statement.policy,
        serial=statement.serial,
        nonce=statement.nonce,
        certificate=certificate,
    )


def signer_of(raw: bytes) -> x509.Certificate:
    """The certificate that a token names as its signer's; InvalidToken. Says nothing of whether the token is right."""
    return _signing_certificate(_read(raw))


def certificates_of(raw: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates that came with a token; InvalidToken."""
    return tuple(map(_certificate, _read(raw).certificates))


def _read(raw: bytes) -> cms.Response:
    try:
        response = cms.read_response(raw)
    except InvalidEncoding as error:
        raise InvalidToken("token-malformed", str(error)) from error
    if isinstance(response, cms.Rejection):
        raise InvalidToken("token-not-granted", f"the authority answered with status {response.status} {response.text}")
    return response


def _check_imprint(statement: cms.Statement, digest: Digest) -> None:
    if statement.algorithm != SHA256_OID:
        raise InvalidToken("token-imprint-algorithm", f"the imprint is by {statement.algorithm}, not by SHA-256")
    if statement.imprint != digest.raw:
        raise InvalidToken("token-imprint-differs", f"it is over {statement.imprint.hex()}, not over {digest}")


def _check_request(statement: cms.Statement, expected: Expectation) -> None:
    if expected.nonce is not None and statement.nonce != expected.nonce:
        raise InvalidToken("token-nonce-differs", "it answers another request")
    if expected.policies and statement.policy not in expected.policies:
        raise InvalidToken("token-policy", f"policy {statement.policy} is not one that was agreed")


def _signing_certificate(response: cms.Response) -> x509.Certificate:
    """The certificate that the signature itself names by hash (RFC 5816): another one for the same key is refused."""
    signature = response.signature
    if signature.certificate_algorithm not in _HASHES:
        raise InvalidToken("token-algorithm", f"the certificate is named by {signature.certificate_algorithm}")
    algorithm = _HASHES[signature.certificate_algorithm][0]
    for raw in response.certificates:
        if hashlib.new(algorithm, raw).digest() == signature.certificate_digest:
            certificate = _certificate(raw)
            if (certificate.issuer.public_bytes(), certificate.serial_number) != (signature.issuer, signature.serial):
                raise InvalidToken("token-signer-differs", "the signer is called other than the certificate it names")
            return certificate
    raise InvalidToken("token-signer-differs", "the certificate named by the signature is not there")


def _certificate(raw: bytes) -> x509.Certificate:
    try:
        return read_certificate(raw)
    except InvalidTrust as error:
        raise InvalidToken("token-malformed", "the signing certificate cannot be read") from error


def _check_purpose(certificate: x509.Certificate) -> None:
    """Critical, and time-stamping alone (RFC 3161 section 2.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise InvalidToken("token-purpose", "the certificate is not for time-stamping") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise InvalidToken("token-purpose", "the certificate is not critically for time-stamping alone")


def _check_signature(response: cms.Response, certificate: x509.Certificate) -> None:
    """Over the very bytes that came: OpenSSL verifies over what it encodes anew."""
    signature = response.signature
    if signature.digest_algorithm not in _HASHES:
        raise InvalidToken("token-algorithm", f"hash algorithm {signature.digest_algorithm} is not accepted")
    name, algorithm = _HASHES[signature.digest_algorithm]
    if hashlib.new(name, response.content).digest() != signature.message_digest:
        raise InvalidToken("token-signature", "the signed hash is not that of the content")
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MINIMUM_RSA_BITS:
            _check_algorithm(signature, {RSA: signature.digest_algorithm, **RSA_WITH})
            key.verify(signature.value, signature.signed, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            _check_algorithm(signature, ECDSA_WITH)
            key.verify(signature.value, signature.signed, ec.ECDSA(algorithm))
        else:
            raise InvalidToken("token-algorithm", "neither RSA of at least 2048 bits nor ECDSA")
    except InvalidSignature as error:
        raise InvalidToken("token-signature", "the signature does not hold") from error


def _check_algorithm(signature: cms.Signature, accepted: Mapping[str, str]) -> None:
    """The signature algorithm must be one of these and agree with the hash beside it."""
    if accepted.get(signature.algorithm) != signature.digest_algorithm:
        raise InvalidToken("token-algorithm", f"signature algorithm {signature.algorithm} is not accepted here")


def _check_period(certificate: x509.Certificate, at: datetime) -> None:
    start, end = key_period(certificate)
    if not start <= at <= end:
        raise InvalidToken("token-certificate-expired", f"its key was for {start} to {end}, it was signed at {at}")


def _check_chain(raw: bytes, digest: Digest, certificate: x509.Certificate, expected: Expectation) -> None:
    builder = rfc3161_client.VerifierBuilder(nonce=expected.nonce)
    for root in dict.fromkeys(expected.roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(rfc3161_client.decode_timestamp_response(raw), digest.raw)
    except (rfc3161_client.VerificationError, ValueError) as error:
        raise InvalidToken("token-chain", str(error)) from error


def _check_afterlife(certificate: x509.Certificate, at: datetime, expected: Expectation) -> None:
    """What happened to the certificate since: only a proof that the token existed before makes it harmless."""
    known = expected.existed_by or expected.now
    if known > certificate.not_valid_after_utc:
        raise InvalidToken("token-outlived-certificate", "nothing proves it existed before its certificate ended")
    for revoked in sorted(_revoked(certificate, expected), key=lambda one: one.peaceful):  # a lost key weighs more
        _check_revocation(revoked, at, known)


def _revoked(certificate: x509.Certificate, expected: Expectation) -> Iterator[Revoked]:
    """Whatever lists and responses say against this certificate."""
    for revocations in expected.revocations:
        if revocations.issuer == certificate.issuer:
            entry = revocations.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None:
                yield Revoked.entry(entry)
    for response in expected.responses:
        if response.revoked is not None and response.is_about(certificate):
            yield response.revoked


def _check_revocation(revoked: Revoked, at: datetime, known: datetime) -> None:
    """RFC 3161 section 4: a key that was given up in peace leaves its earlier tokens alone, any other taints them all.

    Even in peace only a proof tells earlier tokens from later ones. Without a reason, or with one that is about a
    compromise, the token has to be proven older than the revocation, and than the day it is said to reach back to.
    """
    since = revoked.since
    if known < since:
        return
    if revoked.peaceful and at < since:
        raise InvalidToken("token-outlived-certificate", f"nothing proves it existed before its revocation at {since}")
    raise InvalidToken("token-certificate-revoked", f"revoked at {revoked.at}, valid until {since}")
