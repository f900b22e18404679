"""Sign-in, sessions, and the lock that makes guessing slow."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog.entry import SYSTEM
from catalog.errors import InvalidInput, TooManyAttempts, Unauthenticated, WrongCredentials
from catalog.lockout import FIRST_LOCK, FREE_FAILURES
from catalog.permissions import Role
from catalog.tables import sessions
from tests.catalog.house import PASSWORD, House


def fail(house: House, login: str, times: int) -> None:
    signin = house.signin
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            signin.sign_in(login, "wrong")


def test_a_session_knows_who_and_is_stored_as_a_hash(house: House) -> None:
    person = house.person("zhang", Role.OFFICER)
    session = house.signin.sign_in("zhang", PASSWORD)
    again = house.signin.principal(session.secret)
    assert again == session.principal
    assert again.person_id == person.person_id
    assert again.roles == {(house.agency.id, Role.OFFICER)}
    with house.database.read() as connection:
        stored = set(connection.scalars(select(sessions.c.id)))
    assert hashlib.sha256(session.secret.encode()).hexdigest() in stored
    assert session.secret not in str(stored) + repr(session)


@pytest.mark.parametrize("login", ["Zhang", " zhang ", "ｚｈａｎｇ"])
def test_one_person_however_the_login_is_typed(house: House, login: str) -> None:
    house.person("zhang")
    assert house.signin.sign_in(login, PASSWORD).principal.login == "zhang"


@pytest.mark.parametrize("secret", ["", "x" * 43, "é" * 43, "x" * 10_000])
def test_no_other_secret_is_a_session(house: House, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        house.signin.principal(secret)


def test_a_session_expires(house: House) -> None:
    house.person("zhang")
    session = house.signin.sign_in("zhang", PASSWORD)
    house.clock.advance(timedelta(hours=10).total_seconds())
    with pytest.raises(Unauthenticated):
        house.signin.principal(session.secret)


def test_signing_out_ends_this_session_only(house: House) -> None:
    house.person("zhang")
    first, second = (house.signin.sign_in("zhang", PASSWORD) for _ in range(2))
    house.signin.sign_out(first.principal)
    with pytest.raises(Unauthenticated):
        house.signin.principal(first.secret)
    assert house.signin.principal(second.secret).login == "zhang"


def test_a_new_password_ends_the_other_sessions(house: House) -> None:
    house.person("zhang")
    first, second = (house.signin.sign_in("zhang", PASSWORD) for _ in range(2))
    house.signin.change_password(first.principal, PASSWORD, "another good password")
    assert house.signin.principal(first.secret).login == "zhang"
    with pytest.raises(Unauthenticated):
        house.signin.principal(second.secret)
    with pytest.raises(WrongCredentials):
        house.signin.sign_in("zhang", PASSWORD)


def test_a_one_time_password_says_so_until_it_is_changed(house: House) -> None:
    _, once = house.people.add(SYSTEM, "li", "Li", house.agency.id)
    session = house.signin.sign_in("li", once)
    assert session.principal.password_once
    house.signin.change_password(session.principal, once, PASSWORD)
    assert not house.signin.principal(session.secret).password_once


def test_another_password_is_another(house: House) -> None:
    _, once = house.people.add(SYSTEM, "li", "Li", house.agency.id)
    session = house.signin.sign_in("li", once)
    for password in (once, "short"):
        for _ in range(FREE_FAILURES):  # mistakes, no guesses: they lock nobody
            with pytest.raises(InvalidInput):
                house.signin.change_password(session.principal, once, password)
    house.signin.change_password(session.principal, once, PASSWORD)


def test_the_present_password_is_asked_for(house: House) -> None:
    person = house.person("zhang")
    with pytest.raises(WrongCredentials):
        house.signin.change_password(person, "wrong", "another good password")
    assert house.entries("password", "refused")
    house.signin.sign_in("zhang", PASSWORD)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 201, "zhangzhang99"])
def test_weak_passwords_are_refused(house: House, password: str) -> None:
    person = house.person("zhangzhang")
    with pytest.raises(InvalidInput):
        house.signin.change_password(person, PASSWORD, password)


def test_every_try_of_a_known_person_is_on_record(house: House) -> None:
    person = house.person("zhang")
    fail(house, "zhang", 1)
    house.signin.sign_in("zhang", PASSWORD)
    assert [entry["details"] for entry in house.entries("sign-in", "refused")] == [{"code": "credentials-wrong"}]
    done = house.entries("sign-in", "done")[-1]
    assert done["actor"]["id"] == done["subject"]["id"] == person.person_id


def test_strangers_are_counted_together(house: House) -> None:
    fail(house, "nobody", 2)
    fail(house, "nobody else", 1)
    assert not house.entries("sign-in")
    house.ledger.flush(everything=True)
    (entry,) = house.entries("sign-in", "refused")
    assert entry["actor"]["kind"] == "stranger"
    assert entry["details"]["refused"] == 3


@pytest.mark.parametrize("login", ["zhang", "nobody"])
def test_the_lock_grows_and_does_not_tell_who_exists(house: House, login: str) -> None:
    house.person("zhang")
    fail_with = house.signin  # a stranger's failures are remembered by one object
    for _ in range(FREE_FAILURES):
        with pytest.raises(WrongCredentials):
            fail_with.sign_in(login, "wrong")
    with pytest.raises(TooManyAttempts):
        fail_with.sign_in(login, PASSWORD)
    house.clock.advance(FIRST_LOCK.total_seconds())
    with pytest.raises(WrongCredentials):
        fail_with.sign_in(login, "wrong")
    house.clock.advance(FIRST_LOCK.total_seconds())
    with pytest.raises(TooManyAttempts):
        fail_with.sign_in(login, PASSWORD)


def test_after_the_lock_the_right_password_opens_and_forgets(house: House) -> None:
    house.person("zhang")
    fail(house, "zhang", FREE_FAILURES)
    house.clock.advance(FIRST_LOCK.total_seconds())
    house.signin.sign_in("zhang", PASSWORD)
    fail(house, "zhang", FREE_FAILURES - 1)
    house.signin.sign_in("zhang", PASSWORD)


def test_guesses_side_by_side_are_as_many_failures(house: House) -> None:
    house.person("zhang")
    signin = house.signin

    def guess(number: int) -> str:
        try:
            signin.sign_in("zhang", f"guess {number}")
        except (WrongCredentials, TooManyAttempts) as error:
            return error.code
        return "open"

    with ThreadPoolExecutor(16) as threads:
        codes = list(threads.map(guess, range(50)))
    # Fewer where some were turned away because too many came at once.
    assert 1 <= codes.count("credentials-wrong") <= FREE_FAILURES
    assert codes.count("open") == 0


def test_a_disabled_person_is_out_at_once(house: House) -> None:
    person = house.person("zhang", Role.OFFICER)
    session = house.signin.sign_in("zhang", PASSWORD)
    house.people.disable(SYSTEM, person.person_id)
    with pytest.raises(Unauthenticated):
        house.signin.principal(session.secret)
    with pytest.raises(WrongCredentials):
        house.signin.sign_in("zhang", PASSWORD)


def test_a_role_that_ended_is_gone_from_the_running_session(house: House) -> None:
    officer = house.person("zhang", Role.OFFICER)
    admin = house.person("admin", Role.ADMINISTRATOR)
    (person,) = [person for person in house.people.list(admin) if person.login == "zhang"]
    house.people.end_role(admin, person.roles[0].id)
    assert house.again(officer).roles == frozenset()
