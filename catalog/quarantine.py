"""Uploads that did not arrive as they were declared: kept, on record, and let out only by a reasoned decision.

The bytes lie in the quarantine folder, hashed as they are; here is what was declared, what came, and what a person
decided about it. Nothing is dropped silently: a station that sends other bytes than it declared may be broken, or not.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update

from catalog.database import Database
from catalog.entry import Actor, Entry, Json, Subject
from catalog.errors import Conflict, InvalidInput, NotFound
from catalog.filing import Arrival, insert_upload, unsigned
from catalog.identity import AgencyId, EntryId, UploadId
from catalog.ledger import Ledger
from catalog.tables import quarantine, uploads
from integrity.clock import Clock
from integrity.digest import Digest
from integrity.statement import Statement

Decision = Literal["keep", "seal", "discard"]
DECISIONS = ("keep", "seal", "discard")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One upload in quarantine; `decision` is None while nobody decided."""

    upload: UploadId
    agency: AgencyId
    name: str
    declared: Digest
    digest: Digest
    size: int
    entered_at: datetime
    decision: Decision | None


class Quarantine:
    """Uploads that are not evidence, and what becomes of them."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    def quarantine(
        self,
        upload: UploadId,
        statement: Statement,
        digest: Digest,
        size: int,
        received_at: datetime,
        uploader: Actor,
        began_at: datetime | None = None,
    ) -> None:
        """Put on record that these bytes are not the declared ones; once for an upload, however often it is told."""
        declared = statement.sha256
        if declared is None or declared == digest:
            raise InvalidInput("sha256", "quarantine is for bytes that differ from what was declared")
        with self._database.write() as connection:
            self._database.exclusive(connection, "upload", upload)
            if connection.execute(select(uploads.c.id).where(uploads.c.id == upload)).first():
                return
            arrival = Arrival(upload, statement, received_at, uploader, began_at)
            details: dict[str, Json] = {
                "declared": declared.hex,
                "sha256": digest.hex,
                "size": size,
                "name": statement.name,
                "statement": Digest.of(statement.encode()).hex,
            }
            told = details | unsigned(connection, arrival)
            subject = Subject("upload", upload)
            refused = Entry("quarantine", uploader, subject, "refused", agency=arrival.agency, details=told)
            entry = self._ledger.write(connection, refused)
            insert_upload(connection, arrival, "quarantined", digest, size, entry)
            connection.execute(
                insert(quarantine).values(
                    upload_id=upload,
                    agency_id=statement.agency,
                    declared_sha256=declared.hex,
                    sha256=digest.hex,
                    size=size,
                    name=statement.name,
                    entered_at=self._clock.now(),
                )
            )

    def quarantined(self) -> list[Quarantined]:
        """What nobody has decided about, the oldest first."""
        undecided = select(quarantine).where(quarantine.c.decision.is_(None)).order_by(quarantine.c.entered_at)
        with self._database.read() as connection:
            return [
                Quarantined(
                    UploadId(row.upload_id), AgencyId(row.agency_id), row.name, Digest.from_hex(row.declared_sha256),
                    Digest.from_hex(row.sha256), row.size, row.entered_at, row.decision,
                )
                for row in connection.execute(undecided)
            ]  # fmt: skip

    def decision(self, upload: UploadId) -> tuple[Decision, EntryId] | None:
        """What was decided about an upload, and the ledger entry that says so; None while nobody decided."""
        with self._database.read() as connection:
            row = connection.execute(select(quarantine).where(quarantine.c.upload_id == upload)).first()
        return None if row is None or row.decision is None else (row.decision, EntryId(row.decision_entry_id))

    def decide_quarantined(self, upload: UploadId, decision: Decision, reason: str, decider: Actor) -> EntryId:
        """One person's decision, with its reason; under a durable log head before anybody acts on it.

        NotFound; Conflict when it was decided already; LedgerUnavailable.
        """
        if not reason.strip():
            raise InvalidInput("reason", "a decision needs its reason")
        if decision not in DECISIONS:
            raise InvalidInput("decision", f"one of {', '.join(DECISIONS)}")
        with self._database.write() as connection:
            row = connection.execute(select(quarantine).where(quarantine.c.upload_id == upload)).first()
            if row is None:
                raise NotFound(f"no upload {upload} in quarantine")
            entry = self._ledger.write(
                connection,
                Entry(
                    "quarantine-decide",
                    decider,
                    Subject("upload", upload),
                    "permitted",
                    purpose=reason,
                    agency=AgencyId(row.agency_id),
                    details={"decision": decision, "sha256": row.sha256},
                ),
            )
            decided = connection.execute(
                update(quarantine)
                .where(quarantine.c.upload_id == upload, quarantine.c.decision.is_(None))
                .values(
                    decision=decision,
                    decided_by=decider.id if decider.kind == "person" else None,
                    decided_at=self._clock.now(),
                    decision_reason=reason,
                    decision_entry_id=entry,
                )
            )
            if decided.rowcount == 0:
                raise Conflict(f"upload {upload} was decided about already")
        self._ledger.wait(entry)
        return entry
