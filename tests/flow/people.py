"""People of a flow test, as their browsers speak: a cookie, the session's token, the API and the pages' addresses."""

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.servers.service import Service

ROLES = ("officer", "supervisor", "approver", "reviewer")


class Person:
    """One browser; nobody until `sign_in`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = httpx2.Cookies()
        self.csrf = ""

    def sign_in(self, login: str, once: str) -> "Person":
        password = f"A password of {login} 2026"
        self.csrf = self.must("POST", "/session", {"login": login, "password": once})["csrf"]
        self.must("PUT", "/session/password", {"present": once, "chosen": password})
        return self.again(login)

    def again(self, login: str) -> "Person":
        """A further session of somebody who has chosen a password."""
        self.csrf = self.must("POST", "/session", {"login": login, "password": f"A password of {login} 2026"})["csrf"]
        return self

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> httpx2.Response:
        """Ask the API."""
        headers = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        return self.send(method, f"/api/v1{path}", json=body, headers=headers, **options)

    def must(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The same where it has to work."""
        answer = self.ask(method, path, body, **options)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """An address outside the API, such as footage inside a view."""
        return self.send("GET", path, headers=headers)

    def send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Each request on a connection of its own, closed with its answer."""
        with httpx2.Client(base_url=self.url, cookies=self.cookies, timeout=60, trust_env=False) as client:
            answer = client.request(method, path, **options)
            self.cookies.update(client.cookies)
            return answer


def everybody(service: Service) -> dict[str, Person]:
    """The administrator of a first start, and one person of each other role."""
    assert service.first is not None
    people = {"administrator": Person(service.url).sign_in("admin", service.first)}
    agency = people["administrator"].must("GET", "/agencies")[0]["id"]
    for role in ROLES:
        new = {"login": role, "name": role, "agency": agency, "roles": [role]}
        secret = people["administrator"].must("POST", "/people", new)["secret"]
        people[role] = Person(service.url).sign_in(role, secret)
    return people
