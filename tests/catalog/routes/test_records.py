"""The ledger, the quarantine and the state over HTTP."""

from catalog.identity import UploadId, new_id
from catalog.permissions import Role
from catalog.recordings import Recordings
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.statement import Statement
from tests.catalog.door import Door
from tests.catalog.house import SYSTEM


def quarantined(door: Door) -> UploadId:
    house, upload = door.house, UploadId(new_id())
    station, _ = house.stations.enrol(SYSTEM, house.agency.id, "采集站 1")
    statement = Statement(
        agency=house.agency.id, kind="body-camera", name="现场.mp4", station=station.id, sha256=Digest.of(b"declared")
    )
    recordings = Recordings(house.database, house.ledger, house.clock, system_random)
    recordings.quarantine(upload, statement, Digest.of(b"came"), 4, house.clock.now(), station.actor)
    return upload


def test_reviewers_read_the_ledger_in_pages(door: Door) -> None:
    reviewer = door.person("reviewer", Role.REVIEWER)
    first = reviewer.get("/ledger?limit=2")
    second = reviewer.get(f"/ledger?limit=2&after={first['next']}")
    assert [line["id"] for line in first["items"]] > [line["id"] for line in second["items"]]
    assert reviewer.get("/ledger?action=sign-in&actor=reviewer")["items"][0]["details"] == {}
    assert reviewer.ask("GET", "/ledger?after=x").json()["field"] == "after"
    assert door.person("officer", Role.OFFICER).ask("GET", "/ledger").status_code == 403


def test_quarantine_is_left_by_a_reasoned_decision(door: Door) -> None:
    upload = quarantined(door)
    supervisor, officer = door.person("supervisor", Role.SUPERVISOR), door.person("officer", Role.OFFICER)
    (held,) = supervisor.get("/quarantine")
    assert (held["upload"], held["sha256"], held["declared"]) == (
        upload, Digest.of(b"came").hex, Digest.of(b"declared").hex,
    )  # fmt: skip
    path, decision = f"/quarantine/{upload}/decision", {"decision": "keep", "reason": "查明原因"}
    assert officer.ask("GET", "/quarantine").status_code == 403
    assert officer.ask("POST", path, decision).status_code == 403
    assert supervisor.ask("POST", path, {"decision": "burn", "reason": "x"}).status_code == 422
    assert supervisor.ask("POST", "/quarantine/x/decision", decision).status_code == 404
    assert supervisor.ask("POST", path, decision).status_code == 204
    ((decided, what, why, who),) = door.decided
    assert (decided, what, why, who.name) == (upload, "keep", "查明原因", "Supervisor")


def test_the_state_is_for_those_who_oversee(door: Door) -> None:
    assert door.person("supervisor", Role.SUPERVISOR).get("/status") == {"recordings": {}}
    assert door.person("officer", Role.OFFICER).ask("GET", "/status").status_code == 403
