"""Asking an authority for a token over a digest, and taking only an answer that proves what was asked.

A digest leaves the house, never the bytes. An answer is judged before it is kept: by `integrity.token` against roots
that came from the operator, by the nonce of this request, and by our own clock at the moment it arrived. A refused or
unverifiable answer is an authority that was not available; the seal stays pending and is asked for again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import rfc3161ng
from cryptography import x509
from pyasn1.error import PyAsn1Error

from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, InvalidToken
from integrity.token import CLOCK_TOLERANCE, Expectation, Token, verify_token

Transport = Callable[[bytes], bytes]
"""Carries one DER TimeStampReq to the authority and brings its DER TimeStampResp; raises AuthorityUnavailable alone."""


class TimestampAuthority(Protocol):
    """Whoever gives tokens. Raises only AuthorityUnavailable."""

    @property
    def name(self) -> str:
        """As in trust.json."""
        ...

    def stamp(self, digest: Digest) -> Token:
        """A new, verified token over this digest."""
        ...


class HttpAuthority:
    """An authority that is asked as RFC 3161 section 3.4 says; `transport` brings the HTTP."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        roots: Sequence[x509.Certificate],
        clock: Clock,
        random: Random,
        *,
        policies: frozenset[str] = frozenset(),
        qualified: bool = False,
    ) -> None:
        self.name = name
        self._transport = transport
        self._expected = Expectation(roots=tuple(roots), now=clock.now(), policies=policies)
        self._clock = clock
        self._random = random
        self._qualified = qualified

    def stamp(self, digest: Digest) -> Token:
        """Ask, verify, and hold the answer's time against our clock; AuthorityUnavailable says what was wrong."""
        nonce = int.from_bytes(self._random(8), "big")
        raw = self._transport(_request(digest, nonce))
        now = self._clock.now()
        try:
            facts = verify_token(raw, digest, replace(self._expected, now=now, nonce=nonce))
        except InvalidToken as error:
            raise AuthorityUnavailable(f"{self.name}: {error}") from error
        if abs(_time_read_by_rfc3161ng(raw) - facts.gen_time) > timedelta(milliseconds=1):
            raise AuthorityUnavailable(f"{self.name}: two readers of its token do not agree on the time")
        if abs(facts.gen_time - now) > CLOCK_TOLERANCE:
            raise AuthorityUnavailable(f"{self.name}: its time {facts.gen_time} is not ours, {now}")
        return Token(raw, digest, self.name, facts, self._qualified)


def _request(digest: Digest, nonce: int) -> bytes:
    # `digest=` and `hashname=` both: without them this library asks for SHA-1.
    request = rfc3161ng.make_timestamp_request(
        digest=digest.raw, hashname="sha256", include_tsa_certificate=True, nonce=nonce
    )
    encoded = rfc3161ng.encode_timestamp_request(request)
    return bytes(encoded)


def _time_read_by_rfc3161ng(raw: bytes) -> datetime:
    """genTime as a library reads it that shares no line with ours, cut to microseconds; the verdict is not its."""
    try:
        response = rfc3161ng.decode_timestamp_response(raw)
        gen_time = rfc3161ng.get_timestamp(response.time_stamp_token, naive=True)
    except (PyAsn1Error, ValueError) as error:
        raise AuthorityUnavailable("its token cannot be read by rfc3161ng") from error
    if not isinstance(gen_time, datetime):
        raise AuthorityUnavailable("its token has no time that rfc3161ng can read")
    return gen_time.replace(tzinfo=UTC)
