"""Pages of the ledger, and who may read which."""

import pytest

from catalog.entry import SYSTEM, Entry, Subject
from catalog.errors import InvalidInput, NotFound, NotPermitted
from catalog.history import Filters
from catalog.permissions import Role
from tests.catalog.proven import Proven


def test_pages_follow_each_other_newest_first(proven: Proven) -> None:
    reviewer = proven.person("reviewer", Role.REVIEWER)
    for number in range(5):
        proven.ledger.record(
            Entry("note", SYSTEM, Subject("service", f"{number}"), "done", agency=proven.agency.id), wait=False
        )
    notes = Filters(action="note")
    first = proven.history.list(reviewer, notes, limit=2)
    proven.ledger.record(Entry("note", SYSTEM, Subject("service", "new"), "done", agency=proven.agency.id))
    second = proven.history.list(reviewer, notes, first.next, limit=3)
    assert [line.subject_id for line in (*first.items, *second.items)] == ["4", "3", "2", "1", "0"]
    assert second.next is None
    newest = proven.history.list(reviewer, notes).items[0]
    assert (newest.subject_id, newest.actor_kind, newest.actor_name) == ("new", "system", "tiezheng")
    assert newest.leaf_index is not None


@pytest.mark.parametrize("after", ["x", "-1", "٣", "9" * 30])
def test_a_place_in_no_list(proven: Proven, after: str) -> None:
    with pytest.raises(InvalidInput):
        proven.history.list(proven.person("reviewer", Role.REVIEWER), after=after)


def test_filters(proven: Proven) -> None:
    officer, reviewer = proven.person("officer", Role.OFFICER), proven.person("reviewer", Role.REVIEWER)
    recording, other = proven.footage(), proven.footage(b"other")
    proven.gate.open_view(officer, recording, "核对")
    proven.gate.open_view(reviewer, other, "评查")
    with pytest.raises(NotPermitted):
        proven.gate.seal_files(officer, recording)

    def found(filters: Filters) -> list[tuple[str, str]]:
        return [(line.action, line.outcome) for line in proven.history.list(reviewer, filters).items]

    assert found(Filters(action="view", actor="OFFICER")) == [("view", "permitted")]
    assert found(Filters(actor=officer.person_id, outcome="refused")) == [("download-seal", "refused")]
    assert ("view", "permitted") in found(Filters(subject=recording))
    assert found(Filters(subject=recording, action="view", actor="reviewer")) == []
    assert found(Filters(actor="nobody")) == []
    (line,) = proven.history.list(reviewer, Filters(action="view", subject=other)).items
    assert line.purpose == "评查"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OFFICER, Role.APPROVER])
def test_others_do_not_read_the_ledger(proven: Proven, role: Role) -> None:
    person = proven.person("person", role)
    with pytest.raises(NotPermitted):
        proven.history.list(person)
    with pytest.raises(NotPermitted):
        proven.history.list(person, Filters(subject=proven.footage()))
    assert len(proven.entries("read-ledger", "refused")) == 2


def test_another_agencys_entries_are_not_shown(proven: Proven) -> None:
    other = proven.agencies.add(SYSTEM, "other", "外局")
    stranger, recording = proven.person("stranger", Role.REVIEWER, agency=other.id), proven.footage()
    lines = proven.history.list(stranger, limit=200).items
    assert lines
    assert {line.agency_id for line in lines} == {other.id}
    assert not proven.history.list(stranger, Filters(subject=recording)).items
    officer = proven.person("officer", Role.OFFICER)
    case = proven.cases.open(officer, "1", "一")
    with pytest.raises(NotFound):
        proven.history.list(stranger, Filters(case=case))
    with pytest.raises(NotFound):
        proven.history.list(proven.person("theirs", Role.OFFICER, agency=other.id), Filters(subject=recording))


def test_who_opened_a_case_sees_what_happened_to_its_evidence(proven: Proven) -> None:
    officer, colleague = proven.person("officer", Role.OFFICER), proven.person("colleague", Role.OFFICER)
    reviewer = proven.person("reviewer", Role.REVIEWER)
    case, recording = proven.cases.open(officer, "1", "一"), proven.footage()
    proven.linking.link(officer, case, [recording], "start")
    document = proven.filed(case, officer)
    proven.gate.open_view(reviewer, recording, "评查")
    proven.gate.open_document_view(reviewer, document, "评查")
    request = proven.applied(officer, case, recording)
    proven.approvals.decide(proven.person("approver", Role.APPROVER), request, "approved", "符合规定")
    lines = proven.history.list(officer, Filters(case=case), limit=200).items
    assert {(line.action, line.subject_kind) for line in lines} >= {
        ("open-case", "case"), ("link", "recording"), ("view", "recording"), ("view", "document"),
        ("request", "request"), ("decide", "request"), ("catalogue", "recording"), ("catalogue", "document"),
    }  # fmt: skip
    assert lines == proven.history.list(reviewer, Filters(case=case), limit=200).items
    of_recording = proven.history.list(officer, Filters(subject=recording)).items
    assert "view" in {line.action for line in of_recording}
    for filters in (Filters(case=case), Filters(subject=recording)):
        with pytest.raises(NotPermitted):
            proven.history.list(colleague, filters)


def test_a_superior_reads_below(proven: Proven) -> None:
    below = proven.agencies.add(SYSTEM, "below", "分局", superior=proven.agency.id)
    proven.footage(agency=below.id)
    supervisor = proven.person("supervisor", Role.SUPERVISOR)
    assert below.id in {line.agency_id for line in proven.history.list(supervisor, limit=200).items}
