"""People and their roles."""

import pytest

from catalog.entry import SYSTEM
from catalog.errors import Conflict, InvalidInput, LedgerUnavailable, NotFound, NotPermitted, WrongCredentials
from catalog.identity import AgencyId, PersonId
from catalog.passwords import Passwords
from catalog.permissions import Role
from integrity.clock import system_random
from tests.catalog.house import CHEAP, PASSWORD, House


def test_a_one_time_password_is_random_and_readable(house: House) -> None:
    (_, first), (_, second) = (house.people.add(SYSTEM, login, "Li", house.agency.id) for login in ("a", "b"))
    assert first != second
    assert len(first.replace("-", "")) == 16
    assert not set(first) & set("ilou")


def test_adding_is_on_record_with_each_role(house: House) -> None:
    person, _ = house.people.add(SYSTEM, "li", "李四", house.agency.id, [Role.OFFICER, Role.REVIEWER])
    (added,) = house.entries("add-person")
    assert added["details"] == {"login": "li", "name": "李四"}
    granted = house.entries("role", "permitted")
    assert {entry["details"]["role"] for entry in granted} == {"officer", "reviewer"}
    assert {entry["subject"]["id"] for entry in granted} == {person}


@pytest.mark.parametrize("login", ["", "a b", "a/b", "x" * 65, "a\x00b", "<li>"])
def test_a_login_has_a_shape(house: House, login: str) -> None:
    with pytest.raises(InvalidInput):
        house.people.add(SYSTEM, login, "Li", house.agency.id)


def test_a_login_is_taken_once(house: House) -> None:
    house.people.add(SYSTEM, "li", "Li", house.agency.id)
    with pytest.raises(Conflict):
        house.people.add(SYSTEM, "LI", "Other Li", house.agency.id)
    assert len(house.entries("add-person")) == 1


def test_only_administrators_manage_and_only_at_home(house: House) -> None:
    other = house.agencies.add(SYSTEM, "other", "外局")
    officer = house.person("officer", Role.OFFICER)
    admin = house.person("admin", Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        house.people.add(officer, "new", "New", house.agency.id)
    with pytest.raises(NotFound):
        house.people.add(admin, "new", "New", other.id)
    assert [entry["details"]["code"] for entry in house.entries("add-person", "refused")] == [
        "not-permitted",
        "not-found",
    ]
    with pytest.raises(NotPermitted):
        house.people.list(officer)


def test_an_administrator_of_the_superior_manages_below(house: House) -> None:
    below = house.agencies.add(SYSTEM, "below", "分局", superior=house.agency.id)
    admin = house.person("admin", Role.ADMINISTRATOR)
    person, _ = house.people.add(admin, "new", "New", below.id, [Role.OFFICER])
    assert person in {found.id for found in house.people.list(admin)}


def test_nobody_gives_themselves_a_role(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        house.people.grant_role(admin, admin.person_id, house.agency.id, Role.OFFICER)
    (entry,) = house.entries("role", "refused")
    assert entry["actor"]["id"] == entry["subject"]["id"] == admin.person_id
    with pytest.raises(NotPermitted):
        house.people.reset_password(admin, admin.person_id)


def test_a_role_is_held_once_and_ended_once(house: House) -> None:
    admin = house.person("admin", Role.ADMINISTRATOR)
    officer = house.person("officer")
    role = house.people.grant_role(admin, officer.person_id, house.agency.id, Role.OFFICER)
    with pytest.raises(Conflict):
        house.people.grant_role(admin, officer.person_id, house.agency.id, Role.OFFICER)
    house.people.end_role(admin, role)
    with pytest.raises(NotFound):
        house.people.end_role(admin, role)
    (ended,) = house.entries("role-ended", "done")
    assert ended["details"]["id"] == role
    assert house.people.grant_role(admin, officer.person_id, house.agency.id, Role.OFFICER) != role


def test_a_role_for_nobody(house: House) -> None:
    with pytest.raises(NotFound):
        house.people.grant_role(SYSTEM, PersonId("0" * 26), house.agency.id, Role.OFFICER)
    with pytest.raises(NotFound):
        house.people.disable(SYSTEM, PersonId("0" * 26))


def test_without_the_log_no_role_and_no_password(house: House) -> None:
    officer = house.person("officer")
    house.log.down = True
    with pytest.raises(LedgerUnavailable):
        house.people.grant_role(SYSTEM, officer.person_id, house.agency.id, Role.APPROVER)
    with pytest.raises(LedgerUnavailable):
        house.people.add(SYSTEM, "new", "New", house.agency.id)
    with pytest.raises(LedgerUnavailable):
        house.people.reset_password(SYSTEM, officer.person_id)


def test_a_reset_password_replaces_and_ends_sessions(house: House) -> None:
    admin, officer = house.person("admin", Role.ADMINISTRATOR), house.person("officer")
    once = house.people.reset_password(admin, officer.person_id)
    with pytest.raises(Exception, match="sign in"):
        house.again(officer)
    with pytest.raises(WrongCredentials):
        house.signin.sign_in("officer", PASSWORD)
    assert house.signin.sign_in("officer", once).principal.password_once


def test_disabling_twice_is_one_entry(house: House) -> None:
    officer = house.person("officer")
    for _ in range(2):
        house.people.disable(SYSTEM, officer.person_id)
    assert len(house.entries("disable-person")) == 1
    admin = house.person("admin", Role.ADMINISTRATOR)
    assert [found.login for found in house.people.list(admin) if found.disabled_at is None] == ["admin"]


def test_find_by_login(house: House) -> None:
    person, _ = house.people.add(SYSTEM, "li", "Li", house.agency.id)
    assert house.people.find("LI") == person
    assert house.people.find("nobody") is None


def test_an_agency_must_exist(house: House) -> None:
    with pytest.raises(Conflict):
        house.people.add(SYSTEM, "li", "Li", AgencyId("0" * 26))


def test_passwords_match_in_either_unicode_form() -> None:
    passwords = Passwords(system_random, CHEAP)
    encoded = passwords.hash("mu\u0308nchen hauptbahnhof")
    assert passwords.matches(encoded, "m\u00fcnchen hauptbahnhof")
    assert not passwords.matches(encoded, "munchen hauptbahnhof")
    assert not passwords.matches(None, "anything")
    assert not passwords.matches("no hash", "anything")
    assert encoded.startswith("$argon2id$")


def test_a_password_beyond_the_longest_never_matches() -> None:
    passwords = Passwords(system_random, CHEAP)
    longest = "x" * 200
    assert passwords.matches(passwords.hash(longest), longest)
    assert not passwords.matches(passwords.hash(longest), longest + "y")
