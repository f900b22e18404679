"""Fetches what external authorities say was revoked, and keeps it: a job beside everything else.

Nothing waits for a list: one that is away or refused is a technical line and a count, and seals are made without it.
Whoever holds lists back hides a revocation from us until the next one that we get. Asks only where the operator, or a
certificate under the root that the operator named, said.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import structlog
from cryptography import x509

from catalog.errors import CatalogError
from catalog.jobs import LATER, JobPort
from catalog.revocations import Revocations
from integrity.certificates import issued_under
from integrity.clock import Clock, instant
from integrity.errors import IntegrityError, InvalidRevocations
from integrity.revocations import distribution_points, take_list
from scripts.authority_settings import AuthoritySettings
from scripts.transport import fetch_list

LOOK_SECONDS = 300.0
"""Between two looks for a new certificate, or for a list that was away."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ListSource:
    """An authority whose lists are kept: who signs them, and where they are besides where its certificates say."""

    name: str
    roots: tuple[x509.Certificate, ...]
    urls: tuple[str, ...]


def sources_of(authorities: Iterable[AuthoritySettings]) -> tuple[ListSource, ...]:
    """The external ones: the embedded authority ends its keys and revokes none."""
    return tuple(ListSource(one.name, one.roots, one.revocations) for one in authorities)


def list_facts(lists: Revocations, authority: str, now: datetime) -> dict[str, Any]:
    """How old the newest list about its signing certificates is, and whether one of them is on it; nothing without."""
    found = []
    for signer in lists.signers(authority):
        with suppress(InvalidRevocations):  # changed behind us, which the audit names
            newest = lists.newest(signer)
            if newest is not None:
                found.append((newest, newest.revokes(signer)))
    if not found:
        return {}
    oldest = min((newest for newest, _revoked in found), key=lambda newest: newest.this_update)
    return {
        "list_issued_at": instant(oldest.this_update),
        "list_age_seconds": max(0, round((now - oldest.this_update).total_seconds())),
        "revoked": any(revoked for _newest, revoked in found),
    }


class Fetching:
    """One per process; `run` once at a time."""

    def __init__(
        self,
        lists: Revocations,
        sources: Sequence[ListSource],
        every: timedelta,
        clock: Clock,
        fetch: Callable[[str], bytes] = fetch_list,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = lists
        self._sources = tuple(sources) if every else ()
        self._every = every.total_seconds()
        self._clock = clock
        self._fetch = fetch
        self._monotonic = monotonic
        self._next = 0.0
        self._fetched: dict[tuple[str, str], float] = {}
        self._known: set[x509.Certificate] = set()
        self._failing: dict[tuple[str, str], str] = {}
        self._refused: Counter[str] = Counter()
        self._ending = threading.Event()

    @property
    def refused(self) -> Mapping[str, int]:
        """How often a list was away or not kept, by authority, since this process began."""
        return dict(self._refused)

    def wake(self, jobs: JobPort) -> None:
        """Called every now and then."""
        if self._sources and self._monotonic() >= self._next:
            self._next = self._monotonic() + LOOK_SECONDS
            jobs.wake("revocations", "due", LATER)

    def run(self, _subject: str = "due") -> None:
        """Fetch every list that is due: by its age, or because a certificate that names it is new."""
        for source in self._sources:
            signers = self._lists.signers(source.name)
            for url in self._due(source, signers):
                if self._ending.is_set():
                    return
                self._take(source, url)
            self._known.update(signers)

    def stop(self) -> None:
        """End after the list at hand."""
        self._ending.set()

    def _due(self, source: ListSource, signers: Sequence[x509.Certificate]) -> list[str]:
        named = {signer: distribution_points(signer) for signer in signers}
        new = {url for signer, urls in named.items() if signer not in self._known for url in urls}
        before = self._monotonic() - self._every
        return [
            url
            for url in dict.fromkeys((*source.urls, *chain(*named.values())))
            if url in new or self._fetched.get((source.name, url), before) <= before
        ]

    def _take(self, source: ListSource, url: str) -> None:
        where = (source.name, url)
        try:
            between = issued_under(self._lists.between(source.name), source.roots)
            found = take_list(self._fetch(url), (*source.roots, *between), self._clock.now())
            kept = self._lists.keep(source.name, found)
        except (IntegrityError, CatalogError) as error:
            self._refused[source.name] += 1
            if self._failing.get(where) != str(error):
                self._failing[where] = str(error)
                _log.warning("revocations-not-kept", authority=source.name, url=url, problem=str(error))
            return
        self._failing.pop(where, None)
        self._fetched[where] = self._monotonic()
        if kept:
            _log.info("revocations-kept", authority=source.name, url=url, issued=str(found.this_update))
