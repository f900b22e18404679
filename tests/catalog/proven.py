"""A house with nothing faked in it but the clock: real log, authority, vault and rendition store.

For tests of what leaves: what the gate opens are sealed bytes, and what it says of them can be verified offline.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.approvals import Application, Approvals
from catalog.checkpoint_tokens import CheckpointTokens
from catalog.copies import Copies
from catalog.database import Database
from catalog.evidence import originals_of
from catalog.gate import Gate, open_original
from catalog.grants import Grants
from catalog.history import History
from catalog.identity import AgencyId, CaseId, GrantId, RecordingId, RequestId, UploadId, new_id
from catalog.leaf_proofs import LeafProofs
from catalog.ledger import Actor, Ledger
from catalog.permissions import Principal
from catalog.recordings import CatalogedRecording, Recordings
from catalog.renditions import CONTENT_TYPES
from catalog.renditions_files import FileRenditions
from catalog.sequencer import Sequencer
from integrity.authority import EmbeddedAuthority
from integrity.certificates import read_certificates
from integrity.clock import system_random
from integrity.digest import Digest
from integrity.errors import LogUnavailable
from integrity.extent import ORIGINALS
from integrity.heads import FileHeads
from integrity.log import Log
from integrity.log_chain import LogChain
from integrity.note import Signer
from integrity.provenance import Source
from integrity.seal import ReceivedFile, Sealer
from integrity.statement import Filing, Statement
from integrity.timestamp import HttpAuthority
from integrity.trust import Trust, TrustedAuthority
from integrity.vault_files import FileVault
from tests.catalog.house import House
from tests.fakes.clocks import FakeClock
from tests.fakes.copies import copied, put_on_record

SIGNER = Signer("tiezheng.example/log", Ed25519PrivateKey.from_private_bytes(b"P" * 32))
FILES = {"index.m3u8": b"#EXTM3U\n", "media.mp4": b"\x00\x01moving pictures", "poster.jpg": b"\xff\xd8still"}
"""A viewing copy of three files."""


class SwitchedLog(Log):
    """A real log with a switch that makes it unreachable for writers."""

    down = False

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        if self.down:
            raise LogUnavailable("switched off by the test")
        with super().exclusive():
            yield


def begin_log(folder: Path) -> SwitchedLog:
    """An empty log in a folder."""
    folder.mkdir()
    Log.create(folder, SIGNER, FileHeads(folder / "head"))
    return SwitchedLog(folder, SIGNER, FileHeads(folder / "head"))


@dataclass(slots=True)
class Proven(House):
    """A house whose recordings are sealed, stored and prepared for real."""

    folder: Path = field(kw_only=True)
    embedded: EmbeddedAuthority = field(kw_only=True)
    granted: list[GrantId] = field(default_factory=list)
    wanted: list[RecordingId] = field(default_factory=list)
    vault: FileVault = field(init=False)
    store: FileRenditions = field(init=False)

    def __post_init__(self) -> None:
        House.__post_init__(self)
        self.vault = FileVault(self.folder / "vault")
        self.store = FileRenditions(self.folder / "renditions")

    @property
    def reader(self) -> Log:
        """The same log for proofs."""
        return Log.open(self.folder / "log", SIGNER, FileHeads(self.folder / "log" / "head"))

    @property
    def checkpoints(self) -> CheckpointTokens:
        return CheckpointTokens(self.database, self.ledger, self.clock, system_random)

    @property
    def proofs(self) -> LeafProofs:
        return LeafProofs(LogChain((), self.reader), self.checkpoints.covering)

    @property
    def authority(self) -> HttpAuthority:
        """The embedded authority as a client sees it, at the time its own clock stands at."""
        roots = read_certificates(self.embedded.root_pem)
        return HttpAuthority("embedded", self.embedded.respond, roots, FakeClock(), system_random)

    def stamp(self, digest: Digest) -> bytes:
        """A token for a bundle."""
        return self.authority.stamp(digest).raw

    @property
    def gate(self) -> Gate:
        return Gate(
            self.database, self.ledger, self.clock, system_random, self.store, self.vault, self.proofs,
            {"embedded": self.embedded.root_pem}, timedelta(hours=4), self.wanted.append,
        )  # fmt: skip

    @property
    def approvals(self) -> Approvals:
        return Approvals(self.database, self.ledger, self.clock, system_random, self.granted.append)

    @property
    def grants(self) -> Grants:
        return Grants(self.database, self.ledger, self.clock, system_random)

    @property
    def history(self) -> History:
        return History(self.database, self.ledger)

    @property
    def copies(self) -> Copies:
        return Copies(
            self.database, self.ledger, self.clock, self.proofs, {"embedded": self.embedded.root_pem},
            lambda original: open_original(self.vault, original), self.store.open,
        )  # fmt: skip

    @property
    def trust(self) -> Trust:
        authority = TrustedAuthority("embedded", self.embedded.root_pem, qualified=False)
        return Trust(receipt_keys=(SIGNER.verifier,), logs=(SIGNER.verifier,), authorities=(authority,))

    def footage(self, body: bytes = b"footage", agency: AgencyId | None = None, ready: bool = True) -> RecordingId:
        """A recording: sealed, catalogued, and prepared where it is to be ready."""
        at = agency or self.agency.id
        station, _ = self.stations.enrol(Actor("system", "test", "test", None), at, f"采集站 {new_id()}")
        statement = Statement(agency=at, kind="body-camera", name="现场.mp4", station=station.id)
        made = self.catalogued(body, statement, station.actor)
        recording = RecordingId(str(made.recording))
        if ready:
            self.prepare(recording)
        return recording

    def filed(self, case: CaseId, by: Principal, body: bytes = b"%PDF text record") -> str:
        """A document, sealed and filed."""
        filing = Filing(case, "询问笔录", "record", "investigation", "application/pdf")
        statement = Statement(agency=by.agency_id, kind="document", name="笔录.pdf", person=by.person_id, filing=filing)
        return str(self.catalogued(body, statement, by.actor).document)

    def prepare(self, recording: RecordingId, files: dict[str, bytes] | None = None) -> None:
        """A viewing copy of these files."""
        recordings = Recordings(self.database, self.ledger, self.clock, system_random)
        put_on_record(self.database, self.ledger)
        self.sequencer.drain()  # a maker's key counts once it is in the log
        recordings.claim(recording)
        with self.database.read() as connection:
            held = originals_of(connection, recording)
        sources = [Source(Digest.from_hex(one.sha256), one.size, part) for part, one in enumerate(held, 1)]
        work, made = self.store.begin(recording), []
        for name, content in (files or FILES).items():
            (work / name).write_bytes(content)
            made.append(copied(name, content, CONTENT_TYPES[name], sources=sources))
        place = self.store.keep(recording, "r1")
        recordings.prepared(recording, medium="video", recipe="r1", duration_ms=5000, made=made, place=place)

    def applied(
        self, requester: Principal, case: CaseId, *wanted: RecordingId, kind: str = "court", extent: str = ORIGINALS
    ) -> RequestId:
        """A request for a copy."""
        application = Application(wanted, "copy", "某区人民法院", kind, "行政诉讼法第三十四条", "举证", extent=extent)
        return self.approvals.request(requester, case, application)

    def catalogued(self, body: bytes, statement: Statement, uploader: Actor) -> CatalogedRecording:
        """Bytes, sealed and catalogued."""
        upload = UploadId(new_id())
        folder = self.folder / "spool" / upload
        folder.mkdir(parents=True)
        (folder / "bytes").write_bytes(body)
        sealer = Sealer(self.vault, [self.authority], self.sequencer, self.clock, system_random)
        received = ReceivedFile(upload, folder / "bytes", Digest.of(body), len(body))
        sealer.fix(folder, received, statement)
        seal = sealer.seal(folder, received)
        recordings = Recordings(self.database, self.ledger, self.clock, system_random)
        return recordings.catalogue(seal, statement, upload, self.clock.now(), uploader)


def make_proven(database: Database, clock: FakeClock, folder: Path, embedded: EmbeddedAuthority) -> Proven:
    """A founded house; who makes it clears the vault's immutable flags afterwards."""
    log = begin_log(folder / "log")
    sequencer = Sequencer(database, log)
    ledger = Ledger(database, clock, system_random, sequencer)
    return Proven(database, ledger, clock, sequencer, log, folder=folder, embedded=embedded)
