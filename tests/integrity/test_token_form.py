"""Tokens, one encoding of one meaning; further certificates, which nobody signs, do no harm and no good."""

import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity import cms, der
from integrity.oids import CONTENT_TYPE, MESSAGE_DIGEST, SHA256_OID, SHA512_OID, SIGNING_CERTIFICATE_V2
from integrity.token import verify_token
from tests.fakes import certificates
from tests.fakes.certificates import Forgery, Issued
from tests.integrity.judged import DIGEST, GOOD, expecting, finding


@pytest.fixture(scope="module")
def root() -> Issued:
    return certificates.root()


@pytest.fixture(scope="module")
def good(root: Issued) -> bytes:
    return GOOD.by(certificates.signer(root))


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
