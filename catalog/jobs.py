"""Background work as the rest of the house sees it: somebody may be woken for a subject, and that is all.

A queue is only a wake-up. What there is to do stands in the catalog (or, before that, in the spool), and a reconciler
scans it and wakes whatever is not where it should be; so losing every job loses nothing, a job may run twice, and one
that finds nothing to do ends at once. The implementation is `scripts.engine`; nothing here knows it.
"""

from typing import Literal, Protocol

Kind = Literal["prepare", "transcode", "bundle", "copy", "lock", "dispose", "scrub", "renew", "revocations"]
"""What a job does: make a recording's rendition (subject: recording id), make those that take long, and last of all
copies of an older recipe (subject: `wanted` for what viewers wait for, or a number: one each of so many at a time),
make a grant's bundle (subject: grant id), copy what a further vault does not hold yet, renew the locks of a store
(subject: the vault's name), carry out an order of disposal (subject: its id), read sealed bytes again for a while
(subject: always `scrub`), renew the time stamps that begin to end (subject: always `due`), fetch what authorities say
was revoked (subject: always `due`)."""

URGENT = 10
"""Somebody waits for it."""
NORMAL = 100
LATER = 1000
"""Work that nobody waits for, such as copies of an older recipe. Of two priorities the lower number goes first."""


class JobPort(Protocol):
    """Wakes jobs; safe to call from every thread."""

    def wake(self, kind: Kind, subject: str, priority: int = NORMAL) -> None:
        """See to it that the job runs, now or after a restart; nothing when it is queued or running already."""
        ...

    def active(self, kind: Kind) -> set[str]:
        """Subjects whose job is queued or running."""
        ...
