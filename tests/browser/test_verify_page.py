"""`verify.html` from disk in Debian's Chromium, side by side with `tiezheng verify` on the same bundles."""

import os
import shutil
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from integrity import note
from integrity.bundle import write_bundle
from integrity.canonical import parse_canonical
from integrity.cosignature import Cosigner, cosigned
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.log_keys import KeyTerm
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from integrity.verify import verify_bundle
from integrity.verify_page import verify_page
from tests.browser.reader import Opened, Reader, opened, reader, specimen
from tests.fakes.signers import SECOND_WITNESS, WITNESS
from tests.integrity.zoo import Files, copies
from tests.integrity.zoo.exhibits import FOLDER, GOOD_BUNDLE, exhibits, unpacked
from tests.integrity.zoo.specimen import VIDEO_PATH, Specimen, flipped, listing, write_folder

__all__ = ["opened", "reader", "specimen"]

pytestmark = pytest.mark.xdist_group("browser")

LEFT_TO_VERIFY = {
    "bundle/a_revocation_list_of_a_stranger_came_along": frozenset({"not-checked"}),
    "bundle/an_ocsp_response_of_a_stranger_came_along": frozenset({"not-checked"}),
}
"""What the page cannot judge it says so of, and never calls verified."""

VERDICTS = {
    frozenset[str](): "verified",
    frozenset({"trust-not-supplied"}): "self-consistent",
    frozenset({"not-checked"}): "incomplete",
    frozenset({"original-absent"}): "copies-only",
}


def test_a_good_bundle(reader: Reader, specimen: Specimen) -> None:
    assert reader.judges(specimen.bundle) == ("verified", set())
    assert reader.page.locator(".steps .true").count() == 10
    text = reader.page.inner_text("#verdict")
    for words in ("核验通过", "某区人民法院", "询问 01.mp4", Digest.of(specimen.bundle["tagmanifest-sha256.txt"]).hex):
        assert words in text
    assert Digest.of(verify_page()).hex in text


def test_the_zoo_is_named_as_verify_names_it(opened: Opened, tmp_path: Path) -> None:
    reader = opened()
    found, expected = {}, {}
    for exhibit in exhibits("bundle"):
        reader.trusts(None if exhibit.trust == "none" else (FOLDER / exhibit.trust).read_bytes())
        codes = LEFT_TO_VERIFY.get(exhibit.name, exhibit.codes)
        expected[exhibit.name] = (VERDICTS.get(frozenset(codes), "refused"), set(codes))
        found[exhibit.name] = reader.opens(unpacked(exhibit.path, tmp_path / exhibit.path.stem))
    assert found == expected


def test_hostile_proofs_are_named_as_verify_names_them(opened: Opened, tmp_path: Path) -> None:
    """Tokens, log proofs and certificates of the zoo, in a bundle: its lists are made to fit, its own token is not."""
    reader = opened()
    reader.trusts((FOLDER / "trust.json").read_bytes())
    files = _files(next(unpacked(GOOD_BUNDLE, tmp_path / "good").iterdir()))
    digest = Digest.of(next(content for path, content in files.items() if path.startswith("data/originals/询问")))
    found, expected = {}, {}
    for exhibit in exhibits("token", "proof", "certificate"):
        part = f"{digest}.{exhibit.part}" if exhibit.kind != "certificate" else str(exhibit.part)
        broken = files | {f"proofs/{part}": exhibit.path.read_bytes()}
        broken["tagmanifest-sha256.txt"] = listing(broken, payload=False)
        reader.judges(broken)
        expected[exhibit.name] = {"not-checked"} if exhibit.path.suffix in (".crl", ".ocsp") else set(exhibit.codes)
        found[exhibit.name] = reader.codes_of(f"proofs/{part}")
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}


