"""Verification: the good specimens pass, every case of the zoo is named, and nothing else is ever called right."""

import os
import shutil
import subprocess
import sys
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity import note
from integrity.certificates import read_certificates
from integrity.cosignature import Cosigner, cosigned
from integrity.digest import Digest
from integrity.errors import InvalidTrust
from integrity.finding import Assurance, Verdict
from integrity.log_keys import KeyTerm
from integrity.note import Signature
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from integrity.verify import verify_bundle, verify_file
from tests.fakes.signers import SECOND_WITNESS, WITNESS
from tests.integrity.zoo import Case, Files, bundles, seals
from tests.integrity.zoo.make import IN_BUNDLES
from tests.integrity.zoo.specimen import VIDEO_PATH, Specimen, flipped, write_folder, write_zip


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen.make(tmp_path_factory.mktemp("specimen"))


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def judged(specimen: Specimen, folder: Path, files: Files, trust: Trust | None = None) -> Verdict:
    """A seal with the file, as `seals` keeps them."""
    files = dict(files)
    body = files.pop(seals.FILE, specimen.video.body)
    (folder / "video.mp4").write_bytes(body)
    shutil.rmtree(folder / "seal", ignore_errors=True)
    return verify_file(
        folder / "video.mp4",
        write_folder(folder / "seal", files),
        trust or specimen.evidence.trust,
        clock=specimen.evidence.clock,
    )


