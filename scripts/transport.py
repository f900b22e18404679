"""HTTP to time-stamping authorities: one exchange, one small answer, within an agreed time.

A token is asked for by a POST (RFC 3161 section 3.4), a revocation list by a GET (RFC 5280 section 4.2.1.13), what a
responder says of one certificate by a POST (RFC 6960 appendix A.1).
"""

import ssl
import time

import httpx2

from integrity.cms import RESPONSE_LIMIT
from integrity.errors import AuthorityUnavailable
from integrity.ocsp import LIMIT as ANSWER_LIMIT
from integrity.revocations import LIMIT as LIST_LIMIT
from integrity.revocations import is_web

SECONDS = 10.0
"""For the whole exchange; a seal goes on without a token rather than wait."""

LIST_SECONDS = 15.0
"""For a revocation list, or a responder's answer; nobody waits for one."""

_ASKING = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class HttpTransport:
    """A `Transport` that keeps its connection and may be called from several threads; AuthorityUnavailable alone."""

    def __init__(
        self,
        url: str,
        seconds: float = SECONDS,
        *,
        credentials: tuple[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._seconds = seconds
        # No redirects and no proxies of the environment: the query goes where the operator said.
        self._client = httpx2.Client(
            timeout=seconds, follow_redirects=False, trust_env=False, auth=credentials, verify=context or True
        )

    def __call__(self, query: bytes) -> bytes:
        """Carry a DER query there and its DER answer back."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream("POST", self._url, content=query, headers=_HEADERS) as response:
                return _read_reply(self._url, response, deadline)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise AuthorityUnavailable(f"{self._url}: {type(error).__name__} {error}") from error

    def close(self) -> None:
        self._client.close()


def fetch_list(url: str, seconds: float = LIST_SECONDS) -> bytes:
    """What lies at this address, of whatever media type; AuthorityUnavailable alone. Follows no redirect."""
    return _fetch(url, seconds, LIST_LIMIT)


def ask_responder(url: str, request: bytes, seconds: float = LIST_SECONDS) -> bytes:
    """What the OCSP responder at this address answers, of whatever media type; AuthorityUnavailable alone."""
    return _fetch(url, seconds, ANSWER_LIMIT, request)


def _fetch(url: str, seconds: float, limit: int, request: bytes | None = None) -> bytes:
    if not is_web(url):
        raise AuthorityUnavailable(f"{url}: not an address of HTTP")
    deadline = time.monotonic() + seconds
    method, headers = ("GET", {}) if request is None else ("POST", _ASKING)
    try:
        with (
            httpx2.Client(timeout=seconds, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, content=request, headers=headers) as response,
        ):
            return _read(url, response, deadline, limit)
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
        raise AuthorityUnavailable(f"{url}: {type(error).__name__} {error}") from error


def _read_reply(url: str, response: httpx2.Response, deadline: float) -> bytes:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code == 200 and media_type != "application/timestamp-reply":
        raise AuthorityUnavailable(f"{url}: it answered with {media_type or 'no media type'}")
    return _read(url, response, deadline, RESPONSE_LIMIT)


def _read(url: str, response: httpx2.Response, deadline: float, limit: int) -> bytes:
    if response.status_code != 200:
        raise AuthorityUnavailable(f"{url}: HTTP status {response.status_code}")
    reply = bytearray()
    for chunk in response.iter_bytes():
        reply += chunk
        if len(reply) > limit or time.monotonic() > deadline:
            raise AuthorityUnavailable(f"{url}: its answer is too large or too slow")
    return bytes(reply)
