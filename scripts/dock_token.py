"""A station's bearer token, changed by the station itself on a schedule, so that one that leaked is good for days only.

Whatever is cut short, the credentials hold a token that the server honours:

| step                                             | the file holds      | the server honours                        |
|--------------------------------------------------|---------------------|-------------------------------------------|
| the next token is asked for with the present one | the present one     | it, for the next was never used           |
| both are written: 0600, synced, before any use   | the next and it     | both                                      |
| the next is used, for the first time             | the next and it     | the next, and for an hour the one before  |
| the next is written alone                        | the next            | the next                                  |

Credentials with both are settled first: the next counts, unless the server refuses it and takes the one before (it was
set back to before the change). One run of a station at a time does this; others read the file again when they are
refused. Never gives a token up before the server took another.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import httpx2

from integrity.enrolment import token_request
from scripts.dock_line import refusal
from scripts.dock_patience import DockError
from scripts.dock_state import Credentials
from scripts.dock_turn import turn

LASTS = timedelta(days=7)
"""How old a token becomes."""
LOOK_SECONDS = 3600.0
"""Between two looks of a station that stays."""

_TOKEN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Renewal:
    """The way to the server, and how long a token lasts."""

    client: httpx2.Client
    server: str
    path: Path
    now: Callable[[], datetime]
    lasts: timedelta = LASTS

    def renew(self) -> bool:
        """Settle what a run that was cut short left, and change a token that is old; whether the file changed.

        DockError when the server could not be asked or refused: the credentials are as good as they were.
        """
        with turn(self.path, "token"):
            before = known = Credentials.read(self.path)
            if known.former is not None:
                known = self._settled(known)
            if known.since is None or not timedelta() <= self.now() - known.since < self.lasts:
                known = self._changed(known)
            return known != before

    def _changed(self, known: Credentials) -> Credentials:
        headers = {}
        if known.signer is not None:
            signature = known.signer.sign(token_request(known.token)).raw
            headers["Tiezheng-Signature"] = base64.b64encode(signature).decode()
        response = self._ask("POST", "stations/token", known.token, headers)
        if response.status_code == 404:
            return known  # a server that changes no tokens
        if response.status_code != 201:
            raise refusal(response)
        both = replace(known, token=_token(response), former=known.token, since=self.now())
        both.write()
        return self._settled(both)

    def _settled(self, both: Credentials) -> Credentials:
        """The credentials with the one of two tokens that the server takes, the newer before the older."""
        if self._taken(both.token):
            one = replace(both, former=None)
        elif both.former is not None and self._taken(both.former):
            one = replace(both, token=both.former, former=None, since=None)
        else:
            raise DockError("sign-in-required", "the server takes neither token: the station needs a new code")
        one.write()
        return one

    def _taken(self, token: str) -> bool:
        response = self._ask("GET", "stations/self", token, {})
        if response.status_code not in (200, 401):
            raise refusal(response)
        return response.status_code == 200

    def _ask(self, method: str, path: str, token: str, headers: Mapping[str, str]) -> httpx2.Response:
        url = urljoin(self.server.rstrip("/") + "/", path)
        try:
            return self.client.request(method, url, headers={"Authorization": f"Bearer {token}", **headers})
        except httpx2.TransportError as error:
            raise DockError("server-unreachable", str(error) or type(error).__name__) from error


def _token(response: httpx2.Response) -> str:
    try:
        token = response.json()["token"]
    except (ValueError, KeyError, TypeError) as error:
        raise DockError("answer-invalid", "the server told no token") from error
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise DockError("answer-invalid", "what the server told is no token")
    return token
