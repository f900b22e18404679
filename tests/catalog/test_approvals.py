"""Requests and decisions: another person, the right one, once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from catalog.approvals import Application
from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound, NotPermitted, SelfApproval
from catalog.extents import digests_of
from catalog.identity import CaseId, RecordingId, RequestId
from catalog.permissions import Principal, Role
from catalog.tables import approvals, grants, requests
from integrity.clock import instant
from integrity.digest import Digest
from integrity.extent import BOTH, COPIES, EXTENTS
from tests.catalog.proven import Proven

REASON = "符合法律规定"


def digests(house: Proven, recording: RecordingId) -> list[str]:
    with house.database.read() as connection:
        return digests_of(connection, [recording])


@pytest.fixture
def officer(proven: Proven) -> Principal:
    return proven.person("officer", Role.OFFICER)


@pytest.fixture
def approver(proven: Proven) -> Principal:
    return proven.person("approver", Role.APPROVER)


@pytest.fixture
def recording(proven: Proven) -> RecordingId:
    return proven.recording()


@pytest.fixture
def case(proven: Proven, officer: Principal, recording: RecordingId) -> CaseId:
    opened = proven.cases.open(officer, "1", "占道经营")
    proven.linking.link(officer, opened, [recording], "investigation")
    return opened


@pytest.fixture
def request_id(proven: Proven, officer: Principal, case: CaseId, recording: RecordingId) -> RequestId:
    return proven.applied(officer, case, recording)


def states(house: Proven) -> tuple[list[str], int, int]:
    with house.database.read() as connection:
        return (
            list(connection.scalars(select(requests.c.state))),
            len(connection.execute(select(approvals)).all()),
            len(connection.execute(select(grants)).all()),
        )


class TestRequests:
    def test_a_request_is_on_record_with_what_it_asks(
        self, proven: Proven, officer: Principal, case: CaseId, recording: RecordingId, request_id: RequestId
    ) -> None:
        detail = proven.approvals.get(officer, request_id)
        assert detail.recordings[0][0] == recording
        assert (detail.request.state, detail.request.case_number, detail.approval) == ("open", "1", None)
        assert not detail.may_decide
        (entry,) = proven.entries("request")
        assert entry["purpose"] == "举证"
        assert entry["details"] == {
            "action": "copy", "recipient": "某区人民法院", "recipient_kind": "court", "post": None,
            "legal_basis": "行政诉讼法第三十四条", "case": case, "recordings": [recording],
            "documents": [], "extent": "originals",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("field", "value"),
        [("recordings", ()), ("action", "steal"), ("recipient", " "), ("recipient_kind", "friend"),
         ("legal_basis", ""), ("purpose", ""), ("extent", "everything")],
    )  # fmt: skip
    def test_shapes(
        self, proven: Proven, officer: Principal, case: CaseId, recording: RecordingId, field: str, value: object
    ) -> None:
        good = Application((recording,), "copy", "法院", "court", "法", "举证")
        with pytest.raises(InvalidInput) as refused:
            proven.approvals.request(officer, case, replace(good, **{field: value}))  # type: ignore[arg-type]  # on purpose
        assert refused.value.field == field

    def test_documents_of_the_case_may_go_along(
        self, proven: Proven, officer: Principal, case: CaseId, recording: RecordingId
    ) -> None:
        filed = proven.document(case, officer)
        elsewhere = proven.document(proven.cases.open(officer, "2", "另案"), officer)
        asked = Application((recording,), "copy", "法院", "court", "法", "举证", (filed,))
        made = proven.approvals.get(officer, proven.approvals.request(officer, case, asked))
        assert made.documents == ((filed, "询问笔录"),)
        for documents in ((elsewhere,), (filed, elsewhere), ("0" * 26,), ("x",)):
            with pytest.raises(NotFound):
                proven.approvals.request(officer, case, replace(asked, documents=documents))
        with pytest.raises(InvalidInput):
            proven.approvals.request(officer, case, replace(asked, documents=(filed, filed)))

    @pytest.mark.parametrize("extent", EXTENTS)
    def test_how_much_of_each_recording_is_asked_for_and_let_out(
        self, proven: Proven, officer: Principal, case: CaseId, extent: str
    ) -> None:
        recording = proven.footage(b"footage")
        proven.linking.link(officer, case, [recording], "investigation")
        request = proven.applied(officer, case, recording, extent=extent)
        assert proven.approvals.get(officer, request).extent == extent
        proven.approvals.decide(proven.person("decider", Role.APPROVER), request, "approved", "符合规定")
        details = proven.entries("decide")[-1]["details"]
        assert (details["extent"], details["documents"]) == (extent, [])
        assert details["recordings"] == [Digest.of(b"footage").hex]

    def test_what_has_no_viewing_copy_is_not_asked_for_as_one(
        self, proven: Proven, officer: Principal, case: CaseId
    ) -> None:
        unprepared = proven.footage(b"unprepared", ready=False)
        proven.linking.link(officer, case, [unprepared], "investigation")
        for extent in (BOTH, COPIES):
            with pytest.raises(InvalidInput, match="has a viewing copy of all its parts") as refused:
                proven.applied(officer, case, unprepared, extent=extent)
            assert refused.value.field == "extent"
        proven.applied(officer, case, unprepared)

    def test_only_linked_recordings_and_each_once(
        self, proven: Proven, officer: Principal, case: CaseId, recording: RecordingId
    ) -> None:
        with pytest.raises(NotFound):
            proven.applied(officer, case, recording, proven.recording())
        with pytest.raises(InvalidInput):
            proven.applied(officer, case, recording, recording)
        (link,) = proven.evidence.of_case(officer, case)
        proven.linking.unlink(officer, link.link_id, "错误")
        with pytest.raises(NotFound):
            proven.applied(officer, case, recording)
        assert len(proven.entries("request", "refused")) == 2

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.REVIEWER])
    def test_others_do_not_ask(self, proven: Proven, case: CaseId, recording: RecordingId, role: Role) -> None:
        with pytest.raises(NotPermitted):
            proven.applied(proven.person("other", role), case, recording)
        assert proven.entries("request", "refused")

    def test_strangers_see_no_request(self, proven: Proven, request_id: RequestId) -> None:
        other = proven.agencies.add(SYSTEM, "other", "外局")
        stranger = proven.person("stranger", Role.APPROVER, agency=other.id)
        assert not proven.approvals.list(stranger).items
        for attempt in (lambda: proven.approvals.get(stranger, request_id),
                        lambda: proven.approvals.decide(stranger, request_id, "approved", REASON)):  # fmt: skip
            with pytest.raises(NotFound):
                attempt()

    def test_withdrawing_ones_own(
        self, proven: Proven, officer: Principal, approver: Principal, request_id: RequestId
    ) -> None:
        with pytest.raises(NotPermitted):
            proven.approvals.withdraw(approver, request_id)
        proven.approvals.withdraw(officer, request_id)
        with pytest.raises(Conflict):
            proven.approvals.decide(approver, request_id, "approved", REASON)
        assert states(proven) == (["withdrawn"], 0, 0)

    def test_lists_by_case_and_state(
        self, proven: Proven, approver: Principal, case: CaseId, request_id: RequestId
    ) -> None:
        listed = proven.approvals.list(approver, case=case, state="open").items
        assert [found.id for found in listed] == [request_id]
        assert not proven.approvals.list(approver, state="approved").items
        assert not proven.approvals.list(approver, case=CaseId("0" * 26)).items


class TestDecisions:
    def test_an_approval_makes_one_grant_under_a_durable_head(
        self, proven: Proven, officer: Principal, approver: Principal, recording: RecordingId, request_id: RequestId
    ) -> None:
        grant = proven.approvals.decide(approver, request_id, "approved", REASON)
        assert proven.granted == [grant]
        detail = proven.approvals.get(officer, request_id)
        assert detail.approval is not None
        assert (detail.request.state, detail.grant_id) == ("approved", grant)
        assert detail.approval.approver_name == approver.name
        (entry,) = proven.entries("decide")
        assert (entry["outcome"], entry["purpose"]) == ("permitted", REASON)
        assert entry["details"] == {
            "approval": detail.approval.id, "decision": "approved", "grant": grant, "person": officer.person_id,
            "expires_at": instant(proven.grants.mine(officer)[0].expires_at),
            "extent": "originals", "documents": [], "recordings": digests(proven, recording),
        }  # fmt: skip

    def test_a_refusal_makes_none(
        self, proven: Proven, officer: Principal, approver: Principal, request_id: RequestId
    ) -> None:
        assert proven.approvals.decide(approver, request_id, "refused", "依据不足") is None
        assert states(proven) == (["refused"], 1, 0)
        assert proven.granted == []
        with pytest.raises(Conflict):
            proven.approvals.decide(approver, request_id, "approved", REASON)
        assert not proven.grants.mine(officer)

    def test_nobody_decides_their_own(self, proven: Proven, case: CaseId, recording: RecordingId) -> None:
        both = proven.person("both", Role.OFFICER, Role.APPROVER)
        own = proven.applied(both, case, recording)
        for decision in ("approved", "refused"):
            with pytest.raises(SelfApproval):
                proven.approvals.decide(both, own, decision, REASON)
        assert states(proven) == (["open"], 0, 0)
        entries = proven.entries("decide", "refused")
        assert [entry["details"]["code"] for entry in entries] == ["self-approval"] * 2

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OFFICER, Role.SUPERVISOR, Role.REVIEWER])
    def test_only_approvers_decide(self, proven: Proven, request_id: RequestId, role: Role) -> None:
        with pytest.raises(NotPermitted):
            proven.approvals.decide(proven.person("other", role), request_id, "approved", REASON)
        assert states(proven) == (["open"], 0, 0)
        assert proven.entries("decide", "refused")

    def test_shapes(self, proven: Proven, approver: Principal, request_id: RequestId) -> None:
        for decision, reason in (("maybe", REASON), ("approved", " ")):
            with pytest.raises(InvalidInput):
                proven.approvals.decide(approver, request_id, decision, reason)
        with pytest.raises(NotFound):
            proven.approvals.decide(approver, RequestId("0" * 26), "approved", REASON)

    def test_a_routed_request_is_its_posts_holders(
        self, proven: Proven, officer: Principal, approver: Principal, case: CaseId, recording: RecordingId
    ) -> None:
        post = proven.posts.add(SYSTEM, proven.agency.id, "法制科长")
        proven.posts.route(SYSTEM, post, "own", "copy", "any")
        chief = proven.person("chief")
        holding = proven.posts.hold(SYSTEM, post, chief.person_id)
        routed = proven.applied(officer, case, recording)
        with pytest.raises(NotPermitted, match="法制科长"):
            proven.approvals.decide(approver, routed, "approved", REASON)
        assert [found.id for found in proven.approvals.list(chief).items] == [routed]
        assert proven.approvals.get(chief, routed).may_decide
        proven.posts.leave(SYSTEM, holding)
        with pytest.raises((NotPermitted, NotFound)):
            proven.approvals.decide(chief, routed, "approved", REASON)
        proven.posts.hold(SYSTEM, post, chief.person_id)
        assert proven.approvals.decide(chief, routed, "approved", REASON)

    def test_a_supervisor_of_the_justice_bureau_is_routed_as_such(self, proven: Proven, approver: Principal) -> None:
        bureau = proven.agencies.add(SYSTEM, "justice", "司法局")
        proven.agencies.relate(SYSTEM, proven.agency.id, None, bureau.id)
        post = proven.posts.add(SYSTEM, proven.agency.id, "局长")
        proven.posts.route(SYSTEM, post, "supervisor", "any", "any")
        officer = proven.person("someone", Role.OFFICER)
        case, recording = proven.cases.open(officer, "9", "九"), proven.recording()
        proven.linking.link(officer, case, [recording], "start")
        from_above = proven.person("above", Role.SUPERVISOR, agency=bureau.id)
        assert proven.approvals.get(approver, proven.applied(from_above, case, recording)).request.post_name == "局长"
        assert proven.approvals.get(approver, proven.applied(officer, case, recording)).request.post_name is None

    def test_without_the_log_a_decision_permits_nothing_yet(
        self, proven: Proven, officer: Principal, approver: Principal, request_id: RequestId
    ) -> None:
        proven.log.down = True
        with pytest.raises(LedgerUnavailable):
            proven.approvals.decide(approver, request_id, "approved", REASON)
        assert proven.granted == []
        assert proven.grants.waiting() == []
        proven.log.down = False
        proven.sequencer.drain()
        assert proven.grants.waiting() == [proven.grants.mine(officer)[0].id]

    def test_of_many_approvers_one_decides(self, proven: Proven, request_id: RequestId) -> None:
        approvers = [proven.person(f"approver{number}", Role.APPROVER) for number in range(8)]
        deciding = proven.approvals
        proven.sequencer.start()

        def decide(number: int) -> str:
            try:
                deciding.decide(approvers[number % 8], request_id, ("approved", "refused")[number % 2], REASON)
            except Conflict as error:
                return error.code
            return "decided"

        with ThreadPoolExecutor(16) as threads:
            outcomes = list(threads.map(decide, range(32)))
        assert outcomes.count("decided") == 1
        assert outcomes.count("conflict") == 31
        (state,), decided, granted = states(proven)
        assert (decided, granted) == (1, 1 if state == "approved" else 0)
        assert len([entry for entry in proven.entries("decide") if entry["outcome"] != "refused"]) == 1
