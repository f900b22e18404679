"""Codes: written, read as people type them, and good for one key that shows itself."""

import pytest

from integrity.enrolment import (
    MARK,
    SECRET,
    is_secret,
    new_secret,
    prove_key,
    read_code,
    require_key,
    trust_mark,
    write_code,
)
from integrity.errors import InvalidDeclaration
from integrity.note import Signer
from tests.fakes.signers import KEY, OTHER

TRUST = b"trust"


def test_a_code_is_read_as_it_was_written() -> None:
    secret = new_secret(lambda count: bytes(range(count)))
    code = write_code(secret, TRUST)
    assert read_code(code) == (secret, trust_mark(TRUST))
    assert (len(secret), len(trust_mark(TRUST)), len(code.split("-"))) == (SECRET, MARK, 9)
    assert is_secret(secret)


def test_typed_codes() -> None:
    secret = "01" * 10
    code = write_code(secret, TRUST)
    for typed in (code.lower(), code.replace("-", " "), code.replace("0", "o").replace("1", "l"), f" {code}\n"):
        assert read_code(typed) == (secret, trust_mark(TRUST))


@pytest.mark.parametrize("typed", ["", "0000", "U" * 36, "0" * 35, "0" * 37])
def test_what_is_no_code(typed: str) -> None:
    with pytest.raises(InvalidDeclaration):
        read_code(typed)


def test_another_trust_has_another_mark() -> None:
    assert trust_mark(b"trust") != trust_mark(b"trust ")


def test_a_key_shows_itself_for_one_code() -> None:
    signer = Signer("station", KEY)
    proof = prove_key("A" * SECRET, signer)
    require_key("A" * SECRET, signer.verifier, proof)
    for secret, key in (("B" * SECRET, signer.verifier), ("A" * SECRET, Signer("station", OTHER._key).verifier)):
        with pytest.raises(InvalidDeclaration):
            require_key(secret, key, proof)
