"""An approved copy of one recording and the people around it: a bundle to make, to fetch, and to be refused."""

from contextlib import closing
from dataclasses import dataclass

from catalog.grants import GrantFacts
from catalog.identity import CaseId, GrantId, RecordingId
from catalog.permissions import Principal, Role
from player.export import Delivery
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


def approved(office: Office) -> Scene:
    """One recording of one case, asked for and approved."""
    officer, approver = office.person("officer", Role.OFFICER), office.person("approver", Role.APPROVER)
    case = office.cases.open(officer, "〔2026〕1号", "占道经营")
    recording = office.footage(BODY)
    office.linking.link(officer, case, [recording], "investigation")
    request = office.applied(officer, case, recording)
    grant = office.approvals.decide(approver, request, "approved", "依法")
    assert grant is not None
    return Scene(office, officer, approver, case, recording, grant)


def sent(delivery: Delivery, start: int = 0, end: int | None = None) -> bytes:
    """What the stream would do with a delivery."""
    last = delivery.content.size if end is None else end
    with closing(delivery.content.source) as source:
        delivery.before(last)
        body = source.read_at(start, last - start)
    delivery.finished(last)
    delivery.closed()
    return body
