"""Filing a person's document: its bytes take the way of every upload, through the spool, and are waited for.

Who may file what is settled before (`catalog.documents`); here are the bytes. Never answers before the document is
catalogued, except to say that it is stored and not sealed yet (IntakePending).
"""

import hashlib
from collections.abc import Iterable

from catalog.entry import Actor
from catalog.identity import UploadId, new_id
from catalog.recordings import CatalogedRecording
from ingest.errors import InvalidLength, UploadTooLarge
from ingest.intake import Intake
from ingest.spool import Announced, Spool, Whole
from integrity.clock import Clock, Random, system_random
from integrity.digest import Digest
from integrity.statement import Statement

WAIT_SECONDS = 30.0
"""How long a person waits for the seal; it is made all the same when it takes longer."""


class Filing:
    """Takes documents from people. Safe to use from every thread; waits for the disk and for the seal."""

    def __init__(
        self, spool: Spool, intake: Intake, clock: Clock, max_size: int, random: Random = system_random
    ) -> None:
        self._spool = spool
        self._intake = intake
        self._clock = clock
        self._max_size = max_size
        self._random = random

    def file_document(
        self,
        statement: Statement,
        uploader: Actor,
        size: int,
        chunks: Iterable[bytes],
        timeout: float = WAIT_SECONDS,
    ) -> CatalogedRecording:
        """Store, seal and catalogue `size` bytes; UploadTooLarge, InvalidLength, SpaceExhausted, IntakePending."""
        if size > self._max_size:
            raise UploadTooLarge(f"at most {self._max_size} bytes are taken")
        self._spool.require_space(size)
        upload = UploadId(new_id(self._random))
        self._spool.create(Announced(upload, size, statement, uploader.name, "", self._clock.now()))
        try:
            whole = self._store(upload, size, chunks)
        except BaseException:
            self._spool.remove(upload)  # nobody was told of it
            raise
        self._spool.settle(upload, whole)
        self._intake.submit(upload)
        return self._intake.wait(upload, timeout)

    def _store(self, upload: UploadId, size: int, chunks: Iterable[bytes]) -> Whole:
        state = hashlib.sha256()
        with self._spool.open(upload) as file:
            for chunk in chunks:
                if file.written + len(chunk) > size:
                    raise InvalidLength(f"more than the announced {size} bytes came")
                file.append(chunk)
                state.update(chunk)
            if file.acknowledge() != size:
                raise InvalidLength(f"{file.acknowledged} bytes came, not the announced {size}")
            return Whole(Digest(state.digest()), size, file.acknowledged_at)