class TestSeal:
    def test_the_good_one(self, specimen: Specimen, tmp_path: Path) -> None:
        verdict = judged(specimen, tmp_path, specimen.seal)
        assert verdict.findings == ()
        assert verdict.ok
        assert [step.passed for step in verdict.steps] == [True] * 8
        assert [step.number for step in verdict.steps] == list(range(1, 9))
        assert verdict.assurance is Assurance.SELF_ASSERTED

    def test_a_zip_of_the_seal_does_as_well(self, specimen: Specimen, tmp_path: Path) -> None:
        (tmp_path / "video.mp4").write_bytes(specimen.video.body)
        zipped = write_zip(tmp_path / "seal.zip", specimen.seal, top="")
        trust, clock = specimen.evidence.trust, specimen.evidence.clock
        assert verify_file(tmp_path / "video.mp4", zipped, trust, clock=clock).ok

    @pytest.mark.parametrize("case", seals.cage.cases, ids=lambda case: case.name)
    def test_the_zoo(self, specimen: Specimen, tmp_path: Path, case: Case) -> None:
        files = {seals.FILE: specimen.video.body, **specimen.seal}
        case.make(files, specimen)
        verdict = judged(specimen, tmp_path, files)
        assert codes(verdict) == case.codes
        assert not verdict.ok
        assert not verdict.self_consistent
        assert verdict.assurance is Assurance.SELF_ASSERTED
        assert not all(step.passed for step in verdict.steps)

    def test_no_byte_of_any_part_may_change(self, specimen: Specimen, tmp_path: Path) -> None:
        for name in specimen.seal:
            content = specimen.seal[name]
            for at in range(0, len(content), 1 + len(content) // 40):
                files = specimen.seal | {name: flipped(content, at)}
                if not _same_certificates(files[name], content):
                    assert not judged(specimen, tmp_path, files).ok, (name, at)

    def test_without_trust_it_is_self_consistent_at_best(self, specimen: Specimen, tmp_path: Path) -> None:
        (tmp_path / "video.mp4").write_bytes(specimen.video.body)
        seal = write_folder(tmp_path / "seal", specimen.seal)
        verdict = verify_file(tmp_path / "video.mp4", seal, None, clock=specimen.evidence.clock)
        assert codes(verdict) == {"trust-not-supplied"}
        assert verdict.self_consistent
        (tmp_path / "video.mp4").write_bytes(flipped(specimen.video.body))
        verdict = verify_file(tmp_path / "video.mp4", seal, None, clock=specimen.evidence.clock)
        assert codes(verdict) == {"trust-not-supplied", "file-differs", "token-imprint-differs"}
        assert not verdict.self_consistent

    def test_a_whole_forgery_is_self_consistent_and_no_more(self, specimen: Specimen, tmp_path: Path) -> None:
        """Somebody else's installation, complete: only what the reader brought along tells the two apart."""
        forger = specimen.other
        forger.clock.at = specimen.evidence.clock.now()
        sealed = forger.seal("询问 01.mp4", b"forged")
        files: Files = {
            seals.FILE: b"forged",
            "manifest.json": sealed.manifest,
            "original.tsr": sealed.tokens["original"],
            "manifest.tsr": sealed.tokens["manifest"],
            "tlog-proof": forger.log.tlog_proof(sealed.leaf_index),
            "checkpoint": forger.log.head().note,
            "authorities/embedded.pem": forger.embedded.root_pem,
        }
        trust = replace(specimen.evidence.trust, logs=(specimen.forger(forger.log_key.name).verifier,))
        found = codes(judged(specimen, tmp_path, files, trust))
        assert found == {"token-chain", "certificate-not-trusted", "checkpoint-signature"}
        without = verify_file(tmp_path / "video.mp4", tmp_path / "seal", None, clock=forger.clock)
        assert codes(without) == {"trust-not-supplied"}

    @pytest.mark.parametrize(("trust", "found"), [
        (Trust(), {"token-chain", "certificate-not-trusted", "log-not-trusted"}),
    ])  # fmt: skip
    def test_a_trust_that_names_nobody(self, specimen: Specimen, tmp_path: Path, trust: Trust, found: set[str]) -> None:
        assert codes(judged(specimen, tmp_path, specimen.seal, trust)) == found

    def test_a_qualified_authority_is_worth_more(self, specimen: Specimen, tmp_path: Path) -> None:
        trust = specimen.evidence.trust
        qualified = replace(trust, authorities=tuple(replace(one, qualified=True) for one in trust.authorities))
        assert judged(specimen, tmp_path, specimen.seal, qualified).assurance is Assurance.EXTERNAL_AUTHORITY

    def test_a_revoked_log_key_needs_an_outside_token_that_is_older(self, specimen: Specimen, tmp_path: Path) -> None:
        trust = specimen.evidence.trust
        later = specimen.evidence.clock.now() + timedelta(hours=1)
        revoked = replace(trust, terms=(KeyTerm(trust.logs[0], revoked_at=later),))
        outside = replace(revoked, authorities=tuple(replace(one, qualified=True) for one in trust.authorities))
        stamped = specimen.seal | {"checkpoint.tsr": specimen.evidence.stamp(Digest.of(specimen.seal["checkpoint"]))}
        assert codes(judged(specimen, tmp_path, specimen.seal, revoked)) == {"log-key-revoked"}
        assert codes(judged(specimen, tmp_path, stamped, revoked)) == {"log-key-revoked"}, "the embedded one's word"
        assert codes(judged(specimen, tmp_path, specimen.seal, outside)) == {"log-key-revoked"}
        assert codes(judged(specimen, tmp_path, stamped, outside)) == set()
        earlier = replace(outside, terms=(KeyTerm(trust.logs[0], revoked_at=later - timedelta(days=1)),))
        assert codes(judged(specimen, tmp_path, stamped, earlier)) == {"log-key-revoked"}

    def test_a_log_key_is_for_its_sizes(self, specimen: Specimen, tmp_path: Path) -> None:
        trust = specimen.evidence.trust
        size = specimen.evidence.log.head().size
        for term, found in ((KeyTerm(trust.logs[0], 1, size), set()), (KeyTerm(trust.logs[0], size + 1), None)):
            verdict = judged(specimen, tmp_path, specimen.seal, replace(trust, terms=(term,)))
            assert codes(verdict) == ({"checkpoint-signature"} if found is None else found)

    def test_a_stamped_checkpoint_is_a_step_of_its_own(self, specimen: Specimen, tmp_path: Path) -> None:
        """With a cosignature that came later: the token is over the note as its log signed it."""
        stamped = specimen.evidence.stamp(Digest.of(specimen.seal["checkpoint"]))
        cosignature = specimen.forger("witness.example").sign(b"later").line().encode()
        for added in (b"", cosignature):
            proof = TlogProof.from_bytes(specimen.seal["tlog-proof"])
            signed = proof.checkpoint + added
            files = specimen.seal | {
                "checkpoint": signed,
                "checkpoint.tsr": stamped,
                "tlog-proof": TlogProof(proof.index, proof.path, signed).to_bytes(),
            }
            verdict = judged(specimen, tmp_path, files)
            assert verdict.ok
            assert "an authority stamped the log's checkpoint" in [step.name for step in verdict.steps if step.passed]
        assert "an authority stamped the log's checkpoint" not in [
            step.name for step in judged(specimen, tmp_path, specimen.seal).steps
        ]

    def test_a_receipt_beside_it(self, specimen: Specimen, tmp_path: Path) -> None:
        receipt = specimen.receipt
        verdict = judged(specimen, tmp_path, specimen.seal | {"receipt.json": receipt})
        assert verdict.ok
        assert verdict.assurance is Assurance.RECEIPTED
        without = verify_file(tmp_path / "video.mp4", tmp_path / "seal", None, clock=specimen.evidence.clock)
        assert codes(without) == {"trust-not-supplied"}
        for at in range(0, len(receipt), 97):
            files = specimen.seal | {"receipt.json": flipped(receipt, at)}
            assert codes(judged(specimen, tmp_path, files)) == {"receipt-invalid"}

    def test_files_that_cannot_be_read(self, specimen: Specimen, tmp_path: Path) -> None:
        trust = specimen.evidence.trust
        seal = write_folder(tmp_path / "seal", specimen.seal)
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "absent", tmp_path / "pipe", Path("/dev/null"), tmp_path / ("x" * 300)):
            assert codes(verify_file(path, seal, trust)) == {"file-unreadable"}
        (tmp_path / "video.mp4").write_bytes(specimen.video.body)
        for path in (tmp_path / "absent", tmp_path / "pipe", tmp_path / "video.mp4"):
            assert codes(verify_file(tmp_path / "video.mp4", path, trust)) == {"bundle-unreadable"}


