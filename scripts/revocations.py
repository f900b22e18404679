"""Fetches what external authorities say was revoked, lists and OCSP responses, and keeps it: a job beside everything.

Nothing waits for it: what is away or refused is a technical line and a count, and seals are made without it. Whoever
holds it back hides a revocation from us until the next that we get. Asks only where the operator, or a certificate
under the root that the operator named, said.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from integrity.certificates import is_issued_by, issued_under
from integrity.clock import Clock, instant
from integrity.errors import IntegrityError, InvalidRevocations
from integrity.ocsp import request_about, responders
from integrity.revocations import Answer, RevocationList, distribution_points, is_web, take_answer, take_list
from scripts.authority_settings import AuthoritySettings
from scripts.transport import ask_responder, fetch_list

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
    """How old the newest word about its signing certificates is, and whether one is revoked; nothing without."""
    found = [said for signer in lists.signers(authority) if (said := list(_said_of(lists, signer)))]
    if not found:
        return {}
    oldest = min(max(at for at, _revoked in said) for said in found)
    return {
        "list_issued_at": instant(oldest),
        "list_age_seconds": max(0, round((now - oldest).total_seconds())),
        "revoked": any(revoked for said in found for _at, revoked in said),
    }


def _said_of(lists: Revocations, signer: x509.Certificate) -> Iterator[tuple[datetime, bool]]:
    """When the newest list and the newest answer about it were issued, and whether they revoke it."""
    for newest in (lists.newest, lists.newest_answer):
        with suppress(InvalidRevocations):  # changed behind us, which the audit names
            said = newest(signer)
            if said is not None:
                yield said.this_update, said.revokes(signer)


@dataclass(frozen=True, slots=True)
class _Errand:
    """One thing to be fetched: a list, or a responder's answer `about` a certificate."""

    source: ListSource
    url: str
    about: x509.Certificate | None = None


class Fetching:
    """One per process; `run` once at a time."""

    def __init__(
        self,
        lists: Revocations,
        sources: Sequence[ListSource],
        every: timedelta,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lists = lists
        self._sources = tuple(sources) if every else ()
        self._every = every.total_seconds()
        self._clock = clock
        self._monotonic = monotonic
        self._next = 0.0
        self._fetched: dict[_Errand, float] = {}
        self._known: set[x509.Certificate] = set()
        self._failing: dict[_Errand, str] = {}
        self._refused: Counter[str] = Counter()
        self._ending = threading.Event()

    @property
    def refused(self) -> Mapping[str, int]:
        """How often a list or an answer was away or not kept, by authority, since this process began."""
        return dict(self._refused)

    def wake(self, jobs: JobPort) -> None:
        """Called every now and then."""
        if self._sources and self._monotonic() >= self._next:
            self._next = self._monotonic() + LOOK_SECONDS
            jobs.wake("revocations", "due", LATER)

    def run(self, _subject: str = "due") -> None:
        """Fetch all that is due: by its age, or because a certificate that names it is new."""
        for source in self._sources:
            signers = self._lists.signers(source.name)
            for errand in self._due(source, signers):
                if self._ending.is_set():
                    return
                self._take(errand)
            self._known.update(signers)

    def stop(self) -> None:
        """End after the errand at hand."""
        self._ending.set()

    def _due(self, source: ListSource, signers: Sequence[x509.Certificate]) -> list[_Errand]:
        named = {signer: _errands(source, signer) for signer in signers}
        new = {errand for signer, errands in named.items() if signer not in self._known for errand in errands}
        set_down = [_Errand(source, url) for url in source.urls]
        before = self._monotonic() - self._every
        return [
            errand
            for errand in dict.fromkeys((*set_down, *chain(*named.values())))
            if errand in new or self._fetched.get(errand, before) <= before
        ]

    def _take(self, errand: _Errand) -> None:
        authority = errand.source.name
        try:
            found = self._fetch(errand)
            kept = self._lists.keep(authority, found)
        except (IntegrityError, CatalogError) as error:
            self._refused[authority] += 1
            if self._failing.get(errand) != str(error):
                self._failing[errand] = str(error)
                _log.warning("revocations-not-kept", authority=authority, url=errand.url, problem=str(error))
            return
        self._failing.pop(errand, None)
        self._fetched[errand] = self._monotonic()
        if kept:
            _log.info("revocations-kept", authority=authority, url=errand.url, issued=str(found.this_update))

    def _fetch(self, errand: _Errand) -> RevocationList | Answer:
        source, about, now = errand.source, errand.about, self._clock.now
        issuers = (*source.roots, *issued_under(self._lists.between(source.name), source.roots))
        if about is None:
            return take_list(fetch_list(errand.url), issuers, now())
        issuer = next((one for one in issuers if is_issued_by(about, one)), None)
        if issuer is None:
            raise InvalidRevocations("nobody is known who issued the certificate")
        content = ask_responder(errand.url, request_about(about, issuer))
        return take_answer(content, about, issuers, now(), self._newest_list(about))

    def _newest_list(self, certificate: x509.Certificate) -> RevocationList | None:
        with suppress(InvalidRevocations):
            return self._lists.newest(certificate)
        return None


def _errands(source: ListSource, signer: x509.Certificate) -> list[_Errand]:
    """What a certificate says is to be had about it, over HTTP."""
    lists = [_Errand(source, url) for url in distribution_points(signer)]
    return lists + [_Errand(source, url, signer) for url in responders(signer) if is_web(url)]
