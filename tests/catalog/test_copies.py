"""What a bundle holds: written and verified offline, for every kind of recipient."""

import json
import re
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import update

from catalog.approvals import Application
from catalog.copies import DISCLOSED
from catalog.entry import SYSTEM
from catalog.errors import ExportNotApproved, LedgerUnavailable, NotReady
from catalog.identity import CaseId, GrantId, RecordingId
from catalog.permissions import Principal, Role
from catalog.revocations import Revocations
from catalog.shapes import RECIPIENT_KINDS
from catalog.tables import recordings as recordings_table
from catalog.tables import renditions
from catalog.unshown import Unshown
from integrity.bundle import write_bundle
from integrity.canonical import parse_canonical
from integrity.checkpoint import claimed
from integrity.declaration import SignedDeclaration
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.extent import BOTH, COPIES, ORIGINALS
from integrity.finding import ORIGINAL_ABSENT
from integrity.note import Signer
from integrity.revocations import read_list
from integrity.statement import Statement
from integrity.statement_check import STEP
from integrity.verify import verify_bundle
from tests.catalog.proven import FILES, Proven
from tests.catalog.test_checkpoint_tokens import stamp
from tests.fakes.certificates import Issued, revocations
from tests.fakes.clocks import START
from tests.fakes.immutable import clear_immutable
from tests.fakes.signers import KEY

