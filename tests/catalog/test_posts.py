"""Posts, who holds them, and which requests they decide."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound, NotPermitted
from catalog.identity import PersonId
from catalog.permissions import Role
from catalog.posts import holds, posts_held, responsible_post
from tests.catalog.house import House


def test_holding_and_leaving_a_post(house: House) -> None:
    admin, chief = house.person("admin", Role.ADMINISTRATOR), house.person("chief")
    post = house.posts.add(admin, house.agency.id, "法制科长")
    holding = house.posts.hold(admin, post, chief.person_id)
    (listed,) = house.posts.list(admin)
    assert listed.holders == ((holding, chief.person_id, chief.name),)
    with house.database.read() as connection:
        assert holds(connection, chief.person_id, post)
        assert posts_held(connection, chief.person_id) == {post}
        assert not posts_held(connection, admin.person_id)
    for _ in range(2):
        house.posts.leave(admin, holding)
    with house.database.read() as connection:
        assert not holds(connection, chief.person_id, post)
    assert len(house.entries("leave-post")) == 1


def test_a_holding_without_a_leaf_does_not_count(house: House) -> None:
    chief = house.person("chief")
    post = house.posts.add(SYSTEM, house.agency.id, "法制科长")
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        house.posts.hold(SYSTEM, post, chief.person_id)
    with house.database.read() as connection:
        assert not holds(connection, chief.person_id, post)
    house.log.down = False
    house.sequencer.drain()
    with house.database.read() as connection:
        assert holds(connection, chief.person_id, post)


def test_nobody_puts_themselves_into_a_post(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    post = house.posts.add(admin, house.agency.id, "法制科长")
    with pytest.raises(NotPermitted):
        house.posts.hold(admin, post, admin.person_id)
    assert house.entries("hold-post", "refused")


def test_the_route_that_says_most_wins(house: House) -> None:
    chief, head, press = (house.posts.add(SYSTEM, house.agency.id, name) for name in ("科长", "局长", "宣传"))
    house.posts.route(SYSTEM, chief, "any", "any", "any")
    house.posts.route(SYSTEM, press, "any", "publish", "any")
    house.posts.route(SYSTEM, head, "supervisor", "any", "any")

    def decides(*asked: str) -> str | None:
        with house.database.read() as connection:
            return responsible_post(connection, house.agency.id, *asked)

    assert decides("own", "copy", "court") == chief
    assert decides("own", "publish", "media") == press
    assert decides("supervisor", "publish", "media") == head
    other = house.agencies.add(SYSTEM, "other", "外局")
    with house.database.read() as connection:
        assert responsible_post(connection, other.id, "own", "copy", "court") is None


def test_a_route_is_set_once(house: House) -> None:
    post = house.posts.add(SYSTEM, house.agency.id, "科长")
    house.posts.route(SYSTEM, post, "any", "copy", "any")
    with pytest.raises(Conflict):
        house.posts.route(SYSTEM, post, "any", "copy", "any")
    for wrong in (("friend", "copy", "any"), ("any", "steal", "any"), ("any", "copy", "nobody")):
        with pytest.raises(InvalidInput):
            house.posts.route(SYSTEM, post, *wrong)


def test_only_administrators_and_only_what_exists(house: House) -> None:
    officer = house.person("officer", Role.OFFICER)
    post = house.posts.add(SYSTEM, house.agency.id, "科长")
    with pytest.raises(Conflict):
        house.posts.add(SYSTEM, house.agency.id, "科长")
    for attempt in (
        lambda: house.posts.add(officer, house.agency.id, "局长"),
        lambda: house.posts.hold(officer, post, officer.person_id),
        lambda: house.posts.route(officer, post, "any", "any", "any"),
        lambda: house.posts.list(officer),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    for missing in (
        lambda: house.posts.hold(SYSTEM, post, PersonId("0" * 26)),
        lambda: house.posts.hold(SYSTEM, "0" * 26, officer.person_id),
        lambda: house.posts.leave(SYSTEM, "0" * 26),
    ):
        with pytest.raises(NotFound):
            missing()
