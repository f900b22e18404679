"""A bundle is made, waits for what is away, and is verified before it can be fetched; what does not verify never is."""

import io
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy import update

from catalog.copies import Copies
from catalog.errors import ExportNotApproved, NotReady, RenditionsUnavailable
from catalog.identity import GrantId
from catalog.permissions import Role
from catalog.tables import originals, recordings
from integrity.bundle_contents import BundleContents
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, VaultUnavailable
from integrity.extent import BOTH, COPIES
from integrity.opened import OpenedFile
from integrity.verify import verify_bundle
from player.export import Export
from tests.player.office import Office
from tests.player.scene import BODY, Scene, approved


@pytest.fixture
def scene(office: Office) -> Scene:
    return approved(office)


@pytest.fixture
def ready(scene: Scene) -> Scene:
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "ready"
    return scene


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
