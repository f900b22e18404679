"""OCSP responses as OpenSSL's responder gives them and as nobody should, read and believed or refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ocsp as library
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import der
from integrity.digest import Digest
from integrity.errors import InvalidRevocations
from integrity.ocsp import LIMIT, OcspResponse, read_ocsp, request_about, responders
from integrity.oids import SHA256_OID
from integrity.revoked import Revoked
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Issued
from tests.fakes.clocks import START
from tests.fakes.ocsp import (
    TRY_LATER,
    UNKNOWN,
    Response,
    encoded,
    extension,
    invalid_since,
    responder,
    revoked,
)
from tests.servers.openssl_ocsp import OpensslResponder, judged

HOUR = timedelta(hours=1)
ROOT = certificates.root("ocsp root")
SIGNER = certificates.signer(ROOT)
PLAIN = Response(ROOT)


def read(response: Response) -> OcspResponse:
    return read_ocsp(response.der())


def signer(response: Response, *issuers: Issued) -> x509.Certificate | None:
    return read(response).signer(one.certificate for one in issuers or (ROOT,))


class TestAsOpensslAnswers:
    """`openssl ocsp` as the independent side: it answers what we ask, and reads what our own fakes make."""

    @pytest.fixture
    def asked(self) -> bytes:
        return request_about(SIGNER.certificate, ROOT.certificate)

    @pytest.mark.parametrize("by", [ROOT, responder(ROOT)])
    @pytest.mark.parametrize("options", [(), ("-ndays", "7"), ("-resp_key_id",), ("-rmd", "sha512")])
    def test_a_certificate_that_is_good(self, tmp_path: Path, asked: bytes, by: Issued, options: Sequence[str]) -> None:
        opened = OpensslResponder(tmp_path, ROOT, by)
        opened.says(2)
        before = datetime.now(UTC).replace(microsecond=0)
        found = read_ocsp(opened(asked, *options))
        assert found.is_about(SIGNER.certificate)
        assert found.revoked is None
        assert before <= found.this_update <= found.produced_at <= datetime.now(UTC)
        assert found.next_update == (found.this_update + timedelta(days=7) if "-ndays" in options else None)
        assert found.signer([ROOT.certificate]) == by.certificate

    @pytest.mark.parametrize(
        ("reason", "peaceful"),
        [("", False), (",superseded", True), (",cessationOfOperation", True), (",keyCompromise", False)],
    )
    def test_a_certificate_that_was_revoked(self, tmp_path: Path, asked: bytes, reason: str, peaceful: bool) -> None:
        opened = OpensslResponder(tmp_path, ROOT)
        opened.says(2, f"260301083000Z{reason}")
        at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
        assert read_ocsp(opened(asked)).revoked == Revoked(at, at, peaceful)

    def test_a_certificate_it_does_not_know(self, tmp_path: Path, asked: bytes) -> None:
        opened = OpensslResponder(tmp_path, ROOT)
        opened.says(9)
        with pytest.raises(InvalidRevocations, match="does not know"):
            read_ocsp(opened(asked))

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            (PLAIN, "good"),
            (replace(PLAIN, status=revoked(START, 4)), "superseded"),
            (replace(PLAIN, algorithm=SHA256_OID), "good"),
            (replace(PLAIN, signer=responder(ROOT), certificates=encoded(responder(ROOT)), by_key=True), "good"),
        ],
    )
    def test_it_reads_what_the_fakes_make(self, tmp_path: Path, made: Response, said: str) -> None:
        by = "-sha256" if made.algorithm == SHA256_OID else "-sha1"
        told = judged(tmp_path, made.der(), ROOT, SIGNER, int(START.timestamp()), by)
        assert "Response verify OK" in told
        assert said in told

    def test_what_is_asked(self) -> None:
        asked = library.load_der_ocsp_request(request_about(SIGNER.certificate, ROOT.certificate))
        assert (asked.serial_number, asked.hash_algorithm.name) == (2, "sha1")
        assert list(asked.extensions) == []


class TestWhoSigned:
    def test_the_issuer_itself(self) -> None:
        assert signer(PLAIN) == ROOT.certificate
        assert signer(replace(PLAIN, by_key=True, algorithm=SHA256_OID)) == ROOT.certificate

    def test_an_elliptic_key(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        delegate = responder(ROOT, key=key)
        assert signer(replace(PLAIN, signer=delegate, certificates=encoded(delegate))) == delegate.certificate

    def test_a_responder_that_the_issuer_made(self) -> None:
        delegate = responder(ROOT)
        answer = replace(PLAIN, signer=delegate, certificates=encoded(delegate))
        assert signer(answer) == delegate.certificate
        assert signer(replace(answer, certificates=())) is None, "its certificate has to come along"
        assert signer(replace(answer, produced_at=START + 30 * YEAR)) is None, "it had ended"
        assert signer(replace(answer, certificates=[*encoded(ROOT) * 8, *encoded(delegate)])) is None, "too many"

    @pytest.mark.parametrize(
        "delegate",
        [
            responder(certificates.root("stranger")),
            responder(ROOT, purposes=()),
            responder(ROOT, purposes=certificates.TIME_STAMPING),
            responder(ROOT, purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)),
            responder(certificates.between(ROOT, "middle")),
            Issued(SIGNER.key, SIGNER.certificate),
        ],
    )
    def test_a_responder_that_it_did_not_make_for_this(self, delegate: Issued) -> None:
        assert signer(replace(PLAIN, signer=delegate, certificates=encoded(delegate))) is None

    def test_somebody_who_calls_himself_the_issuer(self) -> None:
        impostor = Issued(certificates.rsa_key("impostor"), ROOT.certificate)
        assert signer(replace(PLAIN, signer=impostor)) is None

    def test_another_responder_is_named_than_signed(self) -> None:
        assert signer(replace(PLAIN, named=certificates.root("another"))) is None

    def test_an_issuer_of_the_same_name_with_another_key(self) -> None:
        other = Issued(certificates.rsa_key("other"), certificates.root("other").certificate)
        same = Issued(other.key, _renamed(other, ROOT))
        assert signer(Response(same), ROOT) is None
        assert signer(Response(same), same) == same.certificate

    def test_a_short_key_signs_nothing(self) -> None:
        short = responder(ROOT, key=certificates.rsa_key("short", 1024))
        assert signer(replace(PLAIN, signer=short, certificates=encoded(short))) is None

    def test_no_byte_of_what_it_says_can_be_changed(self) -> None:
        """The one byte that survives says how many bits of the signature do not count: no library here looks at it."""
        content = replace(PLAIN, status=revoked(START, 4), due=START + HOUR).der()
        unsaid = content.index(library.load_der_ocsp_response(content).signature) - 1
        for position in set(range(len(content))) - {unsaid}:
            broken = bytearray(content)
            broken[position] ^= 1
            try:
                found = read_ocsp(bytes(broken)).signer([ROOT.certificate])
            except InvalidRevocations:
                continue
            assert found is None, position


def _renamed(issued: Issued, like: Issued) -> x509.Certificate:
    name = like.certificate.subject
    builder = x509.CertificateBuilder(name, name, issued.key.public_key(), 1, START, START + YEAR)
    return builder.sign(issued.key, SHA256())


class TestWhatItSays:
    def test_which_certificate_it_is_about(self) -> None:
        found = read(PLAIN)
        assert found.digest == Digest.of(PLAIN.der())
        assert found.is_about(SIGNER.certificate)
        assert not found.is_about(certificates.signer(ROOT, serial=3).certificate)
        assert not found.is_about(certificates.signer(certificates.root("another")).certificate)

    @pytest.mark.parametrize(
        ("reason", "single", "since", "peaceful"),
        [
            (0, (), START, True),
            (3, (), START, True),
            (4, (), START, True),
            (5, (), START, True),
            (1, (), START, False),
            (6, (), START, False),
            (None, (), START, False),
            (1, (invalid_since(START - HOUR),), START - HOUR, False),
            (4, (invalid_since(START + HOUR),), START, True),
        ],
    )
    def test_why_and_since_when(
        self, reason: int | None, single: Sequence[bytes], since: datetime, peaceful: bool
    ) -> None:
        found = read(replace(PLAIN, status=revoked(START, reason), single=single))
        assert found.revoked == Revoked(START, since, peaceful)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "not an OCSP"),
            (b"garbage", "not an OCSP"),
            (PLAIN.der()[:-1], "not an OCSP"),
            (PLAIN.der() + b"\0", "not an OCSP"),
            (b"\0" * (LIMIT + 1), "longer"),
            (TRY_LATER, "TRY_LATER"),
            (der.sequence(der.element(0x0A, b"\0")), "not an OCSP"),
            (replace(PLAIN, status=UNKNOWN).der(), "does not know"),
            (replace(PLAIN, count=0).der(), "exactly one"),
            (replace(PLAIN, count=2).der(), "exactly one"),
            (replace(PLAIN, own=[extension("1.2.3.4", b"\5\0", critical=True)]).der(), "critical"),
            (replace(PLAIN, single=[extension("1.2.3.4", b"\5\0", critical=True)]).der(), "critical"),
            (replace(PLAIN, single=[extension("1.2.3.4", b"\5\0")] * 2).der(), "not an OCSP"),
            (replace(PLAIN, signed_with="1.2.840.113549.1.1.5").der(), "algorithm"),
            (replace(PLAIN, signed_with="1.2.3.4").der(), "algorithm"),
            (replace(PLAIN, algorithm="1.2.3.4").der(), "not an OCSP"),
            (replace(PLAIN, certificates=[b"\x30\x03\x02\x01\x01"]).der(), "not an OCSP"),
            # A country of nine letters: cryptography warns of it, and here warnings are errors.
            (PLAIN.der().replace(b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x06"), "not an OCSP"),
        ],
    )
    def test_what_says_nothing(self, content: bytes, words: str) -> None:
        with pytest.raises(InvalidRevocations, match=words):
            read_ocsp(content)

    def test_what_nobody_needs_does_no_harm(self) -> None:
        assert read(replace(PLAIN, own=[extension("1.2.3.4", b"\5\0")])).signer([ROOT.certificate]) is not None


def test_where_a_certificate_says_it_is_answered() -> None:
    urls = ["http://tsa.example/1", "ldap://tsa.example/1", "http://tsa.example/1"]
    assert responders(certificates.signer(ROOT, answers=urls).certificate) == (urls[0], urls[1])
    assert responders(SIGNER.certificate) == ()
