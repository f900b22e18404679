"""Orders of disposal from request to the last byte, and their races with all that keeps a recording."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from catalog import tables
from catalog.errors import Conflict, NotFound, NotPermitted, NotReady, RenditionsUnavailable, SelfApproval
from catalog.identity import RecordingId, new_id
from catalog.permissions import Role
from integrity.digest import Digest
from integrity.statement import Statement
from tests.catalog.disposal_office import BODY, Office, originals_of, salts_of, upload_again
from tests.catalog.proven import Proven


@pytest.fixture
def office(proven: Proven) -> Office:
    return Office(proven)


def test_from_request_to_the_last_byte(office: Office) -> None:
    house, recording = office.house, office.house.footage(BODY)
    [(before, _)] = [(row.manifest, row.leaf_index) for row in originals_of(office)]
    office.expire()
    house.sessions.clear()
    disposal = office.order(recording)
    assert office.lies()
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert not office.lies()
    assert not house.store.holds(recording)
    assert office.codes() == set()
    [row] = originals_of(office)
    assert row.manifest == before, "the proof that it existed stays"
    assert house.vault.find(Digest.of(before)) is not None
    [stone] = house.entries("dispose", "permitted")
    assert stone["details"]["legal_basis"] == "第十六条"
    assert stone["details"]["requested_by"]["name"] == "Supervisor"
    assert stone["details"]["decided_by"]["name"] == "Approver"
    assert stone["details"]["originals"][0]["sha256"] == Digest.of(BODY).hex
    assert stone["details"]["erased"]["entries"] > 0
    assert salts_of(office, recording) == ["dispose"]
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert office.disposing.unfinished() == []


# --- who may, and what may ------------------------------------------------------------------------------------------


def test_one_person_never_does_both(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    both = office.house.person("both", Role.SUPERVISOR, Role.APPROVER)
    disposal = office.disposals.request(both, [recording], "第十六条", "保存期满")
    with pytest.raises(SelfApproval):
        office.disposals.decide(both, disposal, "approved", "同意")
    with pytest.raises(NotPermitted):
        office.disposals.decide(office.officer, disposal, "approved", "同意")
    with pytest.raises(NotPermitted):
        office.disposals.request(office.officer, [recording], "第十六条", "保存期满")
    assert office.disposing.carry_out(disposal) == {"asked": 1}
    assert office.lies()


def test_what_was_refused_or_withdrawn_is_never_carried_out(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    refused = office.disposals.request(office.supervisor, [recording], "第十六条", "保存期满")
    office.disposals.decide(office.approver, refused, "refused", "仍有价值")
    withdrawn = office.disposals.request(office.supervisor, [recording], "第十六条", "保存期满")
    office.disposals.withdraw(office.supervisor, withdrawn)
    with pytest.raises(Conflict):
        office.disposals.decide(office.approver, withdrawn, "approved", "同意")
    for disposal in (refused, withdrawn):
        office.disposing.carry_out(disposal)
    assert office.lies()
    assert office.disposing.unfinished() == []


def test_nothing_is_asked_for_that_must_stay(office: Office) -> None:
    young = office.house.footage(BODY)
    with pytest.raises(Conflict, match="unexpired"):
        office.disposals.request(office.supervisor, [young], "第十六条", "保存期满")
    with pytest.raises(NotFound):
        office.disposals.request(office.supervisor, [RecordingId("0" * 26)], "第十六条", "保存期满")


def test_the_list_of_what_may_go(office: Office) -> None:
    old = office.house.footage(BODY)
    held = office.house.footage(b"held")
    office.holds.place(office.officer, "复议期间", recording=held)
    office.expire()
    office.house.footage(b"young")
    page = office.disposals.expired(office.supervisor)
    assert [(one.id, one.basis) for one in page.items] == [(old, ("第十六条",))]
    with pytest.raises(NotPermitted):
        office.disposals.expired(office.officer)


def test_an_order_waits_for_a_store_of_copies_that_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not done before the copy is gone, and nobody is told that a copy stayed where nobody could look."""
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)

    def away(*_: object) -> bool:
        raise RenditionsUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(office.house.store, "remove", away)
        assert office.disposing.carry_out(disposal) == {"tombstone": 1}
        assert office.lies()
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert not office.house.store.holds(recording)
    assert office.codes() == set()
    monkeypatch.setattr(office.house.store, "holds", away)
    assert office.codes() == {"rendition-unreadable"}


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def hold(office: Office, recording: RecordingId) -> None:
    office.holds.place(office.officer, "复议期间", recording=recording)


def link(office: Office, recording: RecordingId) -> None:
    case = office.house.cases.open(office.officer, "〔2026〕9号", "复议")
    office.house.linking.link(office.officer, case, [recording], "start")


def again(office: Office, recording: RecordingId) -> None:
    assert upload_again(office) == recording


