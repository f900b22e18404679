"""Sealed originals as the catalogue holds them: manifest, columns, tokens, each against what the ledger says of it.

A token's own SHA-256 is in a ledger entry, for verification alone misses some flipped bits; here bytes are compared
first and verified then. Says nothing of the vault and the log: `integrity.vault_check`, `catalog.audit_leaves`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, and_, func, join, select

from catalog.audit_renewals import Walk
from catalog.revocations import revocation_files
from catalog.tables import ledger, originals, renewals, repeated_manifests, tokens, uploads
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidToken
from integrity.finding import Finding
from integrity.manifest import Manifest
from integrity.proof_files import AUTHORITIES, OriginalProofs
from integrity.token import OUTLIVED

Judge = Callable[[bytes, Digest], datetime]
"""Verifies a token over a digest and tells its time; InvalidToken."""

Lists = Callable[[], Mapping[str, bytes]]
"""The revocation lists that go with an original, as files."""

PORTION = 500


@dataclass(slots=True)
class _Stored:
    """One original, the entry that catalogued it, its tokens, and the entries of those that came later."""

    row: Row[Any]
    tokens: list[Row[Any]] = field(default_factory=list)
    renewals: list[tuple[bytes, bytes]] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)


def original_findings(
    connection: Connection,
    judge: Judge,
    walk: Walk,
    chosen: Callable[[str], bool],
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Finding]:
    """Every original; tokens of those `chosen` by their id are verified, all are compared with the ledger."""
    total, done, last = connection.scalar(select(func.count()).select_from(originals)) or 0, 0, ""
    while some := _portion(connection, last):
        for stored in some:
            yield from _manifest_findings(stored)
            yield from _entry_findings(stored)
            lists = partial(revocation_files, connection, [stored.row.id])
            yield from _token_findings(stored, judge, walk, lists, chosen(stored.row.id))
        last = some[-1].row.id
        done += len(some)
        if progress:
            progress(done, total)
    yield from _second_manifests(connection)


def _portion(connection: Connection, last: str) -> list[_Stored]:
    catalogued = join(uploads, ledger, and_(ledger.c.id == uploads.c.entry_id, ledger.c.action == "catalogue"))
    query = (
        select(originals, ledger.c.body.label("entry"), uploads.c.id.label("upload"))
        .outerjoin(catalogued, uploads.c.original_id == originals.c.id)
        .where(originals.c.id > last)
        .order_by(originals.c.id)
        .limit(PORTION)
    )
    found: dict[str, _Stored] = {}
    for row in connection.execute(query):
        found.setdefault(row.id, _Stored(row))
    ids = list(found)
    mine = select(tokens).where(tokens.c.original_id.in_(ids))
    for row in connection.execute(mine.order_by(tokens.c.over.desc(), tokens.c.number, tokens.c.id)):
        found[row.original_id].tokens.append(row)
    renewed = select(renewals).where(renewals.c.original_id.in_(ids)).order_by(renewals.c.number)
    for row in connection.execute(renewed):
        found[row.original_id].renewals.append((row.statement, row.token))
    added = select(ledger.c.subject_id, ledger.c.body).where(
        ledger.c.subject_kind == "original", ledger.c.subject_id.in_(ids), ledger.c.action == "token-added"
    )
    for row in connection.execute(added):
        found[row.subject_id].added.append(row.body)
    return list(found.values())


def _manifest_findings(stored: _Stored) -> Iterator[Finding]:
    row, subject = stored.row, f"original {stored.row.id}"
    if Digest.of(row.manifest).hex != row.manifest_sha256:
        yield Finding("manifest-differs", subject, "its bytes in the catalogue have another digest than was sealed")
    try:
        manifest = Manifest.parse(row.manifest)
    except IntegrityError as error:
        yield Finding("manifest-invalid", subject, str(error))
        return
    wanted = {
        "sha256": manifest.digest.hex,
        "size": manifest.size,
        "name": manifest.name,
        "agency_id": manifest.source.agency,
    }
    differ = [name for name, value in wanted.items() if getattr(row, name) != value]
    if differ:
        yield Finding("original-differs", subject, f"its manifest says otherwise of: {', '.join(differ)}")


def _entry_findings(stored: _Stored) -> Iterator[Finding]:
    """Against the entry that catalogued it."""
    row, subject = stored.row, f"original {stored.row.id}"
    if row.entry is None:
        yield Finding("original-not-recorded", subject, "no entry of the ledger catalogued it")
        return
    details = _details(row.entry)
    wanted = {"sha256": row.sha256, "size": row.size, "manifest": row.manifest_sha256, "leaf": row.leaf_index}
    differ = [name for name, value in wanted.items() if details.get(name) != value]
    if differ:
        yield Finding("original-not-recorded", subject, f"the ledger says otherwise of: {', '.join(differ)}")


def _token_findings(stored: _Stored, judge: Judge, walk: Walk, lists: Lists, verified: bool) -> Iterator[Finding]:
    recorded = {
        (token.get("over"), token.get("sha256"))
        for token in [*_details(stored.row.entry).get("tokens", ()), *map(_details, stored.added)]
    }
    judged: list[Finding] = []
    for token in stored.tokens:
        subject = f"token {token.id}"
        if token.token is None:
            continue  # pending, which is no defect
        if Digest.of(token.token).hex != token.sha256:
            yield Finding(
                "token-differs", subject, f"its bytes have another digest than was stored, over the {token.over}"
            )
        if (token.over, token.sha256) not in recorded:
            yield Finding("token-not-recorded", subject, f"no entry of the ledger tells of it, over the {token.over}")
        recorded.discard((token.over, token.sha256))
        if verified:
            judged += _judged(stored.row, token, judge)
    if stored.renewals or any(finding.code == OUTLIVED for finding in judged):
        # Whether it lives by a renewal or beside another token, only all of them together say.
        judged = [finding for finding in judged if finding.code != OUTLIVED]
        judged += _walked(stored, walk, lists()) if verified else []
    yield from judged
    for over, digest in sorted(recorded, key=str):
        yield Finding("token-missing", f"original {stored.row.id}", f"the token {digest} over the {over} is gone")


def _walked(stored: _Stored, walk: Walk, lists: Mapping[str, bytes]) -> Iterator[Finding]:
    """All tokens and renewals of one original together, as its seal would hold them."""
    there = [(token.over, token.token) for token in stored.tokens if token.token is not None]
    files = OriginalProofs(stored.row.manifest, there, b"", stored.renewals).files()
    files |= {f"{AUTHORITIES}{name}": content for name, content in lists.items()}
    for finding in walk(files, Digest.from_hex(stored.row.sha256)):
        if finding.code == "token-missing":
            continue  # pending, or taken away, which the ledger tells apart
        yield Finding(finding.code, f"original {stored.row.id}, {finding.subject}", finding.detail)


def _judged(row: Row[Any], token: Row[Any], judge: Judge) -> Iterator[Finding]:
    subject = f"token {token.id}"
    try:
        digest = Digest.from_hex(row.sha256 if token.over == "original" else row.manifest_sha256)
        at = judge(token.token, digest)
    except InvalidToken as error:
        yield Finding(error.finding, subject, str(error))
        return
    except IntegrityError as error:
        yield Finding(error.code, subject, str(error))
        return
    if at != token.gen_time:
        yield Finding("token-differs", subject, f"it says {at}, its row {token.gen_time}")


def _second_manifests(connection: Connection) -> Iterator[Finding]:
    """One manifest for an agency's bytes; a second one only where two uploads were sealed at the same moment."""
    many = (
        select(originals.c.agency_id, originals.c.sha256)
        .group_by(originals.c.agency_id, originals.c.sha256)
        .having(func.count() > 1)
    )
    for row in connection.execute(many):
        yield Finding("manifest-second", f"sha256 {row.sha256}", f"agency {row.agency_id} has several manifests of it")
    repeats = (
        select(repeated_manifests, originals.c.agency_id, originals.c.sha256, ledger.c.action)
        .outerjoin(originals, originals.c.id == repeated_manifests.c.original_id)
        .outerjoin(uploads, uploads.c.id == repeated_manifests.c.upload_id)
        .outerjoin(ledger, ledger.c.id == uploads.c.entry_id)
    )
    for row in connection.execute(repeats):
        subject = f"repeated manifest of upload {row.upload_id}"
        if Digest.of(row.manifest).hex != row.manifest_sha256:
            yield Finding("manifest-differs", subject, "its bytes in the catalogue have another digest than was sealed")
        if row.action != "upload-repeated" or not _is_of(row):
            yield Finding("manifest-second", subject, "no repeated upload of these bytes explains it")


def _is_of(row: Any) -> bool:
    try:
        manifest = Manifest.parse(row.manifest)
    except IntegrityError:
        return False
    said: Sequence[str] = (manifest.source.upload, manifest.source.agency, manifest.digest.hex)
    return said == (row.upload_id, row.agency_id, row.sha256)


def _details(entry: bytes | None) -> dict[str, Any]:
    """An entry's details; none where it cannot be read, which the ledger's own check names."""
    try:
        details = parse_canonical(entry or b"")["details"]
    except (IntegrityError, KeyError, TypeError):
        return {}
    return details if isinstance(details, dict) else {}
