"""Viewing copies in a bundle: labelled, listed, signed by their maker, and never without the seal they are of."""

import io
from dataclasses import replace
from pathlib import Path

import bagit
import pytest

from integrity.bundle import write_bundle
from integrity.bundle_contents import BundleContents
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.extent import BOTH, COPIES
from integrity.sm3 import Sm3
from integrity.verify import verify_bundle
from tests.fakes.evidence import Evidence
from tests.integrity.bundles import VIDEO, pasted, unpacked


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return Evidence(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def copied(evidence: Evidence) -> BundleContents:
    """Of one recording both, and nothing else."""
    return evidence.contents([evidence.seal("询问 01.MOV", VIDEO)], extent=BOTH)


def test_a_viewing_copy_is_labelled_listed_and_of_a_version_of_its_own(
    copied: BundleContents, evidence: Evidence, tmp_path: Path
) -> None:
    write_bundle(tmp_path / "bundle.zip", copied, evidence.stamp)
    assert write_bundle(tmp_path / "again.zip", copied).bundle_sha256 == Digest.of(
        (unpacked(tmp_path / "bundle.zip") / "tagmanifest-sha256.txt").read_bytes()
    ), "the same contents, the same bytes"
    bag = tmp_path / "tiezheng-01grant"
    bagit.Bag(str(bag)).validate()
    assert "Tiezheng-Bundle: tiezheng-bundle-v2\n" in (bag / "bag-info.txt").read_text(encoding="utf-8")
    [copy] = (bag / "data/copies").iterdir()
    assert copy.name == "derived-询问 01.MOV.mp4"
    assert f"{Digest.of_file(copy)}  data/copies/{copy.name}\n" in (bag / "manifest-sha256.txt").read_text("utf-8")
    text = (bag / "VERIFY.txt").read_text(encoding="utf-8")
    assert "派生的播放副本，不是原件" in text and "a copy is no original" in text


def test_copies_that_do_not_fit_are_refused(copied: BundleContents, evidence: Evidence, tmp_path: Path) -> None:
    [copy] = copied.copies
    stranger = evidence.viewing_copy(evidence.seal("other.mp4", b"other"))
    wrong = [
        replace(copied, copies=[replace(copy, open=lambda: io.BytesIO(b"other pictures"))]),
        replace(copied, copies=[replace(copy, signature=bytes(64))]),
        replace(copied, copies=[replace(copy, provenance=b"{}")]),
        replace(copied, copies=[replace(copy, maker=copied.custody[0])]),
        replace(copied, copies=[copy, copy]),
        replace(copied, copies=[stranger]),
        replace(copied, originals=[], copies=[copy]),
    ]
    for number, case in enumerate(wrong):
        with pytest.raises(InvalidBundle):
            write_bundle(tmp_path / f"{number}.zip", case)
    assert list(tmp_path.iterdir()) == []


def test_copies_are_listed_by_sm3_too(evidence: Evidence, tmp_path: Path) -> None:
    contents = evidence.contents([evidence.seal("a.mp4", VIDEO, sm3=Sm3.of(VIDEO))], extent=COPIES)
    write_bundle(tmp_path / "bundle.zip", contents, evidence.stamp)
    bag = unpacked(tmp_path / "bundle.zip")
    assert pasted(bag)[3] == "OK"
    assert "data/copies/derived-a.mp4" in (bag / "manifest-sm3.txt").read_text(encoding="utf-8")
    verdict = verify_bundle(tmp_path / "bundle.zip", evidence.trust, clock=evidence.clock)
    assert verdict.copies_only
