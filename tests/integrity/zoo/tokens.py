"""Broken tokens over the good file, by an authority that is trusted unless a case says otherwise.

`Bench.forged` puts a token together from its parts (`tests.fakes.certificates.Forgery`), so every rule can be broken
alone, and signs it properly. Where nothing is said, it lies in the place of `original.tsr`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from integrity import cms, der
from integrity.digest import Digest
from integrity.oids import CONTENT_TYPE, MESSAGE_DIGEST, SHA256_OID, SHA512_OID, SIGNING_CERTIFICATE_V2
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Forgery, Issued, rsa_key
from tests.integrity.zoo import Cage

DAY = timedelta(days=1)
_SHA1 = der.sequence(der.oid("1.3.14.3.2.26"), der.NOTHING)
_SHA512 = der.sequence(der.oid(SHA512_OID), der.NOTHING)
_BARE = der.sequence(der.oid(SHA256_OID))
cage = Cage()
case = cage.case


@dataclass(frozen=True, slots=True)
class Bench:
    """A file, a time, and the root that the reader trusts."""

    body: bytes
    at: datetime
    root: Issued

    @classmethod
    def make(cls, body: bytes, at: datetime) -> "Bench":
        return cls(body, at, certificates.root("root", at - YEAR, at + 50 * YEAR))

    def signer(self, **said: Any) -> Issued:
        """A time-stamping certificate under the trusted root, good until the end of the century unless said."""
        return certificates.signer(self.root, **({"start": self.at - DAY, "end": self.at + 40 * YEAR} | said))

    def forged(self, by: Issued | None = None, **said: Any) -> bytes:
        right: dict[str, Any] = {"imprint": Digest.of(self.body).raw, "gen_time": self.at}
        return Forgery(**(right | said)).by(by or self.signer())


# What it says


@case("token-imprint-differs")
def a_token_over_other_bytes(bench: Bench) -> bytes:
    return bench.forged(imprint=Digest.of(b"other").raw)


@case("token-imprint-algorithm")
def a_token_over_a_sha_1(bench: Bench) -> bytes:
    return bench.forged(algorithm="1.3.14.3.2.26", imprint=bytes(20))


@case("token-imprint-algorithm")
def a_token_over_a_sha_512(bench: Bench) -> bytes:
    return bench.forged(algorithm=SHA512_OID, imprint=bytes(64))


@case("token-from-future")
def a_token_from_the_future(bench: Bench) -> bytes:
    return bench.forged(gen_time=bench.at + 66 * YEAR)


@case("token-malformed")
def a_token_of_another_version(bench: Bench) -> bytes:
    return bench.forged(version=2)


@case("token-malformed")
def a_token_with_an_extension_nobody_understands(bench: Bench) -> bytes:
    extension = der.sequence(der.oid("1.2.3.9"), der.element(der.BOOLEAN, b"\xff"), der.octets(b""))
    return bench.forged(extensions=der.element(der.context(1), extension))


@case("token-not-granted")
def a_rejection(bench: Bench) -> bytes:
    return der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8("no")), der.named_bits(0)))


@case("token-not-granted")
def granted_with_changes(bench: Bench) -> bytes:
    return bench.forged(status=der.integer(1))


@case("token-malformed")
def a_status_of_forty_thousand_digits(bench: Bench) -> bytes:
    """Python refuses to write such a number; whoever tells of it must not."""
    return der.sequence(der.sequence(der.element(der.INTEGER, b"\x7f" * 17_000)))


@case("token-malformed")
def an_accuracy_longer_than_time(bench: Bench) -> bytes:
    return bench.forged(accuracy=der.sequence(der.integer(1 << 200)))


@case("token-malformed")
def a_negative_accuracy(bench: Bench) -> bytes:
    return bench.forged(accuracy=der.sequence(der.integer(-1)))


# Who signed it


@case("token-chain")
def a_token_of_a_stranger(bench: Bench) -> bytes:
    stranger = certificates.root("stranger", bench.at - YEAR, bench.at + 50 * YEAR)
    return bench.forged(certificates.signer(stranger, start=bench.at - DAY))


@case("token-chain")
def a_token_of_a_stranger_who_sends_his_root_along(bench: Bench) -> bytes:
    stranger = certificates.root("stranger", bench.at - YEAR, bench.at + 50 * YEAR)
    signer = certificates.signer(stranger, start=bench.at - DAY)
    return bench.forged(signer, certificates=[certificates.encoded(signer), certificates.encoded(stranger)])


@case("token-chain")
def an_issuer_that_has_only_the_name_of_the_root(bench: Bench) -> bytes:
    impostor = Issued(rsa_key("impostor"), bench.root.certificate)
    return bench.forged(certificates.signer(impostor, start=bench.at - DAY))


@case("token-chain")
def an_issuer_that_may_not_issue(bench: Bench) -> bytes:
    return bench.forged(certificates.signer(bench.signer(key=rsa_key("another")), start=bench.at - DAY))


@case("token-purpose")
def a_certificate_without_a_purpose(bench: Bench) -> bytes:
    return bench.forged(bench.signer(purposes=()))


@case("token-purpose")
def a_certificate_for_programs(bench: Bench) -> bytes:
    return bench.forged(bench.signer(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,)))


@case("token-purpose")
def a_certificate_for_more_than_time_stamps(bench: Bench) -> bytes:
    both = (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)
    return bench.forged(bench.signer(purposes=both))


@case("token-purpose")
def a_purpose_that_is_not_critical(bench: Bench) -> bytes:
    return bench.forged(bench.signer(critical=False))


@case("token-certificate-expired")
def a_certificate_that_had_expired(bench: Bench) -> bytes:
    return bench.forged(bench.signer(start=bench.at - YEAR, end=bench.at - DAY))


@case("token-certificate-expired")
def a_certificate_that_was_not_valid_yet(bench: Bench) -> bytes:
    return bench.forged(bench.signer(start=bench.at + timedelta(minutes=1)))


@case("token-certificate-expired")
def a_key_that_had_been_given_up(bench: Bench) -> bytes:
    begin = (bench.at - 3 * YEAR).replace(tzinfo=None)
    period = x509.PrivateKeyUsagePeriod(begin, begin + YEAR)
    return bench.forged(bench.signer(start=bench.at - 3 * YEAR, period=period))


@case("token-outlived-certificate")
def a_certificate_that_has_ended_since(bench: Bench) -> bytes:
    return bench.forged(bench.signer(end=bench.at + timedelta(minutes=5)))


@case("token-signer-differs")
def a_token_without_its_certificate(bench: Bench) -> bytes:
    return bench.forged(certificates=())


@case("token-signer-differs")
def another_certificate_for_the_same_key(bench: Bench) -> bytes:
    """Issuer, serial and key are the same: only the hash inside the signature tells the two apart."""
    own, longer = bench.signer(), bench.signer(end=bench.at + 41 * YEAR)
    return bench.forged(own).replace(certificates.encoded(own), certificates.encoded(longer))


@case("token-signer-differs")
def a_signature_that_names_another_issuer(bench: Bench) -> bytes:
    return bench.forged(signer_name=der.sequence())


def _mangled(bench: Bench, old: bytes, new: bytes) -> bytes:
    """A token that properly names a certificate in which some bytes are others."""
    signer = bench.signer()
    own = certificates.encoded(signer)
    mangled = own.replace(old, new, 1)
    assert mangled != own
    named = hashlib.sha256(mangled).digest()
    return bench.forged(signer, certificates=(mangled,), named_digest=named)


@case("token-malformed")
def a_certificate_of_a_version_nobody_knows(bench: Bench) -> bytes:
    return _mangled(bench, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x12")


@case("token-malformed")
def a_certificate_with_a_key_of_an_unknown_kind(bench: Bench) -> bytes:
    key = der.oid("1.2.840.113549.1.1.1")
    return _mangled(bench, key, key[:-1] + b"\x63")


@case("token-malformed")
def a_certificate_with_a_key_that_cannot_be_read(bench: Bench) -> bytes:
    return _mangled(bench, b"\x02\x03\x01\x00\x01", b"\x0a\x03\x01\x00\x01")


@case("token-malformed")
def a_certificate_with_an_extension_twice(bench: Bench) -> bytes:
    """Basic constraints and key purpose by one name."""
    return _mangled(bench, der.oid("2.5.29.37"), der.oid("2.5.29.19"))


@case("token-signature")
def a_signature_by_another_key(bench: Bench) -> bytes:
    return bench.forged(Issued(rsa_key("another"), bench.signer().certificate))


@case("token-signature")
def a_signature_over_another_hash(bench: Bench) -> bytes:
    return bench.forged(message_digest=bytes(32))


@case("token-signature")
def a_time_changed_after_signing(bench: Bench) -> bytes:
    said, other = der.generalized_time(bench.at), der.generalized_time(bench.at - timedelta(hours=1))
    return bench.forged().replace(said, other)


# How it is written


@case("token-algorithm")
def a_signature_by_sha_1(bench: Bench) -> bytes:
    return bench.forged(digest_algorithm=_SHA1, digest_algorithms=(_SHA1,))


@case("token-algorithm")
def a_certificate_named_by_sha_1(bench: Bench) -> bytes:
    return bench.forged(named_algorithm=_SHA1, named_digest=bytes(20))


@case("token-algorithm")
def a_signature_algorithm_that_contradicts_its_hash(bench: Bench) -> bytes:
    return bench.forged(signature_algorithm=der.sequence(der.oid("1.2.840.113549.1.1.13"), der.NOTHING))


@case("token-malformed")
def two_signers(bench: Bench) -> bytes:
    return bench.forged(signers=2)


@case("token-malformed")
def no_signer(bench: Bench) -> bytes:
    return bench.forged(signers=0)


@case("token-malformed")
def unsigned_attributes(bench: Bench) -> bytes:
    return bench.forged(unsigned=der.element(der.context(1), b""))


@case("token-malformed")
def a_signed_attribute_is_there_twice(bench: Bench) -> bytes:
    twice = der.sequence(der.oid(MESSAGE_DIGEST), der.set_of([der.octets(bytes(32))]))
    return bench.forged(attributes=(twice,))


@case("token-malformed")
def the_signed_hash_is_left_out(bench: Bench) -> bytes:
    return bench.forged(left_out=MESSAGE_DIGEST)


@case("token-malformed")
def the_content_type_is_left_out(bench: Bench) -> bytes:
    return bench.forged(left_out=CONTENT_TYPE)


@case("token-malformed")
def the_named_certificate_is_left_out(bench: Bench) -> bytes:
    return bench.forged(left_out=SIGNING_CERTIFICATE_V2)


@case("token-malformed")
def signed_attributes_are_out_of_order(bench: Bench) -> bytes:
    """DER sorts a SET; a library that sorts it again before it verifies would see nothing."""
    raw = bench.forged()
    response = cms.read_response(raw)
    assert isinstance(response, cms.Response)
    signed = response.signature.signed
    first, *rest = (item.raw for item in der.read(signed, der.SET).fields().each(der.SEQUENCE))
    return raw.replace(signed[1:], der.element(der.SET, b"".join([*rest, first]))[1:])


@case("token-malformed")
def granted_and_yet_a_failure(bench: Bench) -> bytes:
    return bench.forged(status=der.integer(0) + der.named_bits(0))


@case("token-malformed")
def two_hash_algorithms(bench: Bench) -> bytes:
    return bench.forged(digest_algorithms=(_BARE, _SHA512))


@case("token-malformed")
def a_token_that_is_cut_short(bench: Bench) -> bytes:
    return bench.forged()[:-1]


@case("token-malformed")
def a_token_without_its_status(bench: Bench) -> bytes:
    fields = der.read(bench.forged(), der.SEQUENCE).fields()
    fields.take(der.SEQUENCE)
    return fields.take(der.SEQUENCE).raw


@case("token-malformed")
def an_indefinite_length(bench: Bench) -> bytes:
    return b"\x30\x80" + bench.forged()[4:] + b"\0\0"


@case("token-malformed")
def a_length_of_four_gigabytes(bench: Bench) -> bytes:
    return b"\x30\x84\xff\xff\xff\xff" + bench.forged()[4:]


@case("token-malformed")
def a_length_of_126_bytes(bench: Bench) -> bytes:
    return b"\x30\xfe" + b"\xff" * 126 + bench.forged()[4:]


@case("token-malformed")
def a_length_written_longer_than_it_must_be(bench: Bench) -> bytes:
    raw = bench.forged()
    return raw[:1] + b"\x83\x00" + raw[2:]


@case("token-malformed")
def sixteen_thousand_sequences_inside_each_other(bench: Bench) -> bytes:
    return b"\x30\x82\xff\xf0" * 16_000


@case("token-malformed")
def numbers_without_an_end(bench: Bench) -> bytes:
    """An object identifier whose last part never ends."""
    return der.sequence(der.sequence(der.integer(0)), der.sequence(der.element(der.OID, b"\xff" * 30_000)))
