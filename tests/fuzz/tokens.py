"""Targets of tokens and certificates: DER as the house reads it, and whole verdicts with OpenSSL underneath."""

import base64
import hashlib
from datetime import timedelta
from functools import cache

from hypothesis import strategies as st

from integrity import cms, der
from integrity.authority import EmbeddedAuthority
from integrity.certificates import issued_by, key_period, read_certificates, read_revocations
from integrity.digest import Digest
from integrity.errors import InvalidEncoding
from integrity.ocsp import read_ocsp, responders
from integrity.token import Expectation, verify_token
from tests.fakes import certificates
from tests.fakes.certificates import Forgery, Issued
from tests.fakes.clocks import FakeClock
from tests.fuzz import scratch
from tests.fuzz.explore import Target
from tests.fuzz.scratch import same
from tests.integrity.zoo.exhibits import NOW
from tests.integrity.zoo.make import AT
from tests.integrity.zoo.tokens import Bench

BODY = b"video" * 40


def _der(content: bytes) -> None:
    """Every element, read in every way, and written again."""
    pending, seen = [der.read(content, content[0] if content else der.SEQUENCE)], 0
    same(content, pending[0].raw)
    while pending and seen < 500:
        found = pending.pop()
        seen += 1
        same(found.raw, der.element(found.tag, found.body))
        for read in (found.integer, found.boolean, found.oid, found.time):
            try:
                read()
            except InvalidEncoding:
                continue
        try:
            found.fields()
            rest = found.body
            while rest:
                pending.append(der.Fields(rest).take(rest[0]))
                rest = rest[len(pending[-1].raw) :]
        except InvalidEncoding:
            continue


def _response(content: bytes) -> None:
    cms.read_response(content)


def _expectation() -> Expectation:
    roots = [authority.certificate for authority in scratch.trust().authorities]
    return Expectation(roots, NOW, revocations=())


def _token(content: bytes) -> None:
    verify_token(content, Digest.of(BODY), _expectation())


@cache
def _bench() -> Bench:
    return Bench.make(BODY, AT)


@cache
def _signer() -> Issued:
    return _bench().signer()


def _token_certificate(content: bytes) -> None:
    """A token that names this certificate by its hash and is signed by the key it should hold."""
    named = hashlib.sha256(content).digest()
    forged = Forgery(Digest.of(BODY).raw, gen_time=AT, certificates=(content,), named_digest=named).by(_signer())
    verify_token(forged, Digest.of(BODY), _expectation())


def _certificates(content: bytes) -> None:
    for certificate in read_certificates(content):
        key_period(certificate)
        responders(certificate)


def _certificate(content: bytes) -> None:
    """DER inside PEM: so that what is broken is the certificate and not its base64."""
    body = base64.encodebytes(content).decode()
    _certificates(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n".encode())


def _revocations(content: bytes) -> None:
    revocations = read_revocations(content)
    issued_by(revocations, [authority.certificate for authority in scratch.trust().authorities])
    revocations.get_revoked_certificate_by_serial_number(2)


def _ocsp(content: bytes) -> None:
    response = read_ocsp(content)
    same(content, response.content)
    response.signer(authority.certificate for authority in scratch.trust().authorities)
    response.is_about(_signer().certificate)


@cache
def _authority() -> EmbeddedAuthority:
    later = FakeClock(AT + timedelta(hours=1))
    return certificates.authority(scratch.folder() / "authority", _bench().root, _signer(), later)


def _request(content: bytes) -> None:
    """Never raises; whatever it answers can be read."""
    cms.read_response(_authority().respond(content))


_numbers = st.integers(-(2**500), 2**500).map(der.integer)

TARGETS = (
    Target("der", _der, shapes=_numbers),
    Target("response", _response),
    Target("token", _token),
    Target("token-certificate", _token_certificate),
    Target("certificate", _certificate),
    Target("certificates", _certificates),
    Target("revocations", _revocations),
    Target("ocsp", _ocsp),
    Target("request", _request),
)
