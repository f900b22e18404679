"""The parts of a time-stamp response: PKIStatusInfo, CMS SignedData and TSTInfo (RFC 3161, RFC 5652, RFC 5816).

Reads only what a token over a digest may be, in DER, and refuses every alternative that means the same: two encodings
of one meaning are two tokens, and libraries that accept both let a changed byte through. Judges nothing: a response
that reads well may be signed by anybody, and `integrity.token` says whether it proves something.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrity import der
from integrity.errors import InvalidEncoding
from integrity.oids import CONTENT_TYPE, MESSAGE_DIGEST, SHA256_OID, SIGNED_DATA, SIGNING_CERTIFICATE_V2, TST_INFO

RESPONSE_LIMIT = 64 * 1024
"""Bytes; a token with a long chain has about 8,000."""

GRANTED = 0
_SECONDS_LIMIT = 1 << 31


@dataclass(frozen=True, slots=True)
class Statement:
    """TSTInfo: what the authority signed."""

    policy: str
    algorithm: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    nonce: int | None


@dataclass(frozen=True, slots=True)
class Signature:
    """The one SignerInfo. `signed` is exactly what the signature covers; the algorithms are OIDs."""

    issuer: bytes
    serial: int
    digest_algorithm: str
    algorithm: str
    signed: bytes
    value: bytes
    message_digest: bytes
    certificate_algorithm: str
    certificate_digest: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A granted response. `content` is the signed TSTInfo's encoding, `certificates` whatever came along."""

    content: bytes
    statement: Statement
    certificates: tuple[bytes, ...]
    signature: Signature


@dataclass(frozen=True, slots=True)
class Rejection:
    """A response without a token: PKIStatus and the authority's words."""

    status: int
    text: str


def read_response(raw: bytes) -> Response | Rejection:
    """A DER TimeStampResp, to its last byte; InvalidEncoding if it is anything else."""
    if len(raw) > RESPONSE_LIMIT:
        raise InvalidEncoding(f"larger than {RESPONSE_LIMIT} bytes")
    fields = der.read(raw, der.SEQUENCE).fields()
    status, text = _status(fields.take(der.SEQUENCE).fields())
    if status != GRANTED:
        return Rejection(status, text)
    token = fields.take(der.SEQUENCE).fields()
    fields.end()
    _expect(token.take(der.OID).oid(), SIGNED_DATA, "content type")
    wrapped = token.take(der.context(0)).fields()
    token.end()
    signed_data = wrapped.take(der.SEQUENCE).fields()
    wrapped.end()
    return _signed_data(signed_data)


def _status(fields: der.Fields) -> tuple[int, str]:
    status = fields.take(der.INTEGER).integer()
    text = fields.maybe(der.SEQUENCE)
    failure = fields.maybe(der.BIT_STRING)
    fields.end()
    if status == GRANTED and failure is not None:
        raise InvalidEncoding("a granted response that states a failure")
    words = [word.body.decode("utf-8", "replace") for word in text.fields().each(der.UTF8_STRING)] if text else []
    return status, " ".join(words)


def _signed_data(fields: der.Fields) -> Response:
    _expect(fields.take(der.INTEGER).integer(), 3, "SignedData version")
    digest_algorithms = [_algorithm(item) for item in fields.take(der.SET).fields().each(der.SEQUENCE)]
    content = _content(fields.take(der.SEQUENCE).fields())
    certificates = fields.maybe(der.context(0))
    fields.maybe(der.context(1))  # revocation lists an authority sent along: used by nobody here
    signers = fields.take(der.SET).fields()
    fields.end()
    signature = _signer(signers.take(der.SEQUENCE).fields())
    signers.end()
    _expect(digest_algorithms, [signature.digest_algorithm], "digest algorithms")
    return Response(
        content=content,
        statement=_statement(der.read(content, der.SEQUENCE).fields()),
        certificates=tuple(item.raw for item in certificates.fields().each(der.SEQUENCE)) if certificates else (),
        signature=signature,
    )


def _content(fields: der.Fields) -> bytes:
    _expect(fields.take(der.OID).oid(), TST_INFO, "signed content type")
    wrapped = fields.take(der.context(0)).fields()
    fields.end()
    content = wrapped.take(der.OCTET_STRING).body
    wrapped.end()
    return content


def _statement(fields: der.Fields) -> Statement:
    _expect(fields.take(der.INTEGER).integer(), 1, "TSTInfo version")
    policy = fields.take(der.OID).oid()
    imprint = fields.take(der.SEQUENCE).fields()
    algorithm, hashed = _algorithm(imprint.take(der.SEQUENCE)), imprint.take(der.OCTET_STRING).body
    imprint.end()
    serial = fields.take(der.INTEGER).integer()
    gen_time = fields.take(der.GENERALIZED_TIME).time()
    accuracy = fields.maybe(der.SEQUENCE)
    fields.maybe(der.BOOLEAN)  # ordering
    nonce = fields.maybe(der.INTEGER)
    fields.maybe(der.context(0))  # the authority's name: the certificate says it
    extensions = fields.maybe(der.context(1))
    fields.end()
    if extensions is not None:
        _refuse_critical(extensions.fields())
    return Statement(
        policy=policy,
        algorithm=algorithm,
        imprint=hashed,
        serial=serial,
        gen_time=gen_time,
        accuracy=_accuracy(accuracy.fields()) if accuracy else None,
        nonce=nonce.integer() if nonce else None,
    )


