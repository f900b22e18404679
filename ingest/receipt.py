"""Receipts of uploads: built once from what the catalog and the log say, stored, and only then given out.

Built from durable facts alone (PROOF §1, step 7): the original's row, its tokens, its copies, and a proof under the
durable head. When a token that was pending or a copy that was wanted has come, a second one is built and takes its
place; both stay true. Never tells of a copy that was not checked, or lies where nothing would keep it, and never signs
for an upload that is not catalogued.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from catalog.agencies import Agencies
from catalog.identity import UploadId
from catalog.originals import StoredOriginal, StoredToken
from catalog.recordings import KnownUpload, Recordings
from ingest.errors import UploadNotFound
from integrity.clock import Clock
from integrity.digest import Digest
from integrity.note import Signer
from integrity.receipt import NOT_QUALIFIED, Checked, Copy, Receipt, Stamp, TokenState, build_receipt
from integrity.tlog_proof import TlogProof


class ProvingLog(Protocol):
    """What a receipt needs of the log."""

    def tlog_proof(self, index: int) -> bytes: ...


class Receipts:
    """Issues and finds receipts. Safe to use from every thread."""

    def __init__(
        self,
        recordings: Recordings,
        agencies: Agencies,
        log: ProvingLog,
        signer: Signer,
        clock: Clock,
        checked: Mapping[str, Checked],
        qualified: Collection[str] = (),
        vouch: Callable[[str], None] = lambda vault: None,
    ) -> None:
        self._recordings = recordings
        self._agencies = agencies
        self._log = log
        self._signer = signer
        self._clock = clock
        self._checked = dict(checked)  # how each vault proves what it holds, by the vault's name
        self._qualified = frozenset(qualified)  # names of authorities whose tokens the law presumes to be right
        self._vouch = vouch  # raises for a vault whose store does not keep what it must

    def receipt(self, upload: UploadId) -> bytes | None:
        """The receipt to be sent; None while there is none."""
        return self._recordings.receipt(upload)

    def issue(self, upload: UploadId) -> bytes:
        """Build and store what is due for a catalogued upload; the receipt to be sent.

        LogError, UploadNotFound; VaultUnprotected where a copy lies in a store that fails its probe: later, then.
        """
        row = self._recordings.upload(upload)
        if row is None or row.original is None:
            raise UploadNotFound("the upload is not catalogued")
        original = self._recordings.original(row.original)
        receipt = self._say(row, original)
        for copy in receipt.copies:
            self._vouch(copy.vault)
        return self._recordings.store_receipt(
            upload, build_receipt(receipt, self._signer), complete=not receipt.pending and receipt.wipe == "allowed"
        )

    def _say(self, row: KnownUpload, original: StoredOriginal) -> Receipt:
        proof = self._log.tlog_proof(original.leaf_index)
        tokens = tuple(TokenState(token.over, self._stamp(token)) for token in original.tokens)
        receipt = Receipt(
            upload=row.id,
            agency=row.agency,
            station=row.station,
            person=row.person,
            digest=original.digest,
            size=original.size,
            received_at=row.received_at,
            issued_at=self._clock.now(),
            clock=self._clock.state(),
            copies=(Copy(original.vault, self._checked[original.vault]), *self._copies(original)),
            copies_wanted=self._agencies.get(row.agency).copies_wanted,
            manifest=original.manifest,
            leaf_index=TlogProof.from_bytes(proof).index,  # in its own log: the catalogue numbers through all of them
            tlog_proof=proof,
            tokens=tokens,
            note=NOT_QUALIFIED,
        )
        return replace(receipt, note=None) if receipt.qualified else receipt

    def _copies(self, original: StoredOriginal) -> Iterator[Copy]:
        """Copies in further vaults, each proved equal when it was made, for this original and not another agency's."""
        for kept in self._recordings.copies(original.digest):
            if kept.vault != original.vault and kept.checked_at >= original.sealed_at:
                yield Copy(kept.vault, kept.checked)

    def _stamp(self, token: StoredToken) -> Stamp | None:
        if token.raw is None or token.gen_time is None:
            return None
        return Stamp(token.authority, token.gen_time, Digest.of(token.raw), token.authority in self._qualified)
