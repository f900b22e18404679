"""Certificates, revocation lists and OCSP responses that came along with a seal; a case's name ends in what it is."""

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.ocsp import TRY_LATER, UNKNOWN, Response, encoded, extension, responder, revoked
from tests.integrity.zoo import Cage
from tests.integrity.zoo.specimen import Specimen

lists = Cage()


@lists.case("certificate-malformed")
def garbage_as_a_certificate_pem(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("certificate-malformed")
def half_a_certificate_pem(specimen: Specimen) -> bytes:
    return specimen.seal["authorities/embedded.pem"][:-60]


@lists.case("certificate-not-trusted")
def a_strangers_root_pem(specimen: Specimen) -> bytes:
    return specimen.other.embedded.root_pem


@lists.case("revocations-malformed")
def garbage_as_a_list_crl(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("revocations-malformed")
def a_list_of_a_version_nobody_knows_crl(specimen: Specimen) -> bytes:
    content = certificates.revocations(specimen.credentials[0], {1: specimen.evidence.clock.now()})
    return content.public_bytes(Encoding.DER).replace(b"\x02\x01\x01", b"\x02\x01\x2f", 1)


@lists.case("revocations-not-trusted")
def a_strangers_list_crl(specimen: Specimen) -> bytes:
    return specimen.strangers_revocations


@lists.case("token-certificate-revoked")
def the_signing_certificate_was_revoked_crl(specimen: Specimen) -> bytes:
    """By its own issuer, before the day on which it is verified."""
    root = specimen.credentials[0]
    revoked = {specimen.credentials[1].certificate.serial_number: specimen.evidence.clock.now() + timedelta(minutes=1)}
    made = certificates.revocations(root, revoked, specimen.evidence.clock.now())
    return made.public_bytes(Encoding.DER)


def _answer(specimen: Specimen, **said: Any) -> bytes:
    """A good OCSP response of the installation's authority about its certificate, but for what is said."""
    root, signer = specimen.credentials
    at = specimen.evidence.clock.now()
    right: dict[str, Any] = {"serial": signer.certificate.serial_number, "at": at, "due": at + YEAR}
    return Response(root, **(right | said)).der()


@lists.case()
def good_ocsp(specimen: Specimen) -> bytes:
    """By a responder that the authority made for this."""
    root, at = specimen.credentials[0], specimen.evidence.clock.now()
    key = certificates.rsa_key("zoo-elsewhere-signer")
    delegate = responder(root, key=key, start=at - YEAR, end=at + YEAR)
    return _answer(specimen, signer=delegate, certificates=encoded(delegate))


@lists.case("revocations-malformed")
def garbage_as_a_response_ocsp(specimen: Specimen) -> bytes:
    return b"garbage"


@lists.case("revocations-malformed")
def half_a_response_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen)[:-100]


@lists.case("revocations-malformed")
def a_response_with_a_byte_more_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen) + b"\0"


@lists.case("revocations-malformed")
def a_responder_that_refused_ocsp(specimen: Specimen) -> bytes:
    return TRY_LATER


@lists.case("revocations-malformed")
def a_response_that_knows_nothing_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, status=UNKNOWN)


@lists.case("revocations-malformed")
def a_response_about_two_certificates_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, count=2)


@lists.case("revocations-malformed")
def a_response_with_terms_nobody_knows_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, own=[extension("1.2.3.4", b"\5\0", critical=True)])


@lists.case("revocations-malformed")
def a_response_signed_over_a_sha_1_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, signed_with="1.2.840.113549.1.1.5")


@lists.case("revocations-malformed")
def a_response_whose_responder_has_no_name_ocsp(specimen: Specimen) -> bytes:
    """The name's only attribute is of no type: read on first use by whoever reads lazily."""
    name = specimen.credentials[0].certificate.subject.public_bytes()
    return _answer(specimen).replace(name, name.replace(b"\x06\x03\x55\x04\x03", b"\x0d\x03\x55\x04\x03"), 1)


@lists.case("revocations-not-trusted")
def a_strangers_response_ocsp(specimen: Specimen) -> bytes:
    stranger = certificates.root("stranger")
    return Response(stranger, at=specimen.evidence.clock.now(), status=revoked(specimen.evidence.clock.now())).der()


@lists.case("revocations-not-trusted")
def a_response_that_was_changed_ocsp(specimen: Specimen) -> bytes:
    """Revoked it said, and good it says now."""
    at = specimen.evidence.clock.now()
    return _answer(specimen, status=revoked(at, 4)).replace(b"\x0a\x01\x04", b"\x0a\x01\x00", 1)


@lists.case("revocations-not-trusted")
def a_response_signed_by_the_certificate_it_is_about_ocsp(specimen: Specimen) -> bytes:
    """The authority made that certificate, and not for this."""
    signer = specimen.credentials[1]
    return _answer(specimen, signer=signer, certificates=encoded(signer))


@lists.case("revocations-not-trusted")
def a_response_by_a_responder_that_had_ended_ocsp(specimen: Specimen) -> bytes:
    root, at = specimen.credentials[0], specimen.evidence.clock.now()
    key = certificates.rsa_key("zoo-elsewhere-signer")
    ended = responder(root, key=key, start=at - 2 * YEAR, end=at - YEAR)
    return _answer(specimen, signer=ended, certificates=encoded(ended))


@lists.case("token-certificate-revoked")
def the_signing_certificate_was_answered_to_be_revoked_ocsp(specimen: Specimen) -> bytes:
    """For a lost key, after the tokens: nothing tells them from the thief's."""
    return _answer(specimen, status=revoked(specimen.evidence.clock.now() + timedelta(minutes=1), 1))


@lists.case("token-outlived-certificate")
def the_signing_certificate_was_answered_to_be_superseded_ocsp(specimen: Specimen) -> bytes:
    return _answer(specimen, status=revoked(specimen.evidence.clock.now() + timedelta(minutes=1), 4))
