"""Renewal of time stamps: what begins to end is stamped anew, by the first authority whose token lasts longer.

`tiezheng admin renew` runs it once, `serve` every day as a job; both may run at once, for a renewal is kept whole or
not at all and the one who comes second finds it done. A token that ends no later than what it renews is not kept: it
would be due again at once, and for ever.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from catalog.errors import CatalogError, Conflict
from catalog.identity import OriginalId
from catalog.jobs import JobPort
from catalog.renewals import Renewals
from integrity.clock import Clock
from integrity.errors import AuthorityUnavailable, TokenError
from integrity.lifetime import good_until
from integrity.seal_steps import KeptToken
from integrity.timestamp import TimestampAuthority

LOOK_SECONDS = 24 * 3600.0
"""Between two looks of `serve` for what is due; days matter here, not hours."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RenewalReport:
    """How many originals were renewed, how many could not be, and the last reason why not."""

    renewed: int
    failed: int
    problem: str | None

    @property
    def ok(self) -> bool:
        return not self.failed


class Renewer:
    """Renews what is due. One at a time in a process."""

    def __init__(self, renewals: Renewals, authorities: Sequence[TimestampAuthority], clock: Clock) -> None:
        self._renewals = renewals
        self._authorities = tuple(authorities)
        self._clock = clock

    def run(self, within: timedelta, ending: Callable[[], bool] = lambda: False) -> RenewalReport:
        """Renew everything whose proof ends within this time; one original's trouble keeps no other from its turn."""
        before, renewed, failed, problem, after = self._clock.now() + within, 0, 0, None, ""
        short: set[str] = set()
        while due := self._renewals.due(before, after):
            for original in due:
                if ending():
                    return RenewalReport(renewed, failed, problem)
                try:
                    self._renew(original, within, short)
                    renewed += 1
                except Conflict:
                    continue  # somebody else did it, or a token came: the next run looks again
                except (TokenError, CatalogError) as error:
                    failed, problem = failed + 1, str(error)
            after = due[-1]
        return RenewalReport(renewed, failed, problem)

    def _renew(self, original: OriginalId, within: timedelta, short: set[str]) -> None:
        """Ask those whose tokens are not known to be too short; remember whose are."""
        draft = self._renewals.draft(original)
        refusal: TokenError = AuthorityUnavailable("no authority gives a token that lasts longer")
        for authority in self._authorities:
            if authority.name in short:
                continue
            try:
                token = authority.stamp(draft.digest)
            except TokenError as error:
                refusal = error
                continue
            if good_until(token.raw) <= self._clock.now() + within:
                short.add(authority.name)
                continue
            self._renewals.keep(draft, KeptToken.of(token))
            return
        raise refusal


class Renewing:
    """The job of a running service: woken when a day has passed since the last time, and once after the start."""

    def __init__(self, renewer: Renewer, within: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._renewer = renewer
        self._within = within
        self._monotonic = monotonic
        self._next = 0.0
        self._ending = threading.Event()

    def wake(self, jobs: JobPort) -> None:
        """Called every now and then."""
        if self._monotonic() >= self._next:
            self._next = self._monotonic() + LOOK_SECONDS
            jobs.wake("renew", "due")

    def run(self, _subject: str = "due") -> None:
        """Renew what is due; the outcome is a technical line, what was renewed is in the ledger."""
        found = self._renewer.run(self._within, self._ending.is_set)
        if found.renewed or found.failed:
            log = _log.info if found.ok else _log.warning
            log("renewed", renewed=found.renewed, failed=found.failed, problem=found.problem)

    def stop(self) -> None:
        """End after the original at hand."""
        self._ending.set()