def test_another_trust_judges_the_same_folder_anew(reader: Reader, specimen: Specimen) -> None:
    assert reader.judges(specimen.bundle) == ("verified", set())
    reader.trusts(specimen.other.trust)
    assert reader.told() == ("refused", {"token-chain", "certificate-not-trusted"})
    reader.trusts(b"nothing")
    assert reader.told()[0] == "trouble"
    reader.trusts(specimen.evidence.trust)
    assert reader.told() == ("verified", set())


def test_every_trust_of_the_zoo_is_read_as_verify_reads_it(opened: Opened, tmp_path: Path) -> None:
    reader = opened()
    folder = unpacked(GOOD_BUNDLE, tmp_path / "good")
    found, expected = {}, {}
    for exhibit in exhibits("trust"):
        content = exhibit.path.read_bytes()
        reader.trusts(content)
        verdict, codes = reader.told() if reader.judging else reader.opens(folder)
        judged = () if exhibit.error else verify_bundle(GOOD_BUNDLE, Trust.parse(content)).findings
        expected[exhibit.name] = exhibit.error is None, {finding.code for finding in judged}
        found[exhibit.name] = verdict != "trouble", codes if verdict != "trouble" else set()
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}


def _files(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_without_outside_trust_it_is_self_consistent_and_never_green(opened: Opened, specimen: Specimen) -> None:
    reader = opened("en")
    assert reader.judges(specimen.bundle) == ("self-consistent", {"trust-not-supplied"})
    assert "Self-consistent only" in reader.page.inner_text("#verdict")
    good = reader.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--good')")
    green = [int(good[at : at + 2], 16) for at in (1, 3, 5)]
    shades = "all => all.map(each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor])"
    seen = str(reader.page.eval_on_selector_all("#verdict *", shades))
    assert f"rgb({', '.join(map(str, green))})" not in seen
    broken = specimen.bundle | {VIDEO_PATH: flipped(specimen.bundle[VIDEO_PATH])}
    assert reader.judges(broken) == ("refused", {"file-changed", "trust-not-supplied"})


def test_a_whole_forgery_is_told_from_the_evidence_by_what_the_reader_brings(
    opened: Opened, specimen: Specimen
) -> None:
    """A bundle that is complete and sound in itself, to somebody who knows another authority and another log."""
    reader = opened()
    assert reader.judges(specimen.bundle) == ("self-consistent", {"trust-not-supplied"})
    reader.trusts(replace(specimen.other.trust, logs=(specimen.forger("tiezheng.example/log").verifier,)))
    assert reader.judges(specimen.bundle) == (
        "refused",
        {"token-chain", "certificate-not-trusted", "checkpoint-signature"},
    )


def test_trust_may_be_typed_from_paper(opened: Opened, specimen: Specimen) -> None:
    reader, trust = opened(), specimen.evidence.trust
    reader.page.click("#typed summary")
    fingerprint = trust.authorities[0].root_sha256.hex.upper()
    printed = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2))
    reader.types("#fingerprints", f"sha256 Fingerprint={printed}")
    assert reader.judges(specimen.bundle) == ("self-consistent", {"trust-not-supplied"}), "no key of the log"
    reader.types("#vkeys", trust.logs[0].vkey)
    assert reader.judges(specimen.bundle) == ("verified", set())
    reader.types("#fingerprints", "0" * 64)
    assert reader.judges(specimen.bundle) == ("refused", {"token-chain", "certificate-not-trusted"})
    reader.types("#vkeys", specimen.forger(trust.logs[0].name).vkey)
    assert reader.judges(specimen.bundle)[1] >= {"checkpoint-signature"}
    reader.types("#vkeys", trust.logs[0].vkey[:-4])
    verdict, _ = reader.judges(specimen.bundle)
    assert verdict == "trouble", "nothing is judged by what could not be read"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"format":"tiezheng-trust-v2"}', b"\xff", b"{" * 100_000, b"x" * 2_000_000]
)
def test_a_trust_that_cannot_be_read_judges_nothing(opened: Opened, specimen: Specimen, content: bytes) -> None:
    reader = opened()
    reader.trusts(content)
    assert reader.judges(specimen.bundle)[0] == "trouble"