def _accuracy(fields: der.Fields) -> timedelta:
    """Accuracy (RFC 3161 section 2.4.2), in bounds that a duration has."""
    seconds = fields.maybe(der.INTEGER)
    millis = fields.maybe(der.context(0, constructed=False))
    micros = fields.maybe(der.context(1, constructed=False))
    fields.end()
    return timedelta(
        seconds=_within(seconds, _SECONDS_LIMIT), milliseconds=_within(millis, 999), microseconds=_within(micros, 999)
    )


def _within(number: der.Element | None, limit: int) -> int:
    value = 0 if number is None else number.integer()
    if not 0 <= value <= limit:
        raise InvalidEncoding("an accuracy that is no duration")
    return value


def _refuse_critical(extensions: der.Fields) -> None:
    """An extension of the token that must be understood: none is."""
    for extension in extensions.each(der.SEQUENCE):
        fields = extension.fields()
        name = fields.take(der.OID).oid()
        critical = fields.maybe(der.BOOLEAN)
        if critical is not None and critical.boolean():
            raise InvalidEncoding(f"an unknown critical extension {name}")


def _signer(fields: der.Fields) -> Signature:
    _expect(fields.take(der.INTEGER).integer(), 1, "SignerInfo version")
    identity = fields.take(der.SEQUENCE).fields()
    issuer, serial = identity.take(der.SEQUENCE).raw, identity.take(der.INTEGER).integer()
    identity.end()
    digest_algorithm = _algorithm(fields.take(der.SEQUENCE))
    attributes = fields.take(der.context(0))
    algorithm = _algorithm(fields.take(der.SEQUENCE))
    value = fields.take(der.OCTET_STRING).body
    fields.end()  # no unsigned attributes: nobody vouches for them
    values = _attributes(attributes)
    _expect(_only(values, CONTENT_TYPE, der.OID).oid(), TST_INFO, "content-type attribute")
    certificate_algorithm, certificate_digest = _signing_certificate(values)
    return Signature(
        issuer=issuer,
        serial=serial,
        digest_algorithm=digest_algorithm,
        algorithm=algorithm,
        signed=bytes((der.SET,)) + attributes.raw[1:],
        value=value,
        message_digest=_only(values, MESSAGE_DIGEST, der.OCTET_STRING).body,
        certificate_algorithm=certificate_algorithm,
        certificate_digest=certificate_digest,
    )


def _attributes(attributes: der.Element) -> Mapping[str, der.Element]:
    """Each attribute's SET of values by its OID; in the one order DER gives them, none twice."""
    values: dict[str, der.Element] = {}
    items = list(attributes.fields().each(der.SEQUENCE))
    if [item.raw for item in items] != sorted(item.raw for item in items):
        raise InvalidEncoding("signed attributes out of order")
    for item in items:
        fields = item.fields()
        name, value = fields.take(der.OID).oid(), fields.take(der.SET)
        fields.end()
        if name in values:
            raise InvalidEncoding(f"signed attribute {name} twice")
        values[name] = value
    return values


def _only(values: Mapping[str, der.Element], name: str, tag: int) -> der.Element:
    """The single value of an attribute that must be there."""
    if name not in values:
        raise InvalidEncoding(f"signed attribute {name} is missing")
    return der.read(values[name].body, tag)


def _signing_certificate(values: Mapping[str, der.Element]) -> tuple[str, bytes]:
    """Hash algorithm and hash of the first ESSCertIDv2, the signer's own (RFC 5035 section 3)."""
    fields = _only(values, SIGNING_CERTIFICATE_V2, der.SEQUENCE).fields()
    first = fields.take(der.SEQUENCE).fields().take(der.SEQUENCE).fields()
    algorithm = first.maybe(der.SEQUENCE)
    name = SHA256_OID if algorithm is None else _algorithm(algorithm)
    return name, first.take(der.OCTET_STRING).body


def _algorithm(element: der.Element) -> str:
    """An AlgorithmIdentifier without parameters, or with NULL ones; its OID."""
    fields = element.fields()
    name = fields.take(der.OID).oid()
    if fields.more() and fields.take(der.NULL).body:
        raise InvalidEncoding("a NULL that holds something")
    fields.end()
    return name


def _expect(found: object, expected: object, name: str) -> None:
    if found != expected:
        raise InvalidEncoding(f"{name} is {found}, not {expected}")
