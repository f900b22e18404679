"""Who sees and decides quarantine, and who sees the state."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import NotFound, NotPermitted
from catalog.identity import UploadId, new_id
from catalog.oversight import Oversight
from catalog.permissions import Role
from catalog.recordings import Recordings
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.statement import Statement
from tests.catalog.house import House


def held(house: House) -> UploadId:
    upload = UploadId(new_id())
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, f"采集站 {upload}")
    statement = Statement(
        agency=house.agency.id, kind="body-camera", name="a.mp4", station=station.id, sha256=Digest.of(b"declared")
    )
    recordings = Recordings(house.database, house.ledger, house.clock, system_random)
    recordings.quarantine(upload, statement, Digest.of(b"came"), 4, house.clock.now(), station.actor)
    return upload


def oversight(house: House) -> Oversight:
    recordings = Recordings(house.database, house.ledger, house.clock, system_random)

    def carry(*said: object) -> None:
        upload, decision, reason, decider = said
        recordings.decide_quarantined(upload, decision, reason, decider)  # type: ignore[arg-type]  # passed through

    return Oversight(house.database, house.ledger, recordings, carry, lambda: {"ok": True})


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_a_decision_is_the_persons_and_made_once(house: House, role: Role) -> None:
    person, upload = house.person("person", role), held(house)
    desk = oversight(house)
    assert [each.upload for each in desk.quarantined(person)] == [upload]
    desk.decide(person, upload, "keep", "查明原因")
    (entry,) = house.entries("quarantine-decide")
    assert (entry["actor"]["id"], entry["purpose"]) == (person.person_id, "查明原因")
    assert desk.quarantined(person) == []
    with pytest.raises(NotFound):
        desk.decide(person, upload, "discard", "again")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.REVIEWER])
def test_others_are_refused(house: House, role: Role) -> None:
    person, upload = house.person("person", role), held(house)
    desk = oversight(house)
    for attempt in (lambda: desk.quarantined(person), lambda: desk.status(person),
                    lambda: desk.decide(person, upload, "discard", "x")):  # fmt: skip
        with pytest.raises(NotPermitted):
            attempt()
    assert house.entries("oversee", "refused")
    assert not house.entries("quarantine-decide")


def test_another_agencys_quarantine_is_not_there(house: House) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    stranger, upload = house.person("stranger", Role.SUPERVISOR, agency=other.id), held(house)
    desk = oversight(house)
    assert desk.quarantined(stranger) == []
    with pytest.raises(NotFound):
        desk.decide(stranger, upload, "discard", "x")
    assert desk.status(stranger) == {"ok": True}
