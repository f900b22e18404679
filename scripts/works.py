"""What runs in `serve` beside HTTP: the authority, the sequencer, the intake, jobs and their children, the reconciler.

Started in the order in which each needs the last, stopped in the opposite one. Nothing here holds state that a kill
would lose: the spool and the catalog are the truth, and the reconciler brings back whatever is not where it should be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog

from catalog.disposing import Disposing
from catalog.grants import Grants
from catalog.identity import GrantId, RecordingId
from catalog.jobs import LATER, Kind
from catalog.parts import Parts
from catalog.vault_locks import VaultLocks
from ingest.child import Children
from ingest.filing import Filing
from ingest.intake import Intake
from ingest.past import CatalogPast
from ingest.pipeline import Pipeline
from ingest.quarantine import Quarantine
from ingest.receipt import Receipts
from ingest.receive import Receiver
from ingest.rendering import Bounds, Renderer
from ingest.replication import Replication
from ingest.resume import Reconciler
from ingest.spool import Spool
from ingest.upload import Limits, Uploads
from integrity.digest import Digest
from integrity.seal import Sealer
from scripts.assemble import House
from scripts.authorities import Authorities
from scripts.cosigners import WITNESSES, Cosigners
from scripts.engine import Engine, Work, sqlite_url
from scripts.renewing import Renewer, Renewing
from scripts.revocations import Fetching, sources_of
from scripts.scrubbing import Scrubbing
from scripts.settings import MIB, child_environment
from scripts.stamping import Stamping
from scripts.witness_client import HttpWitness

RECEIVERS = 40
"""Threads that write uploads to the disk: about one for each camera that docking stations push at once."""
DOCUMENT_BYTES = 512 * 1024 * 1024
"""The largest document a person files."""


_log = structlog.get_logger()


class Bundles(Protocol):
    """What makes bundles, and removes those that are good for nothing any more."""

    def make(self, grant: GrantId) -> None: ...
    def sweep(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Works:
    """The running parts that routes and pages talk to."""

    authorities: Authorities
    uploads: Uploads
    receiver: Receiver
    receipts: Receipts
    intake: Intake
    quarantine: Quarantine
    filing: Filing
    jobs: Engine
    reconciler: Reconciler
    fetching: Fetching


@contextmanager
def running(house: House, authorities: Authorities, grants: Grants, export: Bundles) -> Iterator[Works]:
    """All of it, for as long as the block lasts; `export` makes the bundles and clears away spent ones."""
    with ExitStack() as stack:
        stack.enter_context(house.sequencing())
        within, cosigned = house.settings.checkpoint_token_seconds, lambda: _newest_cosigned(house)
        stamps = Stamping(house.logs, house.checkpoints, authorities.first.stamp, within, cosigned)
        stamps.start()
        stack.callback(stamps.stop)
        threads = ThreadPoolExecutor(RECEIVERS, thread_name_prefix="receive")
        stack.callback(threads.shutdown)
        children = Children(child_environment())
        replication = Replication(house.recordings, house.vaults.carriers())
        locks = VaultLocks(house.database, house.clock, house.vaults.keepers())
        disposing = house.disposing()
        scrubbing = house.scrubbing(house.settings.scrub_mib_s * MIB)
        within_days = timedelta(days=house.settings.renew_before_days)
        renewing = Renewing(Renewer(house.renewals, authorities.asked, house.clock), within_days)
        fetching = _fetching(house)
        kinds = _kinds(house, children, export, replication, locks, disposing, scrubbing, renewing, fetching)
        jobs = Engine(sqlite_url(house.data / "jobs.sqlite3"), kinds)

        def wake_bundles() -> None:
            for grant in grants.waiting():
                jobs.wake("bundle", grant)

        def wake_disposals() -> None:
            for disposal in disposing.unfinished():
                jobs.wake("dispose", disposal)

        def wake_scrub() -> None:
            if scrubbing.due():
                jobs.wake("scrub", "scrub", LATER)

        def wake_by_day() -> None:
            renewing.wake(jobs)
            fetching.wake(jobs)

        asked, wanted, sm3 = authorities.asked, house.settings.tokens_wanted, house.settings.sm3
        sealer = Sealer(house.vault, asked, house.sequencer, house.clock, house.random, wanted, sm3=sm3)
        copies, renewals, settle = partial(replication.wake, jobs), partial(locks.wake, jobs), house.inventories.settle
        proof = partial(house.vaults.prove, house.clock)  # at most daily
        further = (
            wake_bundles, copies, renewals, wake_disposals, wake_scrub, wake_by_day, proof, settle, export.sweep,
        )  # fmt: skip
        works = _intake(house, authorities, sealer, Receiver(threads), jobs, replication, further, fetching)
        works.reconciler.begin()
        house.recordings.release_all()
        jobs.start()
        stack.callback(jobs.stop)
        stack.callback(scrubbing.stop)
        stack.callback(children.stop)  # before the jobs that wait for them
        stack.callback(renewing.stop)
        stack.callback(fetching.stop)
        works.intake.start()
        stack.callback(works.intake.stop)
        works.reconciler.start()
        stack.callback(works.reconciler.stop)
        cosigners = stack.enter_context(_cosigners(house))
        cosigners.start()
        stack.callback(cosigners.stop)
        yield works


def _kinds(
    house: House,
    children: Children,
    export: Bundles,
    replication: Replication,
    locks: VaultLocks,
    disposing: Disposing,
    scrubbing: Scrubbing,
    renewing: Renewing,
    fetching: Fetching,
) -> Mapping[Kind, Work]:
    settings = house.settings
    bounds = Bounds(timeout_s=settings.prepare_timeout_s, memory=settings.prepare_memory_bytes, threads=2)
    pipeline = Pipeline(
        house.recordings, Parts(house.database), house.renditions, house.open_original, Renderer(children, bounds)
    )
    return {
        "prepare": Work(lambda subject: pipeline.prepare(RecordingId(subject)), settings.prepare_jobs),
        "bundle": Work(lambda subject: export.make(GrantId(subject))),
        "copy": Work(replication.run),
        "lock": Work(locks.run),
        "scrub": Work(lambda _subject: scrubbing.tick()),
        "dispose": Work(lambda subject: _log.info("disposal", order=subject, **disposing.carry_out(subject))),
        "renew": Work(renewing.run),
        "revocations": Work(fetching.run),
    }


def _fetching(house: House) -> Fetching:
    """What fetches revocation lists, as the settings say."""
    every = timedelta(hours=house.settings.revocation_hours)
    return Fetching(house.revocations, sources_of(house.settings.authorities), every, house.clock)


def _newest_cosigned(house: House) -> bytes | None:
    best = house.cosigned.best(house.trust.quorum)
    return None if best is None else best.signed.note


@contextmanager
def _cosigners(house: House) -> Iterator[Cosigners]:
    """What asks the witnesses of the settings, with a connection to each."""
    with ExitStack() as stack:

        def connected(url: str) -> HttpWitness:
            return stack.enter_context(HttpWitness(url))

        yield Cosigners(
            house.log,
            house.settings.witness_addresses,
            house.cosigned,
            house.data / WITNESSES,
            house.clock,
            connected,
            lambda size: house.checkpoints.has(house.log.origin, size),
        )


def _intake(
    house: House,
    authorities: Authorities,
    sealer: Sealer,
    receiver: Receiver,
    jobs: Engine,
    replication: Replication,
    further: Sequence[Callable[[], object]],
    fetching: Fetching,
) -> Works:
    settings, clock = house.settings, house.clock
    spool = Spool(house.data / "spool", clock, settings.reserve_bytes)
    kept = Spool(house.data / "quarantine", clock)
    qualified = [authority.name for authority in house.trust.authorities if authority.qualified]
    receipts = Receipts(
        house.recordings,
        house.agencies,
        house.logs,
        house.receipt_signer(),
        clock,
        house.vaults.checked,
        qualified,
        house.vaults.vouch,
    )

    def held(digest: Digest) -> bool:
        return house.vaults.source_stays and not replication.everywhere(digest)

    intake = Intake(spool, sealer, house.recordings, receipts, jobs, settings.intake_threads, held=held)
    limits = Limits(settings.max_upload_bytes, timedelta(hours=settings.upload_expires_hours))
    uploads = Uploads(spool, kept, CatalogPast(house.recordings, clock), limits, clock)
    quarantine = Quarantine(kept, spool, house.recordings, house.ledger, intake)
    uploads.on_received, uploads.on_mismatch = intake.submit, quarantine.enter
    return Works(
        authorities=authorities,
        uploads=uploads,
        receiver=receiver,
        receipts=receipts,
        intake=intake,
        quarantine=quarantine,
        filing=Filing(spool, intake, clock, DOCUMENT_BYTES),
        jobs=jobs,
        reconciler=Reconciler(
            spool, kept, uploads, intake, quarantine, house.recordings, receipts, sealer, jobs, further=further
        ),
        fetching=fetching,
    )
