"""Certificates and revocation lists as they come."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.certificates import issued_by, key_period, read_certificates, read_revocations
from integrity.errors import InvalidTrust
from tests.fakes import certificates
from tests.fakes.clocks import START


def test_several_certificates() -> None:
    one, two = certificates.root(), certificates.root("other root")
    assert read_certificates(one.pem + two.pem) == (one.certificate, two.certificate)


@pytest.mark.parametrize("pem", [b"", b"garbage", certificates.root().pem[:-40]], ids=["none", "garbage", "cut"])
def test_what_is_no_certificate(pem: bytes) -> None:
    with pytest.raises(InvalidTrust):
        read_certificates(pem)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_revocations(encoding: Encoding) -> None:
    root = certificates.root()
    made = certificates.revocations(root, {7: START})
    read = read_revocations(made.public_bytes(encoding))
    assert [revoked.serial_number for revoked in read] == [7]
    assert issued_by(read, [certificates.root("other root").certificate, root.certificate])


def test_revocations_of_somebody_else() -> None:
    other = certificates.root("other root")
    impostor = certificates.Issued(certificates.rsa_key("impostor"), other.certificate)
    assert not issued_by(certificates.revocations(impostor, {7: START}), [other.certificate])
    assert not issued_by(certificates.revocations(other, {7: START}), [certificates.root().certificate])


def test_what_is_no_revocation_list() -> None:
    with pytest.raises(InvalidTrust):
        read_revocations(b"garbage")
    with pytest.raises(InvalidTrust):
        read_revocations(b"-----BEGIN X509 CRL-----\n")


def test_a_key_without_a_period_of_its_own_has_its_certificate_s() -> None:
    issued = certificates.signer(certificates.root(), start=START, end=START + timedelta(days=3))
    assert key_period(issued.certificate) == (START, START + timedelta(days=3))