def test_a_qualified_authority_is_worth_more(opened: Opened, specimen: Specimen) -> None:
    reader, trust = opened("en"), specimen.evidence.trust
    reader.trusts(replace(trust, authorities=tuple(replace(one, qualified=True) for one in trust.authorities)))
    assert reader.judges(specimen.bundle) == ("verified", set())
    assert "qualified time-stamping authority dated it" in reader.page.inner_text("#verdict")


def test_files_of_every_size_are_hashed_in_pieces(reader: Reader, specimen: Specimen, tmp_path: Path) -> None:
    """Around the borders of a piece and of a block; the largest is a hole of 20 MiB with one byte behind it."""
    folder = write_folder(tmp_path / "b", specimen.bundle)
    piece = 4 * 1024 * 1024
    for number, size in enumerate((1, 63, 64, 65, piece - 1, piece, piece + 1, 2 * piece + 55, 20 * 1024 * 1024)):
        path = folder / f"data/originals/{number}.bin"
        path.touch()
        os.truncate(path, size - 1)
        with path.open("ab") as file:
            file.write(bytes((number,)))
    (folder / "manifest-sha256.txt").write_bytes(_listed(folder))
    verdict, codes = reader.opens(folder)
    assert verdict == "refused"
    assert "file-changed" in codes, "the list of files itself is another now"
    changed = [line for line in reader.page.inner_text("#verdict").splitlines() if ": it is " in line]
    assert [line for line in changed if line.startswith("data/")] == [], "each digest is the one of hashlib"
    assert codes == {finding.code for finding in verify_bundle(folder, specimen.evidence.trust).findings}


def _listed(folder: Path) -> bytes:
    paths = sorted(str(path.relative_to(folder)) for path in folder.glob("data/*/*"))
    return "".join(f"{Digest.of_file(folder / path)}  {path}\n" for path in paths).encode()


def test_names_are_made_harmless_as_the_bundle_makes_them(reader: Reader, specimen: Specimen, tmp_path: Path) -> None:
    hostile = ["A.MP4", "a.mp4", "../e'$(rm)`.mp4", "con.mp4", " . ", "n" * 300 + ".mp4", "询" * 100]
    hostile += ["x.\u202emp4", "e\u0301.mp4", "..mp4", "a.b.c.d", "x" * 20 + "." + "y" * 20]
    evidence = specimen.evidence
    sealed = [evidence.seal(name, str(number).encode()) for number, name in enumerate(hostile)]
    write_bundle(tmp_path / "b.zip", evidence.contents(sealed), evidence.stamp)
    shutil.unpack_archive(tmp_path / "b.zip", tmp_path / "unpacked")
    assert reader.opens(tmp_path / "unpacked") == ("verified", set()), "and the folder may lie in another one"


def test_custody_and_approval_are_read_as_verify_reads_them(reader: Reader, specimen: Specimen) -> None:
    """JSON that two readers could read differently is read by neither."""
    content = specimen.bundle["approval.json"]
    approval = parse_canonical(content)
    assert approval["request"]["recipient"] == "某区人民法院"
    for broken in (
        content.replace(b'{"approval"', b'{"a":1,"approval"', 1),
        content.replace(b'"entry":', b'"entry" :', 1),
        content.replace("某区".encode(), b"\\u67d0\\u533a", 1),
        content.replace("某区".encode(), b"\\ud800", 1),
        content[:-1] + b',"entry":"x"}',
        b"[" * 100_000,
        b"\xef\xbb\xbf" + content,
    ):
        files = specimen.bundle | {"approval.json": broken}
        specimen.relisted(files)
        assert reader.judges(files) == ("refused", {"approval-malformed"}), broken[:80]


