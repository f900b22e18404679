"""Docking stations: enrolled by an administrator, known by a bearer token that is told once and stored as its SHA-256.

A station may upload for its agency and read its own receipts; never footage, never another station's uploads.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Actor, Entry, Subject
from catalog.errors import Conflict, NotFound, NotPermitted, Unauthenticated
from catalog.identity import AgencyId, StationId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, By, Principal, Right, actor_of, require, scope
from catalog.shapes import text
from catalog.tables import stations
from integrity.clock import Clock, Random

_TOKEN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Station:
    """A station, as of this request."""

    id: StationId
    agency_id: AgencyId
    name: str
    enrolled_at: datetime
    revoked_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """The station as the ledger names it."""
        return Actor("station", self.id, self.name, self.agency_id)


class Stations:
    """Enrols, recognises and revokes stations. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def enrol(self, by: By, agency: AgencyId, name: str) -> tuple[Station, str]:
        """A new station and its bearer token of 256 random bits, told here and never again."""
        name = text("name", name, 100)
        token = self._random(32).hex()
        station = Station(StationId(new_id(self._random)), agency, name, self._clock.now())
        row = {"id": station.id, "agency_id": agency, "name": name, "token_hash": _hash(token),
               "enrolled_at": station.enrolled_at}  # fmt: skip
        with self._attempts.of(by, "enrol-station", Subject("agency", agency)) as attempt:
            attempt.agency = agency
            with self._database.write() as connection:
                require(connection, by, Right.MANAGE, agency)
                try:
                    connection.execute(insert(stations).values(row))
                except IntegrityError as error:
                    raise Conflict(f"a station {name} is enrolled already, or there is no such agency") from error
                entry = Entry("enrol-station", actor_of(by), Subject("station", station.id), "permitted",
                              agency=agency, details={"name": name})  # fmt: skip
                entry_id = self._ledger.write(connection, entry)
        self._ledger.wait(entry_id)  # without it nobody ever learns the token
        return station, token

    def revoke(self, by: By, station: StationId) -> None:
        """Shut a station out at once; what it uploaded stays. Idempotent."""
        with self._attempts.of(by, "revoke-station", Subject("station", station)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            agency = connection.scalar(select(stations.c.agency_id).where(stations.c.id == station))
            if agency is None:
                raise NotFound(HIDDEN)
            attempt.agency = AgencyId(agency)
            require(connection, by, Right.MANAGE, attempt.agency)
            still = update(stations).where(stations.c.id == station, stations.c.revoked_at.is_(None))
            if connection.execute(still.values(revoked_at=self._clock.now())).rowcount == 1:
                entry = Entry(
                    "revoke-station", actor_of(by), Subject("station", station), "done", agency=attempt.agency
                )
                self._ledger.write(connection, entry)

    def authenticate(self, token: str) -> Station:
        """The station of a bearer token; Unauthenticated for any other and for a revoked one."""
        if not _TOKEN.fullmatch(token):
            raise Unauthenticated("a station's token is needed")
        with self._database.read() as connection:
            # By the token's hash: how long the look-up takes tells nothing of the token.
            row = connection.execute(select(stations).where(stations.c.token_hash == _hash(token))).one_or_none()
        if row is None or row.revoked_at is not None:
            raise Unauthenticated("a station's token is needed")
        return Station(StationId(row.id), AgencyId(row.agency_id), row.name, row.enrolled_at)

    def list(self, principal: Principal) -> Sequence[Station]:
        """The stations of the agencies this person manages, revoked ones too."""
        with self._database.read() as connection:
            managed = scope(connection, principal, Right.MANAGE)
            if not managed:
                raise NotPermitted("no role that allows this: manage")
            rows = connection.execute(
                select(stations).where(stations.c.agency_id.in_(managed)).order_by(stations.c.name, stations.c.id)
            ).all()
        return [
            Station(StationId(row.id), AgencyId(row.agency_id), row.name, row.enrolled_at, row.revoked_at)
            for row in rows
        ]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