class TestWitnesses:
    """A seal whose checkpoint was cosigned, or was not, judged by readers who ask for so many witnesses."""

    def judged(self, specimen: Specimen, folder: Path, *lines: Signature, quorum: int = 0, asked: int = 0) -> Verdict:
        trust = replace(specimen.evidence.trust, witnesses=(WITNESS.key, SECOND_WITNESS.key), quorum=quorum)
        (folder / "video.mp4").write_bytes(specimen.video.body)
        proof = TlogProof.from_bytes(specimen.seal["tlog-proof"])
        signed = cosigned(proof.checkpoint, lines)
        files = {"checkpoint": signed, "tlog-proof": replace(proof, checkpoint=signed).to_bytes()}
        seal, clock = write_folder(folder / "seal", specimen.seal | files), specimen.evidence.clock
        return verify_file(folder / "video.mp4", seal, trust, clock=clock, witnesses=asked)

    def line(self, specimen: Specimen, cosigner: Cosigner, seconds: int = 0) -> Signature:
        text = note.split(specimen.seal["checkpoint"])[0]
        return cosigner.cosign(text, specimen.evidence.clock.now() + timedelta(seconds=seconds))

    def test_as_many_as_were_asked_for(self, specimen: Specimen, tmp_path: Path) -> None:
        one, two = self.line(specimen, WITNESS), self.line(specimen, SECOND_WITNESS)
        for options in ({}, {"quorum": 1}, {"quorum": 2}, {"asked": 2}, {"quorum": 2, "asked": 1}):
            verdict = self.judged(specimen, tmp_path, one, two, **options)
            assert verdict.findings == ()
            assert verdict.assurance is Assurance.WITNESSED

    def test_nobody_asks_and_nobody_signed(self, specimen: Specimen, tmp_path: Path) -> None:
        verdict = self.judged(specimen, tmp_path)
        assert verdict.ok
        assert verdict.assurance is Assurance.SELF_ASSERTED

    @pytest.mark.parametrize("options", [{"quorum": 2}, {"asked": 2}, {"asked": 3}, {"quorum": 1, "asked": 2}])
    def test_fewer_than_were_asked_for(self, specimen: Specimen, tmp_path: Path, options: dict[str, int]) -> None:
        verdict = self.judged(specimen, tmp_path, self.line(specimen, WITNESS), **options)
        assert codes(verdict) == {"witnesses-missing"}
        assert verdict.assurance is Assurance.SELF_ASSERTED

    def test_the_same_one_twice_counts_once(self, specimen: Specimen, tmp_path: Path) -> None:
        lines = self.line(specimen, WITNESS), self.line(specimen, WITNESS, -1)
        assert codes(self.judged(specimen, tmp_path, *lines, quorum=2)) == {"witnesses-missing"}

    def test_strangers_do_not_count(self, specimen: Specimen, tmp_path: Path) -> None:
        stranger = Cosigner("witness.example/w3", Ed25519PrivateKey.from_private_bytes(b"3" * 32))
        lines = self.line(specimen, stranger), self.line(specimen, WITNESS)
        assert codes(self.judged(specimen, tmp_path, *lines, quorum=2)) == {"witnesses-missing"}
        assert self.judged(specimen, tmp_path, *lines, quorum=1).ok

    def test_a_false_signature_of_a_trusted_one(self, specimen: Specimen, tmp_path: Path) -> None:
        false = WITNESS.cosign("another text\n", specimen.evidence.clock.now())
        assert codes(self.judged(specimen, tmp_path, false)) == {"witness-signature"}
        both = self.line(specimen, SECOND_WITNESS), false
        assert "witness-signature" in codes(self.judged(specimen, tmp_path, *both, quorum=1))

    def test_a_signature_from_the_future(self, specimen: Specimen, tmp_path: Path) -> None:
        assert self.judged(specimen, tmp_path, self.line(specimen, WITNESS, 299)).ok
        found = codes(self.judged(specimen, tmp_path, self.line(specimen, WITNESS, 302)))
        assert found == {"witness-from-future"}

    def test_without_trust_no_witness_counts(self, specimen: Specimen, tmp_path: Path) -> None:
        self.judged(specimen, tmp_path, self.line(specimen, WITNESS))
        file, seal, clock = tmp_path / "video.mp4", tmp_path / "seal", specimen.evidence.clock
        assert codes(verify_file(file, seal, None, clock=clock)) == {"trust-not-supplied"}
        asked = verify_file(file, seal, None, clock=clock, witnesses=1)
        assert codes(asked) == {"trust-not-supplied", "witnesses-missing"}
        assert not asked.self_consistent

    def test_one_checkpoint_without_witnesses_is_enough_to_lose_the_level(
        self, specimen: Specimen, tmp_path: Path
    ) -> None:
        """Every proof of a bundle counts: here only the head is witnessed."""
        line = WITNESS.cosign(note.split(specimen.bundle["checkpoint"])[0], specimen.evidence.clock.now())
        files = specimen.bundle | {"checkpoint": cosigned(specimen.bundle["checkpoint"], [line])}
        specimen.relisted(files)
        trust = replace(specimen.evidence.trust, witnesses=(WITNESS.key,))
        path, clock = write_zip(tmp_path / "b.zip", files), specimen.evidence.clock
        verdict = verify_bundle(path, trust, clock=clock)
        assert verdict.ok
        assert verdict.assurance is Assurance.SELF_ASSERTED
        assert codes(verify_bundle(path, trust, clock=clock, witnesses=1)) == {"witnesses-missing"}


