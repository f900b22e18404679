"""A small installation of real parts, made once and copied for each test that tampers with it.

SQLite, log, vault, an embedded authority asked without HTTP, and one of everything an audit looks at: footage, a
document, bytes uploaded twice, a late token, a quarantined file, a view, an approved copy, a playable copy, receipts.
"""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from catalog.approvals import Application, Approvals
from catalog.cases import Cases
from catalog.entry import SYSTEM, Actor
from catalog.evidence import originals_of
from catalog.gate import Gate
from catalog.grants import Grants
from catalog.identity import AgencyId, CaseId, RecordingId, UploadId, new_id
from catalog.linking import Linking
from catalog.marks import Marks
from catalog.permissions import Principal, Role
from catalog.posts import Posts
from catalog.recordings import CatalogedRecording
from catalog.tables import tokens
from ingest.receipt import Receipts
from integrity import durable
from integrity.authority import make_authority
from integrity.certificates import read_certificates
from integrity.clock import SystemClock, system_random
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable
from integrity.provenance import Source
from integrity.seal import ReceivedFile, Sealer
from integrity.seal_steps import KeptToken
from integrity.statement import Filing, Statement
from integrity.timestamp import HttpAuthority
from scripts import founding
from scripts.assemble import House, open_house
from scripts.settings import load
from tests.fakes import copies

PASSWORD = "correct horse battery staple"
RECIPE = "v1"


@dataclass(slots=True)
class Authority:
    """The embedded authority, and a switch."""

    respond: Callable[[bytes], bytes]
    away: bool = False

    def __call__(self, query: bytes) -> bytes:
        if self.away:
            raise AuthorityUnavailable("switched off by the test")
        return self.respond(query)


class Making:
    """Fills an installation."""

    def __init__(self, data: Path, settings_file: Path | None = None, station: str = "采集站 1") -> None:
        settings = load(settings_file, environment={})
        founding.found(data, settings, system_random)
        embedded = make_authority(data / "authority", SystemClock(), system_random)
        founding.trust(data, embedded.root_pem)
        self.data = data
        self.house: House = open_house(data, settings)
        self.switch = Authority(embedded.respond)
        roots = read_certificates(embedded.root_pem)
        self.authority = HttpAuthority(founding.AUTHORITY, self.switch, roots, self.house.clock, system_random)
        house = self.house
        self.sealer = Sealer(house.vault, [self.authority], house.sequencer, house.clock, house.random)
        signer = house.receipt_signer()
        self.receipts = Receipts(
            house.recordings, house.agencies, house.logs, signer, house.clock, house.vaults.checked
        )
        self.agency: AgencyId = house.agencies.first("main", "某市城管局").id
        self.station, _ = house.stations.enrol(SYSTEM, self.agency, station)

    def make(self, kind: Callable[..., Any]) -> Any:
        house = self.house
        return kind(house.database, house.ledger, house.clock, house.random)

    def person(self, login: str, *roles: Role) -> Principal:
        people, signin = self.house.people, self.house.signin
        _, once = people.add(SYSTEM, login, login.title(), self.agency, roles)
        session = signin.sign_in(login, once)
        signin.change_password(session.principal, once, PASSWORD)
        return signin.principal(session.secret)

    def upload(self, body: bytes, statement: Statement, by: Actor | None = None) -> CatalogedRecording:
        """Receive, seal, catalogue and receipt."""
        upload = UploadId(new_id())
        folder = self.data / "spool" / upload
        durable.make_folder(folder)
        (folder / "content").write_bytes(body)
        received = ReceivedFile(upload, folder / "content", Digest.of(body), len(body))
        self.sealer.fix(folder, received, statement)
        seal = self.sealer.seal(folder, received)
        house = self.house
        done = house.recordings.catalogue(
            seal, statement, upload, house.clock.now(), by or self.station.actor
        )  # fmt: skip
        self.receipts.issue(upload)
        durable.remove_tree(folder)
        return done

    def footage(self, name: str) -> Statement:
        return Statement(
            agency=self.agency, station=self.station.id, kind="body-camera", name=name, device="DSJ-7", operator="张三"
        )

    def prepare(self, recording: RecordingId) -> None:
        house = self.house
        house.recordings.claim(recording)
        work = house.renditions.begin(recording)
        (work / "media.mp4").write_bytes(b"playable copy")
        place = house.renditions.keep(recording, RECIPE)
        with house.database.read() as connection:
            sealed = originals_of(connection, recording)[0]
        source = Source(Digest.from_hex(sealed.sha256), sealed.size)
        made = copies.copied("media.mp4", b"playable copy", "video/mp4", recipe=RECIPE, sources=[source])
        copies.put_on_record(house.database, house.ledger)
        house.recordings.prepared(recording, medium="video", recipe=RECIPE, duration_ms=1000, made=[made], place=place)

    def quarantine(self, body: bytes) -> None:
        upload = UploadId(new_id())
        folder = self.data / "quarantine" / upload
        durable.make_folder(folder)
        (folder / "content").write_bytes(body)
        declared = Digest.of(b"what was declared")
        statement = Statement(
            agency=self.agency, station=self.station.id, kind="body-camera", name="坏.mp4", sha256=declared
        )
        house, actor = self.house, self.station.actor
        house.recordings.quarantine(upload, statement, Digest.of(body), len(body), house.clock.now(), actor)

    def late_token(self, body: bytes) -> None:
        """A seal whose tokens were pending, one of which has come since."""
        self.switch.away = True
        self.upload(body, self.footage("晚.mp4"))
        self.switch.away = False
        with self.house.database.read() as connection:
            row = connection.execute(select(tokens).where(tokens.c.token.is_(None), tokens.c.over == "original")).one()
        self.house.recordings.add_token(row.id, KeptToken.of(self.authority.stamp(Digest.of(body))))

    def copy(self, officer: Principal, approver: Principal, case: CaseId, recording: RecordingId) -> None:
        approvals: Approvals = self.make(Approvals)
        asked = Application((recording,), "release", "人民法院", "court", "行政诉讼法", "应诉")
        request = approvals.request(officer, case, asked)
        grant = approvals.decide(approver, request, "approved", "同意")
        if grant is None:
            raise RuntimeError("approved, and no grant")
        grants: Grants = self.make(Grants)
        grants.bundled(grant, Digest.of(b"tagmanifest"), Digest.of(b"zip"), 3)
        release = grants.begin_release(officer, grant)
        grants.sent(release, 3)

    def view(self, supervisor: Principal, recording: RecordingId) -> None:
        house = self.house
        gate = Gate(
            house.database, house.ledger, house.clock, house.random, house.renditions, house.vault, house.proofs, {}
        )
        gate.open_view(supervisor, recording, "案卷评查")


