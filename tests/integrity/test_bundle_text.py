"""VERIFY.txt: every command in it is pasted into a shell, over bundles that are whole and over such as are not."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.bundle import write_bundle
from integrity.bundle_contents import BundleContents
from integrity.digest import Digest
from integrity.extent import BOTH, COPIES
from integrity.verify_page import published_digest
from tests.fakes import certificates
from tests.fakes.certificates import YEAR
from tests.fakes.evidence import Evidence
from tests.fakes.ocsp import Response, encoded, responder, revoked
from tests.fakes.signers import SIGNER
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


def test_the_commands_of_verify_txt_say_ok(bag: Path) -> None:
    same, added, tags_added, sm3, _, stamps, whole, head, aged, told, roots, page, copies, digest = pasted(bag)
    assert copies == "", "there are no viewing copies in it"
    assert (same, added, tags_added, sm3) == ("OK", "OK", "OK", "")
    assert stamps.count("Verification: OK") == 10
    assert whole.endswith("Verification: OK")
    assert head == "", "this checkpoint has no token"
    assert aged.count("Verification: OK") == 5
    assert aged.count("UTC 20") == 5, "the time of each"
    assert told == "", "nothing about revocation came along"
    assert "Fingerprint=" in roots
    assert page.split()[0] == published_digest().hex
    assert digest.split()[0] == Digest.of_file(bag / "tagmanifest-sha256.txt").hex


def test_the_commands_of_verify_txt_see_what_was_done(bag: Path) -> None:
    (bag / "data/originals/A.MP4").write_bytes(b"two")
    (bag / "data/originals/further.mp4").write_bytes(b"x")
    (bag / "further.txt").write_bytes(b"x")
    same, added, tags_added, _, _, stamps, whole, _, aged, *_ = pasted(bag)
    assert "OK" not in same.split()
    assert "A.MP4" in same
    assert "OK" not in added.split()
    assert "further.mp4" in added
    assert "further.txt" in tags_added
    assert stamps.count("Verification: OK") == 8, "neither the changed nor the added file has a token"
    assert aged.count("Verification: OK") == 4
    assert whole.endswith("Verification: OK"), "the tag manifest itself was not touched"


def test_the_commands_of_verify_txt_check_the_checkpoint_and_every_further_token(
    contents: BundleContents, evidence: Evidence, tmp_path: Path
) -> None:
    """The token over the checkpoint is over what the log signed, whatever witnesses added later."""
    cosigned = contents.checkpoint + SIGNER.sign(b"later").line().encode()
    first = contents.originals[0]
    second = {"original.2.tsr": evidence.stamp(Digest.of(VIDEO)), "manifest.2.tsr": evidence.stamp(Digest.of(b"x"))}
    stamped = replace(
        contents,
        originals=[replace(first, proofs={**first.proofs, **second}), *contents.originals[1:]],
        checkpoint=cosigned,
        checkpoint_token=evidence.stamp(Digest.of(contents.checkpoint)),
    )
    write_bundle(tmp_path / "bundle.zip", stamped, evidence.stamp)
    bag = unpacked(tmp_path / "bundle.zip")
    said = pasted(bag)
    assert said[5].count("Verification: OK") == 11, "one of the further two is over something else"
    assert said[7].endswith("Verification: OK")
    assert said[8].count("Verification: OK") == 6
    head = bag / "checkpoint"
    head.write_bytes(head.read_bytes().replace(b"tiezheng", b"Tiezheng"))
    assert "OK" not in pasted(bag)[7]


def test_the_commands_of_verify_txt_check_lists_and_answers(
    contents: BundleContents, evidence: Evidence, tmp_path: Path
) -> None:
    """Of the root, of an authority between, by a responder that one made; and of a stranger, which is no OK."""
    at = evidence.clock.now()
    root = certificates.root("root", at - YEAR, at + YEAR)
    middle = certificates.between(root, "middle", crl_sign=True)
    delegate = responder(middle, start=at - YEAR / 2, end=at + YEAR / 2, key=certificates.rsa_key("delegate"))
    stranger = certificates.root("stranger")
    answer = Response(middle, at=at, signer=delegate, certificates=encoded(delegate))
    brought = {
        "tsa-1.crl": certificates.revocations(root, {2: at}, at).public_bytes(Encoding.DER),
        "tsa-2.crl": certificates.revocations(middle, {2: at}, at).public_bytes(Encoding.PEM),
        "tsa-1.ocsp": Response(root, at=at, status=revoked(at, 4)).der(),
        "tsa-2.ocsp": answer.der(),
        "tsa-3.ocsp": Response(stranger, at=at).der(),
        "root.pem": root.pem,
        "between-0123456789abcdef.pem": middle.pem,
    }
    write_bundle(tmp_path / "bundle.zip", replace(contents, authorities={**contents.authorities, **brought}))
    said = pasted(unpacked(tmp_path / "bundle.zip"))[9]
    assert said.count("verify OK") == 4
    assert "superseded" in said
    assert "Cert Status: good" in said


def test_verify_txt_is_for_both_kinds_of_reader(bag: Path) -> None:
    text = (bag / "VERIFY.txt").read_text(encoding="utf-8")
    for words in ("不能证明什么", "What this does not prove", "tiezheng verify", "-attime", "trust.json"):
        assert words in text


@pytest.mark.parametrize("extent", [BOTH, COPIES])
def test_the_commands_of_verify_txt_check_a_viewing_copy(evidence: Evidence, tmp_path: Path, extent: str) -> None:
    contents = evidence.contents([evidence.seal("a.mp4", VIDEO)], extent=extent)
    write_bundle(tmp_path / "bundle.zip", contents, evidence.stamp)
    bag = unpacked(tmp_path / "bundle.zip")
    said = pasted(bag)
    assert said[:3] == ["OK", "OK", "OK"]
    assert said[5].count("Verification: OK") == (2 if extent == BOTH else 0), "no token is said to be of the copy"
    assert said[12].count("Signature Verified Successfully") == 1
    assert said[12].count("  data/copies/derived-a.mp4") == 1
    assert said[12].count("Verification: OK") == 1, "the token of the original, by its digest"
    [told] = bag.glob("proofs/*.provenance.json")
    told.write_bytes(told.read_bytes().replace(b"remux", b"other"))
    assert "Signature Verified Successfully" not in pasted(bag)[12]
