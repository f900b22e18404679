"""What tests of tokens ask: a good token, what a reader expects of it, and which check refuses another."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from integrity import der
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.ocsp import OcspResponse
from integrity.token import Expectation, verify_token
from tests.fakes.certificates import Forgery, Issued
from tests.fakes.clocks import START

BODY = b"evidence"
DIGEST = Digest.of(BODY)
GOOD = Forgery(DIGEST.raw)
DAY = timedelta(days=1)
ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))


def expecting(
    root: Issued,
    *,
    now: datetime = START + timedelta(seconds=1),
    nonce: int | None = 4711,
    policies: frozenset[str] = frozenset(),
    revocations: tuple[x509.CertificateRevocationList, ...] = (),
    existed_by: datetime | None = None,
    responses: tuple[OcspResponse, ...] = (),
) -> Expectation:
    return Expectation((root.certificate,), now, nonce, policies, revocations, existed_by, responses)


def finding(raw: bytes, expected: Expectation, digest: Digest = DIGEST) -> str:
    """The check that refuses this token."""
    with pytest.raises(InvalidToken) as caught:
        verify_token(raw, digest, expected)
    return caught.value.finding


def accepted(raw: bytes, expected: Expectation) -> bool:
    try:
        verify_token(raw, DIGEST, expected)
    except InvalidToken:
        return False
    return True
