"""The gate: the only way to footage, documents and seals, and it writes before it opens (PROOF §2 v).

A view is a ledger entry and a row, in one transaction, under a durable log head before anything is handed out. With
the log down nothing is permitted (LedgerUnavailable). A view belongs to one session and ends; every request within it
asks for the right again, so a role that was taken back closes the picture. Whoever is refused is on record.

Hands out open files, never paths. Posters and thumbnails are footage too: there is no way to them but through a view.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, exists, insert, select

from catalog.attempts import Attempt, Attempts
from catalog.database import Database
from catalog.documents import find_document
from catalog.entry import Entry, Json, Subject
from catalog.errors import NotFound, NotPermitted, NotReady, PurposeMissing, ViewEnded
from catalog.evidence import find_recording
from catalog.identity import AgencyId, EntryId, OriginalId, RecordingId, ViewId, is_id, new_id
from catalog.leaf_proofs import LeafProofs
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal, read_original
from catalog.permissions import Principal, Right, require
from catalog.rendition_keys import signed_provenance
from catalog.renditions import RenditionStore, content_type, place_of
from catalog.revocations import revocation_files
from catalog.shapes import text
from catalog.tables import ledger_leaves, parts, recordings, renditions, views
from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.opened import Opened, OpenedFile
from integrity.proof_files import authority_files, seal_files
from integrity.vault import Opener, VaultRef

LONGEST_PURPOSE = 500


@dataclass(frozen=True, slots=True)
class View:
    """Permission to look at one recording or one document, for one session, until it ends."""

    id: ViewId
    recording_id: RecordingId | None
    document_id: str | None
    purpose: str
    opened_at: datetime
    expires_at: datetime
    entry_id: EntryId


@dataclass(frozen=True, slots=True)
class ViewFile:
    """A file of the viewing copy: its name in the rendition store, size in bytes."""

    name: str
    size: int
    content_type: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is open for reading; whoever takes it closes `source`."""

    source: Opened
    size: int
    content_type: str
    digest: Digest


