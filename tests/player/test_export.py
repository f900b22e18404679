"""A bundle is released when it verifies, to one person, once; every other try is refused and on record."""

import io
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from catalog.copies import Copies
from catalog.entry import Actor
from catalog.errors import ExportNotApproved, GrantSpent, NotFound, NotReady, RenditionsUnavailable
from catalog.grants import GrantFacts
from catalog.identity import CaseId, GrantId, RecordingId
from catalog.permissions import Principal, Role
from catalog.tables import originals, recordings
from integrity.bundle_contents import BundleContents
from integrity.canonical import parse_canonical
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, InvalidBundle, VaultUnavailable
from integrity.extent import BOTH, COPIES
from integrity.opened import OpenedFile
from integrity.tlog_proof import TlogProof
from integrity.verify import verify_bundle
from player.export import AHEAD, Delivery, Export
from tests.player.office import Office

BODY = b"moving pictures " * 1000


@dataclass(frozen=True, slots=True)
class Scene:
    """An approved copy of one recording, and the people around it."""

    office: Office
    officer: Principal
    approver: Principal
    case: CaseId
    recording: RecordingId
    grant: GrantId

    def facts(self) -> GrantFacts:
        return self.office.grants.get(self.officer, self.grant)

    def release(self, method: str = "GET", who: Principal | None = None, **headers: str) -> Delivery:
        return self.office.export.release(who or self.officer, self.grant, method, headers)

    def refusals(self) -> list[str]:
        return [entry["details"].get("why", "") for entry in self.office.entries("release", "refused")]


