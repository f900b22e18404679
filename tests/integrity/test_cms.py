"""A response's parts: read as openssl reads them, and nothing may stand anywhere that the schema does not know."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrity import cms, der
from integrity.digest import Digest
from integrity.errors import InvalidEncoding
from integrity.oids import SHA256_OID
from tests.fakes import certificates
from tests.fakes.certificates import Forgery
from tests.fakes.clocks import START
from tests.servers import openssl_ts

DIGEST = Digest.of(b"evidence")
ACCURACY = der.sequence(
    der.integer(2),
    der.element(der.context(0, constructed=False), b"\x07"),
    der.element(der.context(1, constructed=False), b"\x09"),
)
EXTENSION = der.sequence(der.oid("1.2.3.9"), der.octets(b""))
FORGERY = Forgery(DIGEST.raw, accuracy=ACCURACY, extensions=der.element(der.context(1), EXTENSION))


@pytest.fixture(scope="module")
def raw() -> bytes:
    return FORGERY.by(certificates.signer(certificates.root()))


def test_its_parts(raw: bytes) -> None:
    response = cms.read_response(raw)
    assert isinstance(response, cms.Response)
    statement = response.statement
    assert (statement.policy, statement.algorithm, statement.imprint) == ("1.2.3.4", SHA256_OID, DIGEST.raw)
    assert (statement.serial, statement.nonce, statement.gen_time) == (1, 4711, START)
    assert statement.accuracy == timedelta(seconds=2, milliseconds=7, microseconds=9)
    assert Digest.of(response.content).raw == response.signature.message_digest
    assert Digest.of(response.certificates[0]).raw == response.signature.certificate_digest


@openssl_ts.REQUIRED
def test_openssl_reads_the_same(raw: bytes, tmp_path: Path) -> None:
    said = openssl_ts.text(tmp_path, raw)
    for line in ("Policy OID: 1.2.3.4", "Serial number: 0x01", "Nonce: 0x1267", "Mar  2 08:30:00 2026 GMT"):
        assert line in said
    assert "Accuracy: 0x02 seconds, 0x07 millis, 0x09 micros" in said


def with_strangers(raw: bytes, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """The encoding with a NULL added at the end of one constructed element, for each of them; lengths fit again."""
    tag, body = raw[0], der.Fields(raw).take(raw[0]).body
    parts = list(_parts(body))
    yield path, der.element(tag, body + der.NOTHING)
    for at, part in enumerate(parts):
        if part[0] & 0x20:
            for place, changed in with_strangers(part, (*path, at)):
                yield place, der.element(tag, b"".join([*parts[:at], changed, *parts[at + 1 :]]))


def _parts(body: bytes) -> Iterator[bytes]:
    fields = der.Fields(body)
    while body:
        part = fields.take(body[0]).raw
        body = body[len(part) :]
        yield part


CERTIFICATE = (1, 1, 0, 3, 0)
ISSUER = (1, 1, 0, 4, 0, 1, 0)
NAMED_CERTIFICATE = (1, 1, 0, 4, 0, 3, 2, 1, 0)


def test_nothing_further_may_stand_anywhere(raw: bytes) -> None:
    """But inside the certificate, which is hashed as it is, the issuer's name, which must equal the certificate's, and
    the signed list of certificates, of which only the first is used.
    """
    allowed = set()
    for path, changed in with_strangers(raw):
        try:
            cms.read_response(changed)
        except InvalidEncoding:
            continue
        allowed.add(path)
    inside = (CERTIFICATE, ISSUER, NAMED_CERTIFICATE)
    assert {path for path in allowed if not any(path[: len(place)] == place for place in inside)} == set()
    assert set(inside) <= allowed


LOUD = der.sequence(der.oid(SHA256_OID), der.element(der.NULL, b"\x00"))


def test_nothing_further_may_stand_in_the_statement() -> None:
    signer = certificates.signer(certificates.root())
    for broken in (
        Forgery(DIGEST.raw, extensions=der.octets(b"")),
        Forgery(DIGEST.raw, after_imprint=der.NOTHING),
        Forgery(DIGEST.raw, digest_algorithm=LOUD, digest_algorithms=(LOUD,)),
        Forgery(DIGEST.raw, accuracy=der.sequence(der.integer(1), der.NOTHING)),
        Forgery(DIGEST.raw, accuracy=der.element(der.context(0), EXTENSION)),
        Forgery(DIGEST.raw, policy="1.2.3.4", accuracy=ACCURACY + ACCURACY),
    ):
        with pytest.raises(InvalidEncoding):
            cms.read_response(broken.by(signer))


def test_a_rejection_keeps_the_authority_s_words() -> None:
    raw = der.sequence(der.sequence(der.integer(2), der.sequence(der.utf8("not"), der.utf8("today"))))
    assert cms.read_response(raw) == cms.Rejection(2, "not today")


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", der.sequence(der.sequence(der.integer(0))), bytes(70_000)], ids=len)
def test_what_is_no_response(raw: bytes) -> None:
    with pytest.raises(InvalidEncoding):
        cms.read_response(raw)