FORMAT = (Path(__file__).resolve().parents[2] / "integrity" / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def officer(proven: Proven) -> Principal:
    return proven.person("officer", Role.OFFICER)


@pytest.fixture
def recordings(proven: Proven) -> list[RecordingId]:
    return [proven.footage(b"first"), proven.footage(b"second")]


@pytest.fixture
def case(proven: Proven, officer: Principal, recordings: list[RecordingId]) -> CaseId:
    opened = proven.cases.open(officer, "〔2026〕1号", "占道经营")
    proven.linking.link(officer, opened, recordings, "investigation")
    proven.gate.open_view(officer, recordings[0], "核对")
    return opened


def granted(
    house: Proven,
    officer: Principal,
    case: CaseId,
    *wanted: RecordingId,
    kind: str = "court",
    extent: str = ORIGINALS,
) -> GrantId:
    approver = house.sessions["approver"].principal if "approver" in house.sessions else house.person(
        "approver", Role.APPROVER)  # fmt: skip
    request = house.applied(officer, case, *wanted, kind=kind, extent=extent)
    grant = house.approvals.decide(approver, request, "approved", "符合规定")
    assert grant is not None
    return grant


@pytest.mark.parametrize("kind", RECIPIENT_KINDS)
def test_every_recipient_gets_a_bundle_that_verifies(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path, kind: str
) -> None:
    contents = proven.copies.contents(granted(proven, officer, case, *recordings, kind=kind))
    write_bundle(tmp_path / "bundle.zip", contents, proven.stamp)
    verdict = verify_bundle(tmp_path / "bundle.zip", proven.trust, clock=proven.clock)
    assert verdict.findings == ()
    opened = [parse_canonical(entry.body)["action"] for entry in contents.custody if entry.body is not None]
    assert opened[-1] == "decide"
    assert ("view" in opened) == (DISCLOSED[kind] is None)
    assert len(contents.custody) > len(opened) or DISCLOSED[kind] is None


def test_who_watched_is_told_to_court_and_agency_only(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    """Not a byte of a bundle for anybody else has the name of somebody who only watched."""
    watcher = proven.person("watcher", Role.SUPERVISOR)
    proven.gate.open_view(watcher, recordings[0], "监督调阅")
    for kind in RECIPIENT_KINDS:
        contents = proven.copies.contents(granted(proven, officer, case, *recordings, kind=kind))
        path = tmp_path / f"{kind}.zip"
        write_bundle(path, contents, proven.stamp)
        with zipfile.ZipFile(path) as archive:
            told = any(b"Watcher" in archive.read(name) for name in archive.namelist())
        assert told == (kind in ("court", "agency"))


def test_the_format_says_what_is_opened_to_whom() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+`(?:, )?)+) \| (.+) \|$", FORMAT, re.MULTILINE)
    told = {
        kind: None if opened == "all" else frozenset(re.findall(r"`([a-z-]+)`", opened))
        for kinds, opened in rows
        for kind in re.findall(r"`([a-z]+)`", kinds)
        if kind in DISCLOSED
    }
    assert told == dict(DISCLOSED)
    assert set(DISCLOSED) == set(RECIPIENT_KINDS)


def test_a_stamped_checkpoint_that_covers_all_of_it_goes_along(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    grant = granted(proven, officer, case, *recordings)
    proven.sequencer.drain()
    assert proven.copies.contents(grant).checkpoint_token is None
    size, token = stamp(proven)
    contents = proven.copies.contents(grant)
    assert (claimed(contents.checkpoint).size, contents.checkpoint_token) == (size, token.raw)
    write_bundle(tmp_path / "bundle.zip", contents, proven.stamp)
    assert verify_bundle(tmp_path / "bundle.zip", proven.trust, clock=proven.clock).findings == ()


def test_exactly_what_was_approved(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    grant = granted(proven, officer, case, recordings[1])
    write_bundle(tmp_path / "bundle.zip", proven.copies.contents(grant))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        payload = [name for name in archive.namelist() if "/data/" in name]
        assert [archive.read(name) for name in payload] == [b"second"]
        approval = json.loads(archive.read(f"tiezheng-{grant}/approval.json"))
        custody = archive.read(f"tiezheng-{grant}/custody.jsonl").decode()
    assert approval["request"]["legal_basis"] == "行政诉讼法第三十四条"
    assert approval["approval"]["approver"] == "Approver"
    assert recordings[0] not in custody.replace(json.dumps(recordings), "")


def test_documents_go_along_that_were_asked_for_and_approved(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    filed, kept = (proven.filed(case, officer, body) for body in (b"asked for", b"kept back"))
    request = proven.approvals.request(
        officer, case, Application((recordings[0],), "release", "王五", "party", "法", "阅卷", (filed,))
    )
    grant = proven.approvals.decide(proven.person("approver", Role.APPROVER), request, "approved", "符合规定")
    assert grant is not None
    contents = proven.copies.contents(grant)
    write_bundle(tmp_path / "bundle.zip", contents, proven.stamp)
    assert verify_bundle(tmp_path / "bundle.zip", proven.trust, clock=proven.clock).findings == ()
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        payload = [archive.read(name) for name in archive.namelist() if "/data/documents/" in name]
        approval = json.loads(archive.read(f"tiezheng-{grant}/approval.json"))
    assert payload == [b"asked for"]
    assert approval["request"]["documents"] == [Digest.of(b"asked for").hex]
    subjects = [parse_canonical(entry.body)["subject"]["id"] for entry in contents.custody if entry.body]
    assert filed in subjects
    assert kept not in subjects


def test_what_a_station_declared_and_signed_goes_along(
    proven: Proven, officer: Principal, case: CaseId, tmp_path: Path
) -> None:
    station, _ = proven.stations.enrol(SYSTEM, proven.agency.id, "签名的采集站")
    body = b"signed for"
    said = Statement(
        agency=proven.agency.id, kind="body-camera", name="签名.mp4", station=station.id, sha256=Digest.of(body)
    )
    signed = SignedDeclaration.sign(said.declaration(len(body)), Signer(station.id, KEY))
    made = proven.catalogued(body, replace(said, signed=signed), station.actor)
    recording = RecordingId(str(made.recording))
    proven.linking.link(officer, case, [recording], "investigation")
    write_bundle(tmp_path / "b.zip", proven.copies.contents(granted(proven, officer, case, recording)), proven.stamp)
    verdict = verify_bundle(tmp_path / "b.zip", proven.trust, clock=proven.clock)
    assert verdict.findings == ()
    [step] = [step for step in verdict.steps if step.name == STEP]
    assert signed.key.vkey in step.detail
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".statement.json")]
        assert Statement.parse(archive.read(name)).signed == signed


@pytest.mark.parametrize("kind", ["court", "media"])
@pytest.mark.parametrize(("extent", "places"), [
    (ORIGINALS, {"originals"}), (BOTH, {"originals", "copies"}), (COPIES, {"copies"}),
])  # fmt: skip
def test_what_was_approved_of_each_recording_is_what_goes_along(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path,
    kind: str, extent: str, places: set[str],
) -> None:  # fmt: skip
    """For everybody, also for whom the request is not opened: the approval is."""
    contents = proven.copies.contents(granted(proven, officer, case, *recordings, kind=kind, extent=extent))
    write_bundle(tmp_path / "b.zip", contents, proven.stamp)
    verdict = verify_bundle(tmp_path / "b.zip", proven.trust, clock=proven.clock)
    assert {finding.code for finding in verdict.findings} == ({ORIGINAL_ABSENT} if extent == COPIES else set())
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        payload = {name.partition("/")[2]: archive.read(name) for name in archive.namelist() if "/data/" in name}
        sealed = [name for name in archive.namelist() if name.endswith(".manifest.json")]
    assert {name.split("/")[1] for name in payload} == places
    assert len(sealed) == 2, "the seals of the originals go along, whatever else does"
    copies = {name for name in payload if name.startswith("data/copies/")}
    assert all(payload[name] == FILES["media.mp4"] for name in copies), "the film, and no poster or playlist"
    assert copies == ({"data/copies/derived-现场.mp4", "data/copies/derived-现场 (2).mp4"} if copies else set())


def test_a_copy_that_is_not_signed_any_more_does_not_leave(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId
) -> None:
    grant = granted(proven, officer, case, *recordings, extent=COPIES)
    with proven.database.write() as connection:
        connection.execute(update(renditions).where(renditions.c.name == "media.mp4").values(signature=bytes(64)))
    with pytest.raises(InvalidBundle, match="no viewing copy of part 1"):
        proven.copies.contents(grant)


def test_a_copy_whose_bytes_are_others_makes_no_bundle(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    contents = proven.copies.contents(granted(proven, officer, case, *recordings, extent=COPIES))
    [path] = (proven.folder / "renditions" / recordings[0]).glob("r1-*/media.mp4")
    path.chmod(0o600)
    for content in (b"\x00\x01other pictures", None):
        path.write_bytes(content) if content is not None else path.unlink()
        with pytest.raises(InvalidBundle, match=r"media\.mp4|derived-"):
            write_bundle(tmp_path / "b.zip", contents)
        assert not (tmp_path / "b.zip").exists()


def test_a_copy_that_was_made_anew_meanwhile_is_waited_for(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    grant = granted(proven, officer, case, *recordings, extent=COPIES)
    before = proven.copies.contents(grant)
    with proven.database.write() as connection:
        connection.execute(recordings_table.update().values(state="catalogued"))
    proven.prepare(recordings[0])
    proven.prepare(recordings[1])
    for recording in recordings:
        Unshown(proven.database, proven.store, proven.clock).tidy(recording)
    with pytest.raises(NotReady, match="made anew"):
        write_bundle(tmp_path / "b.zip", before)
    assert not (tmp_path / "b.zip").exists()
    write_bundle(tmp_path / "b.zip", proven.copies.contents(grant))


def test_custody_ends_with_the_approval(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId
) -> None:
    grant = granted(proven, officer, case, *recordings)
    proven.gate.open_view(officer, recordings[0], "批准之后的调阅")
    last = proven.copies.contents(grant).custody[-1]
    assert last.body is not None
    assert parse_canonical(last.body)["details"]["grant"] == grant


def test_no_contents_without_an_open_grant(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId
) -> None:
    grant = granted(proven, officer, case, *recordings)
    proven.grants.failed(grant, "test")
    for each in (grant, GrantId("0" * 26)):
        with pytest.raises(ExportNotApproved):
            proven.copies.contents(each)


def test_bytes_that_were_changed_make_no_bundle(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    contents = proven.copies.contents(granted(proven, officer, case, *recordings))
    clear_immutable(proven.folder)
    for path in (proven.folder / "vault").rglob("*"):
        if path.is_file() and path.read_bytes() == b"second":
            path.chmod(0o600)
            path.write_bytes(b"sec0nd")
    with pytest.raises(InvalidBundle):
        write_bundle(tmp_path / "bundle.zip", contents)
    assert not (tmp_path / "bundle.zip").exists()


def test_entries_that_wait_for_their_leaf_are_waited_for(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    request = proven.applied(officer, case, *recordings)
    proven.log.down = True
    with pytest.raises(LedgerUnavailable):
        proven.approvals.decide(proven_approver(proven), request, "approved", "符合规定")
    proven.log.down = False
    proven.sequencer.drain()
    (grant,) = proven.grants.waiting()
    write_bundle(tmp_path / "bundle.zip", proven.copies.contents(grant), proven.stamp)
    assert verify_bundle(tmp_path / "bundle.zip", proven.trust, clock=proven.clock).ok


def proven_approver(house: Proven) -> Principal:
    house.log.down = False
    approver = house.person("approver", Role.APPROVER)
    house.log.down = True
    return approver


def test_revocation_lists_go_along_in_the_bundle_and_in_the_seal(
    proven: Proven, officer: Principal, recordings: list[RecordingId], case: CaseId, tmp_path: Path
) -> None:
    lists = Revocations(proven.database, proven.ledger, proven.clock)
    root = Issued(proven.embedded._root.key, proven.embedded._root.certificate)
    [signer] = lists.signers("embedded")

    def kept(at: datetime, *serials: int) -> bytes:
        content = revocations(root, dict.fromkeys(serials, at), at).public_bytes(Encoding.DER)
        lists.keep("embedded", read_list(content))
        return content

    good = kept(START)
    grant = granted(proven, officer, case, *recordings)
    contents = proven.copies.contents(grant)
    name = f"embedded-{Digest.of(good).hex[:16]}.crl"
    assert contents.authorities[name] == good
    write_bundle(tmp_path / "bundle.zip", contents, proven.stamp)
    assert verify_bundle(tmp_path / "bundle.zip", proven.trust, clock=proven.clock).findings == ()
    files = proven.gate.seal_files(proven.person("supervisor", Role.SUPERVISOR), recordings[0])
    assert files[f"authorities/{name}"] == good
    kept(START + timedelta(seconds=1), signer.serial_number)
    proven.clock.advance(3600)
    write_bundle(tmp_path / "later.zip", proven.copies.contents(grant), proven.stamp)
    found = verify_bundle(tmp_path / "later.zip", proven.trust, clock=proven.clock).findings
    assert {finding.code for finding in found} == {"token-certificate-revoked"}
