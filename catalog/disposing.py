"""Carrying out an order of disposal, each step durable before the next, so that a kill anywhere is simply run again.

    asked      nothing has happened; kept instead, with an entry that says why, when something keeps the recording now
    tombstone  its tombstone stands in the ledger; waits for the durable head
    erased     salts of its entries and its playable copy are gone
    removing   whoever brings the same bytes waits; then looked for who still needs them, and removed where nobody does
    waiting    the immutable flag stands: the machine's root carries on (`tiezheng admin dispose`)
    done       nothing is left to do

Two races decide the order. A hold, a link or an upload that commits before the tombstone keeps the recording: all of
them and the tombstone take turns. An upload of the same bytes that is under way puts its manifest into the spool before
it looks whether they are being removed; here `removing` is durable before the spool is looked at. So one of the two
always sees the other, and the bytes stay.

Bytes go with the last reference only, whichever agency's it is; and nothing tells one agency that another has them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, Row, delete, select, update

from catalog.database import Database
from catalog.entombing import (
    erase,
    evidence,
    name_erased,
    originals_of,
    to_erase,
    tombstone_entry,
    tombstone_of,
)
from catalog.entry import SYSTEM, Entry, Subject
from catalog.errors import CatalogError
from catalog.expiry import reasons_of
from catalog.identity import AgencyId, RecordingId, new_id
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal
from catalog.renditions import RenditionStore
from catalog.tables import disposal_items, disposals, recordings, tombstones, vault_copies
from catalog.tombstones import is_needed
from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.disposal import Opened, Order, OrderProof, VaultDisposer, verify_decision, verify_order
from integrity.errors import IntegrityError, InvalidOrder, VaultImmutable, VaultUnavailable
from integrity.note import Verifier
from integrity.vault import VaultRef

UNFINISHED = ("asked", "tombstone", "erased", "removing")
"""States that the service itself carries on from."""
LATER = ("preparing", "requested")
"""What ends by itself: the recording is asked about again."""

_log = structlog.get_logger()


class ProvingLog(Protocol):
    """What is needed of the log: proofs, and the key and origin they are judged by."""

    @property
    def origin(self) -> str: ...
    @property
    def verifier(self) -> Verifier: ...
    def tlog_proof(self, index: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies outside the catalog: the log, the rendition store, who removes from which vault, and what the spool
    is about to store."""

    log: ProvingLog
    store: RenditionStore
    disposers: Mapping[str, VaultDisposer]
    on_their_way: Callable[[Digest], bool]


