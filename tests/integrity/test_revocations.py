"""Revocation lists and OCSP responses that are taken, and every kind that is not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from integrity.digest import Digest
from integrity.errors import InvalidRevocations
from integrity.revocations import FRESH, LIMIT, distribution_points, is_web, read_list, take_answer, take_list
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.clocks import START
from tests.fakes.ocsp import Response, encoded, responder, revoked

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


SIGNER = certificates.signer(ROOT)
PLAIN = Response(ROOT, due=START + YEAR)


def test_an_answer_of_the_issuer_is_taken_as_it_came() -> None:
    delegate = responder(ROOT)
    by_delegate = replace(PLAIN, signer=delegate, certificates=encoded(delegate), status=revoked(START, 4))
    for made in (PLAIN, by_delegate):
        taken = take_answer(made.der(), SIGNER.certificate, [ROOT.certificate], START)
        assert (taken.kind, taken.serial, taken.content) == ("ocsp", "2", made.der())
        assert (taken.this_update, taken.next_update) == (START, START + YEAR)
        assert taken.issuer == Digest.of(ROOT.certificate.subject.public_bytes())
        assert taken.digest == Digest.of(made.der())
        assert taken.revokes(SIGNER.certificate) is (made is by_delegate)
        assert not taken.revokes(certificates.signer(ROOT, serial=3).certificate)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (replace(PLAIN, serial=3), "another certificate"),
        (Response(certificates.root("stranger")), "another certificate"),
        (replace(PLAIN, signer=SIGNER, certificates=encoded(SIGNER)), "no issuer"),
        (replace(PLAIN, at=START + 6 * MINUTE), "future"),
        (replace(PLAIN, produced_at=START + 6 * MINUTE), "future"),
        (replace(PLAIN, at=START - YEAR, due=START - 6 * MINUTE), "next one was due"),
        (replace(PLAIN, at=START - FRESH - 6 * MINUTE, due=None), "next one was due"),
    ],
)
def test_which_answers_are_not_taken(made: Response, words: str) -> None:
    with pytest.raises(InvalidRevocations, match=words):
        take_answer(made.der(), SIGNER.certificate, [ROOT.certificate], START)


def test_clocks_may_differ_for_answers_too() -> None:
    for made in (
        replace(PLAIN, at=START + 4 * MINUTE),
        replace(PLAIN, at=START - YEAR, due=START - 4 * MINUTE),
        replace(PLAIN, at=START - FRESH - 4 * MINUTE, due=None),
    ):
        take_answer(made.der(), SIGNER.certificate, [ROOT.certificate], START)


def test_only_who_issued_the_certificate_answers_for_it() -> None:
    """An authority of the same name with another key is another one."""
    same = certificates.between(ROOT, "lists root")
    made = Response(same, due=START + YEAR).der()
    with pytest.raises(InvalidRevocations, match="no issuer"):
        take_answer(made, SIGNER.certificate, [ROOT.certificate, same.certificate], START)


def test_a_responder_that_was_revoked_is_not_believed() -> None:
    delegate = responder(ROOT)
    made = replace(PLAIN, signer=delegate, certificates=encoded(delegate)).der()
    for serial, taken in ((8, True), (7, False)):
        known = read_list(certificates.revocations(ROOT, {serial: START}).public_bytes(Encoding.DER))
        if taken:
            take_answer(made, SIGNER.certificate, [ROOT.certificate], START, known)
        else:
            with pytest.raises(InvalidRevocations, match="responder's own"):
                take_answer(made, SIGNER.certificate, [ROOT.certificate], START, known)
