"""Tokens: every check beside the token that must fail it, and no byte of a token that may be changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import der
from integrity.digest import Digest
from integrity.oids import SHA384_OID
from integrity.token import Expectation, verify_token
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Forgery, Issued
from tests.fakes.clocks import START
from tests.integrity.judged import DAY, DIGEST, ECDSA, GOOD, accepted, expecting, finding
from tests.servers import openssl_ts


@pytest.fixture(scope="module")
def root() -> Issued:
    return certificates.root()


@pytest.fixture(scope="module")
def good(root: Issued) -> bytes:
    return GOOD.by(certificates.signer(root))


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