def test_it_speaks_both_languages_and_fits_a_phone(opened: Opened, specimen: Specimen) -> None:
    reader = opened("en", 390)
    page = reader.page
    assert page.inner_text(".first").startswith("Check this page first.")
    reader.trusts(specimen.evidence.trust)
    assert reader.judges(specimen.bundle) == ("verified", set())
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.click("#language")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.inner_text(".first").startswith("请先核对本页自身")
    assert "核验通过" in page.inner_text("#verdict"), "the verdict changes its language too"
    unlabelled = "[...document.querySelectorAll('input, textarea')].filter(field => !field.labels.length).length"
    assert page.evaluate(unlabelled) == 0


def test_what_changes_while_it_is_read_is_not_verified(reader: Reader, specimen: Specimen, tmp_path: Path) -> None:
    """Chromium refuses a file that is no longer what was chosen."""
    folder = write_folder(tmp_path / "b", specimen.bundle)
    reader.page.evaluate(
        "() => { File.prototype.slice = () => { throw new DOMException('it changed', 'NotReadableError'); }; }"
    )
    verdict, codes = reader.opens(folder)
    assert verdict == "refused"
    assert "file-unreadable" in codes


def test_lists_that_are_huge_or_wrong_stop_nothing(reader: Reader, specimen: Specimen) -> None:
    files = copy(specimen.bundle)
    files["manifest-sha256.txt"] = b"0" * (17 * 1024 * 1024)
    files["tagmanifest-sha256.txt"] = listing(files, payload=False)
    verdict, codes = reader.judges(files)
    assert verdict == "refused"
    assert {"file-unreadable", "file-unexpected", "payload-missing"} <= codes


def test_a_key_of_the_log_counts_in_its_term(reader: Reader, specimen: Specimen) -> None:
    """Alone for the sizes it is for, and not after it was revoked; as `tiezheng verify` has it."""
    trust, (key,) = specimen.evidence.trust, specimen.evidence.trust.logs
    now, size = specimen.evidence.clock.now(), specimen.evidence.log.head().size
    for term, found in (
        (KeyTerm(key, until_size=size), set()),
        (KeyTerm(key, from_size=size + 1), {"checkpoint-signature"}),
        (KeyTerm(key, until_size=1), {"checkpoint-signature"}),
        (KeyTerm(key, revoked_at=now), {"log-key-revoked"}),
    ):
        trusted = replace(trust, terms=(term,))
        folder = write_folder(reader.place / "b", specimen.bundle)
        judged = verify_bundle(folder, trusted, clock=specimen.evidence.clock)
        assert {finding.code for finding in judged.findings} == found
        reader.trusts(trusted)
        assert reader.opens(folder)[1] == found


def test_witnesses_are_counted(reader: Reader, specimen: Specimen) -> None:
    """In a bundle whose every checkpoint is cosigned, by one of two whom the reader knows."""
    at = specimen.evidence.clock.now()
    sign = {WITNESS: at, SECOND_WITNESS: at}
    files = _cosigned(specimen, {WITNESS: at})
    for quorum, witnesses, verdict in (
        (1, (WITNESS,), ("verified", set())),
        (2, (WITNESS, SECOND_WITNESS), ("refused", {"witnesses-missing"})),
    ):
        trusted = tuple(one.key for one in witnesses)
        reader.trusts(replace(specimen.evidence.trust, witnesses=trusted, quorum=quorum))
        assert reader.judges(files) == verdict
    reader.trusts(replace(specimen.evidence.trust, witnesses=(WITNESS.key, SECOND_WITNESS.key), quorum=2))
    assert reader.judges(_cosigned(specimen, sign)) == ("verified", set())
    assert "独立见证者" in reader.page.inner_text("#verdict")
    late = _cosigned(specimen, sign | {WITNESS: at + timedelta(hours=1)})
    assert reader.judges(late) == ("refused", {"witness-from-future"})
    false = {path: content.replace(b"witness.example/w1 ", b"witness.example/w2 ") for path, content in files.items()}
    specimen.relisted(false)
    assert reader.judges(false)[1] == {"witnesses-missing"}, "a name is not a key"


