"""What originals themselves say of place, time and device: derived facts with their source, beside what was declared.

Replaced whenever a recording is prepared anew, and never used to correct anything: declared, device and corrected times
all stay. Scoped by the right to see, as every fact about a recording; places tell of people, so no list has them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.identity import OriginalId, RecordingId
from catalog.ledger import Ledger
from catalog.permissions import Principal
from catalog.seeing import seeing
from catalog.sidecars import Footage, Sidecar, goes_with, told_beside
from catalog.tables import facts, parts
from integrity.canonical import canonical
from integrity.clock import Clock


@dataclass(frozen=True, slots=True)
class Fact:
    """What one source in one of a recording's originals says; `content` is its JSON.

    With a `sidecar` it was read of a track that came beside this original, and not of the original itself.
    """

    position: int
    source: str
    content: Mapping[str, Any]
    made_at: datetime
    sidecar: Sidecar | None = None


class Facts:
    """Keeps and shows them. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._attempts = Attempts(ledger)
        self._clock = clock

    def keep(self, original: OriginalId, found: Sequence[Mapping[str, Any]]) -> None:
        """Put them in the place of what was read of this original before."""
        now = self._clock.now()
        rows = [{"original_id": original, "source": fact["source"], "content": canonical(fact), "made_at": now}
                for fact in found]  # fmt: skip
        with self._database.write() as connection:
            connection.execute(delete(facts).where(facts.c.original_id == original))
            if rows:
                connection.execute(insert(facts), rows)

    def of(self, principal: Principal, recording: RecordingId) -> Sequence[Fact]:
        """Of a recording this person may see, by original and source; what sidecars say after what is its own."""
        with seeing(self._database, self._attempts, principal, recording) as connection:
            mine = (
                select(facts, parts.c.position)
                .join(parts, parts.c.original_id == facts.c.original_id)
                .where(parts.c.recording_id == recording)
                .order_by(parts.c.position, facts.c.source)
            )
            own = [
                Fact(row.position, row.source, json.loads(bytes(row.content)), row.made_at)
                for row in connection.execute(mine)
            ]
            beside = [
                Fact(one.position, one.source, one.content, one.made_at, one.sidecar)
                for one in told_beside(connection, recording)
            ]
            return sorted(own + beside, key=lambda fact: (fact.position, fact.sidecar is not None))

    def goes_with(self, principal: Principal, recording: RecordingId) -> Sequence[Footage]:
        """The footage that a sidecar is told of; nothing of what is none."""
        with seeing(self._database, self._attempts, principal, recording) as connection:
            return goes_with(connection, recording)