@pytest.fixture
def scene(office: Office) -> Scene:
    officer, approver = office.person("officer", Role.OFFICER), office.person("approver", Role.APPROVER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage(BODY)
    office.linking.link(officer, case, [recording], "investigation")
    request = office.applied(officer, case, recording)
    grant = office.approvals.decide(approver, request, "approved", "依法")
    assert grant is not None
    return Scene(office, officer, approver, case, recording, grant)


@pytest.fixture
def ready(scene: Scene) -> Scene:
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "ready"
    return scene


def sent(delivery: Delivery, start: int = 0, end: int | None = None) -> bytes:
    """What the stream would do with a delivery."""
    last = delivery.content.size if end is None else end
    with closing(delivery.content.source) as source:
        delivery.before(last)
        body = source.read_at(start, last - start)
    delivery.finished(last)
    delivery.closed()
    return body


def test_a_bundle_is_verified_before_it_is_ready(ready: Scene) -> None:
    facts = ready.facts()
    path = ready.office.folder / "bundles" / ready.grant / "bundle.zip"
    assert Digest.of_file(path).hex == facts.zip_sha256
    assert verify_bundle(path, ready.office.trust).ok
    with zipfile.ZipFile(path) as archive:
        assert BODY in [archive.read(name) for name in archive.namelist() if "/data/originals/" in name]


def test_a_job_that_runs_again_changes_nothing(ready: Scene) -> None:
    before = ready.facts()
    ready.office.export.make(ready.grant)
    assert ready.facts() == before


def test_a_job_cut_short_begins_anew(scene: Scene) -> None:
    left = scene.office.folder / "bundles" / scene.grant
    left.mkdir(parents=True)
    (left / "bundle.zip").write_bytes(b"half")
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "ready"


def test_no_bundle_for_what_nobody_approved(scene: Scene) -> None:
    scene.office.export.make(GrantId("0" * 26))
    assert not list((scene.office.folder / "bundles").iterdir())


def test_a_changed_original_fails_the_bundle_and_leaves_no_file(scene: Scene) -> None:
    with scene.office.database.read() as connection:
        sha256 = connection.execute(originals.select()).one().sha256
    place = scene.office.folder / "vault" / sha256[:2] / sha256[2:4] / sha256
    scene.office.vault = _Lying(scene.office, place)  # type: ignore[assignment]  # a vault that hands out other bytes
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "failed"
    assert not (scene.office.folder / "bundles" / scene.grant).exists()


class _Lying:
    def __init__(self, office: Office, place: object) -> None:
        self._place = place

    def open(self, ref: object) -> io.BytesIO:
        return io.BytesIO(b"x" * len(BODY))


def export(scene: Scene, copies: Copies | None = None, stamp: Callable[[Digest], bytes | None] | None = None) -> Export:
    office = scene.office
    return Export(
        copies or office.copies, office.grants, office.folder / "bundles", office.trust, stamp or office.stamp
    )


def test_what_does_not_verify_is_not_released(scene: Scene) -> None:
    """The authority stamps other bytes: the bundle is written, and the check of the finished file finds it."""
    export(scene, stamp=lambda digest: scene.office.stamp(Digest.of(b"other"))).make(scene.grant)
    facts = scene.facts()
    assert facts.state == "failed"
    assert "does not verify" in str(facts.reason)
    with pytest.raises(ExportNotApproved):
        scene.release()


def test_a_bundle_waits_for_an_authority_that_is_down(scene: Scene) -> None:
    def down(digest: Digest) -> bytes | None:
        raise AuthorityUnavailable("down")

    def silent(digest: Digest) -> bytes | None:
        return None

    for stamp in (down, silent):
        with pytest.raises(AuthorityUnavailable):
            export(scene, stamp=stamp).make(scene.grant)
        assert scene.facts().state == "approved"
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "ready"


def test_a_bundle_waits_for_a_vault_that_is_down(scene: Scene) -> None:
    class Away(Copies):
        def contents(self, grant: GrantId) -> BundleContents:
            raise VaultUnavailable("away")

    with pytest.raises(VaultUnavailable):
        export(scene, Away.__new__(Away)).make(scene.grant)
    assert scene.facts().state == "approved"


def test_it_is_fetched_once_and_then_gone(ready: Scene) -> None:
    facts = ready.facts()
    body = sent(ready.release())
    assert Digest.of(body).hex == facts.zip_sha256
    assert ready.facts().state == "completed"
    assert not (ready.office.folder / "bundles" / ready.grant).exists()
    with pytest.raises(ExportNotApproved):
        ready.release()
    assert ready.refusals() == ["completed"]


def test_the_release_is_on_record_under_a_durable_head_before_the_first_byte(ready: Scene) -> None:
    delivery = ready.release()
    [entry] = ready.office.entries("release", "permitted")
    assert entry["details"]["zip"] == ready.facts().zip_sha256
    assert ready.facts().sent_through == 0
    sent(delivery)


def test_the_entry_of_the_release_travels_beside_it(ready: Scene) -> None:
    export = ready.office.export
    with pytest.raises(NotFound):
        export.release_line(ready.officer, ready.grant)
    sent(ready.release())
    entry = CustodyEntry.parse(export.release_line(ready.officer, ready.grant))
    [body] = ready.office.entries("release", "permitted")
    assert parse_canonical(entry.body or b"") == body
    proof = TlogProof.from_bytes(entry.tlog_proof)
    assert proof.checkpoint and entry.commitment in list(
        ready.office.reader.entries(0, ready.office.reader.head().size)
    )
    with pytest.raises(NotFound):
        export.release_line(ready.approver, ready.grant)


def test_an_interrupted_download_goes_on_where_it_stopped(ready: Scene) -> None:
    size = ready.facts().zip_size or 0
    first = ready.release()
    with closing(first.content.source) as source:
        first.before(size)
        half = source.read_at(0, size // 2)
    first.closed()  # the client left: nothing finished
    assert ready.facts().state == "releasing"
    rest = ready.release(range=f"bytes={len(half)}-")
    body = half + sent(rest, start=len(half))
    assert Digest.of(body).hex == ready.facts().zip_sha256
    assert ready.facts().state == "completed"
    assert ready.office.entries("release-resumed", "permitted")


def test_a_first_range_that_ends_early_does_not_spend_it(ready: Scene) -> None:
    assert len(sent(ready.release(range="bytes=0-99"), end=100)) == 100
    assert ready.facts().state == "releasing"
    sent(ready.release())
    assert ready.facts().state == "completed"


def test_a_gap_is_refused(ready: Scene) -> None:
    with pytest.raises(ExportNotApproved):
        ready.release(range="bytes=100-")
    assert ready.facts().state == "ready"


def test_two_connections_at_a_time_are_refused_and_the_first_goes_on(ready: Scene) -> None:
    first = ready.release()
    with pytest.raises(ExportNotApproved):
        ready.release()
    sent(first)
    assert ready.facts().state == "completed"


def test_a_connection_that_lost_its_lease_stops(ready: Scene) -> None:
    slow = ready.release()
    ready.office.clock.advance(61)
    other = ready.release()
    with pytest.raises(GrantSpent):
        slow.before(AHEAD)
    sent(other)
    slow.content.source.close()  # as the stream does
    slow.closed()
    assert ready.facts().state == "completed"


def test_nobody_else_gets_it(ready: Scene) -> None:
    for who in (ready.approver, ready.office.person("colleague", Role.OFFICER), ready.office.person("nobody")):
        with pytest.raises(ExportNotApproved):
            ready.release(who=who)
    assert ready.refusals() == ["another-person"] * 3
    assert ready.facts().state == "ready"


def test_an_expired_grant_is_refused_and_its_bundle_removed(ready: Scene) -> None:
    ready.office.clock.advance(73 * 3600)
    officer = ready.office.signin.sign_in("officer", "correct horse battery staple").principal
    with pytest.raises(ExportNotApproved):
        ready.release(who=officer)
    ready.office.export.sweep()
    assert not (ready.office.folder / "bundles" / ready.grant).exists()
    assert ready.refusals() == ["expired"]


def test_sweeping_keeps_what_may_still_be_fetched(ready: Scene) -> None:
    stranger = ready.office.folder / "bundles" / ("0" * 26)
    stranger.mkdir()
    ready.office.export.sweep()
    assert not stranger.exists()
    sent(ready.release())


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"if-none-match": "*"}),
        ("GET", {"range": "bytes=99999999-"}),
        ("GET", {"if-match": '"x"'}),
    ],
)
def test_a_question_that_needs_no_byte_spends_nothing(ready: Scene, method: str, headers: dict[str, str]) -> None:
    delivery = ready.office.export.release(ready.officer, ready.grant, method, headers)
    delivery.content.source.close()
    delivery.before(10)
    delivery.finished(delivery.content.size)
    delivery.closed()
    assert ready.facts().state == "ready"
    assert not ready.office.entries("release", "permitted")