def _cosigned(specimen: Specimen, witnesses: Mapping[Cosigner, datetime]) -> Files:
    """The good bundle with lines of these witnesses on every checkpoint in it."""

    def signed(content: bytes) -> bytes:
        text = note.split(content)[0]
        return cosigned(content, [witness.cosign(text, at) for witness, at in witnesses.items()])

    def proof(content: bytes) -> bytes:
        read = TlogProof.from_bytes(content)
        return replace(read, checkpoint=signed(read.checkpoint)).to_bytes()

    files = dict(specimen.bundle)
    entries = [CustodyEntry.parse(line) for line in files["custody.jsonl"].splitlines(keepends=True)]
    files["custody.jsonl"] = b"".join(replace(one, tlog_proof=proof(one.tlog_proof)).encode() for one in entries)
    files["checkpoint"] = signed(files["checkpoint"])
    files |= {path: proof(content) for path, content in files.items() if path.endswith(".tlog-proof")}
    specimen.relisted(files)
    return files


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_left_to_verify_is_said_in_the_reader_s_language(
    opened: Opened, specimen: Specimen, language: str
) -> None:
    """Revocation data makes a bundle incomplete, whatever is in it; the page names each file, and the command."""
    reader = opened(language)
    names = {"list": "further.crl", "response": "further.ocsp", "between": "between-0123456789abcdef.pem"}
    files = specimen.bundle | {f"proofs/authorities/{name}": b"x" for name in names.values()}
    specimen.relisted(files)
    assert reader.judges(files) == ("incomplete", {"not-checked", "trust-not-supplied"})
    reader.trusts(specimen.evidence.trust)
    assert reader.told() == ("incomplete", {"not-checked"})
    text = reader.page.inner_text("#verdict")
    words = reader.page.evaluate("() => document.querySelector('.banner').innerText")
    assert "tiezheng verify" in words
    assert reader.page.locator(".steps .false").count() == 0, "nothing has failed"
    assert reader.page.locator(".steps .null").count() == 1, "and one step is not through"
    assert {"zh-CN": "没有核验完", "en": "not all of it checked"}[language] in words
    said = {
        "zh-CN": {"list": "吊销列表，说明", "response": "OCSP 响应，说明", "between": "签发吊销信息者"},
        "en": {
            "list": "revocation list, which",
            "response": "OCSP response, which",
            "between": "who signed revocation",
        },
    }[language]
    for kind, name in names.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"proofs/authorities/{name}: ")]
        assert said[kind] in line
        assert "tiezheng verify" in line
    green = reader.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--good')")
    assert green not in str(reader.page.inner_html("#verdict .banner"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_copy_is_never_taken_for_its_original(opened: Opened, specimen: Specimen, language: str) -> None:
    """Beside it, it is labelled; in its place, nothing on the page is green."""
    reader = opened(language)
    reader.trusts(specimen.evidence.trust)
    files = copy(specimen.bundle)
    copies.copied(files, specimen)
    assert reader.judges(files) == ("verified", set())
    labelled = reader.page.inner_text("#verdict")
    assert {"zh-CN": "派生的播放副本", "en": "derived viewing copies"}[language] in labelled
    assert "copies/derived-询问 01.mp4" in labelled
    copies.copied(files, specimen, "copies")
    assert reader.judges(files) == ("copies-only", {"original-absent"})
    text = reader.page.inner_text("#verdict")
    for words in {
        "zh-CN": ("仅有副本，原件不在此", "副本不是原件", "原件的字节不在此证据包中"),
        "en": ("Copies only: originals are not here", "A copy is no original", "only its seal was checked"),
    }[language]:
        assert words in text
    assert reader.page.locator(".steps .false").count() == 1
    green = reader.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--good')").strip()
    shades = "all => all.map(each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor])"
    seen = str(reader.page.eval_on_selector_all("#verdict *", shades))
    assert f"rgb({', '.join(str(int(green[at : at + 2], 16)) for at in (1, 3, 5))})" not in seen
