"""What the service's jobs do, by their kind, and what looks whether there is something for them to do.

Each chore finds in the catalog what there is to do, so waking one too often costs a look, and a job that was lost is
woken again by the reconciler. A chore that fails is on record until it succeeds. Never holds the truth of anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog

from catalog.disposing import Disposing
from catalog.grants import Grants
from catalog.identity import GrantId, RecordingId
from catalog.job_failures import JobFailures, reason_of
from catalog.jobs import LATER, JobPort, Kind
from catalog.parts import Parts
from catalog.rendition_keys import enrol
from catalog.unshown import clear_forsaken
from catalog.vault_locks import VaultLocks
from catalog.workers import Workers
from ingest.child import Children
from ingest.derived import Derived, Telling
from ingest.errors import ChildrenStopped
from ingest.pipeline import Pipeline
from ingest.recipe import FORMER, RECIPE
from ingest.rendering import Bounds, Renderer
from ingest.replication import Replication
from scripts.assemble import House
from scripts.authorities import Authorities
from scripts.engine import LATE_S, LATER_S, SOON_S, Engine, Work
from scripts.founding import worker_of
from scripts.heart import Heart
from scripts.key_change import retire_keys
from scripts.keys import rendition_signer
from scripts.precedence import Precedence
from scripts.renewing import Renewer, Renewing
from scripts.revocations import Fetching, sources_of
from scripts.scrubbing import Scrubbing, Stopped
from scripts.settings import MIB, child_environment

LOOKS_S: Mapping[Kind, float] = {"bundle": SOON_S, "copy": LATER_S, "dispose": LATER_S}
"""How soon a chore begins; any other is one of days and months."""
WANTED = "wanted"
"""The transcoding job that viewers alone wait for."""

_log = structlog.get_logger()


class Bundles(Protocol):
    """What makes bundles, and removes those that are good for nothing any more."""

    def make(self, grant: GrantId) -> None: ...
    def sweep(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Chores:
    """All of them over one house."""

    house: House
    grants: Grants
    export: Bundles
    children: Children
    pipeline: Pipeline
    precedence: Precedence
    replication: Replication
    locks: VaultLocks
    disposing: Disposing
    scrubbing: Scrubbing
    renewing: Renewing
    fetching: Fetching

    @classmethod
    def of(
        cls, house: House, authorities: Authorities, grants: Grants, export: Bundles, sealing: Callable[[], int]
    ) -> "Chores":
        """As the settings say; `sealing`: how many files wait for their seal, which goes first."""
        settings, children = house.settings, Children(child_environment())
        renewer = Renewer(house.renewals, authorities.asked, house.clock)
        every, pipeline = timedelta(hours=settings.revocation_hours), _pipeline(house, children)
        return cls(
            house=house,
            grants=grants,
            export=export,
            children=children,
            pipeline=pipeline,
            precedence=Precedence(pipeline, sealing),
            replication=Replication(house.recordings, house.vaults.carriers()),
            locks=VaultLocks(house.database, house.clock, house.vaults.keepers()),
            disposing=house.disposing(),
            scrubbing=house.scrubbing(settings.scrub_mib_s * MIB),
            renewing=Renewing(renewer, timedelta(days=settings.renew_before_days)),
            fetching=Fetching(house.revocations, sources_of(settings.authorities), every, house.clock),
        )

    def kinds(self, wake: Callable[[Kind, str], None]) -> Mapping[Kind, Work]:
        """What each kind of job does; `wake`: some find work for others."""
        others: dict[Kind, Callable[[str], object]] = {
            "bundle": lambda subject: self.export.make(GrantId(subject)),
            "copy": self.replication.run,
            "lock": self.locks.run,
            "scrub": lambda _subject: self.scrubbing.tick(),
            "dispose": self._dispose,
            "renew": self.renewing.run,
            "revocations": self.fetching.run,
        }
        failures = JobFailures(self.house.database, self.house.clock)
        noted = {
            kind: Work(noting(kind, run, failures), poll_s=LOOKS_S.get(kind, LATE_S)) for kind, run in others.items()
        }
        jobs = self.house.settings.prepare_jobs
        preparing: dict[Kind, Work] = {  # what prepares notes its failures itself
            "prepare": Work(partial(self._prepare, wake), jobs),
            # One is for viewers alone; what takes minutes may as well begin some seconds later.
            "transcode": Work(self._transcode, jobs + 1 if jobs else 0, LATE_S),
        }
        return {**preparing, **noted}

    def looks(self, jobs: JobPort) -> Sequence[Callable[[], object]]:
        """What the reconciler looks at besides spool and recordings: whatever a job is to be woken for, or swept."""
        return (
            partial(self._wake_transcoding, jobs.wake),
            partial(self._wake_making_anew, jobs),
            partial(self._wake_bundles, jobs),
            partial(self.replication.wake, jobs),
            partial(self.locks.wake, jobs),
            partial(self._wake_disposals, jobs),
            partial(self._wake_scrub, jobs),
            partial(self.renewing.wake, jobs),
            partial(self.fetching.wake, jobs),
            partial(self.house.vaults.prove, self.house.clock),  # at most daily
            partial(retire_keys, self.house),
            self.house.inventories.settle,
            self.house.joining.sweep,
            self.export.sweep,
            self.house.unshown.look,
            partial(clear_forsaken, self.house.renditions, Workers(self.house.database, self.house.clock)),
        )

    def stop(self) -> None:
        """End what would keep a job from ending."""
        self.fetching.stop()
        self.renewing.stop()
        self.precedence.stop()
        self.children.stop()
        self.scrubbing.stop()

    def _prepare(self, wake: Callable[[Kind, str], None], subject: str) -> None:
        self.precedence.prepare(RecordingId(subject))
        self._wake_transcoding(wake)

    def _transcode(self, subject: str) -> None:
        if subject == WANTED:
            self.precedence.transcode_wanted()
        else:
            self.precedence.transcode()

    def _wake_transcoding(self, wake: Callable[[Kind, str], None]) -> None:
        """Everybody who encodes; whoever finds nothing to do ends at once."""
        if self.house.recordings.postponed():
            for subject in (WANTED, *map(str, range(1, self.house.settings.prepare_jobs + 1))):
                wake("transcode", subject)

    def _wake_making_anew(self, jobs: JobPort) -> None:
        """After all that waits for a first copy."""
        if self.house.recordings.older(FORMER, RECIPE):
            for number in range(1, self.house.settings.prepare_jobs + 1):
                jobs.wake("transcode", str(number), LATER)

    def _dispose(self, subject: str) -> None:
        _log.info("disposal", order=subject, **self.disposing.carry_out(subject))

    def _wake_bundles(self, jobs: JobPort) -> None:
        for grant in self.grants.waiting():
            jobs.wake("bundle", grant)

    def _wake_disposals(self, jobs: JobPort) -> None:
        for disposal in self.disposing.unfinished():
            jobs.wake("dispose", disposal)

    def _wake_scrub(self, jobs: JobPort) -> None:
        if self.scrubbing.due():
            jobs.wake("scrub", "scrub", LATER)


def noting(kind: Kind, run: Callable[[str], object], failures: JobFailures) -> Callable[[str], None]:
    """The same job, its failures on record until it succeeds; what the service's end cut short has not failed."""

    def noted(subject: str) -> None:
        try:
            run(subject)
        except (ChildrenStopped, Stopped):
            raise
        except Exception as error:
            failures.failed(kind, subject, reason_of(error))
            raise
        failures.succeeded(kind, subject)

    return noted


