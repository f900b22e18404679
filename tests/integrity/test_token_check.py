"""Several tokens over one digest: one that is wholly good carries the step, and nothing else is ever passed over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.finding import Assurance, Verdict
from integrity.proof_files import OriginalProofs, authority_files, seal_files
from integrity.verify import verify_file
from tests.fakes.certificates import YEAR
from tests.fakes.dated import Dated, dated
from tests.fakes.evidence import Evidence, Sealed
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import flipped, write_folder

BODY = b"sealed with two authorities"


class Twice:
    """One file with tokens of two authorities: `brief` ends after a year, `lasting` after thirty; neither is ours."""

    def __init__(self, folder: Path) -> None:
        self.evidence = Evidence(folder)
        clock = self.evidence.clock
        self.start = clock.now()
        self.brief: Dated = dated(folder, "brief", clock, self.start.replace(microsecond=0) + YEAR, qualified=True)
        self.lasting: Dated = dated(folder, "lasting", clock, self.start.replace(microsecond=0) + 30 * YEAR)
        authorities = (self.brief.trusted, self.lasting.trusted)
        self.trust = replace(self.evidence.trust, authorities=authorities)
        self.sealed: Sealed = self.evidence.seal("two.mp4", BODY, pending=True)
        pair = (self.brief, self.lasting)
        tokens = [("original", one.stamp(Digest.of(BODY))) for one in pair]
        tokens += [("manifest", one.stamp(Digest.of(self.sealed.manifest))) for one in pair]
        proof = self.evidence.log.tlog_proof(self.sealed.leaf_index)
        roots = authority_files({one.name: one.root_pem for one in authorities})
        proofs = OriginalProofs(self.sealed.manifest, tokens, proof).files()  # type: ignore[arg-type]  # inferred as str
        self.files: Files = seal_files(proofs, self.evidence.log.head().note, roots)

    def judged(self, folder: Path, files: Files, days: int = 0) -> Verdict:
        (folder / "two.mp4").write_bytes(BODY)
        seal = write_folder(folder / "seal", files)
        clock = replace(self.evidence.clock, at=self.start + timedelta(days=days))
        return verify_file(folder / "two.mp4", seal, self.trust, clock=clock)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return Twice(tmp_path_factory.mktemp("twice"))


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return sorted((finding.code, finding.subject) for finding in verdict.findings)


def test_both_are_good_and_a_qualified_one_counts(twice: Twice, tmp_path: Path) -> None:
    verdict = twice.judged(tmp_path, twice.files)
    assert found(verdict) == []
    assert verdict.assurance is Assurance.EXTERNAL_AUTHORITY


def test_one_has_expired_since_and_the_other_carries_it(twice: Twice, tmp_path: Path) -> None:
    verdict = twice.judged(tmp_path, twice.files, days=400)
    assert found(verdict) == []
    assert verdict.assurance is Assurance.SELF_ASSERTED, "the one that is good is not of a qualified authority"
    noted = [step.detail for step in verdict.steps if "its certificate has ended" in step.detail]
    assert len(noted) == 2


def test_without_the_other_it_has_outlived_its_certificate(twice: Twice, tmp_path: Path) -> None:
    files = {name: content for name, content in twice.files.items() if ".2." not in name}
    assert found(twice.judged(tmp_path, files, days=400)) == [
        ("token-outlived-certificate", "manifest.tsr"),
        ("token-outlived-certificate", "original.tsr"),
    ]


def test_each_digest_needs_a_good_one_of_its_own(twice: Twice, tmp_path: Path) -> None:
    files = {name: content for name, content in twice.files.items() if name != "manifest.2.tsr"}
    assert found(twice.judged(tmp_path, files, days=400)) == [("token-outlived-certificate", "manifest.tsr")]


def test_when_both_have_ended_both_are_named(twice: Twice, tmp_path: Path) -> None:
    assert found(twice.judged(tmp_path, twice.files, days=31 * 365)) == [
        ("token-outlived-certificate", name)
        for name in ("manifest.2.tsr", "manifest.tsr", "original.2.tsr", "original.tsr")
    ]


BREAKS: dict[str, tuple[Callable[[Files], None], list[tuple[str, str]]]] = {
    "the second one's signature": (
        lambda files: files.update({"original.2.tsr": flipped(files["original.2.tsr"], -20)}),
        [("token-signature", "original.2.tsr")],
    ),
    "the second one is over other bytes": (
        lambda files: files.update({"original.2.tsr": files["manifest.2.tsr"]}),
        [("token-imprint-differs", "original.2.tsr")],
    ),
    "the second one is garbage": (
        lambda files: files.update({"manifest.2.tsr": b"garbage"}),
        [("token-malformed", "manifest.2.tsr")],
    ),
    "the first one was taken away": (
        lambda files: files.__delitem__("original.tsr"),
        [("token-missing", "original.tsr")],
    ),
    "a gap in the numbers": (
        lambda files: files.update({"original.4.tsr": files["original.2.tsr"]}),
        [("token-missing", "original.3.tsr")],
    ),
    "a number that is none": (
        lambda files: files.update({"original.02.tsr": files["original.2.tsr"]}),
        [("file-unexpected", "original.02.tsr")],
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_every_other_defect_of_any_token_is_named(twice: Twice, tmp_path: Path, name: str) -> None:
    break_it, expected = BREAKS[name]
    files = dict(twice.files)
    break_it(files)
    assert found(twice.judged(tmp_path, files)) == expected


def test_a_second_one_of_an_authority_nobody_trusts(twice: Twice, tmp_path: Path) -> None:
    (tmp_path / "two.mp4").write_bytes(BODY)
    trust = replace(twice.trust, authorities=twice.trust.authorities[:1])
    seal = write_folder(tmp_path / "seal", twice.files)
    verdict = verify_file(tmp_path / "two.mp4", seal, trust, clock=replace(twice.evidence.clock, at=twice.start))
    assert found(verdict) == [
        ("certificate-not-trusted", "authorities/lasting.pem"),
        ("token-chain", "manifest.2.tsr"),
        ("token-chain", "original.2.tsr"),
    ]
