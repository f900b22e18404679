"""The intake: takes what was received whole to its receipt, on a few threads of its own.

received → fixed → sealed → catalogued → receipt stored → removed from the spool. There is no list of what is where:
the files in an upload's folder say it, and the catalog once it knows of the upload; so a run that was cut short
anywhere is run again from the start and skips what is done. One upload's trouble never holds up another's: it is
tried again, later and later, and shown by `status`. Never gives up, and never drops bytes that were acknowledged.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from catalog.identity import AgencyId, UploadId
from catalog.jobs import JobPort
from catalog.recordings import CatalogedRecording, Recordings
from ingest.errors import IntakePending, UploadNotFound
from ingest.receipt import Receipts
from ingest.spool import CONTENT, Announced, Spool, Whole
from integrity.digest import Digest
from integrity.seal import ReceivedFile, Sealer
from integrity.seal_steps import MANIFEST

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failure:
    """An upload that did not get through yet: the last error's code and text, and how often it was tried."""

    upload: UploadId
    code: str
    detail: str
    attempts: int


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """How many uploads wait their turn and are being worked on, and those in trouble."""

    waiting: int
    working: int
    failing: tuple[Failure, ...]


class Intake:
    """Drives uploads to their receipts. Safe to use from every thread."""

    def __init__(
        self,
        spool: Spool,
        sealer: Sealer,
        recordings: Recordings,
        receipts: Receipts,
        jobs: JobPort,
        threads: int = 2,
        monotonic: Callable[[], float] = time.monotonic,
        held: Callable[[Digest], bool] = lambda _digest: False,
    ) -> None:
        self._spool = spool
        self._sealer = sealer
        self._recordings = recordings
        self._receipts = receipts
        self._jobs = jobs
        self._monotonic = monotonic
        self._held = held  # whether a catalogued file stays in the spool: a copy that is wanted is not there yet
        self._changed = threading.Condition()  # guards everything below
        self._due: list[tuple[float, int, UploadId]] = []
        self._turn = 0
        self._waiting: set[UploadId] = set()
        self._working: set[UploadId] = set()
        self._again: set[UploadId] = set()
        self._sealing: set[tuple[str, Digest]] = set()
        self._failures: dict[UploadId, Failure] = {}
        self._results: dict[UploadId, list[Future[CatalogedRecording]]] = {}
        self._threads = [threading.Thread(target=self._run, name=f"intake-{n}", daemon=True) for n in range(threads)]
        self._ending = False

    def start(self) -> None:
        """Begin to work; what was submitted before waits until now."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the uploads being worked on; the rest is found again at the next start."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def submit(self, upload: UploadId) -> None:
        """There is something to do for this upload; as often as one likes."""
        with self._changed:
            if upload in self._working:
                self._again.add(upload)
            elif upload not in self._waiting:
                self._queue(upload, self._monotonic())

    def status(self) -> IntakeStatus:
        """What is going on."""
        with self._changed:
            failing = tuple(self._failures[upload] for upload in sorted(self._failures))
            return IntakeStatus(len(self._waiting), len(self._working), failing)

    def wait(self, upload: UploadId, timeout: float) -> CatalogedRecording:
        """Return when the upload is catalogued; IntakePending when that takes longer. It goes on all the same."""
        result: Future[CatalogedRecording] = Future()
        with self._changed:
            self._results.setdefault(upload, []).append(result)
        try:
            known = self._recordings.catalogued(upload)
            return known or result.result(timeout)
        except FutureTimeout:
            raise IntakePending("the file is stored and will be sealed; the seal is not there yet") from None
        finally:
            with self._changed:
                self._results[upload].remove(result)
                if not self._results[upload]:
                    del self._results[upload]

    def complete(self, upload: UploadId) -> CatalogedRecording | None:
        """All there is to do for one upload, in the calling thread; None when it is not received whole, or gone.

        Whatever an upload meets on its way is raised; running it again goes on where it stopped.
        """
        try:
            announced, whole = self._spool.announced(upload), self._spool.whole(upload)
        except UploadNotFound:
            return self._recordings.catalogued(upload)
        known = done = self._recordings.catalogued(upload)
        if done is None:
            if whole is None:
                return None
            with self._alone(announced.statement.agency, whole.digest):
                done = self._catalogue(announced, whole)
        self._tell(upload, done)
        self._receipts.issue(upload)
        held = whole is not None and self._held(whole.digest)
        if not held:
            self._spool.remove(upload)
        if done.recording is not None and not (held and known):
            self._jobs.wake("prepare", done.recording)
        return done

    def _catalogue(self, announced: Announced, whole: Whole) -> CatalogedRecording:
        """Seal and catalogue, unless the agency has these bytes sealed: then what was declared is put on record."""
        upload, statement, folder = announced.upload, announced.statement, self._spool.folder(announced.upload)
        # A manifest that is fixed may have its leaf already, so it is taken to its end whatever came before it.
        if not (folder / MANIFEST).exists():
            original = self._recordings.find(AgencyId(statement.agency), whole.digest)
            if original is not None:
                return self._recordings.repeat(
                    original, statement, upload, whole.received_at, announced.actor, announced.created_at
                )
        received = ReceivedFile(upload, folder / CONTENT, whole.digest, whole.size)
        self._sealer.fix(folder, received, statement)
        # The manifest lies in the spool by now, where whoever removes bytes looks; and here we look for them.
        if self._recordings.going(whole.digest):
            raise IntakePending("the same bytes are being disposed of just now; they are stored again in a moment")
        seal = self._sealer.seal(folder, received)
        return self._recordings.catalogue(
            seal, statement, upload, whole.received_at, announced.actor, announced.created_at
        )

    @contextmanager
    def _alone(self, agency: str, digest: Digest) -> Iterator[None]:
        """One at a time for the same bytes of an agency: two seals of them would be one too many."""
        key = (agency, digest)
        with self._changed:
            self._changed.wait_for(lambda: key not in self._sealing)
            self._sealing.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._sealing.remove(key)
                self._changed.notify_all()

    def _tell(self, upload: UploadId, done: CatalogedRecording) -> None:
        with self._changed:
            for result in self._results.get(upload, ()):
                if not result.done():
                    result.set_result(done)

    # --- turns -------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (upload := self._next()) is not None:
            try:
                self.complete(upload)
            except Exception as error:  # noqa: BLE001  whatever it was, the next upload is not to blame
                self._failed(upload, error)
            else:
                self._finished(upload)

    def _next(self) -> UploadId | None:
        """The next upload that is due; None when the service is ending."""
        with self._changed:
            while not self._ending:
                wait = self._due[0][0] - self._monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    upload = heapq.heappop(self._due)[2]
                    self._waiting.remove(upload)
                    self._working.add(upload)
                    return upload
                self._changed.wait(wait)
            return None

    def _queue(self, upload: UploadId, at: float) -> None:
        self._turn += 1
        heapq.heappush(self._due, (at, self._turn, upload))
        self._waiting.add(upload)
        self._changed.notify_all()

    def _finished(self, upload: UploadId) -> None:
        with self._changed:
            self._working.remove(upload)
            self._failures.pop(upload, None)
            if upload in self._again:
                self._again.remove(upload)
                self._queue(upload, self._monotonic())

    def _failed(self, upload: UploadId, error: Exception) -> None:
        code = getattr(error, "code", type(error).__name__)
        with self._changed:
            attempts = self._failures[upload].attempts + 1 if upload in self._failures else 1
            self._failures[upload] = Failure(upload, code, str(error), attempts)
            self._working.remove(upload)
            self._again.discard(upload)
            delay = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 10))
            self._queue(upload, self._monotonic() + delay)
        _log.warning("intake-failed", upload=upload, code=code, attempts=attempts, retry_in=delay, exc_info=error)
