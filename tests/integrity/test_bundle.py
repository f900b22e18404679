"""Bundles: checked with bagit, sha256sum and unzip, and refused before or while they would become untrue."""

import io
import subprocess
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import bagit
import pytest

from integrity.bundle import write_bundle
from integrity.bundle_contents import BundleContents, BundleFile
from integrity.canonical import parse_canonical
from integrity.custody import read_custody
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidBundle, VaultMissing
from integrity.manifest import leaf_of
from integrity.proof_files import MANIFEST, TLOG_PROOF
from integrity.sm3 import Sm3
from integrity.tlog_proof import TlogProof
from integrity.verify import verify_bundle
from tests.fakes.evidence import Evidence
from tests.fakes.interruptions import Interrupted, calls_of, failing
from tests.integrity.bundles import VIDEO, gathered, pasted, unpacked


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return Evidence(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def contents(evidence: Evidence) -> BundleContents:
    return gathered(evidence)


@pytest.fixture
def bag(contents: BundleContents, evidence: Evidence, tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle.zip", contents, evidence.stamp)
    return unpacked(tmp_path / "bundle.zip")


def files(bag: Path) -> dict[str, bytes]:
    return {str(path.relative_to(bag)): path.read_bytes() for path in bag.rglob("*") if path.is_file()}


def test_it_is_a_valid_bag(bag: Path) -> None:
    read = bagit.Bag(str(bag))
    assert read.validate(completeness_only=False)
    assert read.version_info == (1, 0)
    assert read.info["External-Identifier"] == "01grant"
    assert read.info["Source-Organization"] == "某市城市管理局"


@pytest.mark.parametrize("name", ["data/originals/询问 01.mp4", "manifest-sha256.txt", "checkpoint", "custody.html"])
def test_bagit_names_what_was_changed(bag: Path, name: str) -> None:
    content = bytearray((bag / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bag / name).write_bytes(content)
    with pytest.raises(bagit.BagError):
        bagit.Bag(str(bag)).validate()


def test_it_holds_exactly_what_the_format_says(bag: Path, contents: BundleContents) -> None:
    found = files(bag)
    digests = [parse_canonical(file.manifest)["sha256"] for file in (*contents.originals, *contents.documents)]
    proofs = {
        f"proofs/{digest}.{kind}"
        for digest in digests
        for kind in ("manifest.json", "original.tsr", "manifest.tsr", "tlog-proof")
    }
    payload = {
        "data/originals/询问 01.mp4",
        "data/originals/_a'b$(rm -rf _)`.mp4",
        "data/originals/A.MP4",
        "data/originals/a (2).mp4",
        "data/documents/笔录.txt",
    }
    tags = (
        "bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt tagmanifest-sha256.txt.tsr checkpoint "
        "custody.jsonl custody.html approval.json VERIFY.txt verify.html proofs/authorities/embedded.pem"
    )
    assert set(found) == payload | proofs | set(tags.split())
    assert found["data/originals/询问 01.mp4"] == VIDEO
    assert found["checkpoint"] == contents.checkpoint
    assert read_custody(found["custody.jsonl"]) == list(contents.custody)
    assert parse_canonical(found["approval.json"])["entry"] == contents.custody[-1].commitment.hex()


def test_every_payload_file_finds_its_proofs_by_digest(bag: Path, evidence: Evidence) -> None:
    for path in (bag / "data").rglob("*.*"):
        digest = Digest.of_file(path)
        proof = TlogProof.from_bytes((bag / f"proofs/{digest}.tlog-proof").read_bytes())
        manifest = (bag / f"proofs/{digest}.manifest.json").read_bytes()
        signed = proof.verify(leaf_of(manifest), [evidence.log_key.verifier], evidence.log.origin)
        assert signed.size <= evidence.log.head().size


def test_the_facts_are_those_of_the_file(bag: Path, contents: BundleContents, tmp_path: Path) -> None:
    facts = write_bundle(tmp_path / "again.zip", contents)
    archive = zipfile.ZipFile(tmp_path / "again.zip")
    assert archive.testzip() is None
    assert facts.bundle_sha256 == Digest.of(archive.read("tiezheng-01grant/tagmanifest-sha256.txt"))
    assert facts.bundle_sha256 == Digest.of_file(bag / "tagmanifest-sha256.txt"), "with a token or without"
    assert (facts.zip_sha256, facts.zip_size) == (
        Digest.of_file(tmp_path / "again.zip"),
        (tmp_path / "again.zip").stat().st_size,
    )
    archive.close()


def test_the_same_contents_give_the_same_bytes(contents: BundleContents, tmp_path: Path) -> None:
    first = write_bundle(tmp_path / "one.zip", contents)
    assert write_bundle(tmp_path / "two.zip", contents) == first


def test_large_entries_become_zip64(
    contents: BundleContents, evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they do beyond 4 GiB, and offsets with them; our verifier reads it, and Python's zipfile."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1_000_000)
    write_bundle(tmp_path / "large.zip", contents, evidence.stamp)
    monkeypatch.undo()
    assert b"PK\x06\x06" in (tmp_path / "large.zip").read_bytes()[-200:], "its end is written in 64 bits too"
    assert verify_bundle(tmp_path / "large.zip", evidence.trust, clock=evidence.clock).ok
    with zipfile.ZipFile(tmp_path / "large.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("tiezheng-01grant/data/originals/询问 01.mp4") == VIDEO
        entry = archive.getinfo("tiezheng-01grant/data/originals/询问 01.mp4")
        assert entry.extract_version >= zipfile.ZIP64_VERSION


def test_writing_and_verifying_take_little_memory_however_large_a_file_is(evidence: Evidence, tmp_path: Path) -> None:
    """Both read in small pieces: a large recording, and many small ones, cost what one piece costs."""
    large = evidence.contents([evidence.seal("large.mp4", bytes(96 * 1024 * 1024))])
    many = evidence.contents([evidence.seal(f"{number}.jpg", b"%d" % number) for number in range(60)])
    for number, one in enumerate((large, many)):
        path = tmp_path / f"{number}.zip"
        tracemalloc.start()
        write_bundle(path, one, evidence.stamp)
        written = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert verify_bundle(path, evidence.trust, clock=evidence.clock).ok
        verified = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert max(written, verified) < 12 * 1024 * 1024


def test_without_tokens_there_are_none(evidence: Evidence, tmp_path: Path) -> None:
    contents = evidence.contents([evidence.seal("pending.mp4", b"pending", pending=True)])
    write_bundle(tmp_path / "bundle.zip", contents, lambda _: None)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith(".tsr")]


def opening(file: BundleFile, body: bytes) -> BundleFile:
    return replace(file, open=lambda: io.BytesIO(body))


@pytest.mark.parametrize(
    "body", [b"", VIDEO[:-1], VIDEO + b"x", b"X" + VIDEO[1:], VIDEO * 2], ids=["empty", "cut", "long", "flip", "twice"]
)
def test_bytes_that_are_not_the_sealed_ones_abort(contents: BundleContents, tmp_path: Path, body: bytes) -> None:
    changed = replace(contents, originals=[opening(contents.originals[0], body), *contents.originals[1:]])
    with pytest.raises(InvalidBundle, match="询问 01"):
        write_bundle(tmp_path / "bundle.zip", changed)
    assert list(tmp_path.iterdir()) == []


def test_an_original_that_cannot_be_opened_aborts(contents: BundleContents, tmp_path: Path) -> None:
    def missing() -> BinaryIO:
        raise VaultMissing("no such object")

    with pytest.raises(VaultMissing):
        write_bundle(tmp_path / "b.zip", replace(contents, originals=[replace(contents.originals[0], open=missing)]))
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_is_closed(contents: BundleContents, tmp_path: Path) -> None:
    opened: list[BinaryIO] = []

    def remembered() -> BinaryIO:
        opened.append(io.BytesIO(VIDEO))
        return opened[-1]

    write_bundle(tmp_path / "b.zip", replace(contents, originals=[replace(contents.originals[0], open=remembered)]))
    assert [file.closed for file in opened] == [True]


def test_a_bundle_that_is_there_is_not_replaced(contents: BundleContents, tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(b"kept")
    with pytest.raises(InvalidBundle, match="there already"):
        write_bundle(tmp_path / "bundle.zip", contents)
    assert (tmp_path / "bundle.zip").read_bytes() == b"kept"


def _with(file: BundleFile, name: str, content: bytes) -> BundleFile:
    return replace(file, proofs={**file.proofs, name: content})


def test_contents_that_do_not_fit_together_are_refused(contents: BundleContents, tmp_path: Path) -> None:
    first = contents.originals[0]
    manifest = first.manifest.replace(b'"note":null', b'"note":"other"')
    wrong: list[BundleContents] = [
        replace(contents, grant="../01grant"),
        replace(contents, custody=[]),
        replace(contents, custody=contents.custody[:-1]),
        replace(contents, custody=[*contents.custody, contents.custody[0]]),
        replace(contents, originals=[], documents=[]),
        replace(contents, originals=[_with(first, MANIFEST, b"{}")]),
        replace(contents, originals=[first, _with(first, MANIFEST, manifest)]),
        replace(contents, originals=[_with(first, TLOG_PROOF, b"\xff")], custody=[
            replace(entry, tlog_proof=b"\xff") for entry in contents.custody
        ]),
        replace(contents, approval=replace(contents.approval, request={"number": 2**60})),
    ]  # fmt: skip
    for number, case in enumerate(wrong):
        with pytest.raises(InvalidBundle):
            write_bundle(tmp_path / f"{number}.zip", case)
    assert list(tmp_path.iterdir()) == []


def test_a_name_cannot_add_a_line_to_bag_info(contents: BundleContents, tmp_path: Path) -> None:
    write_bundle(tmp_path / "b.zip", replace(contents, organisation="甲\nBagging-Date: 1999-01-01"))
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        info = archive.read("tiezheng-01grant/bag-info.txt").decode()
    assert info.startswith("Source-Organization: 甲 Bagging-Date: 1999-01-01\n")
    assert info.count("\n") == 6


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_a_failing_disk_leaves_no_part_of_a_bundle(contents: BundleContents, tmp_path: Path, after: bool) -> None:
    small = replace(contents, originals=contents.originals[1:])
    whole = write_bundle(tmp_path / "whole.zip", small)
    for number in range(1, calls_of(lambda: write_bundle(tmp_path / "counted.zip", small)) + 1):
        target = tmp_path / f"{number}.zip"
        with failing(number, after), pytest.raises((InvalidBundle, Interrupted, IntegrityError)):
            write_bundle(target, small)
        assert not target.exists() or Digest.of_file(target) == whole.zip_sha256


def test_a_stamped_checkpoint_has_its_token_beside_it(
    contents: BundleContents, evidence: Evidence, tmp_path: Path
) -> None:
    token = evidence.stamp(Digest.of(contents.checkpoint))
    write_bundle(tmp_path / "stamped.zip", replace(contents, checkpoint_token=token), evidence.stamp)
    with zipfile.ZipFile(tmp_path / "stamped.zip") as archive:
        assert archive.read("tiezheng-01grant/checkpoint.tsr") == token
    verdict = verify_bundle(tmp_path / "stamped.zip", evidence.trust, clock=evidence.clock)
    assert verdict.ok
    assert "an authority stamped the log's checkpoint" in [step.name for step in verdict.steps]


def test_where_a_file_was_sealed_with_sm3_the_lists_are_there_twice(evidence: Evidence, tmp_path: Path) -> None:
    """openssl finds each digest; bagit knows no SM3 and validates what it does know."""
    with_it = evidence.seal("a.mp4", b"sealed with SM3", sm3=Sm3.of(b"sealed with SM3"))
    contents = evidence.contents([with_it, evidence.seal("b.mp4", b"sealed without")])
    write_bundle(tmp_path / "bundle.zip", contents, evidence.stamp)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path)
    (bag,) = (path for path in tmp_path.iterdir() if path.is_dir())
    named: set[str] = set()
    for name in ("manifest-sm3.txt", "tagmanifest-sm3.txt"):
        for line in (bag / name).read_text(encoding="utf-8").splitlines():
            digest, _, path = line.partition("  ")
            said = subprocess.run(["openssl", "dgst", "-sm3", "-r", bag / path], check=True, capture_output=True)
            assert said.stdout[:64].decode() == digest
            named.add(path)
    there = {path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file()}
    tags = {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.tsr", "tagmanifest-sm3.txt"}
    assert named == there - tags
    bagit.Bag(str(bag)).validate()
    told = pasted(bag)
    assert told[3] == "OK", "VERIFY.txt has a command for them"
    (bag / "data/originals/b.mp4").write_bytes(b"other")
    assert "OK" not in pasted(bag)[3].split()
    verdict = verify_bundle(tmp_path / "bundle.zip", evidence.trust, clock=evidence.clock)
    assert verdict.findings == ()


def test_a_file_without_its_sealed_sm3_is_not_copied(evidence: Evidence, tmp_path: Path) -> None:
    contents = evidence.contents([evidence.seal("a.mp4", b"body", sm3=Sm3.of(b"other"))])
    with pytest.raises(InvalidBundle, match="does not have the SM3"):
        write_bundle(tmp_path / "bundle.zip", contents, evidence.stamp)
    assert list(tmp_path.iterdir()) == []
