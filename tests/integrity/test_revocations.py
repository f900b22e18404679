"""Revocation lists that are taken, and every kind that is not."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from integrity.digest import Digest
from integrity.errors import InvalidRevocations
from integrity.revocations import LIMIT, distribution_points, is_web, read_list, take_list
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import START

ROOT = certificates.root("lists root")
MINUTE = timedelta(minutes=1)


def made(root: certificates.Issued = ROOT, encoding: Encoding = Encoding.DER, **said: timedelta) -> bytes:
    at = START + said.get("at", timedelta())
    return certificates.revocations(root, {2: START}, at, due=said.get("due", YEAR)).public_bytes(encoding)


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_list_of_the_root_is_taken_as_it_came(encoding: Encoding) -> None:
    content = made(encoding=encoding)
    taken = take_list(content, [ROOT.certificate], START)
    assert (taken.content, taken.digest) == (content, Digest.of(content))
    assert (taken.this_update, taken.next_update) == (START, START + YEAR)
    assert taken.issuer == Digest.of(ROOT.certificate.subject.public_bytes())
    assert taken.revokes(certificates.signer(ROOT).certificate)
    assert not taken.revokes(certificates.signer(ROOT, serial=3).certificate)
    assert not taken.revokes(certificates.signer(certificates.root("another")).certificate)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a"),
        (b"garbage", "not a"),
        (made()[:-1], "not a"),
        (made() + b"\0", "not a"),
        (b"\n" * (LIMIT + 1), "longer"),
        (made(certificates.root("stranger")), "no root"),
        (made(at=6 * MINUTE), "future"),
        (made(at=-YEAR, due=YEAR - 6 * MINUTE), "next one was due"),
    ],
)
def test_what_is_not_taken(content: bytes, words: str) -> None:
    with pytest.raises(InvalidRevocations, match=words):
        take_list(content, [ROOT.certificate], START)


def test_clocks_may_differ_by_minutes() -> None:
    take_list(made(at=4 * MINUTE), [ROOT.certificate], START)
    take_list(made(at=-YEAR, due=YEAR - 4 * MINUTE), [ROOT.certificate], START)


def test_a_flipped_bit_anywhere_is_refused() -> None:
    content = made()
    for position in range(0, len(content), 7):
        broken = bytearray(content)
        broken[position] ^= 1
        with pytest.raises(InvalidRevocations):
            take_list(bytes(broken), [ROOT.certificate], START)


def _point(**said: bool) -> x509.IssuingDistributionPoint:
    names = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    flags = {name: said.get(name, False) for name in names}
    reasons = frozenset({ReasonFlags.key_compromise}) if "reasons" in said else None
    name = [x509.UniformResourceIdentifier("http://tsa.example/list")]
    return x509.IssuingDistributionPoint(name, None, only_some_reasons=reasons, **flags)


def test_a_part_of_a_list_is_refused() -> None:
    parts: Sequence[x509.ExtensionType] = (
        x509.DeltaCRLIndicator(1),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"),
        _point(only_contains_ca_certs=True),
        _point(only_contains_attribute_certs=True),
        _point(indirect_crl=True),
        _point(reasons=True),
    )
    for part in parts:
        with pytest.raises(InvalidRevocations, match=r"only|changes|critical"):
            read_list(certificates.revocations(ROOT, {}, own=[part]).public_bytes(Encoding.DER))
    for whole in (_point(), _point(only_contains_user_certs=True)):
        read_list(certificates.revocations(ROOT, {}, own=[whole]).public_bytes(Encoding.DER))


def test_where_a_certificate_says_its_list_is() -> None:
    urls = ["http://tsa.example/1", "ldap://tsa.example/1", "https://tsa.example/2", "http://tsa.example/1"]
    named = certificates.signer(ROOT, lists=urls).certificate
    assert distribution_points(named) == ("http://tsa.example/1", "https://tsa.example/2")
    assert distribution_points(certificates.signer(ROOT).certificate) == ()


@pytest.mark.parametrize("url", ["", "ftp://a/b", "file:///etc/passwd", "http://", "https:///x", "http://[::1", "x"])
def test_what_is_no_address_of_http(url: str) -> None:
    assert not is_web(url)
    assert is_web("http://a/b")
