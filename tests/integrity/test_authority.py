"""The embedded authority: what it stamps, what it rejects and how, as openssl reads it; its keys over the years."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from integrity import authority_keys, cms, der
from integrity.authority import (
    SYNCHRONISED_POLICY,
    UNSYNCHRONISED_POLICY,
    EmbeddedAuthority,
    make_authority,
)
from integrity.authority_keys import CERTIFICATE_LIFE, KEY_USE, ROOT_LIFE
from integrity.certificates import key_period, read_certificates
from integrity.clock import ClockState
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.oids import SHA256_OID, SHA384_OID, SHA512_OID
from integrity.token import Expectation, verify_token
from tests.fakes import certificates
from tests.fakes.clocks import START, FakeClock, FakeRandom
from tests.fakes.interruptions import Interrupted, calls_of, failing
from tests.servers import openssl_ts

DIGEST = Digest.of(b"evidence")
SHA1 = "1.3.14.3.2.26"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def authority(tmp_path: Path, clock: FakeClock) -> EmbeddedAuthority:
    root = certificates.root()
    return certificates.authority(tmp_path / "authority", root, certificates.signer(root), clock)


def query(
    *,
    version: int = 1,
    algorithm: str = SHA256_OID,
    parameters: bytes = der.NOTHING,
    imprint: bytes = DIGEST.raw,
    after_imprint: bytes = b"",
    policy: str | None = None,
    nonce: int | None = 7,
    certificate: bytes = b"\xff",
    extensions: bytes = b"",
    after: bytes = b"",
) -> bytes:
    return der.sequence(
        der.integer(version),
        der.sequence(der.sequence(der.oid(algorithm), parameters), der.octets(imprint), after_imprint),
        b"" if policy is None else der.oid(policy),
        b"" if nonce is None else der.integer(nonce),
        der.element(der.BOOLEAN, certificate) if certificate else b"",
        extensions,
        after,
    )


def granted(response: bytes) -> cms.Response:
    read = cms.read_response(response)
    assert isinstance(read, cms.Response)
    return read


class TestStamping:
    def test_what_was_asked_is_answered(self, authority: EmbeddedAuthority, clock: FakeClock) -> None:
        clock.advance(0.1239)
        statement = granted(authority.respond(query(nonce=99))).statement
        assert (statement.algorithm, statement.imprint, statement.nonce) == (SHA256_OID, DIGEST.raw, 99)
        assert clock.now() - statement.gen_time == timedelta(microseconds=900)

    @pytest.mark.parametrize(("algorithm", "size"), [(SHA384_OID, 48), (SHA512_OID, 64)])
    @pytest.mark.parametrize("parameters", [b"", der.NOTHING], ids=["absent", "NULL"])
    def test_longer_imprints(self, authority: EmbeddedAuthority, algorithm: str, size: int, parameters: bytes) -> None:
        asked = query(algorithm=algorithm, imprint=bytes(size), parameters=parameters)
        response = authority.respond(asked)
        assert granted(response).statement.imprint == bytes(size)
        assert der.sequence(der.sequence(der.oid(algorithm), parameters), der.octets(bytes(size))) in response

    def test_another_client_reads_it(self, authority: EmbeddedAuthority) -> None:
        request = rfc3161_client.TimestampRequestBuilder(data=b"evidence").hash_algorithm(
            rfc3161_client.HashAlgorithm.SHA256
        ).build()  # fmt: skip
        response = rfc3161_client.decode_timestamp_response(authority.respond(request.as_bytes()))
        verifier = rfc3161_client.VerifierBuilder.from_request(request)
        for root in read_certificates(authority.root_pem):
            verifier = verifier.add_root_certificate(root)
        assert verifier.build().verify_message(response, b"evidence")

    def test_serials_are_never_given_twice_even_after_a_restart(self, tmp_path: Path, clock: FakeClock) -> None:
        root = certificates.root()
        serials = set()
        for start in range(3):
            authority = certificates.authority(tmp_path, root, certificates.signer(root), clock)
            authority._random = FakeRandom(b"start %d" % start)
            serials |= {granted(authority.respond(query())).statement.serial for _ in range(20)}
        assert len(serials) == 60
        assert max(serials).bit_length() <= 127

    @pytest.mark.parametrize("nonce", [0, 1, 127, 128, -5, 1 << 64, 1 << 500, None])
    def test_the_nonce_comes_back(self, authority: EmbeddedAuthority, nonce: int | None) -> None:
        assert granted(authority.respond(query(nonce=nonce))).statement.nonce == nonce

    @pytest.mark.parametrize(("certificate", "count"), [(b"", 0), (b"\x00", 0), (b"\xff", 1)])
    def test_the_certificate_comes_when_asked_for(
        self, authority: EmbeddedAuthority, certificate: bytes, count: int
    ) -> None:
        assert len(granted(authority.respond(query(certificate=certificate))).certificates) == count


class TestClock:
    """The accuracy is the kernel's word or none."""

    @pytest.mark.parametrize(("error_ms", "milliseconds"), [(0, 1), (5, 6), (998, 999), (999, 1000), (1600, 1601)])
    def test_synchronised(
        self, authority: EmbeddedAuthority, clock: FakeClock, error_ms: int, milliseconds: int
    ) -> None:
        clock.clock_state = ClockState(synchronised=True, max_error_ms=error_ms)
        statement = granted(authority.respond(query())).statement
        assert statement.policy == SYNCHRONISED_POLICY
        assert statement.accuracy == timedelta(milliseconds=milliseconds)

    def test_unsynchronised(self, authority: EmbeddedAuthority, clock: FakeClock) -> None:
        clock.lose_synchronisation()
        statement = granted(authority.respond(query())).statement
        assert (statement.policy, statement.accuracy) == (UNSYNCHRONISED_POLICY, None)

    def test_an_accuracy_that_cannot_be_stated_is_refused(
        self, authority: EmbeddedAuthority, clock: FakeClock, tmp_path: Path
    ) -> None:
        assert granted(authority.respond(query(policy=SYNCHRONISED_POLICY))).statement.accuracy is not None
        clock.lose_synchronisation()
        said = openssl_ts.text(tmp_path, authority.respond(query(policy=SYNCHRONISED_POLICY)))
        assert "the TSA's time source is not available" in said

    def test_the_lesser_policy_may_be_asked_for(self, authority: EmbeddedAuthority) -> None:
        statement = granted(authority.respond(query(policy=UNSYNCHRONISED_POLICY))).statement
        assert (statement.policy, statement.accuracy) == (UNSYNCHRONISED_POLICY, None)

    def test_a_clock_before_its_own_key(self, authority: EmbeddedAuthority, clock: FakeClock, tmp_path: Path) -> None:
        clock.advance(-60 * 86400)
        assert "the TSA's time source is not available" in openssl_ts.text(tmp_path, authority.respond(query()))


