"""Quarantine: whole files that are not what was declared. Kept, hashed and on record; out only by a reasoned decision.

The folder moves first, then the catalog is told; a kill between the two is found by `scan`. A decision is under a
durable log head before anything is done about it, and `scan` finishes what a kill left undone. Never sealed or
discarded by anything but a decision.
"""

import structlog

from catalog.entry import SYSTEM, Actor, Entry, Subject
from catalog.errors import CatalogError, Conflict
from catalog.identity import AgencyId, UploadId, new_id
from catalog.ledger import Ledger
from catalog.quarantine import Decision
from catalog.recordings import Recordings
from ingest.errors import NotInQuarantine, QuarantineDecided, UploadNotFound
from ingest.intake import Intake
from ingest.spool import CONTENT, MISMATCH, Spool
from integrity import durable
from integrity.clock import Random, system_random

RELEASED = "released"
"""In a quarantined folder that was decided to be sealed: the id of the upload it becomes."""

_log = structlog.get_logger()


class Quarantine:
    """The quarantine folder and its record. Safe to use from every thread."""

    def __init__(
        self,
        folder: Spool,
        spool: Spool,
        recordings: Recordings,
        ledger: Ledger,
        intake: Intake,
        random: Random = system_random,
    ) -> None:
        self._folder = folder
        self._spool = spool
        self._recordings = recordings
        self._ledger = ledger
        self._intake = intake
        self._random = random

    def enter(self, upload: UploadId) -> None:
        """Take over an upload whose file is not what was declared; what fails now is done by `scan` later."""
        try:
            self._spool.move(upload, self._folder)
            self._record(upload)
        except (CatalogError, OSError) as error:
            _log.warning("quarantine-postponed", upload=upload, exc_info=error)

    def decide(self, upload: UploadId, decision: Decision, reason: str, decider: Actor) -> None:
        """Keep, seal or discard; NotInQuarantine, QuarantineDecided, InvalidInput, LedgerUnavailable.

        The same decision again finishes one that was cut short.
        """
        if upload not in self._folder.uploads():
            raise NotInQuarantine("no such upload in quarantine")
        self._record(upload)
        try:
            self._recordings.decide_quarantined(upload, decision, reason, decider)
        except Conflict as error:
            decided = self._recordings.decision(upload)
            if decided is None or decided[0] != decision:
                raise QuarantineDecided("it was decided otherwise before") from error
        self._act(upload)

    def scan(self) -> None:
        """Finish what was begun: moves, records and decisions."""
        for upload in list(self._spool.uploads()):
            if self._spool.whole(upload, MISMATCH) is not None:
                self.enter(upload)
        for upload in list(self._folder.uploads()):
            try:
                self._record(upload)
                self._act(upload)
            except (CatalogError, OSError, UploadNotFound) as error:
                _log.warning("quarantine-postponed", upload=upload, exc_info=error)

    def _record(self, upload: UploadId) -> None:
        announced, whole = self._folder.announced(upload), self._folder.whole(upload, MISMATCH)
        if whole is None:
            raise NotInQuarantine("no such upload in quarantine")
        if self._recordings.upload(upload) is None:
            self._recordings.quarantine(
                upload, announced.statement, whole.digest, whole.size, whole.received_at, announced.actor,
                announced.created_at,
            )  # fmt: skip

    def _act(self, upload: UploadId) -> None:
        """Do what was decided, once its ledger entry is under a durable head."""
        decided = self._recordings.decision(upload)
        if decided is None or decided[0] == "keep":
            return
        self._ledger.wait(decided[1])
        new = self._release(upload) if decided[0] == "seal" else None
        self._folder.remove(upload)
        if new is not None:
            self._intake.submit(new)  # not before: a vault locks a file only when no other name of it is left

    def _release(self, upload: UploadId) -> UploadId:
        """Make the file an upload of its own: this one's row says, for good, that it was refused."""
        announced, whole = self._folder.announced(upload), self._folder.whole(upload, MISMATCH)
        if whole is None:
            raise NotInQuarantine("no such upload in quarantine")
        new = self._new_id(upload)
        if self._recordings.upload(new) is None:
            details = {"sha256": whole.digest.hex, "upload": str(new)}
            agency = AgencyId(announced.statement.agency)
            self._ledger.record(
                Entry("quarantine-release", SYSTEM, Subject("upload", upload), "done", agency=agency, details=details),
                wait=False,
            )
            self._spool.adopt(announced, new, self._folder.folder(upload) / CONTENT, whole)
        return new

    def _new_id(self, upload: UploadId) -> UploadId:
        """Drawn once and kept, so that a release cut short is not begun as another upload."""
        path = self._folder.folder(upload) / RELEASED
        if not path.exists():
            durable.write_new(path, new_id(self._random).encode())
        return UploadId(path.read_text(encoding="ascii"))
