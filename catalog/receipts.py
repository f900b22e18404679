"""Receipts as they were given: built once, stored, sent again unchanged whenever the station asks.

A receipt that was built while a token was pending is followed by one that carries it; both stay. Never builds one:
that is `ingest.receipt`; and never replaces one, or two stations could hold different receipts for one upload.
"""

from sqlalchemy import insert, select

from catalog.database import Database
from catalog.identity import UploadId
from catalog.tables import receipts, tokens, uploads
from catalog.vault_copies import enough_copies
from integrity.clock import Clock


class Receipts:
    """Stores and finds receipts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def store_receipt(self, upload: UploadId, body: bytes, *, complete: bool) -> bytes:
        """Keep the receipt unless there is one already, and return the one to be sent: the first that was stored.

        `complete`: no token was pending when it was built, and as many copies were there as the agency asks for. A
        complete one takes the place of an incomplete one.
        """
        with self._database.write() as connection:
            self._database.exclusive(connection, "receipt", upload)
            rows = connection.execute(select(receipts).where(receipts.c.upload_id == upload))
            stored = {row.complete: row.body for row in rows}
            if True in stored or complete in stored:
                return bytes(stored.get(True, body) if True in stored else stored[complete])
            connection.execute(
                insert(receipts).values(
                    upload_id=upload, complete=complete, body=body, stored_at=self._clock.now()
                )
            )  # fmt: skip
            return body

    def receipt(self, upload: UploadId) -> bytes | None:
        """The receipt to be sent: the complete one where there is one; None while there is none."""
        wanted = select(receipts.c.body).where(receipts.c.upload_id == upload).order_by(receipts.c.complete.desc())
        with self._database.read() as connection:
            body = connection.scalar(wanted.limit(1))
        return None if body is None else bytes(body)

    def receipts_due(self, limit: int = 1000) -> list[UploadId]:
        """Catalogued uploads without a receipt, or with an incomplete one although what it lacked has come since."""
        has = select(receipts.c.upload_id).where(receipts.c.upload_id == uploads.c.id)
        pending = select(tokens.c.id).where(tokens.c.original_id == uploads.c.original_id, tokens.c.token.is_(None))
        due = (
            select(uploads.c.id)
            .where(uploads.c.state == "catalogued")
            .where(~has.exists() | (~has.where(receipts.c.complete).exists() & ~pending.exists() & enough_copies()))
        )
        with self._database.read() as connection:
            rows = connection.scalars(due.order_by(uploads.c.received_at).limit(limit))
            return [UploadId(upload) for upload in rows]
