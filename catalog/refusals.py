"""Refusals counted, so that every one is on record and nobody can flood the log with them.

Of a known person or station: an entry each, up to 60 a minute for one action; what exceeds that is told by one entry
with the number and the first few subjects. Of strangers (401): one entry a minute with a number for each door.
Counts live in memory: a service that is killed loses at most a minute of the excess, never a single first refusal.
Never counts permissions: each of those is an entry of its own, whatever their number.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from catalog.entry import Actor, Entry, Subject
from catalog.identity import AgencyId
from integrity.clock import Clock, instant

SECONDS = 60
ALONE = 60
"""Refusals of one person for one action within a minute that get entries of their own."""
NAMED = 20
"""Subjects that an entry for many names; the others are only counted."""
DOORS = 32
"""Different doors counted apart; a stranger chooses the path, so there must be a limit."""

STRANGERS = Actor("stranger", "strangers", "", None)


@dataclass(slots=True)
class Tally:
    """A minute of one kind of refusal."""

    action: str
    actor: Actor
    agency: AgencyId | None
    since: datetime
    until: datetime
    total: int = 0
    counted: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def over(self, now: datetime) -> bool:
        """Whether its minute has passed, or the clock went backwards."""
        return not 0 <= (now - self.since).total_seconds() < SECONDS

    def count(self, what: str, kinds: int, now: datetime) -> None:
        """Add one that has no entry of its own."""
        self.until = now
        self.counted += 1
        if what in self.counts or len(self.counts) < kinds:
            self.counts[what] += 1

    def entry(self) -> Entry:
        """The one entry that tells of all that were counted."""
        stranger = self.actor is STRANGERS
        return Entry(
            action=self.action,
            actor=self.actor,
            subject=Subject("service", "http") if stranger else Subject(self.actor.kind, self.actor.id),
            outcome="refused",
            agency=self.agency,
            details={
                "refused": self.counted,
                "since": instant(self.since),
                "until": instant(self.until),
                "doors" if stranger else "subjects": dict(self.counts),
            },
        )


class Refusals:
    """The tallies of the running minute. Safe to use from every thread; writes nothing by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Tally] = {}
        self._ended: list[Tally] = []

    def admit(self, entry: Entry) -> bool:
        """Whether this refusal of somebody known is to be written alone; if not, it has been counted."""
        with self._lock:
            tally = self._tally(entry.action, entry.actor, entry.agency)
            tally.total += 1
            if tally.total <= ALONE:
                return True
            tally.count(f"{entry.subject.kind} {entry.subject.id}", NAMED, self._clock.now())
            return False

    def stranger(self, door: str) -> None:
        """Count one refusal of somebody unknown."""
        with self._lock:
            self._tally("sign-in", STRANGERS, None).count(door, DOORS, self._clock.now())

    def take(self, everything: bool) -> list[Tally]:
        """Remove and return the tallies to be written: those whose minute is over, or all."""
        with self._lock:
            now = self._clock.now()
            for key in [key for key, tally in self._running.items() if everything or tally.over(now)]:
                self._end(self._running.pop(key))
            taken, self._ended = self._ended, []
            return taken

    def put_back(self, tallies: list[Tally]) -> None:
        """Keep tallies that could not be written for the next time."""
        with self._lock:
            self._ended = tallies + self._ended

    def _tally(self, action: str, actor: Actor, agency: AgencyId | None) -> Tally:
        now = self._clock.now()
        key = (actor.id, action)
        tally = self._running.get(key)
        if tally is not None and tally.over(now):
            self._end(tally)
            tally = None
        if tally is None:
            tally = self._running[key] = Tally(action, actor, agency, now, now)
        return tally

    def _end(self, tally: Tally) -> None:
        if tally.counted:
            self._ended.append(tally)
