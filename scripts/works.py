"""What runs in `serve` beside HTTP: the authority, the sequencer, the intake, jobs and their children, the reconciler.

Started in the order in which each needs the last, stopped in the opposite one. Nothing here holds state that a kill
would lose: the spool and the catalog are the truth, and the reconciler brings back whatever is not where it should be.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from catalog.grants import Grants
from catalog.identity import GrantId, RecordingId
from catalog.jobs import Kind
from catalog.parts import Parts
from ingest.child import Children
from ingest.filing import Filing
from ingest.intake import Intake
from ingest.past import CatalogPast
from ingest.pipeline import Pipeline
from ingest.quarantine import Quarantine
from ingest.receipt import Receipts
from ingest.receive import Receiver
from ingest.rendering import Bounds, Renderer
from ingest.resume import Reconciler
from ingest.spool import Spool
from ingest.upload import Limits, Uploads
from integrity.certificates import read_certificates
from integrity.errors import AuthorityUnavailable
from integrity.seal import Sealer
from integrity.timestamp import HttpAuthority, TimestampAuthority
from scripts.assemble import House
from scripts.authority_child import AuthorityChild
from scripts.engine import Engine, Work, sqlite_url
from scripts.founding import AUTHORITY
from scripts.settings import child_environment
from scripts.stamping import Stamping
from scripts.transport import HttpTransport

RECEIVERS = 40
"""Threads that write uploads to the disk: about one for each camera that docking stations push at once."""
DOCUMENT_BYTES = 512 * 1024 * 1024
"""The largest document a person files."""
WATCH_SECONDS = 2.0
"""Between two looks at whether the authority lives."""

_log = structlog.get_logger()


class Authority:
    """The embedded authority as this process asks it: by the address it has now, for it may have been started again."""

    def __init__(self, child: AuthorityChild) -> None:
        self._child = child
        self._lock = threading.Lock()
        self._transport: HttpTransport | None = None
        self._url = ""
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="authority-watch", daemon=True)

    def __call__(self, query: bytes) -> bytes:
        """Carry a query there; AuthorityUnavailable while it is down."""
        return self._current()(query)

    def start(self) -> None:
        """Watch the child, and start it again when it dies."""
        self._watch.start()

    def stop(self) -> None:
        """End the watch, the connection and the child."""
        self._ending.set()
        if self._watch.is_alive():
            self._watch.join()
        if self._transport is not None:
            self._transport.close()
        self._child.stop()

    def alive(self) -> bool:
        return self._child.alive()

    def _current(self) -> HttpTransport:
        with self._lock:
            if self._transport is None or self._url != self._child.url:
                if self._transport is not None:
                    self._transport.close()
                self._url = self._child.url
                self._transport = HttpTransport(self._url)
            return self._transport

    def _keep(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            if not self._child.alive():
                _log.warning("authority-died")
                try:
                    self._child.start()
                except (AuthorityUnavailable, OSError) as error:
                    _log.warning("authority-not-started", exc_info=error)


class Bundles(Protocol):
    """What makes bundles, and removes those that are good for nothing any more."""

    def make(self, grant: GrantId) -> None: ...
    def sweep(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Works:
    """The running parts that routes and pages talk to."""

    authority: Authority
    uploads: Uploads
    receiver: Receiver
    receipts: Receipts
    intake: Intake
    quarantine: Quarantine
    filing: Filing
    jobs: Engine
    reconciler: Reconciler

    def ready(self) -> dict[str, bool]:
        """Whether each part can do its work now."""
        return {"authority": self.authority.alive()}


@contextmanager
def running(
    house: House, authority: Authority, stamping: TimestampAuthority, grants: Grants, export: Bundles
) -> Iterator[Works]:
    """All of it, for as long as the block lasts; `export` makes the bundles and clears away spent ones."""
    with ExitStack() as stack:
        stack.callback(authority.stop)
        authority.start()
        stack.enter_context(house.sequencing())
        stamps = Stamping(house.log, house.checkpoints, stamping.stamp, house.settings.checkpoint_token_seconds)
        stamps.start()
        stack.callback(stamps.stop)
        threads = ThreadPoolExecutor(RECEIVERS, thread_name_prefix="receive")
        stack.callback(threads.shutdown)
        children = Children(child_environment())
        jobs = Engine(sqlite_url(house.data / "jobs.sqlite3"), _kinds(house, children, export))

        def wake_bundles() -> None:
            for grant in grants.waiting():
                jobs.wake("bundle", grant)

        sealer = Sealer(house.vault, [stamping], house.sequencer, house.clock, house.random)
        works = _intake(house, authority, sealer, Receiver(threads), jobs, (wake_bundles, export.sweep))
        works.reconciler.begin()
        house.recordings.release_all()
        jobs.start()
        stack.callback(jobs.stop)
        stack.callback(children.stop)  # before the jobs that wait for them
        works.intake.start()
        stack.callback(works.intake.stop)
        works.reconciler.start()
        stack.callback(works.reconciler.stop)
        yield works


def _kinds(house: House, children: Children, export: Bundles) -> Mapping[Kind, Work]:
    settings = house.settings
    bounds = Bounds(timeout_s=settings.prepare_timeout_s, memory=settings.prepare_memory_bytes, threads=2)
    pipeline = Pipeline(
        house.recordings, Parts(house.database), house.renditions, house.open_original, Renderer(children, bounds)
    )
    return {
        "prepare": Work(lambda subject: pipeline.prepare(RecordingId(subject)), settings.prepare_jobs),
        "bundle": Work(lambda subject: export.make(GrantId(subject))),
    }


def embedded_authority(house: House, authority: Authority) -> TimestampAuthority:
    """The embedded authority as what seals and bundles ask: its tokens are verified against the root that was told."""
    roots = [one for trusted in house.trust.authorities for one in read_certificates(trusted.root_pem)]
    return HttpAuthority(AUTHORITY, authority, roots, house.clock, house.random)


def _intake(
    house: House,
    authority: Authority,
    sealer: Sealer,
    receiver: Receiver,
    jobs: Engine,
    further: Sequence[Callable[[], object]],
) -> Works:
    settings, clock = house.settings, house.clock
    spool = Spool(house.data / "spool", clock, settings.reserve_bytes)
    kept = Spool(house.data / "quarantine", clock)
    receipts = Receipts(
        house.recordings, house.agencies, house.log, house.receipt_signer(), clock, house.vaults.checked
    )
    intake = Intake(spool, sealer, house.recordings, receipts, jobs, settings.intake_threads)
    limits = Limits(settings.max_upload_bytes, timedelta(hours=settings.upload_expires_hours))
    uploads = Uploads(spool, kept, CatalogPast(house.recordings, clock), limits, clock)
    quarantine = Quarantine(kept, spool, house.recordings, house.ledger, intake)
    uploads.on_received, uploads.on_mismatch = intake.submit, quarantine.enter
    return Works(
        authority=authority,
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
    )
