"""The embedded time-stamping authority: answers an RFC 3161 request with a token or with the reason why not.

It makes the installation whole without a network: every seal gets tokens that stock `openssl ts -verify` accepts. It is
not a qualified authority and says so in its certificate: it proves order inside this installation to someone who trusts
its root user, and against the operator nothing. Pure: bytes in, bytes out; whoever calls brings HTTP.
Never signs a SHA-1 imprint, never states an accuracy that the kernel does not vouch for, never gives a serial twice.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from integrity import der
from integrity.authority_keys import Credential, open_root, open_signer
from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.errors import InvalidEncoding
from integrity.oids import (
    CONTENT_TYPE,
    IMPRINT_SIZES,
    MESSAGE_DIGEST,
    RSA,
    SHA256_OID,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

SYNCHRONISED_POLICY = "2.25.76095581199704584001051803470209241916.1"
"""Time stamped while the kernel said its clock was synchronised; the token states the accuracy."""
UNSYNCHRONISED_POLICY = "2.25.76095581199704584001051803470209241916.2"
"""Time stamped by a clock of unknown error; the token states no accuracy."""
POLICIES = frozenset({SYNCHRONISED_POLICY, UNSYNCHRONISED_POLICY})

REQUEST_LIMIT = 4096
"""Bytes; an ordinary request has less than 100."""


class Failure(IntEnum):
    """PKIFailureInfo (RFC 3161 section 2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


class _Refusal(Exception):
    """A request is answered by a rejection; never leaves this module."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Request:
    imprint: bytes
    policy: str | None
    nonce: bytes
    certificate_wanted: bool


class EmbeddedAuthority:
    """One authority over one folder; safe to call from several threads of one process, which must own the folder."""

    def __init__(self, folder: Path, clock: Clock, random: Random) -> None:
        self._folder = folder
        self._clock = clock
        self._random = random
        self._root = open_root(folder, clock.now(), random)
        self._signer = open_signer(folder, self._root, clock.now(), random)
        self._succession = threading.Lock()

    @property
    def root_pem(self) -> bytes:
        """The root certificate: whoever holds it, from outside, can judge the tokens."""
        return self._root.certificate.public_bytes(Encoding.PEM)

    def respond(self, request: bytes) -> bytes:
        """A DER TimeStampReq to a DER TimeStampResp, granted or rejected; never raises, whatever the bytes."""
        try:
            token = self._stamp(_read(request))
        except _Refusal as refusal:
            return _rejection(refusal.failure, refusal.reason)
        except Exception:  # noqa: BLE001 - RFC 3161 has an answer for this too, and a client waits for it
            return _rejection(Failure.SYSTEM_FAILURE, "the authority cannot answer now")
        return der.sequence(der.sequence(der.integer(0)), token)

    def _stamp(self, request: _Request) -> bytes:
        now, state = self._clock.now(), self._clock.state()
        error_ms = state.max_error_ms if state.synchronised else None
        policy = request.policy or (UNSYNCHRONISED_POLICY if error_ms is None else SYNCHRONISED_POLICY)
        if policy not in POLICIES:
            raise _Refusal(Failure.UNACCEPTED_POLICY, "no such policy here")
        if policy == SYNCHRONISED_POLICY and error_ms is None:
            raise _Refusal(Failure.TIME_NOT_AVAILABLE, "the clock is not synchronised")
        signer = self._signer_at(now)
        serial = int.from_bytes(self._random(16), "big") >> 1 or 1
        info = der.sequence(
            der.integer(1),
            der.oid(policy),
            request.imprint,
            der.integer(serial),
            der.generalized_time(now),
            b"" if error_ms is None or policy == UNSYNCHRONISED_POLICY else _accuracy(error_ms),
            request.nonce,
        )
        return sign(info, signer, request.certificate_wanted)

    def _signer_at(self, now: datetime) -> Credential:
        """The key of this year; a clock that ran back before its key was made tells no time worth signing."""
        with self._succession:
            if not self._signer.usable(now):
                self._signer = open_signer(self._folder, self._root, now, self._random)
            signer = self._signer
        if not signer.usable(now):
            raise _Refusal(Failure.TIME_NOT_AVAILABLE, "the clock is outside the key's time of use")
        return signer


def make_authority(folder: Path, clock: Clock, random: Random) -> EmbeddedAuthority:
    """The authority of this folder: made on the first call (two RSA keys, about a second), opened on later ones."""
    return EmbeddedAuthority(folder, clock, random)


def _read(data: bytes) -> _Request:
    """TimeStampReq (RFC 3161 section 2.4.1), DER only."""
    try:
        if len(data) > REQUEST_LIMIT:
            raise InvalidEncoding("larger than any request")
        fields = der.read(data, der.SEQUENCE).fields()
        version = fields.take(der.INTEGER).integer()
        imprint = fields.take(der.SEQUENCE)
        policy = fields.maybe(der.OID)
        nonce = fields.maybe(der.INTEGER)
        wanted = fields.maybe(der.BOOLEAN)
        extensions = fields.maybe(der.context(0))
        fields.end()
        _check_imprint(imprint.fields())
        request = _Request(
            imprint=imprint.raw,
            policy=policy.oid() if policy else None,
            nonce=nonce.raw if nonce and nonce.integer() is not None else b"",
            certificate_wanted=wanted is not None and wanted.boolean(),
        )
    except InvalidEncoding as error:
        raise _Refusal(Failure.BAD_DATA_FORMAT, str(error)) from error
    if version != 1:
        raise _Refusal(Failure.BAD_REQUEST, "only version 1 of RFC 3161 is known")
    if extensions is not None:
        raise _Refusal(Failure.UNACCEPTED_EXTENSION, "no extension is known")
    return request


def _check_imprint(fields: der.Fields) -> None:
    algorithm, imprint = fields.take(der.SEQUENCE).fields(), fields.take(der.OCTET_STRING)
    fields.end()
    name = algorithm.take(der.OID).oid()
    if name not in IMPRINT_SIZES:
        raise _Refusal(Failure.BAD_ALG, "SHA-256, SHA-384 and SHA-512 are stamped")
    if algorithm.more() and algorithm.take(der.NULL).body:
        raise InvalidEncoding("a NULL that holds something")
    algorithm.end()
    if len(imprint.body) != IMPRINT_SIZES[name]:
        raise InvalidEncoding("the imprint's length is not its algorithm's")


def _accuracy(error_ms: int) -> bytes:
    """The kernel's bound, and one millisecond for what the cut to milliseconds took away."""
    seconds, millis = divmod(error_ms + 1, 1000)
    parts = [der.integer(seconds)] if seconds else []
    if millis:
        parts.append(der.element(der.context(0, constructed=False), der.read(der.integer(millis), der.INTEGER).body))
    return der.sequence(*parts)


def sign(info: bytes, signer: Credential, with_certificate: bool) -> bytes:
    """ContentInfo of SignedData (RFC 5652) over the TSTInfo, with the signing certificate named by hash (RFC 5816)."""
    certificate = signer.certificate.public_bytes(Encoding.DER)
    sha256 = der.sequence(der.oid(SHA256_OID), der.NOTHING)
    issuer, serial = signer.certificate.issuer.public_bytes(), der.integer(signer.certificate.serial_number)
    issuer_serial = der.sequence(der.sequence(der.element(der.context(4), issuer)), serial)
    named = der.sequence(der.sequence(der.sequence(der.octets(Digest.of(certificate).raw), issuer_serial)))
    attributes = der.set_of(
        der.sequence(der.oid(name), der.set_of([value]))
        for name, value in (
            (CONTENT_TYPE, der.oid(TST_INFO)),
            (MESSAGE_DIGEST, der.octets(Digest.of(info).raw)),
            (SIGNING_CERTIFICATE_V2, named),
        )
    )
    signer_info = der.sequence(
        der.integer(1),
        der.sequence(issuer, serial),
        sha256,
        # What is signed is the SET; what is sent carries its implicit tag (RFC 5652 section 5.4).
        bytes((der.context(0),)) + attributes[1:],
        der.sequence(der.oid(RSA), der.NOTHING),
        der.octets(signer.key.sign(attributes, padding.PKCS1v15(), SHA256())),
    )
    signed_data = der.sequence(
        der.integer(3),
        der.set_of([sha256]),
        der.sequence(der.oid(TST_INFO), der.element(der.context(0), der.octets(info))),
        der.element(der.context(0), certificate) if with_certificate else b"",
        der.set_of([signer_info]),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.element(der.context(0), signed_data))


def _rejection(failure: Failure, reason: str) -> bytes:
    """PKIStatusInfo with status `rejection` (2), the reason as free text and the failure's bit."""
    return der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8(reason)), der.named_bits(failure)))
