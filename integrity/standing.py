"""An authority and how it stands: one that failed rests for a while, longer each time, and says so at once.

Authorities are asked in order while a recording waits to be sealed. One that is down must cost one wait and not one a
recording, so after a failure it is not asked again before its rest is over: a second at first, doubled by every further
failure up to five minutes, each drawn between half and one and a half of that, so that many who wait do not return at
one moment. What it answers is judged by the authority itself (`integrity.timestamp`); this never accepts a token.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, TokenError
from integrity.timestamp import TimestampAuthority
from integrity.token import Token

FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How an authority is: since when it has failed and with what words, or neither when it gave its last token."""

    name: str
    failures: int
    since: datetime | None
    problem: str | None


class StandingAuthority:
    """A `TimestampAuthority` that rests after failures. Safe to use from every thread."""

    def __init__(
        self, authority: TimestampAuthority, clock: Clock, random: Random, monotonic: Callable[[], float]
    ) -> None:
        self.name = authority.name
        self._authority = authority
        self._clock = clock
        self._random = random
        self._monotonic = monotonic
        self._lock = threading.Lock()  # guards what follows
        self._standing = Standing(self.name, 0, None, None)
        self._rests_until = 0.0

    @property
    def standing(self) -> Standing:
        """How it is, as far as it was asked."""
        with self._lock:
            return self._standing

    def stamp(self, digest: Digest) -> Token:
        """A token over this digest; AuthorityUnavailable, at once while it rests."""
        with self._lock:
            if self._monotonic() < self._rests_until:
                raise AuthorityUnavailable(f"{self.name} rests after {self._standing.problem}")
        try:
            token = self._authority.stamp(digest)
        except TokenError as error:
            self._failed(error)
            raise
        with self._lock:
            self._standing, self._rests_until = Standing(self.name, 0, None, None), 0.0
        return token

    def _failed(self, error: TokenError) -> None:
        with self._lock:
            failures = self._standing.failures + 1
            since = self._standing.since or self._clock.now()
            self._standing = Standing(self.name, failures, since, str(error))
            longest = min(LONGEST_REST_SECONDS, FIRST_REST_SECONDS * 2 ** min(failures - 1, 20))
            spread = 0.5 + int.from_bytes(self._random(2), "big") / 0x10000
            self._rests_until = self._monotonic() + longest * spread


class FirstAuthority:
    """Authorities in order as one: the first that gives a token gives it. For what needs one token, of whomever."""

    def __init__(self, authorities: Sequence[TimestampAuthority]) -> None:
        self._authorities = tuple(authorities)
        self.name = self._authorities[0].name

    def stamp(self, digest: Digest) -> Token:
        """A token, or the AuthorityUnavailable of the last one asked."""
        refusal: TokenError = AuthorityUnavailable("no authority")
        for authority in self._authorities:
            try:
                return authority.stamp(digest)
            except TokenError as error:
                refusal = error
        raise refusal
