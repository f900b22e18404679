"""`release.json` beside a bundle: the entry is in the log and about this very bundle, or it is named."""

from pathlib import Path

import pytest

from integrity.canonical import Json
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.finding import Verdict
from integrity.verify import verify_bundle
from tests.integrity.zoo.specimen import Specimen, flipped, write_zip

STEP = "this copy was released"


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen.make(tmp_path_factory.mktemp("specimen"))


def entry(specimen: Specimen, action: str = "release", grant: str = "01grant", **details: Json) -> CustodyEntry:
    digest = Digest.of(specimen.bundle["tagmanifest-sha256.txt"]).hex
    return specimen.evidence.entry(action, subject=("grant", grant), details={"bundle": digest} | details)


def judged(specimen: Specimen, folder: Path, content: bytes) -> Verdict:
    bundle = write_zip(folder / "bundle.zip", specimen.bundle)
    (folder / "release.json").write_bytes(content)
    trust, clock = specimen.evidence.trust, specimen.evidence.clock
    return verify_bundle(bundle, trust, clock=clock, release=folder / "release.json")


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def test_the_release_of_this_bundle(specimen: Specimen, tmp_path: Path) -> None:
    verdict = judged(specimen, tmp_path, entry(specimen).encode())
    assert verdict.findings == ()
    assert [step.passed for step in verdict.steps if step.name == STEP] == [True]


def test_without_it_there_is_no_such_step(specimen: Specimen, tmp_path: Path) -> None:
    bundle = write_zip(tmp_path / "b.zip", specimen.bundle)
    verdict = verify_bundle(bundle, specimen.evidence.trust, clock=specimen.evidence.clock)
    assert STEP not in [step.name for step in verdict.steps]


def test_the_release_of_something_else(specimen: Specimen, tmp_path: Path) -> None:
    for other in (
        entry(specimen, bundle="0" * 64),
        entry(specimen, grant="02grant"),
        entry(specimen, action="view"),
    ):
        assert codes(judged(specimen, tmp_path, other.encode())) == {"release-differs"}
    withheld = entry(specimen)
    line = CustodyEntry(withheld.commitment, withheld.tlog_proof).encode()
    assert codes(judged(specimen, tmp_path, line)) == {"release-differs"}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"released", b"[" * 100_000, b"x" * 3_000_000])
def test_something_that_is_no_release(specimen: Specimen, tmp_path: Path, content: bytes) -> None:
    assert codes(judged(specimen, tmp_path, content)) == {"release-malformed"}


def test_no_byte_of_it_may_change(specimen: Specimen, tmp_path: Path) -> None:
    content = entry(specimen).encode()
    for at in range(0, len(content), 101):
        assert not judged(specimen, tmp_path, flipped(content, at)).ok, at


def test_a_release_that_is_in_no_log(specimen: Specimen, tmp_path: Path) -> None:
    invented = entry(specimen)
    elsewhere = specimen.evidence.entry("view").tlog_proof
    line = CustodyEntry(invented.commitment, elsewhere, invented.body, invented.salt).encode()
    assert codes(judged(specimen, tmp_path, line)) == {"proof-invalid"}


def test_a_file_that_is_not_there(specimen: Specimen, tmp_path: Path) -> None:
    bundle = write_zip(tmp_path / "b.zip", specimen.bundle)
    for path in (tmp_path / "absent.json", tmp_path):
        verdict = verify_bundle(bundle, specimen.evidence.trust, clock=specimen.evidence.clock, release=path)
        assert codes(verdict) == {"file-unreadable"}
