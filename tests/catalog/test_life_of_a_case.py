"""A case from its first recording to the copy that left, every action used once: and the audit finds nothing."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection

from catalog.audit_grants import grant_findings
from catalog.audit_ledger import dangling_references, ledger_findings, missing_entries
from catalog.audit_records import record_findings
from catalog.audit_rights import right_findings
from catalog.audit_uploads import upload_findings
from catalog.identity import CaseId, RecordingId
from catalog.permissions import Principal, Role
from integrity.digest import Digest
from integrity.finding import Finding
from tests.catalog.proven import Proven

CHECKS: tuple[Callable[[Connection], Iterator[Finding]], ...] = (
    record_findings, right_findings, grant_findings, missing_entries, dangling_references, upload_findings,
)  # fmt: skip


def test_the_tables_are_what_the_ledger_says(proven: Proven) -> None:
    admin, officer = proven.person("admin", Role.ADMINISTRATOR), proven.person("officer", Role.OFFICER)
    approver, reviewer = proven.person("approver", Role.APPROVER), proven.person("reviewer", Role.REVIEWER)
    recording = proven.footage()
    case = _worked_on(proven, officer, recording)
    document = proven.filed(case, officer)
    proven.gate.open_view(officer, recording, "核对")
    proven.gate.open_document_view(reviewer, document, "评查")
    proven.gate.seal_files(reviewer, recording)
    holding = _organised(proven, admin, approver)
    _copied(proven, officer, approver, case, recording)
    proven.posts.leave(admin, holding)
    _closed(proven, admin, officer)
    proven.sequencer.drain()
    with proven.database.read() as connection:
        found = [finding for check in CHECKS for finding in check(connection)]
        found += ledger_findings(connection, proven.clock.now())
    assert found == []


def _worked_on(house: Proven, officer: Principal, recording: RecordingId) -> CaseId:
    case = house.cases.open(officer, "〔2026〕1号", "占道经营")
    house.cases.set_stage(officer, case, "decision")
    house.cases.add_subject(officer, case, "张三", "person")
    (link,) = house.linking.link(officer, case, [recording], "start")
    house.linking.unlink(officer, link, "错误")
    house.linking.link(officer, case, [recording], "start")
    house.marks.add(officer, recording, 1, "亮证")
    return case


def _organised(house: Proven, admin: Principal, approver: Principal) -> str:
    below = house.agencies.add(admin, "below", "分局", superior=house.agency.id)
    house.agencies.relate(admin, below.id, house.agency.id, house.agency.id)
    post = house.posts.add(admin, house.agency.id, "法制科长")
    house.posts.route(admin, post, "own", "copy", "any")
    return house.posts.hold(admin, post, approver.person_id)


def _copied(house: Proven, officer: Principal, approver: Principal, case: CaseId, recording: RecordingId) -> None:
    approved, refused, withdrawn = (house.applied(officer, case, recording) for _ in range(3))
    grant = house.approvals.decide(approver, approved, "approved", "符合规定")
    house.approvals.decide(approver, refused, "refused", "依据不足")
    house.approvals.withdraw(officer, withdrawn)
    assert grant is not None
    house.grants.bundled(grant, Digest.of(b"bundle"), Digest.of(b"zip"), 10)
    release = house.grants.begin_release(officer, grant)
    house.grants.sent(release, 5)
    house.grants.pause(release)
    house.grants.sent(house.grants.begin_release(officer, grant, 5), 10)


def _closed(house: Proven, admin: Principal, officer: Principal) -> None:
    (held,) = [each.roles for each in house.people.list(admin) if each.id == officer.person_id]
    house.people.end_role(admin, held[0].id)
    house.people.reset_password(admin, officer.person_id)
    house.people.disable(admin, officer.person_id)
    station, _ = house.stations.enrol(admin, house.agency.id, "采集站 9")
    house.stations.revoke(admin, station.id)
