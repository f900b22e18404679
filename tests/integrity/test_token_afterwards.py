"""Tokens judged long afterwards: when their certificates have ended, or were revoked, and why."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from cryptography import x509

from integrity.ocsp import OcspResponse, read_ocsp
from integrity.token import verify_token
from tests.fakes import certificates, ocsp
from tests.fakes.certificates import YEAR, Issued
from tests.fakes.clocks import START
from tests.fakes.ocsp import Response
from tests.integrity.judged import DAY, DIGEST, GOOD, expecting, finding


@pytest.fixture(scope="module")
def root() -> Issued:
    return certificates.root()


@pytest.fixture(scope="module")
def good(root: Issued) -> bytes:
    return GOOD.by(certificates.signer(root))


PEACE = x509.CRLReason(x509.ReasonFlags.superseded)
LOST = x509.CRLReason(x509.ReasonFlags.key_compromise)
NUMBERS = {"unspecified": 0, "key_compromise": 1, "ca_compromise": 2, "superseded": 4, "cessation_of_operation": 5}


def _answered(root: Issued, at: datetime, extensions: Sequence[x509.ExtensionType]) -> OcspResponse:
    """An OCSP response that says what an entry of a list with these extensions says."""
    reason, reaching = None, []
    for extension in extensions:
        if isinstance(extension, x509.CRLReason):
            reason = NUMBERS[extension.reason.name]
        elif isinstance(extension, x509.InvalidityDate):
            reaching.append(ocsp.invalid_since(extension.invalidity_date_utc))
    return read_ocsp(Response(root, 2, ocsp.revoked(at, reason), single=reaching).der())


class TestAfterwards:
    """What happened to the certificate since."""

    def test_judged_long_after_its_certificate_ended(self, root: Issued) -> None:
        raw = GOOD.by(certificates.signer(root, end=START + YEAR))
        late = START + 2 * YEAR
        assert finding(raw, expecting(root, now=late)) == "token-outlived-certificate"
        assert finding(raw, expecting(root, now=late, existed_by=START + YEAR + DAY)) == "token-outlived-certificate"
        verify_token(raw, DIGEST, expecting(root, now=late, existed_by=START + DAY))

    def test_revoked(self, root: Issued, good: bytes) -> None:
        revoked = (certificates.revocations(root, {2: START + DAY}),)
        now = START + YEAR
        assert finding(good, expecting(root, now=now, revocations=revoked)) == "token-certificate-revoked"
        verify_token(good, DIGEST, expecting(root, now=now, revocations=revoked, existed_by=START))

    @pytest.mark.parametrize(
        ("extensions", "days", "existed", "code"),
        [
            ((x509.CRLReason(x509.ReasonFlags.superseded),), 1, None, "token-outlived-certificate"),
            ((x509.CRLReason(x509.ReasonFlags.cessation_of_operation),), 1, None, "token-outlived-certificate"),
            ((x509.CRLReason(x509.ReasonFlags.unspecified),), 1, None, "token-outlived-certificate"),
            ((x509.CRLReason(x509.ReasonFlags.superseded),), 1, 0, None),
            ((x509.CRLReason(x509.ReasonFlags.superseded),), -1, None, "token-certificate-revoked"),
            ((x509.CRLReason(x509.ReasonFlags.superseded),), -1, 0, "token-certificate-revoked"),
            ((x509.CRLReason(x509.ReasonFlags.key_compromise),), 1, None, "token-certificate-revoked"),
            ((x509.CRLReason(x509.ReasonFlags.ca_compromise),), 1, None, "token-certificate-revoked"),
            ((x509.CRLReason(x509.ReasonFlags.key_compromise),), 2, 1, None),
            ((x509.CRLReason(x509.ReasonFlags.key_compromise),), 2, 2, "token-certificate-revoked"),
            ((x509.CRLReason(x509.ReasonFlags.key_compromise), x509.InvalidityDate(START)), 2, 1,
             "token-certificate-revoked"),
            ((), 1, None, "token-certificate-revoked"),
        ],
    )  # fmt: skip
    def test_why_it_was_revoked(
        self, root: Issued, good: bytes, extensions: Sequence[x509.ExtensionType], days: int, existed: int | None,
        code: str | None,
    ) -> None:  # fmt: skip
        """Made at START. Given up in peace it has ended; lost, it counts only if something older than that tells."""
        revoked = (certificates.revocations(root, {2: START + days * DAY}, extensions=extensions),)
        answered = (_answered(root, START + days * DAY, extensions),)
        known = None if existed is None else START + existed * DAY
        for expected in (
            expecting(root, now=START + 9 * DAY, revocations=revoked, existed_by=known),
            expecting(root, now=START + 9 * DAY, responses=answered, existed_by=known),
        ):
            if code is None:
                verify_token(good, DIGEST, expected)
            else:
                assert finding(good, expected) == code

    def test_another_was_revoked(self, root: Issued, good: bytes) -> None:
        other = certificates.root("other root")
        lists = (certificates.revocations(root, {3: START}), certificates.revocations(other, {2: START}))
        verify_token(good, DIGEST, expecting(root, revocations=lists))
        answers = [Response(root, 3, ocsp.revoked(START)), Response(other, 2, ocsp.revoked(START)), Response(root, 2)]
        verify_token(good, DIGEST, expecting(root, responses=tuple(read_ocsp(one.der()) for one in answers)))

    def test_of_two_who_say_why_the_worse_counts(self, root: Issued, good: bytes) -> None:
        """A list that tells of peace does not outvote an answer that tells of a lost key, nor the other way round."""
        for peaceful, lost in ((PEACE, LOST), (LOST, PEACE)):
            said = certificates.revocations(root, {2: START + DAY}, extensions=[peaceful])
            answer = _answered(root, START + DAY, [lost])
            expected = expecting(root, now=START + 9 * DAY, revocations=(said,), responses=(answer,))
            assert finding(good, expected) == "token-certificate-revoked"