def _same_certificates(one: bytes, other: bytes) -> bool:
    """PEM has more than one spelling; a certificate that is read the same is the same."""
    try:
        return read_certificates(one) == read_certificates(other)
    except InvalidTrust:
        return False


class TestBundle:
    def test_the_good_one(self, specimen: Specimen, tmp_path: Path) -> None:
        for path in (
            write_folder(tmp_path / "folder", specimen.bundle),
            write_zip(tmp_path / "bundle.zip", specimen.bundle),
            write_zip(tmp_path / "again.zip", specimen.bundle, compression=8),
            write_zip(tmp_path / "flat.zip", specimen.bundle, top=""),
        ):
            verdict = verify_bundle(path, specimen.evidence.trust, clock=specimen.evidence.clock)
            assert verdict.findings == ()
            assert [step.passed for step in verdict.steps] == [True] * 10

    @pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
    @pytest.mark.parametrize("case", IN_BUNDLES, ids=lambda case: case.name)
    def test_the_zoo(self, specimen: Specimen, tmp_path: Path, case: Case, zipped: bool) -> None:
        files = copy(specimen.bundle)
        case.make(files, specimen)
        path = write_zip(tmp_path / "b.zip", files) if zipped else write_folder(tmp_path / "b", files)
        verdict = verify_bundle(path, specimen.evidence.trust, clock=specimen.evidence.clock)
        assert codes(verdict) == case.codes
        assert not verdict.ok
        assert not all(step.passed for step in verdict.steps)

    def test_no_byte_of_any_file_may_change(self, specimen: Specimen, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "b", specimen.bundle)
        for path, content in specimen.bundle.items():
            for at in range(0, len(content), 1 + len(content) // 4):
                (folder / path).write_bytes(flipped(content, at))
                verdict = verify_bundle(folder, specimen.evidence.trust, clock=specimen.evidence.clock)
                assert not verdict.ok, (path, at)
            (folder / path).write_bytes(content)

    def test_without_trust_it_is_self_consistent_at_best(self, specimen: Specimen, tmp_path: Path) -> None:
        path = write_zip(tmp_path / "b.zip", specimen.bundle)
        assert verify_bundle(path, None, clock=specimen.evidence.clock).self_consistent
        path = write_zip(tmp_path / "b.zip", specimen.bundle | {VIDEO_PATH: b"forged"})
        assert not verify_bundle(path, None, clock=specimen.evidence.clock).self_consistent

    def test_every_finding_is_named_not_only_the_first(self, specimen: Specimen, tmp_path: Path) -> None:
        files = copy(specimen.bundle)
        for case in (bundles.a_byte_of_a_recording_changed, bundles.a_file_was_added, bundles.the_head_is_missing):
            case(files, specimen)
        verdict = verify_bundle(write_folder(tmp_path / "b", files), specimen.evidence.trust)
        assert codes(verdict) == {"file-changed", "file-unexpected", "file-missing"}

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        verdict = verify_bundle(tmp_path, Trust())
        assert codes(verdict) == {"file-missing", "payload-missing"}
        assert [step.passed for step in verdict.steps][3:9] == [None] * 6

    def test_long_after_the_certificates_ended_the_whole_s_token_carries_the_others(
        self, specimen: Specimen, tmp_path: Path
    ) -> None:
        path = write_zip(tmp_path / "b.zip", specimen.bundle)
        clock = copy(specimen.evidence.clock)
        clock.advance(26 * 365 * 86400)
        verdict = verify_bundle(path, specimen.evidence.trust, clock=clock)
        assert {(finding.code, finding.subject) for finding in verdict.findings} >= {
            ("token-outlived-certificate", "tagmanifest-sha256.txt.tsr")
        }


def test_it_can_be_handed_over_alone() -> None:
    """Nothing of the service is loaded, and it is quick to load."""
    program = "import sys, integrity.verify; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"fastapi", "starlette", "sqlalchemy", "dbos", "av", "cv2", "ffmpeg", "rfc3161ng", "requests", "httpx2"}
    assert heavy & {name.partition(".")[0] for name in loaded} == set()
    assert {name.partition(".")[0] for name in loaded} & {"catalog", "ingest", "player", "scripts"} == set()