class Gate:
    """Permits, records, opens. Safe to use from every thread."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        random: Random,
        store: RenditionStore,
        vault: Opener,
        proofs: LeafProofs,
        authorities: Mapping[str, bytes],
        view_length: timedelta = timedelta(hours=4),
        wanted: Callable[[RecordingId], object] = lambda _recording: None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random
        self._store = store
        self._vault = vault
        self._proofs = proofs
        self._authorities = dict(authorities)
        self._view_length = view_length
        self._wanted = wanted  # told of a recording that somebody may view and that has no copy yet

    def open_view(self, principal: Principal, recording: RecordingId, purpose: str) -> View:
        """A view of a recording that is ready; returns only under a durable head. PurposeMissing, NotReady.

        One that is not ready yet is prepared before others.
        """
        try:
            return self._open_view(principal, recording, purpose)
        except NotReady:
            self._wanted(recording)
            raise

    def _open_view(self, principal: Principal, recording: RecordingId, purpose: str) -> View:
        with self._attempts.of(principal, "view", Subject("recording", recording), purpose) as attempt:
            with self._database.write() as connection:
                facts = find_recording(connection, recording)
                self._permit(connection, principal, attempt, Right.VIEW, facts.agency_id)
                wanted = _stated(purpose)
                if facts.state != "ready":
                    raise NotReady(f"there is no viewing copy of it: {facts.reason or facts.state}")
                view = self._open(connection, principal, facts.agency_id, wanted, recording=recording)
            self._ledger.wait(view.entry_id)
            return view

    def want(self, principal: Principal, recording: RecordingId) -> None:
        """Have a viewing copy made before others, for somebody who may view it; nothing where it is there."""
        with self._attempts.of(principal, "view", Subject("recording", recording)) as attempt:
            with self._database.read() as connection:
                self._permit(
                    connection, principal, attempt, Right.VIEW, find_recording(connection, recording).agency_id
                )
            self._wanted(recording)

    def open_document_view(self, principal: Principal, document: str, purpose: str) -> View:
        """A view of a filed document: its sealed bytes themselves, by the same rule."""
        with self._attempts.of(principal, "view", Subject("document", document), purpose) as attempt:
            with self._database.write() as connection:
                facts = find_document(connection, document)
                self._permit(connection, principal, attempt, Right.VIEW, facts.agency_id)
                wanted = _stated(purpose)
                view = self._open(connection, principal, facts.agency_id, wanted, document=document)
            self._ledger.wait(view.entry_id)
            return view

    def view(self, principal: Principal, view: ViewId) -> View:
        """A view of this session that is still open; ViewEnded otherwise, whosever it is."""
        trying = self._attempts.of(principal, "view", Subject("view", view))
        with trying as attempt, self._database.read() as connection:
            return self._still_open(connection, principal, attempt, view)

    def view_files(self, principal: Principal, view: ViewId) -> Sequence[ViewFile]:
        """The files of the viewing copy that an open view of a recording leads to."""
        trying = self._attempts.of(principal, "view", Subject("view", view))
        with trying as attempt, self._database.read() as connection:
            opened = self._still_open(connection, principal, attempt, view)
            return [_view_file(row) for row in connection.execute(_copy_of(opened))]

    def rendition(self, principal: Principal, view: ViewId, name: str) -> OpenFile:
        """One file of the viewing copy, open. NotFound for a name it has not."""
        with self._attempts.of(principal, "view", Subject("view", view)) as attempt:
            with self._database.read() as connection:
                opened = self._still_open(connection, principal, attempt, view)
                one = _copy_of(opened).where(renditions.c.name == name)
                row = connection.execute(one).one_or_none() if content_type(name) else None
                if row is None or opened.recording_id is None:
                    raise NotFound("the viewing copy has no such file")
                _require_provenance(connection, row)
            file = self._store.open(opened.recording_id, place_of(row), name)
            return _open_file(file, row.size, row.content_type, Digest.from_hex(row.sha256))

    def document(self, principal: Principal, view: ViewId) -> OpenFile:
        """The sealed bytes of the document that an open view leads to."""
        with self._attempts.of(principal, "view", Subject("view", view)) as attempt:
            with self._database.read() as connection:
                opened = self._still_open(connection, principal, attempt, view)
                if opened.document_id is None:
                    raise NotFound("this view is of a recording")
                facts = find_document(connection, opened.document_id)
                original = read_original(connection, facts.original_id)
            file = open_original(self._vault, original)
            return _open_file(OpenedFile.of(file), original.size, facts.content_type, original.digest)

    def seal_files(self, principal: Principal, recording: RecordingId, position: int = 0) -> dict[str, bytes]:
        """The seal of a recording's original as files, for checking it elsewhere; recorded like a view."""
        trying = self._attempts.of(principal, Right.DOWNLOAD_SEAL, Subject("recording", recording))
        with trying as attempt:
            with self._database.write() as connection:
                agency = find_recording(connection, recording).agency_id
                self._permit(connection, principal, attempt, Right.DOWNLOAD_SEAL, agency)
                part = select(parts.c.original_id).where(parts.c.recording_id == recording)
                found = connection.scalars(part.order_by(parts.c.position)).all()[position : position + 1]
                if position < 0 or not found:
                    raise NotFound("the recording has no such part")
                original = read_original(connection, OriginalId(found[0]))
                entry = self._note_seal(connection, principal, Subject("recording", recording), original)
            self._ledger.wait(entry)
        return self._seal_files(original)

    def document_seal_files(self, principal: Principal, document: str) -> dict[str, bytes]:
        """The seal of a document as files."""
        trying = self._attempts.of(principal, Right.DOWNLOAD_SEAL, Subject("document", document))
        with trying as attempt:
            with self._database.write() as connection:
                facts = find_document(connection, document)
                self._permit(connection, principal, attempt, Right.DOWNLOAD_SEAL, facts.agency_id)
                original = read_original(connection, facts.original_id)
                entry = self._note_seal(connection, principal, Subject("document", document), original)
            self._ledger.wait(entry)
        return self._seal_files(original)

    def _permit(
        self, connection: Connection, principal: Principal, attempt: Attempt, right: Right, agency: AgencyId
    ) -> None:
        attempt.agency = agency
        require(connection, principal, right, agency)
        if principal.password_once:
            raise NotPermitted("a one-time password lets its holder choose another, and nothing else")

    def _open(
        self,
        connection: Connection,
        principal: Principal,
        agency: AgencyId,
        purpose: str,
        recording: RecordingId | None = None,
        document: str | None = None,
    ) -> View:
        view, now = ViewId(new_id(self._random)), self._clock.now()
        subject = Subject("document", document) if document is not None else Subject("recording", str(recording))
        until = min(now + self._view_length, principal.expires_at)
        entry = Entry("view", principal.actor, subject, "permitted", purpose, agency, {"view": view})
        entry_id = self._ledger.write(connection, entry)
        row = {"id": view, "recording_id": recording, "document_id": document, "person_id": principal.person_id,
               "session_id": principal.session_id, "purpose": purpose, "opened_at": now, "expires_at": until,
               "entry_id": entry_id}  # fmt: skip
        connection.execute(insert(views).values(row))
        return View(view, recording, document, purpose, now, until, entry_id)

    def _still_open(self, connection: Connection, principal: Principal, attempt: Attempt, view: ViewId) -> View:
        mine = select(views).where(views.c.id == view, views.c.session_id == principal.session_id)
        under_head = exists().where(ledger_leaves.c.entry_id == views.c.entry_id)
        row = connection.execute(mine.where(under_head)).one_or_none() if is_id(view) else None
        if row is None or row.expires_at <= self._clock.now():
            raise ViewEnded("this view is over, or it belongs to another session: state a purpose again")
        opened = _view(row)
        if opened.recording_id is not None:
            agency = find_recording(connection, opened.recording_id).agency_id
        else:
            agency = find_document(connection, str(opened.document_id)).agency_id
        self._permit(connection, principal, attempt, Right.VIEW, agency)
        return opened

    def _note_seal(
        self, connection: Connection, principal: Principal, subject: Subject, original: StoredOriginal
    ) -> EntryId:
        details: dict[str, Json] = {"original": original.id, "sha256": original.digest.hex}
        entry = Entry("download-seal", principal.actor, subject, "permitted", agency=original.agency, details=details)
        return self._ledger.write(connection, entry)

    def _seal_files(self, original: StoredOriginal) -> dict[str, bytes]:
        ground = self._proofs.ground(original.leaf_index)
        proofs = original.proof_files(ground.prove(original.leaf_index))
        with self._database.read() as connection:
            lists = revocation_files(connection, [original.id])
        return seal_files(proofs, ground.checkpoint, authority_files(self._authorities) | lists, ground.token)


