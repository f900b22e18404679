"""What goes into a grant's bundle: originals or viewing copies, proofs, custody up to the approval, and the approval.

Only under a grant whose approval has its leaf, and exactly what was approved. Custody names who did what, so each kind
of recipient has a profile of what is opened to it; the rest stands as commitments. Writes nothing and releases nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, and_, or_, select

from catalog.database import Database
from catalog.documents import DocumentFacts, asked_for
from catalog.entry import Json
from catalog.errors import ExportNotApproved, NotFound, NotReady
from catalog.evidence import originals_of
from catalog.extents import extent_of
from catalog.grants import GrantFacts, find_grant
from catalog.identity import EntryId, GrantId, RecordingId
from catalog.leaf_proofs import Ground, LeafProofs
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal, read_original
from catalog.revocations import revocation_files
from catalog.segments import members
from catalog.tables import (
    agencies,
    approvals,
    cases,
    grants,
    ledger,
    ledger_leaves,
    ledger_openings,
    people,
    request_items,
    requests,
)
from catalog.viewing_copies import ViewingCopy, are_being_made, viewing_copies
from integrity.bundle_contents import BundleApproval, BundleContents, BundleCopy, BundleFile
from integrity.clock import Clock, instant
from integrity.custody import CustodyEntry
from integrity.errors import InvalidBundle
from integrity.extent import COPIES, ORIGINALS
from integrity.opened import Opened, as_file
from integrity.proof_files import authority_files

WITNESS_SECONDS = 15.0
"""How long a bundle waits for witnesses to sign the approval's leaf; without them it is made all the same."""
EVERYTHING = None
_EVIDENCE = frozenset(
    {"catalogue", "file-document", "upload-repeated", "token-added", "token-renewed", "prepare", "unplayable"}
    | {"link", "unlink", "mark", "join", "separate"}
)

DISCLOSED: Mapping[str, frozenset[str] | None] = {
    "court": EVERYTHING,
    "agency": EVERYTHING,
    "party": _EVIDENCE | {"open-case", "case-stage", "request"},
    "media": frozenset({"catalogue"}),
    "other": frozenset({"catalogue"}),
}
"""Which custody entries are opened to which kind of recipient; the approval always is."""


