"""Certificates and revocation lists as they come."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.certificates import (
    CHAIN,
    chain_above,
    issued_by,
    issued_under,
    key_period,
    read_certificates,
    read_revocations,
)
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


def test_who_may_sign_lists_under_a_root() -> None:
    root, stranger = certificates.root(), certificates.root("stranger")
    first = certificates.between(root, "first")
    second = certificates.between(first, "second", crl_sign=True)
    told = [second.certificate, first.certificate]
    assert set(issued_under(told, [root.certificate])) == set(told)
    assert issued_under(told, [stranger.certificate]) == ()
    assert issued_under([second.certificate], [root.certificate]) == (), "nobody says who made it"
    for other in (
        certificates.between(root, "no authority", authority=False),
        certificates.between(root, "not for lists", crl_sign=False),
        certificates.between(stranger, "a stranger's"),
        certificates.signer(root),
    ):
        assert issued_under([other.certificate], [root.certificate]) == ()
    strange = certificates.between(stranger, "a stranger's")
    assert issued_under([strange.certificate, first.certificate], [root.certificate]) == (first.certificate,)
    many = [certificates.between(root, f"number {number}").certificate for number in range(CHAIN + 1)]
    assert len(issued_under(many[:-1], [root.certificate])) == CHAIN
    assert issued_under(many, [root.certificate]) == ()


def test_the_chain_above_a_certificate_whatever_else_came_with_it() -> None:
    root, stranger = certificates.root(), certificates.root("stranger")
    first = certificates.between(root, "first")
    second = certificates.between(first, "second")
    signer = certificates.signer(second)
    others = [
        root.certificate, certificates.between(stranger, "second").certificate, signer.certificate, first.certificate,
        *(certificates.between(stranger, f"number {number}").certificate for number in range(20)), second.certificate,
    ]  # fmt: skip
    found = chain_above(signer.certificate, others)
    assert set(found) == {first.certificate, second.certificate, others[1]}, "and another's, of the same name and key"
    assert set(issued_under(found, [root.certificate])) == {first.certificate, second.certificate}
    assert chain_above(signer.certificate, [first.certificate]) == ()
    assert chain_above(certificates.signer(root).certificate, others) == ()
