"""Broken bundles, what a station declared and signed."""

from dataclasses import replace

from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.manifest import leaf_of
from integrity.note import Signer
from integrity.statement import Statement
from tests.fakes.signers import KEY
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import (
    Specimen,
    edited,
    proofs,
)

cage = Cage()
case = cage.case


STATION = Signer("01station", KEY)


def stated(files: Files, specimen: Specimen, signer: Signer = STATION) -> None:
    """The first recording, declared and signed by its station and sealed so."""
    body = specimen.video.body
    said = Statement(
        agency="01agency", station="01station", kind="body-camera", name="询问 01.mp4", sha256=Digest.of(body),
        device="DSJ-7", started_at=specimen.evidence.clock.now(), clock_offset_ms=-1500, clock_uncertainty_ms=20,
    )  # fmt: skip
    said = replace(said, signed=SignedDeclaration.sign(said.declaration(len(body)), signer))
    sealed = specimen.evidence.seal_stated(said, body)
    files[proofs(body, "statement.json")] = said.encode()
    files[proofs(body, "manifest.json")] = sealed.manifest
    files[proofs(body, "manifest.tsr")] = sealed.tokens["manifest"]
    files[proofs(body, "tlog-proof")] = specimen.evidence.log.tlog_proof(sealed.leaf_index)
    specimen.relisted(files)


@case("declaration-signature")
def what_a_station_declared_was_signed_by_another(files: Files, specimen: Specimen) -> None:
    stated(files, specimen, Signer("02station", KEY))


@case("declaration-differs")
def what_a_station_declared_is_not_what_was_sealed(files: Files, specimen: Specimen) -> None:
    """Whole and signed, of the same file, and not the statement whose digest stands in the manifest."""
    stated(files, specimen)
    path = proofs(specimen.video.body, "statement.json")
    said = replace(Statement.parse(files[path]), device="DSJ-8", signed=None)
    signed = SignedDeclaration.sign(said.declaration(len(specimen.video.body)), STATION)
    files[path] = replace(said, signed=signed).encode()
    specimen.relisted(files)


@case("declaration-malformed")
def what_a_station_declared_is_garbage(files: Files, specimen: Specimen) -> None:
    """And yet it is what the manifest names: sealed by a service that did not look."""
    garbage, body = b"garbage", specimen.video.body
    path = proofs(body, "manifest.json")
    files[path] = edited(files[path], statement=Digest.of(garbage).hex)
    files[proofs(body, "statement.json")] = garbage
    files[proofs(body, "manifest.tsr")] = specimen.evidence.stamp(Digest.of(files[path]))
    index = specimen.evidence.append(leaf_of(files[path]))
    files[proofs(body, "tlog-proof")] = specimen.evidence.log.tlog_proof(index)
    specimen.relisted(files)