FORMAT = "the data submitted has the wrong format"
ALGORITHM = "unrecognized or unsupported algorithm identifier"


@openssl_ts.REQUIRED
@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (b"", FORMAT),
        (b"\x30\x80\x00\x00", FORMAT),
        (query() + b"\x00", FORMAT),
        (query()[:-1], FORMAT),
        (query(after=der.NOTHING), FORMAT),
        (query(certificate=b"\x01"), FORMAT),
        (query(after_imprint=der.NOTHING), FORMAT),
        (query(parameters=der.NOTHING + der.NOTHING), FORMAT),
        (query(imprint=bytes(31)), FORMAT),
        (query(imprint=bytes(64)), FORMAT),
        (query(parameters=b"\x05\x01\x00"), FORMAT),
        (query(nonce=1 << 40_000), FORMAT),
        (query(algorithm=SHA1, imprint=bytes(20)), ALGORITHM),
        (query(algorithm="1.2.840.113549.2.5", imprint=bytes(16)), ALGORITHM),
        (query(version=2), "transaction not permitted or supported"),
        (query(version=0), "transaction not permitted or supported"),
        (query(policy="1.2.3"), "the requested TSA policy is not supported by the TSA"),
        (
            query(extensions=der.element(der.context(0), der.sequence(der.oid("1.2.3"), der.octets(b"")))),
            "the requested extension is not supported by the TSA",
        ),
    ],
    ids=[
        "empty", "BER", "a byte after", "cut", "an element after", "a loose boolean",
        "after the imprint", "after the algorithm", "a short imprint", "a long imprint", "a NULL with content",
        "absurdly long",
        "SHA-1", "MD5", "version 2", "version 0", "unknown policy", "extension",
    ],
)  # fmt: skip
def test_rejections(authority: EmbeddedAuthority, tmp_path: Path, asked: bytes, failure: str) -> None:
    said = openssl_ts.text(tmp_path, authority.respond(asked))
    assert "Status: Rejected." in said
    assert f"Failure info: {failure}" in said
    assert "Not included." in said


