"""JSON bodies: of one shape, and small."""

import pytest

from catalog.permissions import Role
from catalog.routes.bodies import LIMIT
from tests.catalog.door import Door


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"number": "1"}', "title"),
        (b'{"number": 1, "title": "x"}', "number"),
        (b'{"number": "1", "title": "x", "more": 1}', "more"),
        (b'{"number": "1", "title": "\xff"}', "body"),
        (b'{"number": "1", "title": "\\ud800"}', "body"),
        (b'{"number": "1", "title": "' + b"x" * LIMIT + b'"}', "body"),
    ],
)
def test_what_does_not_fit_is_named(door: Door, content: bytes, field: str) -> None:
    caller = door.person("officer", Role.OFFICER)
    headers = {"content-type": "application/json; charset=utf-8", "X-CSRF-Token": caller.csrf}
    answer = caller.client.post("/api/v1/cases", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "input-invalid", field)


def test_only_json_is_read(door: Door) -> None:
    caller = door.person("officer", Role.OFFICER)
    headers = {"content-type": "application/x-www-form-urlencoded", "X-CSRF-Token": caller.csrf}
    answer = caller.client.post("/api/v1/cases", content=b"number=1&title=x", headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "body")


def test_openapi_tells_of_every_body_and_problem(door: Door) -> None:
    described = door.app.openapi()
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    bodies = [
        operation["requestBody"]["content"]
        for path in described["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    assert len(bodies) > 15
    for path in described["paths"].values():
        for operation in path.values():
            assert {"401", "403", "404", "422", "503"} <= set(operation["responses"])
    assert described["paths"]["/api/v1/cases"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "required"
    ] == ["number", "title"]
