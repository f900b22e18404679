"""A house in which recordings have outlived their rule, with those who ask and decide about disposing of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from catalog import tables
from catalog.audit import claims
from catalog.audit_disposals import disposal_findings, disposed_digests, going_digests
from catalog.audit_ledger import ledger_findings
from catalog.disposals import Disposals
from catalog.disposing import Disposing, Outside
from catalog.holds import Holds
from catalog.identity import AgencyId, RecordingId
from catalog.permissions import Principal, Role
from catalog.retention import Draft, Retention
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.disposal import FileDisposer, Order, VaultDisposer
from integrity.errors import VaultUnavailable
from integrity.statement import Statement
from integrity.vault import VaultRef
from tests.catalog.proven import Proven

BODY = b"footage of nobody"
DAY = 24 * 3600


@dataclass(slots=True)
class Faulty:
    """A disposer that fails when told to, both ways."""

    real: VaultDisposer
    fault: str = ""

    @property
    def name(self) -> str:
        return self.real.name

    def dispose(self, ref: VaultRef, order: Order) -> None:
        if self.fault == "lost":
            raise VaultUnavailable("lost, as the test asked")
        self.real.dispose(ref, order)
        if self.fault == "done":
            raise VaultUnavailable("done, and reported as failed, as the test asked")


@dataclass(slots=True)
class Office:
    """A house with a rule that has run out, and those who ask and decide."""

    house: Proven
    on_their_way: set[Digest] = field(default_factory=set)
    admin: Principal = field(init=False)
    supervisor: Principal = field(init=False)
    approver: Principal = field(init=False)
    officer: Principal = field(init=False)
    disposer: Faulty = field(init=False)

    def __post_init__(self) -> None:
        house = self.house
        self.admin = house.person("admin", Role.ADMINISTRATOR)
        self.supervisor = house.person("supervisor", Role.SUPERVISOR)
        self.approver = house.person("approver", Role.APPROVER)
        self.officer = house.person("officer", Role.OFFICER)
        self.disposer = Faulty(FileDisposer(house.folder / "vault", clear=True))
        rules = Retention(house.database, house.ledger, house.clock, system_random)
        rules.add_rule(self.admin, house.agency.id, Draft("any", "any", "any", 6, "第十六条"))

    @property
    def disposals(self) -> Disposals:
        return Disposals(self.house.database, self.house.ledger, self.house.clock, system_random)

    @property
    def holds(self) -> Holds:
        return Holds(self.house.database, self.house.ledger, self.house.clock, system_random)

    @property
    def disposing(self) -> Disposing:
        house = self.house
        outside = Outside(house.reader, house.store, {"files": self.disposer}, self.on_their_way.__contains__)
        return Disposing(house.database, house.ledger, house.clock, system_random, outside)

    def order(self, *wanted: RecordingId) -> str:
        """An approved order."""
        disposal = self.disposals.request(self.supervisor, wanted, "第十六条", "保存期满")
        self.disposals.decide(self.approver, disposal, "approved", "经鉴定无保存价值")
        return disposal

    def expire(self) -> None:
        self.house.clock.advance(DAY * 200)

    def lies(self, body: bytes = BODY) -> bool:
        return self.house.vault.find(Digest.of(body)) is not None

    def states(self) -> list[str]:
        with self.house.database.read() as connection:
            return list(connection.scalars(select(tables.disposal_items.c.state)))

    def codes(self) -> set[str]:
        """What the audit says of orders, salts and bytes."""

        def check(connection: Connection) -> Iterator[str]:
            yield from (one.code for one in ledger_findings(connection, self.house.clock.now()))
            yield from (one.code for one in disposal_findings(connection, self.house.store.holds))
            claimed = {claim.digest for claim, _ in claims(connection)}
            there = set(self.house.vault.digests())
            yield from ("missing" for one in claimed - there)
            spare = there - claimed - {Digest(raw) for raw in going_digests(connection)}
            yield from ("stayed" for one in spare & set(disposed_digests(connection)))
            yield from ("unclaimed" for one in spare - set(disposed_digests(connection)))

        with self.house.database.read() as connection:
            return set(check(connection))


def upload_again(office: Office, agency: AgencyId | None = None) -> RecordingId:
    """The same bytes, as the intake brings them: sealed anew where they were disposed of."""
    house = office.house
    at = agency or house.agency.id
    station, _ = house.stations.enrol(office.admin, at, "另一采集站")
    statement = Statement(agency=at, kind="body-camera", name="再传.mp4", station=station.id)
    return RecordingId(str(house.catalogued(BODY, statement, station.actor).recording))


def originals_of(office: Office) -> list[Row[Any]]:
    with office.house.database.read() as connection:
        return list(connection.execute(select(tables.originals)).all())


def salts_of(office: Office, recording: RecordingId) -> list[str]:
    """Actions of the recording's entries that can still be opened."""
    opened = (
        select(tables.ledger.c.action)
        .join(tables.ledger_openings, tables.ledger_openings.c.entry_id == tables.ledger.c.id)
        .where(tables.ledger.c.subject_id == recording)
    )
    with office.house.database.read() as connection:
        return list(connection.scalars(opened))
