"""People, stations, agencies, posts and the states of requests and grants are what the ledger makes of them."""

import pytest

from catalog.audit_rights import right_findings
from catalog.grants import Grants
from integrity.clock import system_random
from integrity.digest import Digest
from tests.catalog.audited import Audited
from tests.catalog.house import SYSTEM, House
from tests.catalog.owner import change


@pytest.fixture
def audited(house: House) -> Audited:
    return Audited(house)


def test_what_the_services_made_is_clean(audited: Audited) -> None:
    house = audited.house
    below = house.agencies.add(SYSTEM, "below", "分局", superior=house.agency.id)
    house.agencies.relate(SYSTEM, below.id, None, house.agency.id)
    house.people.disable(SYSTEM, audited.officer.person_id)
    house.stations.revoke(SYSTEM, audited.station.id)
    post = house.posts.add(SYSTEM, house.agency.id, "法制科")
    house.posts.leave(SYSTEM, house.posts.hold(SYSTEM, post, audited.approver.person_id))
    house.posts.route(SYSTEM, post, "any", "release", "any")
    assert audited.codes(right_findings) == set()


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE people SET login = 'x' WHERE login = 'officer'", {"person-not-recorded"}),
        ("UPDATE people SET disabled_at = created_at WHERE login = 'officer'", {"person-not-recorded"}),
        ("DELETE FROM people WHERE login = 'officer'", {"person-missing"}),
        ("UPDATE stations SET revoked_at = enrolled_at", {"station-not-recorded"}),
        ("UPDATE agencies SET supervisor_id = id", {"agency-not-recorded"}),
        ("INSERT INTO posts SELECT id, id, 'x' FROM agencies", {"post-not-recorded"}),
        ("INSERT INTO post_holders SELECT id, agency_id, id, created_at, NULL FROM people WHERE login = 'officer'",
         {"holding-not-recorded"}),
    ],
)  # fmt: skip
def test_each_change_is_named(audited: Audited, statement: str, codes: set[str]) -> None:
    change(audited.house.database, statement)
    assert audited.codes(right_findings) == codes


def test_a_grant_through_all_its_states(audited: Audited) -> None:
    house = audited.house
    grant = audited.grant()
    grants = Grants(house.database, house.ledger, house.clock, system_random)
    assert audited.codes(right_findings) == set()
    grants.bundled(grant, Digest.of(b"tags"), Digest.of(b"zip"), 3)
    assert audited.codes(right_findings) == set()
    release = grants.begin_release(audited.officer, grant)
    assert audited.codes(right_findings) == set()
    grants.sent(release, 3)
    assert audited.codes(right_findings) == set()
    change(house.database, "UPDATE grants SET state = 'ready'")
    assert audited.codes(right_findings) == {"grant-state-not-recorded"}


def test_grants_that_failed_or_expired(audited: Audited) -> None:
    house = audited.house
    grants = Grants(house.database, house.ledger, house.clock, system_random)
    grants.failed(audited.grant(), "no space")
    assert audited.codes(right_findings) == set()
    audited.grant()
    house.clock.advance(1_000_000)
    assert grants.expire() == 1
    assert audited.codes(right_findings) == set()


def test_a_request_that_was_refused_cannot_be_turned(audited: Audited) -> None:
    audited.grant()
    change(audited.house.database, "UPDATE requests SET state = 'open'")
    assert audited.codes(right_findings) == {"request-state-not-recorded"}
