"""The scrub: sealed bytes are read again, some of them every day and all of them within so many days.

A round a day: its share of the rotation through all originals, and a few drawn by nobody's choice. Each original stands
for its bytes, its manifests and their copies in every vault. Where a round stands is a row, so a kill costs the object
at hand. What was read bad stays an alarm until it is read well; the round's sums are a ledger entry. Reads nothing
itself and repairs nothing: who may read vaults hands the findings in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from catalog.audit import claims_of
from catalog.database import Database
from catalog.entry import SYSTEM, Actor, Entry, Json, Subject
from catalog.identity import OriginalId, new_id
from catalog.ledger import Ledger
from catalog.tables import originals, scrub_defects, scrubs
from catalog.tombstones import is_gone
from integrity.clock import Clock, Random
from integrity.finding import Finding
from integrity.vault_check import Claimed

NAMED = 20
"""Bad objects that a round's entry names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How much a round reads: all originals within `days` (0: nothing at all), and `sample` drawn ones besides."""

    days: int
    sample: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One original to be read: everything of it that should lie in a vault. `drawn`: not of the rotation."""

    scrub: str
    original: OriginalId
    drawn: bool
    claims: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class ScrubFacts:
    """How the last round ended, and what is bad now; nothing ended yet where `ended_at` is None."""

    ended_at: datetime | None
    checked: int
    bad: int
    bytes: int
    defects: int


class Scrubs:
    """Rounds and their state. Safe to use from every thread, and beside another process."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._random = random

    def due(self, terms: Terms) -> bool:
        """Whether a round is open, or one should begin: a day after the last one did."""
        with self._database.read() as connection:
            last = _last(connection)
        return terms.days > 0 and (last is None or last.ended_at is None or self._over(last))

    def begin(self, terms: Terms) -> None:
        """Open the day's round, if none is open and it is time."""
        with self._database.write() as connection:
            self._database.exclusive(connection, "scrub")
            last = _last(connection)
            if terms.days > 0 and (last is None or (last.ended_at is not None and self._over(last))):
                count = connection.scalar(select(func.count()).select_from(originals)) or 0
                self._open(connection, last, -(-count // terms.days), min(terms.sample, count))

    def begin_all(self) -> None:
        """Open a round that reads everything, or make the open one do so."""
        with self._database.write() as connection:
            self._database.exclusive(connection, "scrub")
            last = _last(connection)
            count = connection.scalar(select(func.count()).select_from(originals)) or 0
            if last is None or last.ended_at is not None:
                self._open(connection, last, count, 0)
            else:
                connection.execute(update(scrubs).where(scrubs.c.id == last.id).values(turns_left=count))

    def turn(self) -> Turn | None:
        """The next original of the open round; None where none is open or nothing is left."""
        with self._database.read() as connection:
            last = _last(connection)
            if last is None or last.ended_at is not None or not (last.turns_left or last.samples_left):
                return None
            drawn = not last.turns_left
            original = self._draw(connection) if drawn else _after(connection, last.position)
            if original is None:
                return None
            return Turn(last.id, original, drawn, tuple(claims_of(connection, original)))

    def read(self, turn: Turn, size: int, findings: Sequence[Finding]) -> None:
        """What came of a turn: bytes read, and what is wrong. Where it was disposed of meanwhile, nothing is."""
        with self._database.write() as connection:
            found = [] if is_gone(connection, turn.original) else list(findings)
            bad = {finding.subject: finding for finding in found}
            left = scrubs.c.samples_left if turn.drawn else scrubs.c.turns_left
            values: dict[str, Any] = {
                left.name: left - 1,
                "checked": scrubs.c.checked + len(turn.claims),
                "bad": scrubs.c.bad + len(bad),
                "bytes": scrubs.c.bytes + size,
            }
            if not turn.drawn:
                values["position"] = turn.original
            connection.execute(update(scrubs).where(scrubs.c.id == turn.scrub, left > 0).values(values))
            for claim in turn.claims:
                here = (scrub_defects.c.vault == claim.vault) & (scrub_defects.c.sha256 == claim.digest.hex)
                connection.execute(delete(scrub_defects).where(here))
                finding = bad.get(f"vault {claim.digest}")
                if finding is not None:
                    row = {"vault": claim.vault, "sha256": claim.digest.hex, "code": finding.code,
                           "detail": finding.detail, "found_at": self._clock.now()}  # fmt: skip
                    connection.execute(insert(scrub_defects).values(row))

    def end(self, by: Actor = SYSTEM) -> ScrubFacts | None:
        """Close the open round, with its entry; None where there is none."""
        with self._database.write() as connection:
            self._database.exclusive(connection, "scrub")
            last = _last(connection)
            if last is None or last.ended_at is not None:
                return None
            named = select(scrub_defects.c.sha256, scrub_defects.c.code).order_by(scrub_defects.c.sha256).limit(NAMED)
            defects: list[Json] = [{"sha256": row.sha256, "code": row.code} for row in connection.execute(named)]
            details: dict[str, Json] = {
                "checked": last.checked, "bad": last.bad, "bytes": last.bytes, "defects": defects,
            }  # fmt: skip
            entry = self._ledger.write(
                connection, Entry("scrub", by, Subject("scrub", last.id), "done", details=details)
            )
            ended = {"ended_at": self._clock.now(), "entry_id": entry, "turns_left": 0, "samples_left": 0}
            connection.execute(update(scrubs).where(scrubs.c.id == last.id).values(ended))
            return _facts(connection)

    def facts(self) -> ScrubFacts:
        """For the status page, metrics and `admin status`."""
        with self._database.read() as connection:
            return _facts(connection)

    def _over(self, last: Row[tuple[object, ...]]) -> bool:
        return bool(self._clock.now() - last.began_at >= timedelta(days=1))

    def _open(self, connection: Connection, last: Row[tuple[object, ...]] | None, turns: int, samples: int) -> None:
        position = None if last is None else last.position
        row = {"id": new_id(self._random), "began_at": self._clock.now(), "position": position, "turns_left": turns,
               "samples_left": samples, "checked": 0, "bad": 0, "bytes": 0}  # fmt: skip
        connection.execute(insert(scrubs).values(row))

    def _draw(self, connection: Connection) -> OriginalId | None:
        """Digests are spread evenly, so the next one after a random place is anyone's."""
        place = self._random(32).hex()
        drawn = select(originals.c.id).order_by(originals.c.sha256).limit(1)
        found = connection.scalar(drawn.where(originals.c.sha256 >= place)) or connection.scalar(drawn)
        return None if found is None else OriginalId(found)


def _last(connection: Connection) -> Row[tuple[object, ...]] | None:
    return connection.execute(select(scrubs).order_by(scrubs.c.began_at.desc(), scrubs.c.id.desc()).limit(1)).first()


def _after(connection: Connection, position: str | None) -> OriginalId | None:
    """The next original of the rotation, which begins again at its end."""
    following = select(originals.c.id).order_by(originals.c.id).limit(1)
    found = connection.scalar(following.where(originals.c.id > (position or ""))) or connection.scalar(following)
    return None if found is None else OriginalId(found)


def _facts(connection: Connection) -> ScrubFacts:
    defects = connection.scalar(select(func.count()).select_from(scrub_defects)) or 0
    ended = select(scrubs).where(scrubs.c.ended_at.is_not(None)).order_by(scrubs.c.ended_at.desc(), scrubs.c.id.desc())
    row = connection.execute(ended.limit(1)).first()
    if row is None:
        return ScrubFacts(None, 0, 0, 0, defects)
    return ScrubFacts(row.ended_at, row.checked, row.bad, row.bytes, defects)
