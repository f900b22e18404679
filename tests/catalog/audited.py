"""A catalogue with one of everything an audit compares, made by the services themselves, on either database."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection

from catalog.approvals import Application, Approvals
from catalog.entry import Actor
from catalog.identity import CaseId, GrantId, RecordingId
from catalog.permissions import Principal, Role
from catalog.recordings import Recordings
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.finding import Finding
from integrity.provenance import Source
from integrity.statement import Filing, Statement
from tests.catalog.house import House
from tests.catalog.seals import FakeSealer, upload_id
from tests.fakes.clocks import START
from tests.fakes.copies import copied, put_on_record

BODY = b"footage"
QUALITY = (("black", 0, 2_500), ("silent", 3_000, 14_000))
SOURCE = Source(Digest.of(BODY), len(BODY))
COPY = copied("media.mp4", b"copy", "video/mp4", recipe="v1", sources=[SOURCE])
INDEX = copied(
    "index.m3u8", b"#EXTM3U", "application/vnd.apple.mpegurl", recipe="v1", sources=[SOURCE], quality=QUALITY
)


class Audited:
    """People, evidence, a case and an approved copy in a house; `codes` runs one check over it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.recordings = Recordings(house.database, house.ledger, house.clock, system_random)
        self.sealer = FakeSealer(house.sequencer)
        self.officer: Principal = house.person("officer", Role.OFFICER)
        self.approver: Principal = house.person("approver", Role.APPROVER)
        self.station, _ = house.stations.enrol(house.person("admin", Role.ADMINISTRATOR), house.agency.id, "dock")
        self.actor: Actor = self.station.actor
        self.recording = self.footage(1, BODY)
        self.case: CaseId = house.cases.open(self.officer, "〔2026〕1号", "占道经营")
        self.document = self.record()
        [self.link] = house.linking.link(self.officer, self.case, [self.recording], "investigation")
        self.house.sequencer.drain()

    def footage(self, number: int, body: bytes) -> RecordingId:
        house = self.house
        statement = Statement(
            agency=house.agency.id, station=self.station.id, kind="body-camera", name="现场.mp4", device="DSJ-7"
        )
        upload = upload_id(number)
        seal = self.sealer.seal(body, statement, upload)
        done = self.recordings.catalogue(seal, statement, upload, START, self.actor)
        assert done.recording is not None
        return done.recording

    def record(self) -> str:
        house, upload = self.house, upload_id(900)
        statement = Statement(
            agency=house.agency.id, person=self.officer.person_id, kind="document", name="笔录.pdf",
            filing=Filing(self.case, "询问笔录", "record", "investigation", "application/pdf"),
        )  # fmt: skip
        seal = self.sealer.seal(b"%PDF", statement, upload)
        done = self.recordings.catalogue(seal, statement, upload, START, self.officer.actor)
        assert done.document is not None
        return done.document

    def prepared(self) -> None:
        put_on_record(self.house.database, self.house.ledger)
        self.recordings.claim(self.recording)
        self.recordings.prepared(
            self.recording, medium="video", recipe="v1", duration_ms=5, made=[COPY, INDEX], quality=QUALITY
        )
        self.house.sequencer.drain()

    def approvals(self) -> Approvals:
        house = self.house
        return Approvals(house.database, house.ledger, house.clock, system_random)

    def grant(self) -> GrantId:
        asked = Application((self.recording,), "release", "法院", "court", "行政诉讼法", "应诉")
        request = self.approvals().request(self.officer, self.case, asked)
        grant = self.approvals().decide(self.approver, request, "approved", "同意")
        assert grant is not None
        self.house.sequencer.drain()
        return grant

    def findings(self, check: Callable[[Connection], Iterable[Finding]]) -> Iterator[Finding]:
        with self.house.database.read() as connection:
            yield from check(connection)

    def codes(self, check: Callable[[Connection], Iterable[Finding]]) -> set[str]:
        return {finding.code for finding in self.findings(check)}
