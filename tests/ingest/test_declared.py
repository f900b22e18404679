"""Two headers that must say the same: what a station declares, and what it signed of it."""

import base64
from contextlib import suppress
from dataclasses import replace

import pytest

from catalog.audit_uploads import upload_findings
from catalog.entry import SYSTEM
from catalog.identity import AgencyId, StationId, UploadId
from ingest.declared import UNSIGNED, Signed, signed_by
from ingest.errors import DeclaredDigestMismatch, RefusedDeclaration
from ingest.metadata import read_statement, write_header
from integrity.clock import instant
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.enrolment import prove_key
from integrity.note import Signer
from integrity.statement import Statement
from tests.fakes.signers import KEY, OTHER, SIGNER
from tests.ingest.works import Works

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


def test_what_began_before_the_station_had_a_key_ends_unsigned_and_on_record(works: Works) -> None:
    """However it ends, its entry says when it began; the audit has nothing against it, months later too."""
    began = works.clock.now()
    whole, given_up, other = works.announce(7), works.announce(7), works.announce(7, sha256=Digest.of(b"else").hex)
    whole_again, early = works.announce(7), works.send(b"early")
    works.intake.complete(early)
    works.clock.advance(3_000)
    have_key(works)
    works.clock.advance(90 * 86_400)
    for upload in (whole, whole_again, other):
        receive(works, upload, b"footage")
    works.uploads.terminate(works.station.id, given_up)
    works.finish()
    works.finish()
    for action in ("catalogue", "upload-repeated", "upload-terminated", "quarantine"):
        assert works.entries(action)[-1]["details"]["began_at"] == instant(began), action
    assert "began_at" not in works.entries("catalogue")[0]["details"], "it was catalogued before there was a key"
    assert unsigned(works) == []


def test_what_began_after_it_unsigned_is_named(works: Works) -> None:
    """Filed round the door, which refuses it: as if the service had not known of the key."""
    have_key(works)
    works.clock.advance(60)
    at_once = works.send(b"was being asked for just then")
    works.clock.advance(1)
    after = works.send(b"round the door")
    works.finish()
    assert [entry["details"]["upload"] for entry in works.entries("catalogue")] == [at_once, after]
    assert unsigned(works) == [f"upload {after}"]


def have_key(works: Works) -> None:
    """The works' station gets a key; `works.station` is still what was known of it before."""
    secret = works.stations.invite_again(SYSTEM, works.station.id)
    works.stations.redeem(secret, SIGNER.verifier.public_key, prove_key(secret, SIGNER))


def receive(works: Works, upload: UploadId, body: bytes) -> None:
    reception = works.uploads.begin(works.station.id, upload, 0, len(body), None)
    reception.take(body)
    with suppress(DeclaredDigestMismatch):
        reception.finish()


def unsigned(works: Works) -> list[str]:
    with works.read() as connection:
        return [finding.subject for finding in upload_findings(connection)]
