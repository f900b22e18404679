"""Docking stations: enrolled by an administrator, known by a bearer token that is told once and stored as its SHA-256.

A station may upload for its agency and read its own receipts; never footage, never another station's uploads. One that
enrolled itself by a one-time code has a key pair besides, and signs what it declares; its private key never comes here.
Tokens change without a gap: the next one takes the place of the present one when it is used for the first time, so an
answer that was lost on its way shuts nobody out; the one before is honoured for a while, for what still runs with it.
"""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Actor, Entry, Subject
from catalog.errors import Conflict, InvalidInput, NotFound, NotPermitted, Unauthenticated
from catalog.identity import AgencyId, EntryId, StationId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, By, Principal, Right, actor_of, require, scope
from catalog.shapes import text
from catalog.tables import station_codes, station_keys, stations
from integrity import enrolment
from integrity.clock import Clock, Random
from integrity.errors import InvalidDeclaration, InvalidNote
from integrity.note import Signature, Verifier

CODE_LASTS = timedelta(hours=72)
FORMER_LASTS = timedelta(hours=1)
"""How long a token is good after another took its place."""
SIGNATURE = "tiezheng-signature"
"""The header in which a station signs a request's body: base64 of Ed25519 over its bytes."""

_TOKEN = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Station:
    """A station, as of this request; `key` is the verifier key of its newest key pair, where it has one."""

    id: StationId
    agency_id: AgencyId
    name: str
    enrolled_at: datetime
    revoked_at: datetime | None = None
    key: str | None = None

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

    def enrol(self, by: By, agency: AgencyId, name: str, public_key: bytes | None = None) -> tuple[Station, str]:
        """A new station and its bearer token of 256 random bits, told here and never again.

        `public_key`: of the Ed25519 pair it will sign with, 32 bytes; without one its uploads are unsigned.
        """
        token = self._random(32).hex()
        station, last = self._found(by, agency, name, token, public_key)
        self._ledger.wait(last)  # without it nobody ever learns the token
        return station, token

    def invite(self, by: By, agency: AgencyId, name: str) -> tuple[Station, str]:
        """A new station, and the secret of the one-time code by which it enrols itself; until then it has no token."""
        station, last = self._found(by, agency, name, self._random(32).hex(), None)
        self._ledger.wait(last)
        return station, self.invite_again(by, station.id)

    def invite_again(self, by: By, station: StationId) -> str:
        """Another code for a station: it gets a new key and token by it. Codes that nobody used yet end."""
        secret, now = enrolment.new_secret(self._random), self._clock.now()
        with self._attempts.of(by, "invite-station", Subject("station", station)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            attempt.agency = self._managed(connection, by, station)
            unused = update(station_codes).where(
                station_codes.c.station_id == station, station_codes.c.public_key.is_(None)
            )
            connection.execute(unused.values(expires_at=now))
            row = {"id": _hash(secret), "station_id": station, "expires_at": now + CODE_LASTS}
            connection.execute(insert(station_codes).values(row))
            subject = Subject("station", station)
            entry = Entry("invite-station", actor_of(by), subject, "permitted", agency=attempt.agency)
            entry_id = self._ledger.write(connection, entry)
        self._ledger.wait(entry_id)
        return secret

    def redeem(self, secret: str, public_key: bytes, proof: bytes) -> tuple[Station, str]:
        """The station of a code, and its token, for whoever holds this key; Unauthenticated, Conflict.

        The same code again with the same key, while it lasts, gives another token: an answer may have been lost.
        """
        self._require_holder(secret, public_key, proof)
        token = self._random(32).hex()
        with self._database.write() as connection:
            mine = self._take_code(connection, secret, public_key)
            station = _read(connection.execute(_with_key().where(stations.c.id == mine)).one())
            if station.revoked_at is not None:
                raise Unauthenticated("the station is shut out")
            held = update(stations).where(stations.c.id == station.id)
            connection.execute(held.values(_only(token)))
            key = Verifier(station.id, public_key)
            entry_id = None if station.key == key.vkey else self._add_key(connection, station.actor, station, key)
        if entry_id is not None:
            self._ledger.wait(entry_id)
        return Station(station.id, station.agency_id, station.name, station.enrolled_at, None, key.vkey), token

    def rotate(self, station: Station, present: str) -> str:
        """The station's next token; the present one is good until an hour after this one was used for the first time.

        Unauthenticated unless `present` is still the station's token: a former one changes nothing.
        """
        token = self._random(32).hex()
        with self._database.write() as connection:
            mine = (stations.c.id == station.id, stations.c.token_hash == _hash(present))
            held = update(stations).where(*mine, stations.c.revoked_at.is_(None))
            if connection.execute(held.values(next_token_hash=_hash(token))).rowcount != 1:
                raise Unauthenticated("another token took this one's place")
            self._ledger.write(connection, Entry("station-token", station.actor, _subject(station), "done"))
        return token

    def revoke(self, by: By, station: StationId) -> None:
        """Shut a station out at once; what it uploaded stays. Idempotent."""
        with self._attempts.of(by, "revoke-station", Subject("station", station)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            attempt.agency = self._managed(connection, by, station)
            still = update(stations).where(stations.c.id == station, stations.c.revoked_at.is_(None))
            if connection.execute(still.values(revoked_at=self._clock.now())).rowcount == 1:
                entry = Entry(
                    "revoke-station", actor_of(by), Subject("station", station), "done", agency=attempt.agency
                )
                self._ledger.write(connection, entry)

    def end_token(self, by: By, station: StationId) -> None:
        """End a station's token at once, and every code of it: one that leaked. A new code gives it key and token."""
        nobodys, now = self._random(32).hex(), self._clock.now()
        with self._attempts.of(by, "end-station-token", Subject("station", station)) as attempt, \
                self._database.write() as connection:  # fmt: skip
            attempt.agency = self._managed(connection, by, station)
            held = update(stations).where(stations.c.id == station)
            connection.execute(held.values(_only(nobodys)))
            connection.execute(
                update(station_codes).where(station_codes.c.station_id == station).values(expires_at=now)
            )
            subject = Subject("station", station)
            entry = Entry("end-station-token", actor_of(by), subject, "done", agency=attempt.agency)
            self._ledger.write(connection, entry)

    def authenticate(self, token: str) -> Station:
        """The station of a bearer token; Unauthenticated for any other and for a revoked one."""
        if not _TOKEN.fullmatch(token):
            raise Unauthenticated("a station's token is needed")
        hashed = _hash(token)
        with self._database.read() as connection:
            # By the token's hash: how long the look-up takes tells nothing of the token.
            row = connection.execute(_with_key().where(stations.c.token_hash == hashed)).one_or_none()
            if row is None:
                still = (stations.c.former_token_hash == hashed) & (stations.c.former_token_until > self._clock.now())
                other = or_(stations.c.next_token_hash == hashed, still)
                row = connection.execute(_with_key().where(other)).one_or_none()
        if row is None or row.revoked_at is not None:
            raise Unauthenticated("a station's token is needed")
        if row.next_token_hash == hashed:
            self._promote(StationId(row.id), hashed)
        return _read(row)

    def find(self, agency: AgencyId, name: str) -> Station | None:
        """The station of this name in an agency."""
        with self._database.read() as connection:
            named = _with_key().where(stations.c.agency_id == agency, stations.c.name == name)
            row = connection.execute(named).one_or_none()
        return None if row is None else _read(row)

    def list(self, principal: Principal) -> Sequence[Station]:
        """The stations of the agencies this person manages, revoked ones too."""
        with self._database.read() as connection:
            managed = scope(connection, principal, Right.MANAGE)
            if not managed:
                raise NotPermitted("no role that allows this: manage")
            rows = connection.execute(
                _with_key().where(stations.c.agency_id.in_(managed)).order_by(stations.c.name, stations.c.id)
            ).all()
        return [_read(row) for row in rows]

    def open_codes(self, principal: Principal) -> dict[StationId, datetime]:
        """Until when a code that nobody used yet is good, of the stations this person manages."""
        query = (
            select(station_codes.c.station_id, func.max(station_codes.c.expires_at).label("until"))
            .join(stations, stations.c.id == station_codes.c.station_id)
            .where(station_codes.c.public_key.is_(None), station_codes.c.expires_at > self._clock.now())
            .group_by(station_codes.c.station_id)
        )
        with self._database.read() as connection:
            managed = scope(connection, principal, Right.MANAGE)
            rows = connection.execute(query.where(stations.c.agency_id.in_(managed))).all()
        return {StationId(row.station_id): row.until for row in rows}

    def _found(
        self, by: By, agency: AgencyId, name: str, token: str, public_key: bytes | None
    ) -> tuple[Station, EntryId]:
        """Write the station, and its key where it has one; the last entry that must have its leaf."""
        name, new = text("name", name, 100), StationId(new_id(self._random))
        key = None if public_key is None else Verifier(new, public_key)
        station = Station(new, agency, name, self._clock.now(), None, None if key is None else key.vkey)
        row = {"id": new, "agency_id": agency, "name": name, "token_hash": _hash(token),
               "enrolled_at": station.enrolled_at}  # fmt: skip
        with self._attempts.of(by, "enrol-station", Subject("agency", agency)) as attempt:
            attempt.agency = agency
            with self._database.write() as connection:
                require(connection, by, Right.MANAGE, agency)
                try:
                    connection.execute(insert(stations).values(row))
                except IntegrityError as error:
                    raise Conflict(f"a station {name} is enrolled already, or there is no such agency") from error
                entry = Entry("enrol-station", actor_of(by), _subject(station), "permitted",
                              agency=agency, details={"name": name})  # fmt: skip
                last = self._ledger.write(connection, entry)
                if key is not None:
                    last = self._add_key(connection, actor_of(by), station, key)
        return station, last

    def _managed(self, connection: Connection, by: By, station: StationId) -> AgencyId:
        """The station's agency, if whoever asks manages it; NotFound, NotPermitted."""
        agency = connection.scalar(select(stations.c.agency_id).where(stations.c.id == station))
        if agency is None:
            raise NotFound(HIDDEN)
        require(connection, by, Right.MANAGE, AgencyId(agency))
        return AgencyId(agency)

    def _require_holder(self, secret: str, public_key: bytes, proof: bytes) -> None:
        try:
            enrolment.require_key(secret, Verifier("station", public_key), proof)
        except (InvalidDeclaration, InvalidNote) as error:
            raise Unauthenticated(str(error)) from error

    def _take_code(self, connection: Connection, secret: str, public_key: bytes) -> StationId:
        """Spend the code for this key, once: by a conditional update and its count."""
        wanted = (station_codes.c.id == _hash(secret), station_codes.c.expires_at > self._clock.now())
        mine = or_(station_codes.c.public_key.is_(None), station_codes.c.public_key == public_key.hex())
        spent = update(station_codes).where(*wanted, mine).values(public_key=public_key.hex())
        if connection.execute(spent).rowcount != 1:
            raise Unauthenticated("the code is wrong, was used, or is over")
        return StationId(connection.execute(select(station_codes.c.station_id).where(*wanted)).scalar_one())

    def _add_key(self, connection: Connection, actor: Actor, station: Station, key: Verifier) -> EntryId:
        entry = Entry("station-key", actor, _subject(station), "permitted", agency=station.agency_id,
                      details={"key": key.vkey})  # fmt: skip
        entry_id = self._ledger.write(connection, entry)
        row = {"id": new_id(self._random), "station_id": station.id, "vkey": key.vkey, "since": self._clock.now(),
               "entry_id": entry_id}  # fmt: skip
        try:
            connection.execute(insert(station_keys).values(row))
        except IntegrityError as error:
            raise Conflict("this key was the station's before; make a new one") from error
        return entry_id

    def _promote(self, station: StationId, hashed: str) -> None:
        """The next token is in use: the one before it ends soon. Of two first uses one does this."""
        with self._database.write() as connection:
            held = update(stations).where(stations.c.id == station, stations.c.next_token_hash == hashed)
            former = {"former_token_hash": stations.c.token_hash,
                      "former_token_until": self._clock.now() + FORMER_LASTS}  # fmt: skip
            connection.execute(held.values(token_hash=hashed, next_token_hash=None, **former))


def require_signed(station: Station, content: bytes, header: str | None) -> bytes | None:
    """The signature in `SIGNATURE` over a request's body, once the station's newest key made it; InvalidInput.

    None where a station has no key and sent none: such a station signs nothing.
    """
    if header is None and station.key is None:
        return None
    if header is None or station.key is None:
        raise InvalidInput(SIGNATURE, "is missing" if header is None else "comes from a station that has no key")
    key = Verifier.from_vkey(station.key)
    try:
        signature = b64decode(header, validate=True)
        key.verify(content, Signature(key.name, key.key_id, signature))
    except (InvalidNote, binascii.Error, ValueError) as error:
        raise InvalidInput(SIGNATURE, "is not by this station's key over these bytes") from error
    return signature


def _with_key() -> Select[tuple[str]]:
    """Stations with their newest key."""
    newest = (
        select(station_keys.c.vkey)
        .where(station_keys.c.station_id == stations.c.id)
        .order_by(station_keys.c.entry_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(stations, newest.label("key"))


def _read(row: Row[tuple[str]]) -> Station:
    return Station(StationId(row.id), AgencyId(row.agency_id), row.name, row.enrolled_at, row.revoked_at, row.key)


def _only(token: str) -> dict[str, str | None]:
    """The columns of a station that has this token and no other."""
    return {"token_hash": _hash(token), "next_token_hash": None, "former_token_hash": None}


def _subject(station: Station) -> Subject:
    return Subject("station", station.id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
