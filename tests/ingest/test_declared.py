"""Two headers that must say the same: what a station declares, and what it signed of it."""

import base64
from dataclasses import replace

import pytest

from catalog.identity import AgencyId, StationId
from ingest.declared import UNSIGNED, Signed, signed_by
from ingest.errors import RefusedDeclaration
from ingest.metadata import read_statement, write_header
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.note import Signer
from integrity.statement import Statement
from tests.fakes.signers import KEY, OTHER

ME = Signer("01station", KEY)


def statement(**values: str) -> Statement:
    said = {"filename": "a.mp4", "sha256": Digest.of(b"footage").hex} | values
    return read_statement(write_header(said), AgencyId("01agency"), StationId("01station"))


def headers(of: Statement, signer: Signer = ME, size: int = 7) -> Signed:
    signed = SignedDeclaration.sign(of.declaration(size), signer)
    return Signed(base64.b64encode(signed.content).decode(), base64.b64encode(signed.signature).decode())


def test_what_the_station_signed_goes_with_its_statement() -> None:
    said = statement(device="DSJ-7", clock_offset_ms="-1500", clock_uncertainty_ms="20")
    signed = signed_by(said, ME.vkey, 7, headers(said))
    assert replace(signed, signed=None) == said
    signed.require_signed(7)


def test_a_station_without_a_key_signs_nothing() -> None:
    assert signed_by(statement(), None, 7, UNSIGNED) == statement()
    with pytest.raises(RefusedDeclaration):
        signed_by(statement(), None, 7, headers(statement()))


@pytest.mark.parametrize(
    "given",
    [
        UNSIGNED,
        Signed(headers(statement()).declaration, None),
        Signed(None, headers(statement()).signature),
        Signed("?", headers(statement()).signature),
        Signed(headers(statement()).declaration, "AAAA"),
        headers(statement(device="DSJ-8")),
        headers(statement(filename="b.mp4")),
        headers(statement(sha256=Digest.of(b"other").hex)),
        headers(statement(), size=8),
        headers(statement(), Signer("01station", OTHER._key)),
    ],
    ids=["none", "unsigned", "nothing", "garbage", "short", "device", "file", "digest", "size", "other key"],
)
def test_anything_else_is_refused(given: Signed) -> None:
    with pytest.raises(RefusedDeclaration):
        signed_by(statement(), ME.vkey, 7, given)


def test_without_a_digest_nothing_can_be_signed() -> None:
    said = read_statement(write_header({"filename": "a.mp4"}), AgencyId("01agency"), StationId("01station"))
    with pytest.raises(RefusedDeclaration):
        signed_by(said, ME.vkey, 7, headers(statement()))


def test_another_stations_key_signs_for_nobody_else() -> None:
    other = Signer("01other", KEY)
    with pytest.raises(RefusedDeclaration, match="01other"):
        signed_by(statement(), other.vkey, 7, headers(statement(), other))
