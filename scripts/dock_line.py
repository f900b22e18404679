"""A station's line to one server: requests with its token, and what of an answer may be another one later.

A token that another run of the station changed meanwhile is read anew from the credentials. Never sends the token to
another server, and believes no more of a refusal than its problem's code.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import urljoin

import httpx2

from scripts.dock_patience import DockError, Interrupted, Patience, Tries
from scripts.dock_state import Credentials, WrongCredentials

TIMEOUT = httpx2.Timeout(connect=10, read=300, write=120, pool=None)
"""Reading waits long: after a restart the server hashes what it has before it goes on."""
RETRIED = frozenset({408, 409, 423, 425, 429, 500, 502, 503, 504, 507})
"""Answers that may be another one later; 409 because the offset is asked for again."""

Answer = TypeVar("Answer")


class Line:
    """One station, one server. Safe to use from several threads."""

    def __init__(self, server: str, credentials: Credentials, client: httpx2.Client, patience: Patience) -> None:
        self._server = server.rstrip("/") + "/"
        self._credentials = credentials.path
        self._token = credentials.token
        self._client = client
        self.patience = patience

    def url(self, path: str) -> str:
        """The address of this path of the server."""
        return urljoin(self._server, path)

    def leads_to(self, url: str) -> bool:
        """Whether an address is this server's: others never get the token."""
        return url.startswith(self._server)

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: Iterator[bytes] | None = None
    ) -> httpx2.Response:
        """One request; Interrupted for what may go better later."""
        token = self._token
        sent = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0", **(headers or {})}
        try:
            response = self._client.request(method, url, headers=sent, content=content)
        except httpx2.RequestError as error:  # it broke, or what came is no answer
            raise Interrupted("server-unreachable", str(error) or type(error).__name__) from error
        if response.status_code == 401 and self._changed(token):
            raise Interrupted("token-changed", "another run of this station changed its token", 0.0)
        if response.status_code in RETRIED:
            refused = refusal(response)
            raise Interrupted(refused.code, str(refused), asked_wait(response))
        return response

    def reread(self) -> None:
        """Go on with the token that lies in the credentials by now."""
        self._changed(self._token)

    def patiently(self, asked: Callable[[], Answer]) -> Answer:
        """Ask until it is answered; DockError when patience is at its end."""
        tries = Tries(self.patience)
        while True:
            try:
                return asked()
            except Interrupted as reason:
                tries.wait(reason)

    def _changed(self, token: str) -> bool:
        """Whether there is another token by now, which is then used."""
        if self._token == token:
            try:
                self._token = Credentials.read(self._credentials).token
            except WrongCredentials:
                return False
        return self._token != token


def refusal(response: httpx2.Response) -> DockError:
    """What the server says, as an error; its problem's stable code where it told one."""
    try:
        problem = response.json()
        return DockError(str(problem["code"]), str(problem.get("detail") or problem.get("title") or ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return DockError(f"http-{response.status_code}", f"the server answered {response.status_code}")


def asked_wait(response: httpx2.Response) -> float | None:
    """The seconds that the server asks for, at most a minute."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), 60.0) if text.isdecimal() else None
