"""Copies in a bundle as a verdict tells of them; each way they can be wrong is a specimen of the zoo (`zoo.copies`)."""

from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from integrity.copy_check import ABSENT, STEP
from integrity.extent import BOTH, COPIES, ORIGINALS
from integrity.finding import Assurance, Verdict
from integrity.verify import verify_bundle
from tests.integrity.zoo import Files, copies
from tests.integrity.zoo.specimen import Specimen, flipped, proofs, write_folder


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen.make(tmp_path_factory.mktemp("specimen"))


def judged(specimen: Specimen, folder: Path, extent: str, files: Files | None = None) -> Verdict:
    """A bundle of this extent, judged by somebody who trusts a qualified authority."""
    made = copy(specimen.bundle) if files is None else files
    if files is None:
        copies.copied(made, specimen, extent)
    trust = specimen.evidence.trust
    qualified = replace(trust, authorities=tuple(replace(one, qualified=True) for one in trust.authorities))
    return verify_bundle(write_folder(folder / "b", made), qualified, clock=specimen.evidence.clock)


def outcomes(verdict: Verdict) -> dict[str, bool | None]:
    return {step.name: step.passed for step in verdict.steps}


def test_beside_the_originals_a_copy_takes_nothing_away(specimen: Specimen, tmp_path: Path) -> None:
    verdict = judged(specimen, tmp_path, BOTH)
    assert verdict.findings == ()
    assert outcomes(verdict)[STEP] is True
    assert ABSENT not in outcomes(verdict)
    assert verdict.assurance is Assurance.EXTERNAL_AUTHORITY
    [step] = [step for step in verdict.steps if step.name == STEP]
    assert "no originals" in step.detail


def test_in_their_place_it_proves_nothing_however_good_the_seals_are(specimen: Specimen, tmp_path: Path) -> None:
    verdict = judged(specimen, tmp_path, COPIES)
    assert not verdict.ok
    assert verdict.copies_only
    assert not verdict.self_consistent
    assert verdict.assurance is Assurance.SELF_ASSERTED
    failed = {name for name, passed in outcomes(verdict).items() if passed is not True}
    assert failed == {ABSENT}, "its seals, custody and approval were all checked, and are right"


def test_without_copies_nobody_asks_for_any(specimen: Specimen, tmp_path: Path) -> None:
    assert not {STEP, ABSENT} & set(outcomes(judged(specimen, tmp_path, ORIGINALS)))


def test_without_trust_it_is_self_consistent_at_best(specimen: Specimen, tmp_path: Path) -> None:
    files = copy(specimen.bundle)
    copies.copied(files, specimen, COPIES)
    verdict = verify_bundle(write_folder(tmp_path / "b", files), None, clock=specimen.evidence.clock)
    assert verdict.self_consistent and not verdict.copies_only


@pytest.mark.parametrize("part", ["provenance.json", "provenance.sig", "maker.json"])
def test_no_byte_of_what_tells_of_a_copy_may_change(specimen: Specimen, tmp_path: Path, part: str) -> None:
    """Whoever made the lists anew: the copy's own signature and the log's proof tell."""
    good = copy(specimen.bundle)
    copies.copied(good, specimen)
    path = proofs(specimen.video.body, part)
    for at in range(0, len(good[path]), 1 + len(good[path]) // 25):
        files = good | {path: flipped(good[path], at)}
        specimen.relisted(files)
        assert not judged(specimen, tmp_path, BOTH, files).ok, at


def test_a_copy_of_a_document_is_none(specimen: Specimen, tmp_path: Path) -> None:
    """A document has no viewing copy; an approval that says so finds its seal in the wrong place."""
    evidence = specimen.evidence
    contents = evidence.contents([evidence.seal("笔录.txt", b"words", "document")], extent=COPIES)
    files = copies.written(contents, specimen)
    assert {finding.code for finding in judged(specimen, tmp_path, COPIES, files).findings} == {
        "kind-differs",
        "original-absent",
    }