def heart_of(house: House, jobs: Engine, hurry: Callable[[Sequence[RecordingId]], None]) -> Heart:
    """The service's own, in the name that its folder has for good; what a killed one left half made is removed."""
    worker, silence = worker_of(house.data), house.settings.worker_silence_seconds
    house.renditions.abandon(worker)

    def lost(other: str, freed: Sequence[RecordingId]) -> None:
        house.renditions.abandon(other)
        for recording in freed:
            jobs.wake("prepare", recording)

    return Heart(Workers(house.database, house.clock), house.recordings, worker, silence, lost, hurry)


def _pipeline(house: House, children: Children) -> Pipeline:
    settings = house.settings
    bounds = Bounds(timeout_s=settings.prepare_timeout_s, memory=settings.prepare_memory_bytes, threads=2)
    failures, renderer = JobFailures(house.database, house.clock), Renderer(children, bounds)
    parts, store = Parts(house.database), house.renditions
    tell = Telling(Derived(children, settings.name_patterns), house.facts.keep)
    signer = rendition_signer(house.data, house.random)
    enrol(house.database, house.ledger, signer)
    return Pipeline(house.recordings, parts, store, house.open_original, renderer, failures, signer, tell=tell,
                    tidy=house.unshown.tidy)  # fmt: skip
