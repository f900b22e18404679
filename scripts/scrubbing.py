"""Reads sealed bytes again for the scrub: a little at a time, no faster than it may, and never in the way of the end.

One tick is bounded work: it ends after `TICK_SECONDS` between two objects, and the reconciler sets the next one going.
Vaults are reached through their checks alone.
"""

import threading
from collections.abc import Mapping
from time import monotonic

from catalog.entry import SYSTEM, Actor
from catalog.scrub import ScrubFacts, Scrubs, Terms, Turn
from integrity.finding import Finding
from integrity.vault_check import VaultCheck

MIB = 1024 * 1024
TICK_SECONDS = 20.0


class Stopped(Exception):
    """The service is ending; the object at hand is read again next time."""

    code = "scrub-stopped"


class Scrubbing:
    """Runs rounds. `rate`: bytes a second, 0 for as fast as it goes."""

    def __init__(self, scrubs: Scrubs, checks: tuple[VaultCheck, ...], terms: Terms, rate: int) -> None:
        self._scrubs = scrubs
        self._checks: Mapping[str, VaultCheck] = {check.name: check for check in checks}
        self._terms = terms
        self._rate = rate
        self._ending = threading.Event()

    def due(self) -> bool:
        """Whether there is something to read now."""
        return self._scrubs.due(self._terms)

    def stop(self) -> None:
        """End in the middle of an object, if need be."""
        self._ending.set()

    def tick(self, seconds: float = TICK_SECONDS) -> None:
        """Begin the day's round if it is time, and read for so long; closes the round when nothing is left of it."""
        self._scrubs.begin(self._terms)
        until = monotonic() + seconds
        while (turn := self._scrubs.turn()) is not None:
            self._read(turn)
            if monotonic() >= until:
                return
        self._scrubs.end()

    def everything(self, by: Actor = SYSTEM) -> ScrubFacts | None:
        """Read all there is, now."""
        self._scrubs.begin_all()
        while (turn := self._scrubs.turn()) is not None:
            self._read(turn)
        return self._scrubs.end(by)

    def _read(self, turn: Turn) -> None:
        size, findings = 0, list[Finding]()

        def pace(read: int) -> None:
            nonlocal size
            size += read
            if self._ending.wait(read / self._rate if self._rate else 0):
                raise Stopped("the service is ending")

        for claim in turn.claims:
            if claim.vault in self._checks:
                findings += self._checks[claim.vault].scrub(claim, pace)
            else:
                findings.append(Finding("vault-unknown", f"vault {claim.digest}", f"there is no vault {claim.vault}"))
        self._scrubs.read(turn, size, findings)