class Copies:
    """Gathers the contents of bundles. Safe to use from every thread."""

    def __init__(
        self,
        database: Database,
        entries: Ledger,
        clock: Clock,
        proofs: LeafProofs,
        authorities: Mapping[str, bytes],
        open_original: Callable[[StoredOriginal], BinaryIO],
        open_copy: Callable[[RecordingId, str, str], Opened],
    ) -> None:
        self._database = database
        self._ledger = entries
        self._clock = clock
        self._proofs = proofs
        self._authorities = dict(authorities)
        self._open = open_original
        self._open_copy = open_copy

    def contents(self, grant: GrantId) -> BundleContents:
        """What the bundle of an approved grant holds; ExportNotApproved for any other, LedgerUnavailable, NotReady."""
        for entry in self._without_leaf(grant):
            self._ledger.wait(entry)
        self._proofs.settle(WITNESS_SECONDS)
        with self._database.read() as connection:
            facts = _approved(connection, grant)
            held = [read_original(connection, part.id) for item in _items(connection, facts)
                    for part in originals_of(connection, item)]  # fmt: skip
            filed = [read_original(connection, document.original_id) for document in _documents(connection, facts)]
            rows = _custody_rows(connection, facts)
            extent = extent_of(connection, _request_entry(connection, facts))
            copies = [] if extent == ORIGINALS else _copies(connection, _items(connection, facts))
            leaves = [*(one.leaf_index for one in (*held, *filed)), *(row.leaf_index for row in rows)]
            leaves += [copy.maker_leaf for copy in copies]
            ground = self._proofs.ground(max(leaves))
            custody = [self._custody(row, facts.recipient_kind, ground) for row in rows]
            approval, organisation = _approval(connection, facts, held, filed, extent, custody[-1].commitment)
            lists = revocation_files(connection, [original.id for original in (*held, *filed)])
        return BundleContents(
            grant=grant,
            organisation=organisation,
            made_on=self._clock.now().date(),
            originals=[] if extent == COPIES else [self._file(original, ground) for original in held],
            documents=[self._file(original, ground) for original in filed],
            authorities=authority_files(self._authorities) | lists,
            checkpoint=ground.checkpoint,
            custody=custody,
            approval=approval,
            checkpoint_token=ground.token,
            copies=[self._copy(copy, ground) for copy in copies],
            absent=[self._proofs_of(original, ground) for original in held] if extent == COPIES else [],
        )

    def release_line(self, grant: GrantId) -> bytes:
        """`release.json`: the entry that released the bundle, with its proof; NotFound before that."""
        rows = (
            select(ledger, ledger_openings.c.salt, ledger_leaves.c.leaf_index)
            .join(grants, grants.c.release_entry_id == ledger.c.id)
            .join(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
            .join(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
            .where(grants.c.id == grant)
        )
        with self._database.read() as connection:
            row = connection.execute(rows).one_or_none()
        if row is None:
            raise NotFound("this copy was not released")
        proof = self._proofs.ground(row.leaf_index).prove(row.leaf_index)
        return CustodyEntry(bytes(row.commitment), proof, bytes(row.body), bytes(row.salt)).encode()

    def _without_leaf(self, grant: GrantId) -> Sequence[EntryId]:
        with self._database.read() as connection:
            rows = _custody_rows(connection, _approved(connection, grant))
            return [EntryId(row.id) for row in rows if row.leaf_index is None]

    def _file(self, original: StoredOriginal, ground: Ground) -> BundleFile:
        return BundleFile(open=lambda: self._open(original), proofs=self._proofs_of(original, ground))

    def _proofs_of(self, original: StoredOriginal, ground: Ground) -> dict[str, bytes]:
        return original.proof_files(ground.prove(original.leaf_index))

    def _copy(self, copy: ViewingCopy, ground: Ground) -> BundleCopy:
        proof = ground.prove(copy.maker_leaf)
        maker = CustodyEntry(copy.maker_commitment, proof, copy.maker_body, copy.maker_salt)
        return BundleCopy(lambda: self._opened(copy), copy.provenance, copy.signature, maker)

    def _opened(self, copy: ViewingCopy) -> BinaryIO:
        """The copy's bytes; NotReady when it was made anew since, InvalidBundle when somebody took it away."""
        try:
            return as_file(self._open_copy(copy.recording, copy.place, copy.name))
        except NotFound as error:
            with self._database.read() as connection:
                if copy not in viewing_copies(connection, copy.recording):
                    raise NotReady(f"the viewing copy {copy.name} was made anew meanwhile") from error
            raise InvalidBundle(f"the viewing copy {copy.name} cannot be opened: {error}") from error

    def _custody(self, row: Row[Any], recipient_kind: str, ground: Ground) -> CustodyEntry:
        opened = DISCLOSED.get(recipient_kind, frozenset())
        shown = opened is EVERYTHING or row.action == "decide" or (row.action in opened and row.outcome != "refused")
        proof = ground.prove(row.leaf_index)
        if not shown or row.salt is None:
            return CustodyEntry(bytes(row.commitment), proof)
        return CustodyEntry(bytes(row.commitment), proof, bytes(row.body), bytes(row.salt))


def _approved(connection: Connection, grant: GrantId) -> GrantFacts:
    facts = find_grant(connection, grant)
    if facts.state != "approved":
        raise ExportNotApproved(f"no bundle is made for this grant: {facts.state}")
    return facts


def _items(connection: Connection, facts: GrantFacts) -> Sequence[RecordingId]:
    asked = select(request_items.c.recording_id).where(request_items.c.request_id == facts.request_id)
    return [RecordingId(row) for row in connection.scalars(asked.order_by(request_items.c.recording_id))]


def _documents(connection: Connection, facts: GrantFacts) -> Sequence[DocumentFacts]:
    return asked_for(connection, _request_entry(connection, facts))


def _request_entry(connection: Connection, facts: GrantFacts) -> EntryId:
    return EntryId(connection.scalars(select(requests.c.entry_id).where(requests.c.id == facts.request_id)).one())


def _copies(connection: Connection, items: Sequence[RecordingId]) -> Sequence[ViewingCopy]:
    """NotReady while one is being made anew; InvalidBundle where one that was there when it was asked for is gone."""
    try:
        return [copy for item in items for copy in viewing_copies(connection, item)]
    except NotReady as error:
        if any(are_being_made(connection, item) for item in items):
            raise
        raise InvalidBundle(str(error)) from error


def _custody_rows(connection: Connection, facts: GrantFacts) -> Sequence[Row[Any]]:
    """Entries about recordings, documents, their originals, case and request, in order, up to the approval."""
    items, filed = _items(connection, facts), _documents(connection, facts)
    held = [part.id for item in items for part in originals_of(connection, item)]
    about: dict[str, Sequence[str]] = {
        "recording": [*items, *(member for item in items for member in connection.scalars(members(item)))],
        "document": [document.id for document in filed],
        "original": [*held, *(document.original_id for document in filed)],
        "case": [facts.case_id],
        "request": [facts.request_id],
    }
    last = select(approvals.c.entry_id).where(approvals.c.request_id == facts.request_id).scalar_subquery()
    rows = (
        select(ledger, ledger_openings.c.salt, ledger_leaves.c.leaf_index)
        .outerjoin(ledger_openings, ledger_openings.c.entry_id == ledger.c.id)
        .outerjoin(ledger_leaves, ledger_leaves.c.entry_id == ledger.c.id)
        .where(
            ledger.c.id <= last,
            or_(*(and_(ledger.c.subject_kind == kind, ledger.c.subject_id.in_(ids)) for kind, ids in about.items())),
        )
        .order_by(ledger.c.id)
    )
    return connection.execute(rows).all()


def _approval(
    connection: Connection,
    facts: GrantFacts,
    held: Sequence[StoredOriginal],
    filed: Sequence[StoredOriginal],
    extent: str,
    commitment: bytes,
) -> tuple[BundleApproval, str]:
    """`approval.json`, and the agency's name."""
    requester, approver = people.alias("requester"), people.alias("approver")
    row = connection.execute(
        select(
            requests,
            approvals.c.decision,
            approvals.c.reason,
            approvals.c.decided_at,
            agencies.c.name.label("agency"),
            cases.c.number,
            requester.c.name.label("requester"),
            approver.c.name.label("approver"),
        )
        .join(grants, grants.c.request_id == requests.c.id)
        .join(approvals, approvals.c.id == grants.c.approval_id)
        .join(agencies, agencies.c.id == requests.c.agency_id)
        .join(cases, cases.c.id == requests.c.case_id)
        .join(requester, requester.c.id == requests.c.requester_id)
        .join(approver, approver.c.id == approvals.c.approver_id)
        .where(grants.c.id == facts.id)
    ).one()
    names = ("action", "recipient", "recipient_kind", "legal_basis", "purpose", "requester", "agency")
    request: dict[str, Json] = {name: getattr(row, name) for name in names}
    request |= {"id": row.id, "case": row.number, "made_at": instant(row.made_at)}
    request["recordings"] = [original.digest.hex for original in held]
    request["documents"] = [original.digest.hex for original in filed]
    request["extent"] = extent
    approval: dict[str, Json] = {"decision": row.decision, "reason": row.reason, "approver": row.approver}
    approval["decided_at"] = instant(row.decided_at)
    grant: dict[str, Json] = {"id": facts.id, "person": facts.person_name, "expires_at": instant(facts.expires_at)}
    return BundleApproval(request, approval, grant, commitment), str(row.agency)
