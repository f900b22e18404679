"""Forms of other sessions are refused before anything happens, and pages offer only what a role allows."""

import pytest

from catalog.permissions import Role
from player.routes.here import may_of, sections
from tests.player.office import Office


@pytest.mark.parametrize("token", ["", "0" * 64, "é" * 10])
def test_a_form_without_the_sessions_token_changes_nothing(office: Office, token: str) -> None:
    browser = office.browser("zhang", Role.OFFICER)
    browser.csrf = token
    answer = browser.form("/cases", {"number": "1", "title": "x"})
    assert answer.status_code == 403
    assert office.cases.list(office.principal("zhang")).items == ()


def test_another_sessions_token_is_none(office: Office) -> None:
    other = office.browser("li", Role.OFFICER)
    browser = office.browser("zhang", Role.OFFICER)
    browser.csrf = other.csrf
    assert browser.form("/cases", {"number": "1", "title": "x"}).status_code == 403


def test_a_form_with_too_many_fields_is_refused(office: Office) -> None:
    browser = office.browser("zhang", Role.OFFICER)
    answer = browser.form("/cases", {f"field{number}": "x" for number in range(600)})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ((), []),
        ((Role.ADMINISTRATOR,), ["/retention", "/quarantine", "/administration", "/status"]),
        ((Role.OFFICER,), ["/cases", "/recordings", "/completeness", "/requests", "/grants"]),
        ((Role.APPROVER,), ["/cases", "/recordings", "/completeness", "/requests", "/retention"]),
        ((Role.REVIEWER,), ["/cases", "/recordings", "/completeness", "/requests", "/ledger"]),
    ],
)
def test_sections_are_those_of_the_roles(office: Office, roles: tuple[Role, ...], expected: list[str]) -> None:
    principal = office.person("zhang", *roles)
    assert [address for address, _ in sections(may_of(principal))] == expected


def test_every_section_opens_for_whoever_it_is_offered_to(office: Office) -> None:
    for role in Role:
        browser = office.browser(role.value, role)
        for address, _ in sections(may_of(office.principal(role.value))):
            assert browser.get(address).status_code == 200, f"{role} {address}"