@pytest.mark.parametrize("defect", ["gone", "shorter", "link"])
def test_another_file_in_its_place_is_not_released(ready: Scene, defect: str) -> None:
    path = ready.office.folder / "bundles" / ready.grant / "bundle.zip"
    whole = path.read_bytes()
    path.unlink()
    if defect == "shorter":
        path.write_bytes(whole[:-1])
    elif defect == "link":
        (path.parent / "other").write_bytes(whole)
        path.symlink_to("other")
    with pytest.raises(InvalidBundle):
        ready.release()
    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    sent(ready.release())  # the connection was given back: the person is not shut out


OPERATOR = Actor("system", "operator:root", "root", None)


def test_the_operator_carries_it_out_as_a_folder_once_and_on_record(ready: Scene) -> None:
    before, disc = ready.facts(), ready.office.folder / "disc"
    target = ready.office.export.hand_over(OPERATOR, ready.grant, disc)
    line = disc / f"{target.name}.release.json"
    assert verify_bundle(target, ready.office.trust, release=line).findings == ()
    assert Digest.of_file(target / "tagmanifest-sha256.txt").hex == before.bundle_sha256
    [entry] = ready.office.entries("release", "permitted")
    assert (entry["actor"]["id"], entry["details"]["for"]) == ("operator:root", ready.officer.person_id)
    assert ready.facts().state == "completed"
    assert not (ready.office.folder / "bundles" / ready.grant).exists()
    with pytest.raises(ExportNotApproved):
        ready.release()
    with pytest.raises(ExportNotApproved):
        ready.office.export.hand_over(OPERATOR, ready.grant, ready.office.folder / "another disc")
    assert not (ready.office.folder / "another disc").exists()


def test_what_is_not_ready_is_not_carried_out(scene: Scene) -> None:
    with pytest.raises(ExportNotApproved):
        scene.office.export.hand_over(OPERATOR, scene.grant, scene.office.folder / "disc")
    assert scene.refusals() == ["approved"]
    assert not (scene.office.folder / "disc").exists()


