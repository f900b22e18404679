"""What runs in `serve` beside HTTP: the authority, the sequencer, the intake, jobs and their children, the reconciler.

Started in the order in which each needs the last, stopped in the opposite one. Nothing here holds state that a kill
would lose: the spool and the catalog are the truth, and the reconciler brings back whatever is not where it should be.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from catalog.grants import Grants
from ingest.filing import Filing
from ingest.intake import Intake
from ingest.past import CatalogPast
from ingest.quarantine import Quarantine
from ingest.receipt import Receipts
from ingest.receive import Receiver
from ingest.resume import Reconciler
from ingest.spool import Spool
from ingest.upload import Limits, Uploads
from integrity.digest import Digest
from integrity.seal import Sealer
from scripts.assemble import House
from scripts.authorities import Authorities
from scripts.chores import Bundles, Chores, heart_of
from scripts.cosigners import WITNESSES, Cosigners
from scripts.decoders import Decoders
from scripts.engine import Engine, sqlite_url
from scripts.revocations import Fetching
from scripts.settings import Settings
from scripts.stamping import Stamping
from scripts.witness_client import HttpWitness

RECEIVERS = 40
"""Threads for what stations ask, and for pieces of bodies that come the plain way."""
DOCUMENT_BYTES = 512 * 1024 * 1024
"""The largest document a person files."""


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
    decoders: Decoders


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
        chores = Chores.of(house, authorities, grants, export, lambda: _sealing(works.intake))
        jobs = Engine(
            sqlite_url(house.data / "jobs.sqlite3"), chores.kinds(lambda kind, subject: jobs.wake(kind, subject))
        )
        asked, wanted, sm3 = authorities.asked, house.settings.tokens_wanted, house.settings.sm3
        sealer = Sealer(house.vault, asked, house.sequencer, house.clock, house.random, wanted, sm3=sm3)
        works = _intake(house, authorities, sealer, _receiver(house.settings, threads, stack), jobs, chores)
        works.reconciler.begin()
        house.recordings.release_all()
        heart = heart_of(house, jobs, chores.pipeline.hurry)
        heart.arrive()
        stack.callback(heart.leave)
        jobs.start()
        stack.callback(jobs.stop)
        heart.start()
        stack.callback(heart.stop)
        works.decoders.start()
        stack.callback(works.decoders.stop)
        stack.callback(chores.stop)  # before the jobs that wait for them
        works.intake.start()
        stack.callback(works.intake.stop)
        works.reconciler.start()
        stack.callback(works.reconciler.stop)
        cosigners = stack.enter_context(_cosigners(house))
        cosigners.start()
        stack.callback(cosigners.stop)
        yield works


def _sealing(intake: Intake) -> int:
    """Files that wait for their seal, but for those that fail: they wait for something else."""
    status = intake.status()
    return status.waiting + status.working - len(status.failing)


def _newest_cosigned(house: House) -> bytes | None:
    best = house.cosigned.best(house.trust.quorum)
    return None if best is None else best.signed.note


def _receiver(settings: Settings, threads: ThreadPoolExecutor, stack: ExitStack) -> Receiver:
    """What takes bodies, as the settings say; each that comes the direct way has a thread until its end."""
    direct = settings.receive_direct
    bodies = ThreadPoolExecutor(max(1, direct), thread_name_prefix="body")
    stack.callback(bodies.shutdown)
    return Receiver(threads, settings.receive_idle_seconds, settings.receive_floor_bytes_s, bodies, direct)


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
    chores: Chores,
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
        return house.vaults.source_stays and not chores.replication.everywhere(digest)

    intake = Intake(spool, sealer, house.recordings, receipts, jobs, settings.intake_threads, held=held)
    limits = Limits(
        settings.max_upload_bytes, timedelta(hours=settings.upload_expires_hours), settings.station_quota_bytes
    )
    uploads = Uploads(spool, kept, CatalogPast(house.recordings, clock), limits, clock, traces=house.vaults.traces)
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
            spool,
            kept,
            uploads,
            intake,
            quarantine,
            house.recordings,
            receipts,
            sealer,
            jobs,
            further=chores.looks(jobs),
        ),
        fetching=chores.fetching,
        decoders=Decoders(chores.children),
    )
