"""Tokens: every check beside the token that must fail it, and no byte of a token that may be changed."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import cms, der
from integrity.digest import Digest
from integrity.errors import InvalidToken
from integrity.ocsp import OcspResponse, read_ocsp
from integrity.oids import CONTENT_TYPE, MESSAGE_DIGEST, SHA256_OID, SHA384_OID, SHA512_OID, SIGNING_CERTIFICATE_V2
from integrity.token import Expectation, verify_token
from tests.fakes import certificates, ocsp
from tests.fakes.certificates import YEAR, Forgery, Issued
from tests.fakes.clocks import START
from tests.fakes.ocsp import Response
from tests.servers import openssl_ts

BODY = b"evidence"
DIGEST = Digest.of(BODY)
GOOD = Forgery(DIGEST.raw)
DAY = timedelta(days=1)
ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))


@pytest.fixture(scope="module")
def root() -> Issued:
    return certificates.root()


@pytest.fixture(scope="module")
def good(root: Issued) -> bytes:
    return GOOD.by(certificates.signer(root))


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


class TestBytes:
    """What may be changed in a token: nothing."""

    @pytest.mark.parametrize("change", [1, 2, 4, 8, 16, 32, 64, 128, 255])
    def test_no_byte_may_change(self, root: Issued, good: bytes, change: int) -> None:
        """Every bit of every byte: rfc3161-client alone accepts flips at a dozen places, openssl at more."""
        assert accepted(good, expecting(root))
        changed = (good[:at] + bytes((good[at] ^ change,)) + good[at + 1 :] for at in range(len(good)))
        assert [at for at, raw in enumerate(changed) if accepted(raw, expecting(root))] == []

    def test_no_byte_may_be_missing(self, root: Issued, good: bytes) -> None:
        assert [at for at in range(len(good)) if accepted(good[:at] + good[at + 1 :], expecting(root))] == []
        assert [at for at in range(len(good)) if accepted(good[:at], expecting(root))] == []

    @pytest.mark.parametrize("added", [b"\x00", b"\x05\x00"])
    def test_no_byte_may_be_added(self, root: Issued, good: bytes, added: bytes) -> None:
        changed = (good[:at] + added + good[at:] for at in range(len(good) + 1))
        assert [at for at, raw in enumerate(changed) if accepted(raw, expecting(root))] == []

    @pytest.mark.parametrize("raw", [b"", b"\x30", b"0" * 5000, bytes(70_000), b"\x30\x80\x00\x00"], ids=len)
    def test_garbage(self, root: Issued, raw: bytes) -> None:
        assert finding(raw, expecting(root)) == "token-malformed"


class TestStatement:
    """What the authority said."""

    def test_a_good_token_tells_its_facts(self, root: Issued) -> None:
        accuracy = der.sequence(der.integer(1), der.element(der.context(0, constructed=False), b"\x02\x58"))
        raw = Forgery(DIGEST.raw, accuracy=accuracy).by(certificates.signer(root))
        facts = verify_token(raw, DIGEST, expecting(root))
        assert (facts.gen_time, facts.nonce, facts.policy, facts.serial) == (START, 4711, "1.2.3.4", 1)
        assert facts.accuracy == timedelta(seconds=1, milliseconds=600)

    def test_another_digest(self, root: Issued, good: bytes) -> None:
        assert finding(good, expecting(root), Digest.of(b"other")) == "token-imprint-differs"

    def test_another_algorithm_of_the_imprint(self, root: Issued) -> None:
        raw = Forgery(DIGEST.raw, algorithm=SHA384_OID).by(certificates.signer(root))
        assert finding(raw, expecting(root)) == "token-imprint-algorithm"

    def test_another_nonce(self, root: Issued, good: bytes) -> None:
        assert finding(good, expecting(root, nonce=4712)) == "token-nonce-differs"
        verify_token(good, DIGEST, expecting(root, nonce=None))

    def test_another_policy(self, root: Issued, good: bytes) -> None:
        assert finding(good, expecting(root, policies=frozenset({"1.2.3.5"}))) == "token-policy"
        verify_token(good, DIGEST, expecting(root, policies=frozenset({"1.2.3.5", "1.2.3.4"})))

    def test_from_the_future(self, root: Issued, good: bytes) -> None:
        assert finding(good, expecting(root, now=START - timedelta(minutes=6))) == "token-from-future"
        verify_token(good, DIGEST, expecting(root, now=START - timedelta(minutes=4)))

    def test_another_version(self, root: Issued) -> None:
        raw = Forgery(DIGEST.raw, version=2).by(certificates.signer(root))
        assert finding(raw, expecting(root)) == "token-malformed"

    @pytest.mark.parametrize("critical", [True, False])
    def test_an_extension_that_must_be_understood(self, root: Issued, critical: bool) -> None:
        flag = der.element(der.BOOLEAN, b"\xff") if critical else b""
        extension = der.sequence(der.oid("1.2.3.9"), flag, der.octets(b""))
        raw = Forgery(DIGEST.raw, extensions=der.element(der.context(1), extension)).by(certificates.signer(root))
        assert accepted(raw, expecting(root)) is not critical

    def test_rejected(self, root: Issued) -> None:
        raw = der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8("no")), der.named_bits(0)))
        assert finding(raw, expecting(root)) == "token-not-granted"

    @pytest.mark.parametrize("status", [1, 3])
    def test_granted_otherwise_than_asked(self, root: Issued, good: bytes, status: int) -> None:
        assert good[4:9] == b"\x30\x03\x02\x01\x00"
        assert finding(good[:8] + bytes((status,)) + good[9:], expecting(root)) == "token-not-granted"


class TestCertificate:
    """Who the authority is."""

    def test_another_root(self, good: bytes) -> None:
        assert finding(good, expecting(certificates.root("other root"))) == "token-chain"

    def test_no_root(self, good: bytes) -> None:
        assert finding(good, Expectation((), START)) == "token-chain"

    def test_an_issuer_that_only_has_the_name_of_the_root(self, root: Issued) -> None:
        impostor = Issued(certificates.rsa_key("impostor"), root.certificate)
        assert finding(GOOD.by(certificates.signer(impostor)), expecting(root)) == "token-chain"

    def test_an_issuer_that_may_not_issue(self, root: Issued) -> None:
        middle = certificates.signer(root, key=certificates.rsa_key("middle"))
        assert finding(GOOD.by(certificates.signer(middle)), expecting(root)) == "token-chain"
        assert finding(GOOD.by(certificates.signer(middle)), expecting(middle)) == "token-chain"

    def test_the_signer_is_no_root_of_its_own(self, root: Issued) -> None:
        signer = certificates.signer(root)
        other = Expectation((certificates.root("other root").certificate,), START)
        assert finding(GOOD.by(signer), other) == "token-chain"

    @pytest.mark.parametrize(
        ("purposes", "critical"),
        [
            ((), True),
            ((ExtendedKeyUsageOID.CODE_SIGNING,), True),
            ((ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING), True),
            ((ExtendedKeyUsageOID.TIME_STAMPING,), False),
        ],
        ids=["none", "another", "one more", "not critical"],
    )
    def test_purpose(self, root: Issued, purposes: tuple[x509.ObjectIdentifier, ...], critical: bool) -> None:
        raw = GOOD.by(certificates.signer(root, purposes=purposes, critical=critical))
        assert finding(raw, expecting(root)) == "token-purpose"

    @pytest.mark.parametrize(
        ("start", "end"), [(START - YEAR, START - DAY), (START + DAY, START + YEAR)], ids=["expired", "not yet valid"]
    )
    def test_validity_at_the_token_s_own_time(self, root: Issued, start: datetime, end: datetime) -> None:
        raw = GOOD.by(certificates.signer(root, start=start, end=end))
        assert finding(raw, expecting(root)) == "token-certificate-expired"

    def test_signed_after_the_key_was_given_up(self, root: Issued) -> None:
        begin = (START - 2 * YEAR).replace(tzinfo=None)
        period = x509.PrivateKeyUsagePeriod(begin, begin + YEAR)
        raw = GOOD.by(certificates.signer(root, start=START - 2 * YEAR, period=period))
        assert finding(raw, expecting(root)) == "token-certificate-expired"

    def test_a_root_that_had_expired(self) -> None:
        old = certificates.root("old", start=START - 9 * YEAR, end=START - DAY)
        assert finding(GOOD.by(certificates.signer(old)), expecting(old)) == "token-chain"

    def test_without_its_certificate(self, root: Issued) -> None:
        raw = Forgery(DIGEST.raw, certificates=()).by(certificates.signer(root))
        assert finding(raw, expecting(root)) == "token-signer-differs"

    def test_another_certificate_for_the_same_key_and_name(self, root: Issued) -> None:
        """Only ESSCertIDv2 tells the two apart: issuer, serial and key are the same."""
        raw, signer = GOOD.by(certificates.signer(root)), certificates.signer(root)
        longer = certificates.signer(root, end=START + 21 * YEAR)
        exchanged = raw.replace(
            signer.certificate.public_bytes(Encoding.DER), longer.certificate.public_bytes(Encoding.DER)
        )
        assert exchanged != raw
        assert len(exchanged) == len(raw)
        assert finding(exchanged, expecting(root)) == "token-signer-differs"

    def test_a_short_key(self, root: Issued) -> None:
        short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the test
        assert finding(GOOD.by(certificates.signer(root, key=short)), expecting(root)) == "token-algorithm"

    def test_an_elliptic_curve_does_as_well(self, root: Issued) -> None:
        signer = certificates.signer(root, key=ec.generate_private_key(ec.SECP256R1()))
        raw = Forgery(DIGEST.raw, signature_algorithm=ECDSA).by(signer)
        verify_token(raw, DIGEST, expecting(root))
        changed = (raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :] for at in range(len(raw)))
        assert [at for at, token in enumerate(changed) if accepted(token, expecting(root))] == []
        assert finding(GOOD.by(signer), expecting(root)) == "token-algorithm"

    def test_an_algorithm_of_another_key(self, root: Issued) -> None:
        raw = Forgery(DIGEST.raw, signature_algorithm=ECDSA).by(certificates.signer(root))
        assert finding(raw, expecting(root)) == "token-algorithm"

    def test_signed_by_another_key(self, root: Issued) -> None:
        signer = certificates.signer(root)
        raw = GOOD.by(Issued(certificates.rsa_key("another"), signer.certificate))
        assert finding(raw, expecting(root)) == "token-signature"


NO_PARAMETERS = der.sequence(der.oid(SHA256_OID))
SHA1 = der.sequence(der.oid("1.3.14.3.2.26"), der.NOTHING)
SHA512 = der.sequence(der.oid(SHA512_OID), der.NOTHING)
OWN_DIGEST = der.sequence(der.oid(MESSAGE_DIGEST), der.set_of([der.octets(bytes(32))]))


class TestForm:
    """One encoding of one meaning: what no signature covers may not be said in another way."""

    @pytest.mark.parametrize(
        ("forgery", "refused"),
        [
            (Forgery(DIGEST.raw, digest_algorithm=NO_PARAMETERS), None),
            (Forgery(DIGEST.raw, digest_algorithms=(NO_PARAMETERS,)), None),
            (Forgery(DIGEST.raw, named_algorithm=NO_PARAMETERS), None),
            (Forgery(DIGEST.raw, attributes=(der.sequence(der.oid("1.2.3"), der.set_of([der.NOTHING])),)), None),
            (Forgery(DIGEST.raw, signature_algorithm=der.sequence(der.oid("1.2.840.113549.1.1.11"))), None),
            (Forgery(DIGEST.raw, message_digest=bytes(32)), "token-signature"),
            (Forgery(DIGEST.raw, signed_version=1), "token-malformed"),
            (Forgery(DIGEST.raw, signer_version=3), "token-malformed"),
            (Forgery(DIGEST.raw, signers=2), "token-malformed"),
            (Forgery(DIGEST.raw, signers=0), "token-malformed"),
            (Forgery(DIGEST.raw, digest_algorithms=()), "token-malformed"),
            (Forgery(DIGEST.raw, digest_algorithms=(SHA512,)), "token-malformed"),
            (Forgery(DIGEST.raw, digest_algorithms=(NO_PARAMETERS, SHA512)), "token-malformed"),
            (Forgery(DIGEST.raw, digest_algorithm=SHA512, digest_algorithms=(SHA512,)), "token-signature"),
            (Forgery(DIGEST.raw, digest_algorithm=SHA1, digest_algorithms=(SHA1,)), "token-algorithm"),
            (Forgery(DIGEST.raw, named_algorithm=SHA1, named_digest=bytes(20)), "token-algorithm"),
            (Forgery(DIGEST.raw, named_algorithm=SHA512), "token-signer-differs"),
            (Forgery(DIGEST.raw, named_digest=bytes(32)), "token-signer-differs"),
            (Forgery(DIGEST.raw, signer_name=der.sequence()), "token-signer-differs"),
            (Forgery(DIGEST.raw, content_type="1.2.840.113549.1.7.1"), "token-malformed"),
            (Forgery(DIGEST.raw, left_out=CONTENT_TYPE), "token-malformed"),
            (Forgery(DIGEST.raw, left_out=MESSAGE_DIGEST), "token-malformed"),
            (Forgery(DIGEST.raw, left_out=SIGNING_CERTIFICATE_V2), "token-malformed"),
            (Forgery(DIGEST.raw, attributes=(OWN_DIGEST,)), "token-malformed"),
            (Forgery(DIGEST.raw, unsigned=der.element(der.context(1), b"")), "token-malformed"),
            (Forgery(DIGEST.raw, signature_algorithm=SHA512), "token-algorithm"),
            (
                Forgery(DIGEST.raw, signature_algorithm=der.sequence(der.oid("1.2.840.113549.1.1.13"), der.NOTHING)),
                "token-algorithm",
            ),
            (Forgery(DIGEST.raw, status=der.integer(0) + der.named_bits(0)), "token-malformed"),
            (Forgery(DIGEST.raw, status=der.integer(0) + der.sequence(der.utf8("fine"))), None),
            (Forgery(DIGEST.raw, certificates=(der.sequence(),)), "token-signer-differs"),
            (Forgery(DIGEST.raw, certificates=(der.sequence(der.octets(bytes(70_000))),)), "token-malformed"),
            (
                Forgery(DIGEST.raw, certificates=(der.sequence(),), named_digest=hashlib.sha256(b"0\0").digest()),
                "token-malformed",
            ),
        ],
    )
    def test_said_otherwise(self, root: Issued, forgery: Forgery, refused: str | None) -> None:
        raw = forgery.by(certificates.signer(root))
        if refused is None:
            verify_token(raw, DIGEST, expecting(root))
        else:
            assert finding(raw, expecting(root)) == refused

    def test_attributes_out_of_order(self, root: Issued, good: bytes) -> None:
        """DER sorts a SET; OpenSSL would sort it again before it verifies."""
        response = cms.read_response(good)
        assert isinstance(response, cms.Response)
        signed = response.signature.signed
        fields = der.read(signed, der.SET).fields()
        first, *rest = (item.raw for item in fields.each(der.SEQUENCE))
        body = b"".join([*rest, first])
        raw = good.replace(signed[1:], der.element(der.SET, body)[1:])
        assert raw != good
        assert finding(raw, expecting(root)) == "token-malformed"

    def test_further_certificates_do_no_harm(self, root: Issued) -> None:
        signer, other = certificates.signer(root), certificates.root("other root")
        chain = [one.certificate.public_bytes(Encoding.DER) for one in (signer, root, other)]
        verify_token(Forgery(DIGEST.raw, certificates=chain).by(signer), DIGEST, expecting(root))

    def test_a_root_that_comes_along_is_not_a_root(self) -> None:
        stranger = certificates.root("stranger")
        signer = certificates.signer(stranger)
        chain = [one.certificate.public_bytes(Encoding.DER) for one in (signer, stranger)]
        raw = Forgery(DIGEST.raw, certificates=chain).by(signer)
        assert finding(raw, expecting(certificates.root())) == "token-chain"


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


@openssl_ts.REQUIRED
class TestOpenssl:
    """Tokens nobody here made."""

    @pytest.fixture
    def asked(self, tmp_path: Path) -> bytes:
        openssl_ts.openssl("ts", "-query", "-digest", DIGEST.hex, "-sha256", "-cert", "-out", tmp_path / "q")
        return (tmp_path / "q").read_bytes()

    def expected(self, root: Issued) -> Expectation:
        return Expectation((root.certificate,), datetime.now(UTC))

    def signer(self, root: Issued) -> Issued:
        return certificates.signer(root, start=datetime.now(UTC) - DAY, end=datetime.now(UTC) + YEAR)

    @pytest.fixture
    def today(self) -> Issued:
        return certificates.root("of today", start=datetime(2020, 1, 1, tzinfo=UTC))

    @pytest.mark.parametrize("name", ["no", "yes"])
    def test_accepted(self, tmp_path: Path, asked: bytes, today: Issued, name: str) -> None:
        authority = openssl_ts.OpensslAuthority(tmp_path / "ts", self.signer(today), name=name)
        facts = verify_token(authority(asked), DIGEST, self.expected(today))
        assert facts.accuracy == timedelta(seconds=1, milliseconds=500)

    def test_a_certificate_named_by_sha_1(self, tmp_path: Path, asked: bytes, today: Issued) -> None:
        authority = openssl_ts.OpensslAuthority(tmp_path / "ts", self.signer(today), certificate_digest="sha1")
        assert finding(authority(asked), self.expected(today)) == "token-malformed"

    def test_a_sha_1_imprint(self, tmp_path: Path, today: Issued) -> None:
        authority = openssl_ts.OpensslAuthority(tmp_path / "ts", self.signer(today), digests="sha1")
        openssl_ts.openssl("ts", "-query", "-digest", "00" * 20, "-sha1", "-cert", "-out", tmp_path / "q")
        raw = authority((tmp_path / "q").read_bytes())
        assert finding(raw, self.expected(today)) == "token-imprint-algorithm"

    def test_no_byte_may_change(self, tmp_path: Path, asked: bytes, today: Issued) -> None:
        raw = openssl_ts.OpensslAuthority(tmp_path / "ts", self.signer(today))(asked)
        expected = self.expected(today)
        changed = (raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :] for at in range(len(raw)))
        assert [at for at, token in enumerate(changed) if accepted(token, expected)] == []