class Disposing:
    """Carries out orders. One at a time for an order; beside uploads, holds and links."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random, outside: Outside) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._random = random
        self._outside = outside

    def unfinished(self) -> Sequence[str]:
        """Approved orders with something left that the service can do."""
        left = select(disposal_items.c.disposal_id).where(disposal_items.c.state.in_(UNFINISHED))
        approved = select(disposals.c.id).where(disposals.c.state == "approved", disposals.c.id.in_(left))
        with self._database.read() as connection:
            return connection.scalars(approved.order_by(disposals.c.id)).all()

    def carry_out(self, disposal: str, *, waiting: bool = False) -> Mapping[str, int]:
        """Everything of an order that can be done now; how many recordings are in which state afterwards.

        `waiting`: also what waits for the machine's root. What one recording meets never keeps the others.
        """
        states = UNFINISHED + (("waiting",) if waiting else ())
        mine = (disposal_items.c.disposal_id == disposal, disposal_items.c.state.in_(states))
        items = select(disposal_items.c.recording_id).join(disposals).where(*mine, disposals.c.state == "approved")
        with self._database.read() as connection:
            wanted = connection.scalars(items.order_by(disposal_items.c.recording_id)).all()
        for recording in wanted:
            try:
                self._carry(disposal, RecordingId(recording))
            except (CatalogError, IntegrityError, OSError) as error:
                _log.warning("disposal-postponed", disposal=disposal, recording=recording, exc_info=error)
        return self._counts(disposal)

    def _carry(self, disposal: str, recording: RecordingId) -> None:
        state = self._state(disposal, recording)
        if state == "asked":
            self._require_order(disposal)
            state = self._entomb(disposal, recording)
        if state == "tombstone":
            state = self._erase(disposal, recording)
        if state in ("erased", "removing", "waiting"):
            self._remove(disposal, recording)

    # --- the steps ----------------------------------------------------------------------------------------------------

    def _entomb(self, disposal: str, recording: RecordingId) -> str:
        """The tombstone, if nothing keeps the recording now; everybody who could is waited for, or waits."""
        with self._database.write() as connection:
            order = connection.execute(select(disposals).where(disposals.c.id == disposal)).one()
            agency = AgencyId(order.agency_id)
            self._database.exclusive(connection, "retention", agency)
            for original in originals_of(connection, recording):
                self._database.exclusive(connection, "original", agency, original.digest.hex)
            why = reasons_of(connection, recording, self._clock.now())
            if why and set(why) <= set(LATER):
                return "asked"
            if why:
                return self._keep(connection, disposal, recording, agency, why)
            tombstone = new_id(self._random)
            erased = to_erase(connection, recording)
            entry = self._ledger.write(connection, tombstone_entry(connection, tombstone, disposal, recording, erased))
            row = {"id": tombstone, "recording_id": recording, "disposal_id": disposal, "entry_id": entry,
                   "made_at": self._clock.now()}  # fmt: skip
            connection.execute(tombstones.insert().values(row))
            name_erased(connection, tombstone, erased)
            ended = {"state": "unplayable", "reason": f"disposed: by order {disposal}", "claimed_at": None}
            connection.execute(update(recordings).where(recordings.c.id == recording).values(ended))
            return _move(connection, disposal, recording, "tombstone")

    def _keep(
        self, connection: Connection, disposal: str, recording: RecordingId, agency: AgencyId, why: Sequence[str]
    ) -> str:
        entry = Entry("disposal-kept", SYSTEM, Subject("recording", recording), "refused", agency=agency,
                      details={"disposal": disposal, "reasons": list(why)})  # fmt: skip
        self._ledger.write(connection, entry)
        return _move(connection, disposal, recording, "kept")

    def _erase(self, disposal: str, recording: RecordingId) -> str:
        """Only under the durable head over the tombstone."""
        with self._database.read() as connection:
            tombstone = tombstone_of(connection, disposal, recording)
        self._ledger.wait(tombstone.entry_id)
        with self._database.write() as connection:
            erase(connection, tombstone.id, recording)
        self._outside.store.remove(recording)
        with self._database.write() as connection:
            return _move(connection, disposal, recording, "erased")

    def _remove(self, disposal: str, recording: RecordingId) -> str:
        with self._database.write() as connection:
            _move(connection, disposal, recording, "removing")
            held = originals_of(connection, recording)
            tombstone = tombstone_of(connection, disposal, recording)
        state = "done"
        try:
            # The spool first: what has left it meanwhile is in the catalog, where it is seen after.
            if any(self._outside.on_their_way(original.digest) for original in held):
                state = "erased"  # they come again just now; asked again later
            else:
                self._dispose(disposal, tombstone, held)
        except VaultImmutable:
            state = "waiting"
        except BaseException:
            state = "erased"
            raise
        finally:
            with self._database.write() as connection:
                _move(connection, disposal, recording, state)
                if state == "done":
                    agency = _agency(connection, disposal)
                    entry = Entry("disposed", SYSTEM, Subject("disposal", disposal), "done", agency=agency,
                                  details={"recording": recording})  # fmt: skip
                    self._ledger.write(connection, entry)
        return state

    def _dispose(self, disposal: str, tombstone: Row[Any], held: Sequence[StoredOriginal]) -> None:
        order = self._order(disposal, tombstone)
        for original in held:
            with self._database.read() as connection:
                needed = is_needed(connection, original.digest)
                copies = select(vault_copies).where(vault_copies.c.sha256 == original.digest.hex)
                refs = [VaultRef(original.vault, original.digest, original.size, original.version)] + [
                    VaultRef(row.vault, original.digest, row.size, row.version) for row in connection.execute(copies)
                ]
            if not needed:
                for ref in refs:
                    self._disposer(ref.vault).dispose(ref, order)
                with self._database.write() as connection:
                    connection.execute(delete(vault_copies).where(vault_copies.c.sha256 == original.digest.hex))

    def _disposer(self, vault: str) -> VaultDisposer:
        try:
            return self._outside.disposers[vault]
        except KeyError:
            raise VaultUnavailable(f"nobody here may remove from vault {vault}") from None

    def _order(self, disposal: str, tombstone: Row[Any]) -> Order:
        """The order as the log proves it; nothing that a table says is believed."""
        request, decision, stone = self._evidence(disposal, tombstone.entry_id)
        log = self._outside.log
        return verify_order(OrderProof(request, decision, stone), [log.verifier], log.origin)

    def _require_order(self, disposal: str) -> None:
        """Before anything is written: that two persons gave it. InvalidOrder; Conflict without their leaves."""
        request, decision = self._evidence(disposal)
        log = self._outside.log
        if verify_decision(request, decision, [log.verifier], log.origin) != disposal:
            raise InvalidOrder(f"these entries are of another order than {disposal}")

    def _evidence(self, disposal: str, tombstone_entry: int | None = None) -> list[Opened]:
        with self._database.read() as connection:
            found = evidence(connection, disposal, tombstone_entry)
        return [Opened(body, salt, self._outside.log.tlog_proof(leaf)) for body, salt, leaf in found]

    def _state(self, disposal: str, recording: RecordingId) -> str:
        with self._database.read() as connection:
            return str(connection.scalar(select(disposal_items.c.state).where(*_item(disposal, recording))))

    def _counts(self, disposal: str) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        with self._database.read() as connection:
            mine = select(disposal_items.c.state).where(disposal_items.c.disposal_id == disposal)
            for state in connection.scalars(mine):
                counts[state] = counts.get(state, 0) + 1
        return counts


def _agency(connection: Connection, disposal: str) -> AgencyId:
    mine = select(disposals.c.agency_id).where(disposals.c.id == disposal)
    return AgencyId(connection.execute(mine).scalar_one())


def _item(disposal: str, recording: RecordingId) -> tuple[Any, Any]:
    return disposal_items.c.disposal_id == disposal, disposal_items.c.recording_id == recording


def _move(connection: Connection, disposal: str, recording: RecordingId, state: str) -> str:
    connection.execute(update(disposal_items).where(*_item(disposal, recording)).values(state=state))
    return state