def fill(data: Path, settings_file: Path | None = None) -> None:
    """One of everything."""
    making = Making(data, settings_file)
    officer, supervisor = making.person("officer", Role.OFFICER), making.person("supervisor", Role.SUPERVISOR)
    approver = making.person("approver", Role.APPROVER)
    role = making.house.people.grant_role(SYSTEM, officer.person_id, making.agency, Role.REVIEWER)
    making.house.people.end_role(SYSTEM, role)
    posts: Posts = making.make(Posts)
    posts.leave(SYSTEM, posts.hold(SYSTEM, posts.add(SYSTEM, making.agency, "法制科"), approver.person_id))
    first = making.upload(b"footage " * 100, making.footage("现场.mp4"))
    making.upload(b"footage " * 100, making.footage("再传.mp4"))
    second = making.upload(b"more", making.footage("二.mp4"))
    if first.recording is None or second.recording is None:
        raise RuntimeError("footage became no recording")
    case = making.make(Cases).open(officer, "〔2026〕1号", "占道经营", making.agency)
    linking: Linking = making.make(Linking)
    linking.link(officer, case, [first.recording], "investigation")
    [ended] = linking.link(officer, case, [second.recording], "start")
    linking.unlink(officer, ended, "误关联")
    making.make(Marks).add(officer, first.recording, 10, "亮证")
    filing = Filing(case, "询问笔录", "record", "investigation", "application/pdf")
    statement = Statement(
        agency=making.agency, person=officer.person_id, kind="document", name="笔录.pdf", filing=filing
    )
    making.upload(b"%PDF", statement, officer.actor)
    making.late_token(b"late")
    making.quarantine(b"other bytes")
    making.prepare(first.recording)
    making.view(supervisor, first.recording)
    making.copy(officer, approver, case, first.recording)
    while making.house.sequencer.drain():
        pass
    making.house.close()


def copied(made: Path, place: Path) -> Path:
    """A copy to tamper with: nothing in it is immutable."""
    shutil.copytree(made, place)
    return place


def dba(data: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Change the database as its owner can: triggers dropped, put back afterwards, foreign keys off."""
    connection = sqlite3.connect(data / "catalog.sqlite3", isolation_level=None)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        sql, values = (statement, ()) if isinstance(statement, str) else statement
        if connection.execute(sql, values).rowcount == 0:
            raise RuntimeError(f"nothing was changed by {sql}")
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()


def one(data: Path, query: str) -> Any:
    """One value from the database."""
    connection = sqlite3.connect(data / "catalog.sqlite3")
    try:
        return connection.execute(query).fetchone()[0]
    finally:
        connection.close()


def flip(path: Path, position: int = 0) -> None:
    """Flip one bit of a file, whatever its mode."""
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
