"""Whether an original may go: never, as long as no rule says that its time is over; and every try is on record.

There is no code here that removes bytes. A disposal needs a retention rule that has run out, no hold, no link and two
persons; without such a rule every request is refused.
"""

from sqlalchemy import Connection, select

from catalog.database import Database
from catalog.errors import RetentionHolds
from catalog.ledger import Actor, Entry, Json, Ledger, Subject
from catalog.tables import links, originals, parts
from integrity.digest import Digest


class Retention:
    """Decides on disposal; refuses by default."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def dispose(self, actor: Actor, digest: Digest) -> None:
        """Refuse to remove an original, naming every reason, and put the try on record; RetentionHolds always."""
        with self._database.read() as connection:
            reasons = _reasons(connection, digest)
        details: dict[str, Json] = {"sha256": digest.hex, "reasons": list(reasons)}
        self._ledger.record(Entry("dispose", actor, Subject("original", digest.hex), "refused", details=details))
        raise RetentionHolds(f"{digest.hex} is kept: {', '.join(reasons)}")


def _reasons(connection: Connection, digest: Digest) -> tuple[str, ...]:
    found = connection.execute(select(originals.c.id).where(originals.c.sha256 == digest.hex)).scalars().all()
    if not found:
        return ("unknown",)
    linked = connection.execute(
        select(links.c.id)
        .join(parts, parts.c.recording_id == links.c.recording_id)
        .where(parts.c.original_id.in_(found), links.c.ended_at.is_(None))
        .limit(1)
    ).first()
    return ("unexpired", "linked") if linked else ("unexpired",)
