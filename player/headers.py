"""Headers of every answer, and the language of every request: plain ASGI around the whole application.

The policy forbids what a page never does, so that a hole in one page stays small. Never loosens what a route has set.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from player.language import DEFAULT, Language, preferred, speaking
from player.pages import CONTENT_POLICY

LANGUAGE_COOKIE = "language"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Surround:
    """Sets the language for what is inside, and adds the headers that a route has not set itself."""

    def __init__(self, app: Application, language: Language = DEFAULT) -> None:
        self._app = app
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_missing(message.get("headers", ()))]
            await send(message)

        with speaking(_language_of(scope, self._language)):
            await self._app(scope, receive, send_with_headers)


def _missing(headers: Any) -> list[tuple[bytes, bytes]]:
    present = {bytes(name).lower() for name, _ in headers}
    added = [(name, value) for name, value in SECURITY if name not in present]
    kinds = [bytes(value) for name, value in headers if bytes(name).lower() == b"content-type"]
    if b"cache-control" not in present and any(kind.startswith(b"text/html") for kind in kinds):
        added.append((b"cache-control", b"no-store"))
    return added


def _language_of(scope: Scope, default: Language) -> Language:
    fields = {name: value.decode("latin-1") for name, value in scope["headers"]}
    return preferred(_cookie(fields.get(b"cookie", "")), fields.get(b"accept-language"), default)


def _cookie(header: str) -> str | None:
    try:
        chosen = SimpleCookie(header).get(LANGUAGE_COOKIE)
    except CookieError:
        return None
    return chosen.value if chosen else None
