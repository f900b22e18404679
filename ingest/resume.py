"""The reconciler (DESIGN §2 b): looks at spool and catalog and sets going whatever is not where it should be.

Queues and threads forget; what lies in the spool and what stands in the catalog does not. At the start everything is
looked at once before the first request, afterwards every now and then: uploads cut short, quarantine moves, receipts
that are due, tokens that were pending, recordings not prepared, uploads given up. So losing the whole job database
loses nothing. Never decides anything itself: it calls the same code that a first attempt runs.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from catalog.errors import CatalogError
from catalog.jobs import JobPort
from catalog.recordings import Recordings
from ingest.errors import IngestError
from ingest.intake import Intake
from ingest.quarantine import Quarantine
from ingest.receipt import Receipts
from ingest.spool import MISMATCH, RECEIVED, Spool
from ingest.upload import Uploads
from integrity.errors import IntegrityError
from integrity.seal import Sealer

INTERVAL = timedelta(seconds=20)
"""Between two looks."""

_log = structlog.get_logger()


class Reconciler:
    """One per process. `begin` before the first request, then `start`; or `look` from a test or a command."""

    def __init__(
        self,
        spool: Spool,
        quarantine_folder: Spool,
        uploads: Uploads,
        intake: Intake,
        quarantine: Quarantine,
        recordings: Recordings,
        receipts: Receipts,
        sealer: Sealer,
        jobs: JobPort,
        interval: timedelta = INTERVAL,
        further: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._folders = (spool, quarantine_folder)
        self._spool = spool
        self._uploads = uploads
        self._intake = intake
        self._quarantine = quarantine
        self._recordings = recordings
        self._receipts = receipts
        self._sealer = sealer
        self._jobs = jobs
        self._interval = interval
        self._further = tuple(further)  # what the read side wants looked at, which this side does not know
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    def begin(self) -> None:
        """Before the first request: remove what a kill left half made."""
        for folder in self._folders:
            folder.sweep()

    def start(self) -> None:
        """Look now and every now and then, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step at hand."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look at everything once. What one thing meets on its way never keeps the others from being looked at."""
        steps = (
            self._quarantine.scan,  # first: what it releases must have left its folder before it is sealed
            self._resume_uploads,
            self._ask_for_tokens,
            self._issue_receipts,
            self._wake_preparing,
            self._uploads.expire,
            *self._further,
        )
        for step in steps:
            if not self._ending.is_set():
                self._attempt(step)

    def _run(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._ending.wait(self._interval.total_seconds())

    def _attempt(self, step: Callable[..., object], *about: object) -> None:
        try:
            step(*about)
        except (CatalogError, IngestError, IntegrityError, OSError) as error:
            _log.warning(
                "reconciler-postponed", step=getattr(step, "__name__", repr(step)), about=about, exc_info=error
            )

    def _resume_uploads(self) -> None:
        """Whole uploads go to the intake; complete ones that nobody settled are hashed; the rest wait for bytes."""
        for upload in list(self._spool.uploads()):
            if self._spool.whole(upload, RECEIVED) is not None:
                self._intake.submit(upload)
            elif self._spool.whole(upload, MISMATCH) is None:
                self._attempt(self._uploads.conclude, upload)

    def _ask_for_tokens(self) -> None:
        """Late tokens, the longest waiting first: one that nobody gives now keeps no other from coming."""
        for pending in self._recordings.pending_tokens():
            if self._ending.is_set():
                return
            asked = self._sealer.stamp(pending.over, pending.digest, pending.held)
            if asked.token is not None:
                self._recordings.add_token(pending.id, asked.token)

    def _issue_receipts(self) -> None:
        for upload in self._recordings.receipts_due():
            self._attempt(self._receipts.issue, upload)

    def _wake_preparing(self) -> None:
        active = self._jobs.active("prepare")
        for recording in self._recordings.to_prepare():
            if recording not in active:
                self._jobs.wake("prepare", recording)
