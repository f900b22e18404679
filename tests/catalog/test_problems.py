"""Every error of every package has its row, and what is ours to mend never tells of inside."""

import importlib
import inspect
from typing import Any

import pytest

from catalog.errors import InvalidInput, PurposeMissing
from catalog.problems import PROBLEMS, problem, problem_of
from integrity.errors import VaultMissing

PACKAGES = ("integrity.errors", "catalog.errors", "ingest.errors")


def _errors(module: str) -> list[Any]:
    found = vars(importlib.import_module(module)).values()
    return [error for error in found if inspect.isclass(error) and issubclass(error, Exception)]


@pytest.mark.parametrize("module", PACKAGES)
def test_every_error_has_its_row(module: str) -> None:
    assert [error.__name__ for error in _errors(module) if error.code not in PROBLEMS] == []


def test_every_row_is_some_error() -> None:
    codes = {error.code for module in PACKAGES for error in _errors(module)}
    assert set(PROBLEMS) - codes == {"internal", "method-not-allowed"}


def test_a_problem_says_what_and_where() -> None:
    status, body = problem(InvalidInput("number", "takes 1 to 128 characters"))
    assert (status, body["status"], body["code"], body["field"]) == (422, 422, "input-invalid", "number")
    assert body["detail"] == "number: takes 1 to 128 characters"
    assert problem(PurposeMissing("say why"))[0] == 422


def test_the_inside_stays_inside() -> None:
    status, body = problem(VaultMissing("/srv/secret/vault/ab/cd"))
    assert status == 500
    assert "secret" not in str(body)


def test_an_unknown_code_is_internal() -> None:
    assert problem_of("no-such-code").code == "internal"
    assert problem(RuntimeError("secret"))[1].get("detail") is None