def open_original(vault: Opener, original: StoredOriginal) -> BinaryIO:
    """A sealed original's bytes, for a confined decoder, a document's view or a bundle; never for anything else."""
    return vault.open(VaultRef(original.vault, original.digest, original.size, original.version))


def _copy_of(view: View) -> Any:
    """The rows of the viewing copy that is shown now."""
    return (
        select(renditions)
        .join(
            recordings,
            (recordings.c.id == renditions.c.recording_id) & (recordings.c.recipe == renditions.c.recipe),
        )
        .where(renditions.c.recording_id == view.recording_id, recordings.c.state == "ready")
        .order_by(renditions.c.name)
    )


def _require_provenance(connection: Connection, row: Row[Any]) -> None:
    """NotReady for a file that nobody on record signed for: whoever put it there, it is not shown."""
    try:
        signed_provenance(connection, row)
    except IntegrityError as error:
        raise NotReady(f"where this copy comes from is not certain: {error}") from error


def _stated(purpose: str) -> str:
    """A purpose that says something; dots and blanks are none."""
    if not any(character.isalnum() for character in purpose):
        raise PurposeMissing("say for what purpose you view it")
    return text("purpose", purpose, LONGEST_PURPOSE)


def _open_file(source: Opened, size: int, content_type: str, digest: Digest) -> OpenFile:
    if source.size != size:
        source.close()
        raise NotReady("the file is not as long as it was recorded: it is not shown")
    return OpenFile(source, size, content_type, digest)


def _view(row: Row[Any]) -> View:
    return View(**{name: getattr(row, name) for name in View.__slots__})


def _view_file(row: Row[Any]) -> ViewFile:
    return ViewFile(row.name, row.size, row.content_type, Digest.from_hex(row.sha256))