def test_a_folder_that_does_not_verify_goes_and_the_grant_stays(ready: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Export, bundle: Path) -> None:
        raise InvalidBundle("as the test asked")

    with monkeypatch.context() as patched:
        patched.setattr(Export, "_require", refuse)
        with pytest.raises(InvalidBundle, match="as the test asked"):
            ready.office.export.hand_over(OPERATOR, ready.grant, ready.office.folder / "disc")
    assert list((ready.office.folder / "disc").iterdir()) == []
    sent(ready.release())
    assert ready.facts().state == "completed"


def test_a_disc_with_the_folder_on_it_already_spends_nothing(ready: Scene) -> None:
    (ready.office.folder / "disc" / f"tiezheng-{ready.grant}").mkdir(parents=True)
    with pytest.raises(InvalidBundle, match="there already"):
        ready.office.export.hand_over(OPERATOR, ready.grant, ready.office.folder / "disc")
    assert ready.facts().state == "ready"


def test_with_the_log_down_nothing_is_released(ready: Scene) -> None:
    ready.office.log.down = True
    with pytest.raises(Exception, match="log"):
        ready.release()
    ready.office.log.down = False
    ready.office.clock.advance(61)
    sent(ready.release())
    assert ready.facts().state == "completed"


def test_where_only_copies_were_approved_the_bundle_has_no_original(office: Office) -> None:
    """That its verdict says so holds nothing back; a copy that was exchanged does."""
    officer, approver = office.person("officer", Role.OFFICER), office.person("approver", Role.APPROVER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage(BODY)
    office.linking.link(officer, case, [recording], "investigation")
    made = []
    for _ in range(2):
        request = office.applied(officer, case, recording, extent=COPIES)
        grant = office.approvals.decide(approver, request, "approved", "仅供播放")
        assert grant is not None
        office.export.make(grant)
        made.append(office.grants.get(officer, grant))
        [path] = (office.folder / "renditions" / recording).glob("r1-*/media.mp4")
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[::-1])
    assert [facts.state for facts in made] == ["ready", "failed"]
    assert "derived-现场.mp4" in (made[1].reason or "")
    bundle = office.folder / "bundles" / made[0].id / "bundle.zip"
    assert verify_bundle(bundle, office.trust).copies_only
    with zipfile.ZipFile(bundle) as archive:
        assert all(BODY not in archive.read(name) for name in archive.namelist())


def test_a_bundle_waits_for_a_store_of_copies_that_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, or in the middle of a file; nothing of it stays."""
    officer, approver = office.person("officer", Role.OFFICER), office.person("approver", Role.APPROVER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage(BODY)
    office.linking.link(officer, case, [recording], "investigation")
    grant = office.approvals.decide(approver, office.applied(officer, case, recording, extent=BOTH), "approved", "依法")
    assert grant is not None

    def away(*_: object) -> bytes:
        raise RenditionsUnavailable("no answer")

    for holder, name in ((office.store, "open"), (OpenedFile, "read_at")):
        with monkeypatch.context() as patched, pytest.raises(RenditionsUnavailable):
            patched.setattr(holder, name, away)
            office.export.make(grant)
        assert office.grants.get(officer, grant).state == "approved"
        assert not (office.folder / "bundles" / grant / "bundle.zip").exists()
    office.export.make(grant)
    assert office.grants.get(officer, grant).state == "ready"


def test_a_copy_that_is_made_anew_is_waited_for(office: Office) -> None:
    """A new recipe meanwhile is nobody's reason to ask again."""
    officer, approver = office.person("officer", Role.OFFICER), office.person("approver", Role.APPROVER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage(BODY)
    office.linking.link(officer, case, [recording], "investigation")
    grant = office.approvals.decide(approver, office.applied(officer, case, recording, extent=BOTH), "approved", "依法")
    assert grant is not None
    for state in ("catalogued", "preparing"):
        with office.database.write() as connection:
            connection.execute(update(recordings).values(state=state))
        with pytest.raises(NotReady):
            office.export.make(grant)
        assert office.grants.get(officer, grant).state == "approved"
    with office.database.write() as connection:
        connection.execute(update(recordings).values(state="unplayable"))
    office.export.make(grant)
    assert office.grants.get(officer, grant).state == "failed"
