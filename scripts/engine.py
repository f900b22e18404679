"""The job port on DBOS Transact: jobs survive a kill, run a few at a time, and are never what the truth rests on.

DBOS keeps its queue in a database of its own, which may be deleted while the service is stopped. Its pitfalls, and
what is done about each: another version of the application would strand work, so the version is constant; only the
same executor takes up what it left, so its name is constant; a killed process counts as an attempt, so attempts there
are without limit and are counted in the catalog instead; calls inside a running event loop raise, so all are made from
a thread of our own; an error would be pickled, so a job's error is logged here and ends there. Nothing is sent
anywhere: no telemetry, no console. One engine in a process at a time, as DBOS is one.
"""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TypeVar

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions
from sqlalchemy import make_url

from catalog.jobs import NORMAL, Kind

_VERSION = "1"
_EXECUTOR = "serve"
_UNLIMITED = 1_000_000_000
SOON_S = 0.5
"""Seconds between looks into a queue that somebody may be waiting for."""
LATER_S, LATE_S = 2.0, 5.0
"""The same where nobody sits and waits, and where nobody waits at all. The engine knows no other way to hear of a job
than to look, 3 ms of a CPU each time, all day long: eight queues at 0.2 seconds took a tenth of a core for nothing."""
_STOP_S = 20.0
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_ACTIVE = ["ENQUEUED", "PENDING", "DELAYED"]
_BATCH = 500

_log = structlog.get_logger()
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Work:
    """What a kind of job does with its subject, and how many of them at a time; 0: others do it, elsewhere.

    `poll_s`: at most so many seconds pass before one that was woken begins.
    """

    run: Callable[[str], None]
    concurrency: int = 1
    poll_s: float = SOON_S


class Engine:
    """Runs jobs in threads of this process, between `start` and `stop`."""

    def __init__(self, url: str, kinds: Mapping[Kind, Work]) -> None:
        self._url = url
        self._kinds = dict(kinds)
        self._calls: ThreadPoolExecutor | None = None
        self._running = 0
        self._changed = threading.Condition()
        self._stopping = False

    def start(self) -> None:
        """Open the queue and go on with what a former process left in it."""
        _prepare_sqlite(self._url)
        self._stopping = False
        self._calls = ThreadPoolExecutor(1, thread_name_prefix="jobs")
        try:
            self._calls.submit(self._launch).result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Take no further job, wait for those that run (end their children first), and close the queue."""
        with self._changed:
            self._stopping = True
            deadline = monotonic() + _STOP_S
            while self._running and (left := deadline - monotonic()) > 0:
                self._changed.wait(left)
        if self._calls is not None:
            self._calls.submit(DBOS.destroy, destroy_registry=True).result()
            self._calls.shutdown()
            self._calls = None

    def wake(self, kind: Kind, subject: str, priority: int = NORMAL) -> None:
        """See `catalog.jobs.JobPort`."""
        if self._kinds[kind].concurrency:
            self._call(lambda: self._enqueue(kind, subject, priority))

    def active(self, kind: Kind) -> set[str]:
        """See `catalog.jobs.JobPort`."""
        return self._call(lambda: _subjects(kind))

    def _launch(self) -> None:
        config: DBOSConfig = {
            "name": "tiezheng",
            "system_database_url": self._url,
            "application_version": _VERSION,
            "executor_id": _EXECUTOR,
            "log_level": "ERROR",
            "enable_otlp": False,
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": 3600.0,
            "notification_listener_polling_interval_sec": 0.1,  # of nothing in our case, but a stop waits for its end
        }
        DBOS(config=config)
        # Queues are remembered: one that others do from now on, elsewhere, would be looked into for ever.
        DBOS.listen_queues([kind for kind, work in self._kinds.items() if work.concurrency])

        def job(kind: Kind, subject: str) -> str:
            return self._run(kind, subject)

        self._job = DBOS.workflow(name="job", max_recovery_attempts=_UNLIMITED)(job)
        DBOS.launch()
        for kind, work in self._kinds.items():
            if not work.concurrency:
                continue
            DBOS.register_queue(
                kind,
                worker_concurrency=work.concurrency,
                polling_interval_sec=work.poll_s,
                on_conflict="always_update",  # its settings persist, and ours are those of this start
            )
        _forget_ended()

    def _enqueue(self, kind: Kind, subject: str, priority: int) -> None:
        with SetEnqueueOptions(deduplication_id=subject, duplication_policy="return-existing", priority=priority):
            DBOS.enqueue_workflow(kind, self._job, kind, subject)

    def _run(self, kind: Kind, subject: str) -> str:
        """One job, in a thread of the engine's. Its outcome is in the catalog, not in what is returned."""
        with self._changed:
            if self._stopping:
                return "stopped"  # the reconciler wakes it again at the next start
            self._running += 1
        try:
            self._kinds[kind].run(subject)
            return "done"
        except Exception as error:  # noqa: BLE001  # whatever a job raises, it is that job's end and not the engine's
            _log.error("job failed", kind=kind, subject=subject, error=str(error), exc_info=not hasattr(error, "code"))
            return "failed"
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _call(self, function: Callable[[], Answer]) -> Answer:
        if self._calls is None:
            raise RuntimeError("the engine is not running")
        return self._calls.submit(function).result()


def sqlite_url(path: Path) -> str:
    """The embedded queue's address."""
    return f"sqlite:///{path}"


def _prepare_sqlite(url: str) -> None:
    """DBOS would open the file in `delete` mode, where a reader blocks the writer; the mode stays with the file."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    path = Path(parsed.database)
    try:
        _open_sqlite(path)
    except sqlite3.OperationalError:
        raise  # locked, unreadable, no room: says nothing of the queue itself
    except sqlite3.DatabaseError:
        # A queue is only a wake-up: a damaged one is put aside for whoever wants to look, and begun anew.
        _log.warning("jobs-damaged", put_aside=f"{path.name}.damaged")
        shutil.move(path, f"{path}.damaged")
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        _open_sqlite(path)


def _open_sqlite(path: Path) -> None:
    """Set the journal mode and read the whole file once; sqlite3.DatabaseError where it cannot be used."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        found = connection.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    finally:
        connection.close()
    path.chmod(0o600)


def _subjects(kind: Kind) -> set[str]:
    found = DBOS.list_workflows(queue_name=kind, status=_ACTIVE, load_input=False, load_output=False)
    return {each.deduplication_id for each in found if each.deduplication_id}


def _forget_ended() -> None:
    """Ended jobs tell nothing that the catalog does not; without this the file would only grow."""
    while ended := DBOS.list_workflows(status=_ENDED, limit=_BATCH, load_input=False, load_output=False):
        DBOS.delete_workflows([each.workflow_id for each in ended])