@pytest.mark.parametrize("meanwhile", [hold, link, again])
def test_what_comes_before_the_tombstone_keeps_it(
    office: Office, meanwhile: Callable[[Office, RecordingId], None]
) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    meanwhile(office, recording)
    assert office.disposing.carry_out(disposal) == {"kept": 1}
    assert office.lies()
    assert office.codes() == set()
    assert office.house.entries("disposal-kept")


def test_what_comes_after_the_tombstone_is_told_so(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    case = office.house.cases.open(office.officer, "〔2026〕9号", "复议")
    with pytest.raises(Conflict):
        office.house.linking.link(office.officer, case, [recording], "start")
    with pytest.raises(Conflict):
        hold(office, recording)
    with pytest.raises(NotReady):
        office.house.gate.open_view(office.supervisor, recording, "复查")


def test_the_same_bytes_again_live_again(office: Office) -> None:
    recording = office.house.footage(BODY)
    office.expire()
    office.disposing.carry_out(office.order(recording))
    assert upload_again(office) == recording
    assert office.lies()
    assert office.codes() == set()
    office.house.prepare(recording)
    assert office.house.gate.open_view(office.supervisor, recording, "复查").recording_id == recording
    office.expire()
    office.disposing.carry_out(office.order(recording))
    assert not office.lies()
    assert office.codes() == set()


def test_a_joined_recording_goes_whole_and_lives_again_whole(office: Office) -> None:
    house, bodies = office.house, (b"first segment", b"second segment")

    def dock(body: bytes) -> RecordingId:
        station, _ = house.stations.enrol(office.admin, house.agency.id, f"采集站 {new_id()}")
        statement = Statement(agency=house.agency.id, kind="body-camera", name="a", station=station.id, device="DSJ-7")
        return RecordingId(str(house.catalogued(body, statement, station.actor).recording))

    def state() -> str:
        with house.database.read() as connection:
            mine = select(tables.recordings.c.state).where(tables.recordings.c.id == whole)
            return str(connection.scalar(mine))

    whole, member = dock(bodies[0]), dock(bodies[1])
    house.joining.join(office.officer, whole, [member])
    office.expire()
    assert [one.id for one in office.disposals.expired(office.supervisor).items] == [whole]
    with pytest.raises(Conflict, match="joined"):
        office.order(member)
    disposal = office.disposals.request(office.supervisor, [whole], "第十六条", "保存期满")
    with pytest.raises(Conflict, match="disposed"):
        house.joining.separate(office.officer, whole, "在鉴定中")
    office.disposals.decide(office.approver, disposal, "approved", "经鉴定无保存价值")
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert [office.lies(body) for body in bodies] == [False, False]
    with house.database.read() as connection:
        stone = connection.scalar(select(tables.ledger.c.body).where(tables.ledger.c.action == "dispose"))
    assert [Digest.of(body).hex.encode() in bytes(stone or b"") for body in bodies] == [True, True]
    assert office.codes() == set()
    assert dock(bodies[0]) == whole
    assert ([office.lies(body) for body in bodies], state()) == ([True, False], "unplayable")
    assert office.codes() == set(), "what came again is kept, whatever is still missing of the whole"
    assert dock(bodies[1]) == whole
    assert ([office.lies(body) for body in bodies], state()) == ([True, True], "catalogued")
    assert office.codes() == set()


def test_bytes_on_their_way_stay(office: Office) -> None:
    """An upload whose manifest is fixed: its bytes may be in the vault already, and nowhere else."""
    recording = office.house.footage(BODY)
    office.expire()
    disposal = office.order(recording)
    office.on_their_way.add(Digest.of(BODY))
    assert office.disposing.carry_out(disposal) == {"erased": 1}
    assert office.lies()
    assert office.codes() == set()
    assert upload_again(office) == recording
    office.on_their_way.clear()
    assert office.disposing.carry_out(disposal) == {"done": 1}
    assert office.lies(), "they came again: somebody needs them"
    assert office.codes() == set()


def test_another_agencys_reference_keeps_the_bytes_and_nothing_tells_of_it(office: Office) -> None:
    other = office.house.agencies.add(office.admin, "b", "分局", superior=office.house.agency.id)
    mine = office.house.footage(BODY)
    office.house.footage(BODY, agency=other.id)
    office.expire()
    assert office.disposing.carry_out(office.order(mine)) == {"done": 1}
    assert office.lies()
    assert office.codes() == set()
    said = [entry for entry in office.house.entries() if entry["action"].startswith("dispos")]
    assert not any(other.id in str(entry) for entry in said)


def test_each_recording_of_an_order_by_itself(office: Office) -> None:
    one, two = office.house.footage(BODY), office.house.footage(b"two")
    office.expire()
    disposal = office.order(one, two)
    hold(office, two)
    assert office.disposing.carry_out(disposal) == {"done": 1, "kept": 1}
    assert not office.lies()
    assert office.lies(b"two")
    with office.house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.tombstones)) == 1
