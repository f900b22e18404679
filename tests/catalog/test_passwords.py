"""Passwords: argon2id, one spelling, and the same work for nobody."""

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from catalog.errors import InvalidInput
from catalog.passwords import Passwords, chosen
from integrity.clock import system_random
from tests.catalog.house import CHEAP


def test_production_hashes_as_rfc_9106_says() -> None:
    encoded = Passwords(system_random).hash("correct horse battery staple")
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_matches_its_own_and_in_either_unicode_form() -> None:
    passwords = Passwords(system_random, CHEAP)
    encoded = passwords.hash("mu\u0308nchen hauptbahnhof")
    assert passwords.matches(encoded, "m\u00fcnchen hauptbahnhof")
    assert not passwords.matches(encoded, "munchen hauptbahnhof")
    assert not passwords.matches("no hash", "anything")
    assert encoded != passwords.hash("mu\u0308nchen hauptbahnhof")


def test_one_beyond_the_longest_never_matches() -> None:
    passwords = Passwords(system_random, CHEAP)
    longest = "x" * 200
    assert passwords.matches(passwords.hash(longest), longest)
    assert not passwords.matches(passwords.hash(longest), longest + "y")


def test_nobody_costs_the_same_work() -> None:
    done: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            made.append(password)
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # as a method
            with pytest.raises(VerifyMismatchError):  # what is no hash at all is refused at once, without the work
                super().verify(hash, password)
            done.append(str(hash))
            raise VerifyMismatchError

    made: list[str | bytes] = []
    passwords = Passwords(system_random, Counting(time_cost=1, memory_cost=8, parallelism=1))
    assert made == [], "whoever never checks a password has hashed none"
    known = passwords.hash("correct horse battery staple")
    assert not passwords.matches(None, "anything")
    assert not passwords.matches(known, "anything")
    assert len(done) == 2
    nobody, somebody = (encoded.split("$") for encoded in done)
    assert nobody[:4] == somebody[:4]
    assert [len(piece) for piece in nobody[4:]] == [len(piece) for piece in somebody[4:]] == [22, 43], "salt and tag"


def test_a_one_time_password_is_80_random_bits_that_can_be_read_out() -> None:
    drawn = iter([bytes(10), b"\xff" * 10])
    passwords = Passwords(lambda length: next(drawn) if length == 10 else bytes(length), CHEAP)
    assert [passwords.once(), passwords.once()] == ["0000-0000-0000-0000", "zzzz-zzzz-zzzz-zzzz"]


@pytest.mark.parametrize("password", ["x" * 11, "y" * 201, "abab abab abab", "zhangsanfeng1"])
def test_what_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInput):
        chosen(password, "ZhangSanFeng")


def test_a_sentence_is_one() -> None:
    assert chosen("每天上班前先泡一杯热的绿茶。", "zhang") == "每天上班前先泡一杯热的绿茶。"