def test_a_failure_inside_is_answered_too(authority: EmbeddedAuthority, tmp_path: Path) -> None:
    def broken(_length: int) -> bytes:
        raise OSError("no randomness")

    authority._random = broken
    said = openssl_ts.text(tmp_path, authority.respond(query()))
    assert "the request cannot be handled due to system failure" in said


class TestKeys:
    """Made once, kept, succeeded each year."""

    def test_the_first_start_makes_what_openssl_accepts(self, tmp_path: Path, clock: FakeClock) -> None:
        authority = make_authority(tmp_path / "authority", clock, FakeRandom())
        (root,) = read_certificates(authority.root_pem)
        (signer,) = read_certificates((tmp_path / "authority" / "tsa.pem").read_bytes())
        assert (tmp_path / "authority" / "ca.pem").read_bytes() == authority.root_pem
        for certificate in (root, signer):
            key = certificate.public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            assert key.key_size == 3072
            assert certificate.not_valid_after_utc - certificate.not_valid_before_utc >= timedelta(days=20 * 365)
            assert "not a qualified authority" in certificate.subject.rfc4514_string()
        response = authority.respond(query())
        verify_token(response, DIGEST, Expectation((root,), clock.now(), 7))
        late = ("-attime", str(int((clock.now() + timedelta(days=20 * 365)).timestamp())))
        assert openssl_ts.verified(tmp_path, response, authority.root_pem, "-digest", DIGEST.hex, *late)

    def test_openssl_finds_the_certificates_in_order(self, tmp_path: Path, clock: FakeClock) -> None:
        make_authority(tmp_path, clock, FakeRandom())
        said = openssl_ts.openssl("x509", "-in", tmp_path / "tsa.pem", "-noout", "-text")
        assert "X509v3 Extended Key Usage: critical\n                Time Stamping\n" in said
        assert "X509v3 Private Key Usage Period" in said
        at = str(int(clock.now().timestamp()))
        arguments = ("-x509_strict", "-purpose", "timestampsign", "-attime", at, "-CAfile", tmp_path / "ca.pem")
        assert "OK" in openssl_ts.openssl("verify", *arguments, tmp_path / "tsa.pem")

    def test_keys_are_their_owner_s(self, tmp_path: Path, clock: FakeClock) -> None:
        make_authority(tmp_path / "authority", clock, FakeRandom())
        for name in ("ca.key", "tsa.key"):
            assert stat.S_IMODE((tmp_path / "authority" / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "authority").stat().st_mode) == 0o700

    def test_later_starts_keep_them(self, tmp_path: Path, clock: FakeClock) -> None:
        first = make_authority(tmp_path, clock, FakeRandom())
        kept = (tmp_path / "tsa.key").read_bytes()
        (tmp_path / "ca.pem").unlink()
        (tmp_path / "tsa.pem").write_bytes(b"cut sho")
        again = make_authority(tmp_path, clock, FakeRandom(b"another"))
        assert again.root_pem == first.root_pem == (tmp_path / "ca.pem").read_bytes()
        assert (tmp_path / "tsa.key").read_bytes() == kept
        assert (tmp_path / "tsa.pem").read_bytes() in kept

    @pytest.mark.parametrize("restart", [False, True])
    def test_after_a_year_another_key_signs_under_the_same_root(
        self, tmp_path: Path, clock: FakeClock, restart: bool
    ) -> None:
        authority = make_authority(tmp_path, clock, FakeRandom())
        old_key, old = (tmp_path / "tsa.key").read_bytes(), authority.respond(query())
        clock.advance(KEY_USE.total_seconds() - 1)
        assert granted(authority.respond(query())).certificates == granted(old).certificates
        clock.advance(1)
        if restart:
            authority = make_authority(tmp_path, clock, FakeRandom(b"restart"))
        new = authority.respond(query())
        assert granted(new).certificates != granted(old).certificates
        assert (tmp_path / "tsa.key").read_bytes() != old_key
        for response in (old, new):
            verify_token(response, DIGEST, Expectation(read_certificates(authority.root_pem), clock.now()))

    def test_a_successor_never_outlives_its_root(self, tmp_path: Path, clock: FakeClock) -> None:
        make_authority(tmp_path, clock, FakeRandom())
        clock.advance((ROOT_LIFE - CERTIFICATE_LIFE + timedelta(days=3650)).total_seconds())
        authority = make_authority(tmp_path, clock, FakeRandom(b"late"))
        (signer,) = read_certificates((tmp_path / "tsa.pem").read_bytes())
        (root,) = read_certificates(authority.root_pem)
        assert signer.not_valid_after_utc == root.not_valid_after_utc
        assert key_period(signer)[0] == clock.now()

    @pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
    def test_a_first_start_that_was_cut_short_goes_on(
        self, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, after: bool
    ) -> None:
        """At every durable call. A root that was made is never made again: somebody may have been told of it."""
        monkeypatch.setattr(authority_keys, "KEY_BITS", 2048)  # a quarter of the time, the same steps
        calls = calls_of(lambda: make_authority(tmp_path / "counted", clock, FakeRandom()))
        for number in range(1, calls + 1):
            folder = tmp_path / f"{number}"
            with failing(number, after), pytest.raises(Interrupted):
                make_authority(folder, clock, FakeRandom())
            kept = (folder / "ca.key").read_bytes() if (folder / "ca.key").exists() else b""
            authority = make_authority(folder, clock, FakeRandom(b"again"))
            assert authority.root_pem == (folder / "ca.pem").read_bytes()
            assert kept == b"" or authority.root_pem in kept
            verify_token(authority.respond(query()), DIGEST, Expectation(read_certificates(authority.root_pem), START))

    @pytest.mark.parametrize("name", ["ca.key", "tsa.key"])
    def test_a_damaged_key_is_never_replaced(self, tmp_path: Path, clock: FakeClock, name: str) -> None:
        make_authority(tmp_path, clock, FakeRandom())
        (tmp_path / name).write_bytes(b"damaged")
        with pytest.raises(AuthorityUnavailable):
            make_authority(tmp_path, clock, FakeRandom())
        assert (tmp_path / name).read_bytes() == b"damaged"

    def test_a_key_beside_another_s_certificate(self, tmp_path: Path, clock: FakeClock) -> None:
        one, two = certificates.signer(certificates.root()), certificates.root("other root")
        with pytest.raises(AuthorityUnavailable):
            certificates.authority(tmp_path, certificates.root(), certificates.Issued(two.key, one.certificate), clock)


def test_certificates_have_serials_that_x509_allows(tmp_path: Path, clock: FakeClock) -> None:
    authority = make_authority(tmp_path, clock, lambda length: b"\xff" * length)
    (root,) = read_certificates(authority.root_pem)
    assert 0 < root.serial_number < 1 << 159
    assert isinstance(root, x509.Certificate)
