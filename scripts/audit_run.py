"""The whole-house audit: vault, catalogue, log, tokens, renditions and receipts against each other, both ways.

The order of looking makes it safe beside a live `serve`: log and vault first, then the spool, then one snapshot of the
catalogue, then the log's head again. Whatever was on its way is found in the spool or in the snapshot, so what neither
knows was lost, not late. Every check runs whatever the others found; one that cannot be finished is a finding itself.
Reads only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from sqlalchemy import Connection, or_, select
from sqlalchemy.exc import SQLAlchemyError

from catalog.audit import Outside, Progress, checks, claims, counts
from catalog.audit_disposals import disposed_digests, going_digests
from catalog.audit_renditions import shown_now
from catalog.audit_revocations import revocation_findings
from catalog.audit_schema import schema_findings
from catalog.audit_succession import succession_findings
from catalog.audit_trust import trust_findings
from catalog.audit_uploads import receipted
from catalog.database import Database
from catalog.errors import CatalogError
from catalog.renditions import RenditionStore
from catalog.renewals import count_due
from catalog.revocations import newest_answers, newest_lists
from catalog.tables import quarantine
from catalog.vault_locks import late_locks, lock_claims
from ingest.spool import CONTENT
from integrity.anchor import Anchor, anchor_findings, chain_findings
from integrity.certificates import read_revocations
from integrity.clock import Clock
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidRevocations, InvalidTrust, LogError, VaultError
from integrity.finding import Finding
from integrity.log_chain import LogChain
from integrity.manifest import Manifest, leaf_of
from integrity.ocsp import OcspResponse, read_ocsp
from integrity.receipt import verify_receipt
from integrity.seal_check import token_findings
from integrity.seal_steps import MANIFEST
from integrity.token import Expectation, verify_token
from integrity.trust import Trust, TrustedAuthority
from integrity.vault_check import Claimed, LockCheck, VaultCheck
from player.language import gettext as _

RENEWAL_NOTE_DAYS = 30
"""What ends within these days and was not renewed is worth a word; `serve` renews long before."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that is no defect: a stable code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, what to know beside it, and how much was looked at."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    looked_at: dict[str, int]

    @property
    def ok(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class Parts:
    """What is audited, and what it is judged by."""

    data: Path
    database: Database
    logs: LogChain
    vaults: tuple[VaultCheck, ...]
    locks: tuple[LockCheck, ...]
    renditions: RenditionStore
    trust: Trust
    clock: Clock
    told: tuple[TrustedAuthority, ...] = ()
    """External authorities that the installation tells others to trust."""


@dataclass(slots=True)
class Audit:
    """One run. `sample`: how many originals and recordings are read to their last byte; None for all of them."""

    parts: Parts
    anchors: tuple[Anchor, ...] = ()
    sample: int | None = None
    progress: Progress = lambda name, done, total: None
    _findings: list[Finding] = field(default_factory=list)
    _looked_at: dict[str, int] = field(default_factory=dict)
    _to_read: list[Claimed] = field(default_factory=list)
    _later: list[Note] = field(default_factory=list)
    _revocations: tuple[x509.CertificateRevocationList, ...] = ()
    _responses: tuple[OcspResponse, ...] = ()

    def run(self) -> Report:
        """Every check, and what is to be said beside the findings."""
        parts = self.parts
        settled = self._size()
        self._collect("log", self._log())
        there = [self._listed(check) for check in parts.vaults]
        digests, commitments = self._on_their_way()
        self._collect("schema", schema_findings(parts.database))
        outside = Outside(
            log=parts.logs,
            size=self._size,
            settled=settled,
            on_their_way=commitments,
            judge=self._judge,
            walk=self._walk,
            grown=lambda name, note: chain_findings(name, note, parts.logs, parts.trust.unrevoked()),
            verify=lambda body: verify_receipt(body, parts.trust.unrevoked()).upload,
            open_rendition=parts.renditions.open,
            shown=partial(shown_now, parts.database),
            has_rendition=parts.renditions.holds,
            now=parts.clock.now(),
            sample=self.sample,
        )
        self._collect("catalogue", self._catalogue(outside, there, digests))
        for check in parts.vaults:
            name = f"vault {check.name}"
            self._collect(name, check.byte_findings(self._to_read, self._step(name)))
        objects = sum(map(len, there))
        self._looked_at |= {"leaves": settled, "objects": objects, "objects_read": len(self._to_read)}
        return Report(tuple(dict.fromkeys(self._findings)), tuple(self._notes()), self._looked_at)

    def _collect(self, name: str, findings: Iterable[Finding]) -> None:
        """All that a check finds; its own failure is a finding, and the others go on."""
        self.progress(name, 0, 0)
        try:
            for finding in findings:
                self._findings.append(finding)
        except (IntegrityError, CatalogError) as error:
            self._findings.append(Finding(error.code, name, str(error)))
        except (SQLAlchemyError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # A row with shapes that no version ever wrote: SQLite keeps whatever its owner puts into a column.
            self._findings.append(Finding("check-unfinished", name, repr(error)))

    def _step(self, name: str) -> "Step":
        return Step(self.progress, name)

    # --- outside the catalogue ----------------------------------------------------------------------------------------

    def _log(self) -> Iterator[Finding]:
        logs = self.parts.logs
        for ended in logs.ended:
            yield from ended.log.check(self._step(f"log {ended.log.origin}"), ended.known)
        yield from logs.log.check(self._step(f"log {logs.origin}" if logs.ended else "log"))

    def _listed(self, check: VaultCheck) -> set[bytes]:
        self.progress(f"vault {check.name}", 0, 0)
        there, strays = check.listed()
        self._findings += strays
        return there

    def _size(self) -> int:
        """How many leaves there are; none to compare with when the head cannot be read, which the log's check names."""
        try:
            return self.parts.logs.head().checkpoint.size
        except LogError:
            return 0

    def _on_their_way(self) -> tuple[set[bytes], set[bytes]]:
        """Digests of objects and commitments of leaves that are being sealed, by the manifests fixed in the spool."""
        digests: set[bytes] = set()
        commitments: set[bytes] = set()
        for path in sorted((self.parts.data / "spool").glob(f"*/{MANIFEST}")):
            try:
                content = path.read_bytes()
                digests |= {Manifest.parse(content).digest.raw, Digest.of(content).raw}
                commitments.add(leaf_of(content))
            except FileNotFoundError:
                continue  # catalogued meanwhile: the snapshot will have it
            except (IntegrityError, OSError) as error:
                self._findings.append(Finding("spool-unreadable", f"upload {path.parent.name}", str(error)))
        return digests, commitments

    def _walk(self, files: Mapping[str, bytes], digest: Digest) -> tuple[Finding, ...]:
        return token_findings(files, digest, self.parts.trust, self.parts.clock.now())

    def _judge(self, raw: bytes, digest: Digest) -> datetime:
        roots = [authority.certificate for authority in self.parts.trust.authorities]
        expected = Expectation(
            roots=roots, now=self.parts.clock.now(), revocations=self._revocations, responses=self._responses
        )
        return verify_token(raw, digest, expected).gen_time

    # --- within one snapshot ------------------------------------------------------------------------------------------

    def _catalogue(self, outside: Outside, there: list[set[bytes]], digests: set[bytes]) -> Iterator[Finding]:
        with self.parts.database.read() as connection:
            self._collect("revocations", self._lists(connection))
            for name, findings in checks(connection, outside, self.progress):
                self._collect(name, findings)
            self._looked_at |= counts(connection)
            claimed = list(self._claims(connection))
            going, disposed = going_digests(connection), disposed_digests(connection)
            expected = digests | going | {one.raw for one in disposed}
            every = expected | {claim.digest.raw for claim in claimed}
            for check, objects in zip(self.parts.vaults, there, strict=True):
                yield from check.stayed_findings(objects, disposed)
                # What is being copied lies in a further vault before the catalogue says so.
                yield from check.object_findings(objects, claimed, every if check.further else expected)
            if going:
                self._later.append(Note("disposal-unfinished", _("an order of disposal has bytes still to remove")))
            yield from self._homeless(claimed)
            self._collect("trust", trust_findings(connection, self.parts.told))
            self._collect("quarantine", self._quarantine(connection))
            self._collect("log", succession_findings(connection, self.parts.logs))
            for locks in self.parts.locks:
                self._collect(f"locks {locks.name}", self._locks(connection, locks))
            for anchor in self.anchors:
                self._collect(anchor.name, self._anchor(connection, anchor))

    def _lists(self, connection: Connection) -> Iterator[Finding]:
        """What was fetched about revocation, against its rows; tokens are judged by the newest of each kind.

        Who signed it was seen when it came, and it is in the ledger since; it can only take trust away.
        """
        yield from revocation_findings(connection)
        for content in newest_lists(connection):
            with suppress(InvalidTrust):  # named already
                self._revocations += (read_revocations(content),)
        for content in newest_answers(connection):
            with suppress(InvalidRevocations):
                self._responses += (read_ocsp(content),)

    def _homeless(self, claimed: Sequence[Claimed]) -> Iterator[Finding]:
        """Claims on a vault that the settings do not know: nobody could have looked there."""
        known = {check.name for check in self.parts.vaults}
        for claim in claimed:
            if claim.vault not in known:
                detail = f"{claim.subject} should lie in vault {claim.vault}, and there is no such vault"
                yield Finding("vault-unknown", f"vault {claim.digest}", detail)

    def _claims(self, connection: Connection) -> Iterator[Claimed]:
        """Those to be read are kept for when the snapshot is over: reading takes long."""
        for claim, read in claims(connection, self.sample):
            if read:
                self._to_read.append(claim)
            yield claim

    def _locks(self, connection: Connection, check: LockCheck) -> Iterator[Finding]:
        """Every lock that a store was told to keep, and those that should have been renewed long ago."""
        for row in connection.execute(late_locks(check.name, self.parts.clock.now())):
            detail = f"its lock in vault {check.name} was not renewed since {row.renewed_at}"
            yield Finding("vault-lock-late", f"original {row.id}", detail)
        for claim, until, held in lock_claims(connection, check.name):
            yield from check.findings(claim, until, held)

    def _quarantine(self, connection: Connection) -> Iterator[Finding]:
        """Files that nobody has let out lie where they were put, as they came."""
        held = select(quarantine).where(or_(quarantine.c.decision.is_(None), quarantine.c.decision == "keep"))
        for row in connection.execute(held):
            path = self.parts.data / "quarantine" / row.upload_id / CONTENT
            try:
                digest = Digest.of_file(path)
            except OSError as error:
                yield Finding("quarantine-missing", f"upload {row.upload_id}", str(error))
                continue
            if digest.hex != row.sha256:
                yield Finding("quarantine-differs", f"upload {row.upload_id}", f"its bytes have the digest {digest}")

    def _anchor(self, connection: Connection, anchor: Anchor) -> Iterator[Finding]:
        logs, trust = self.parts.logs, self.parts.trust
        yield from anchor_findings(anchor, logs, trust, lambda receipt: receipted(connection, receipt))

    def _ending(self) -> int:
        """How many originals' proof begins to end soon; a catalogue that cannot be read was named already."""
        with suppress(SQLAlchemyError, CatalogError), self.parts.database.read() as connection:
            return count_due(connection, self.parts.clock.now() + timedelta(days=RENEWAL_NOTE_DAYS))
        return 0

    # --- what is no defect --------------------------------------------------------------------------------------------

    def _notes(self) -> Iterator[Note]:
        lost = _(
            "the log {origin} was set back and ended at {size} leaves; {count} more were known outside and are lost"
        )
        for ended in self.parts.logs.ended:
            said = lost.format(origin=ended.log.origin, size=ended.size, count=max(0, ended.known - ended.size))
            yield Note("log-recovered", said)
        if not self.anchors:
            yield Note(
                "no-external-anchor",
                _("nothing from outside was compared: that the whole folder was set back cannot be excluded"),
            )
        for check in self.parts.vaults:
            try:
                protection = check.protection()
            except VaultError as error:
                yield Note("vault-tamper-evident-only", f"{check.name}: {error}")
            else:
                if not protection.immutable:
                    yield Note("vault-tamper-evident-only", f"{check.name}: {protection.detail}")
        if any(not authority.qualified for authority in self.parts.trust.authorities):
            yield Note(
                "authority-not-qualified",
                _("the tokens are not of a qualified authority: against the operator they prove nothing"),
            )
        ending = self._ending()
        if ending:
            words = _("{count} originals have time stamps that end within {days} days: tiezheng admin renew")
            yield Note("renewal-due", words.format(count=ending, days=RENEWAL_NOTE_DAYS))
        yield from self._later
        if self.sample is not None:
            yield Note("sampled", _("only some originals and recordings were read to their last byte"))


@dataclass(frozen=True, slots=True)
class Step:
    """One check's progress, for who knows only how far it is."""

    progress: Progress
    name: str

    def __call__(self, done: int, total: int) -> None:
        self.progress(self.name, done, total)
