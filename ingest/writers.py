"""One writer for an upload: who is writing to it now, and whether that connection still lives.

A station whose cable was pulled comes back on a new connection while the old one still looks open from here. So a
writer that has brought nothing for a while is asked to end, keeps what came, and makes room; one that brings bytes is
left alone and the newcomer is told that the upload is busy. Only about writers of this process: the kernel's lock on
the spool file covers the others. Never lets two write at a time.
"""

import threading
import time
from collections.abc import Callable

from catalog.identity import UploadId
from ingest.errors import UploadBusy

PATIENCE_SECONDS = 2.0
"""A writer that has brought nothing for this long makes room for another."""
ENDING_SECONDS = 10.0
"""How long the newcomer waits for the old writer's bytes to reach the disk."""


class Claim:
    """One writer's place, until `release`; `give_up` asks its holder to end and may be called from any thread."""

    def __init__(self, writers: "Writers", upload: UploadId) -> None:
        self.upload = upload
        self.give_up: Callable[[], None] = lambda: None
        self.ending = False
        self._writers = writers
        self.heard()

    def end(self) -> None:
        """Nothing more comes on this connection; what came is on its way to the disk, and worth waiting for."""
        self.ending = True

    def heard(self) -> None:
        """Bytes came on this writer's connection."""
        self.heard_at = self._writers.monotonic()

    def release(self) -> None:
        """Make room; repeat-safe."""
        self._writers.release(self)


class Writers:
    """The writers of this process. Safe to use from every thread; `claim` and `settle` may wait."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, patience: float = PATIENCE_SECONDS) -> None:
        self.monotonic = monotonic
        self._patience = patience
        self._changed = threading.Condition()
        self._claims: dict[UploadId, Claim] = {}
        self._ending = False

    def claim(self, upload: UploadId) -> Claim:
        """Become the writer; UploadBusy while another is alive, or does not end in time."""
        with self._changed:
            if self._ending:
                raise UploadBusy("the service is ending; its successor goes on")
            self._end_idle(upload)
            if upload in self._claims:
                raise UploadBusy("another connection is writing to this upload")
            claim = self._claims[upload] = Claim(self, upload)
            return claim

    def release(self, claim: Claim) -> None:
        """Make room; repeat-safe."""
        with self._changed:
            if self._claims.get(claim.upload) is claim:
                del self._claims[claim.upload]
            self._changed.notify_all()

    def settle(self, upload: UploadId) -> None:
        """Let a silent writer end before its upload's offset is told: its bytes will be counted by then."""
        with self._changed:
            self._end_idle(upload)

    def end(self) -> None:
        """The service is ending: ask every writer to keep what came and go, and let no other begin."""
        with self._changed:
            self._ending = True
            for claim in self._claims.values():
                claim.give_up()

    def busy(self, upload: UploadId) -> bool:
        """Whether somebody is writing."""
        with self._changed:
            return upload in self._claims

    def _end_idle(self, upload: UploadId) -> None:
        claim = self._claims.get(upload)
        if claim is None:
            return
        silent = self.monotonic() - claim.heard_at >= self._patience
        if silent:
            claim.give_up()
        if silent or claim.ending:
            self._changed.wait_for(lambda: self._claims.get(upload) is not claim, ENDING_SECONDS)
