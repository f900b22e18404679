"""A bundle is released when it verifies, to one person, once; every other try is refused and on record."""

from contextlib import closing
from pathlib import Path

import pytest

from catalog.entry import Actor
from catalog.errors import ExportNotApproved, GrantSpent, NotFound
from catalog.permissions import Role
from integrity.canonical import parse_canonical
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import InvalidBundle
from integrity.tlog_proof import TlogProof
from integrity.verify import verify_bundle
from player.export import AHEAD, Export
from tests.player.office import Office
from tests.player.scene import Scene, approved, sent


@pytest.fixture
def scene(office: Office) -> Scene:
    return approved(office)


@pytest.fixture
def ready(scene: Scene) -> Scene:
    scene.office.export.make(scene.grant)
    assert scene.facts().state == "ready"
    return scene


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
