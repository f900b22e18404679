"""How much a station may have on its way at once, so that one that never finishes leaves room for the others.

Counted is what it announced and what has not left the spool: unfinished files, and whole ones that wait for their seal.
What left needs no telling: its folder is gone, which is looked for only where that decides something, or where twice as
many are remembered as were there: ten thousand abandoned uploads must not make the next one slow. Safe to use from
every thread. Never counts an upload twice.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from catalog.identity import UploadId
from ingest.errors import QuotaExhausted, UploadNotFound, UploadTooLarge
from ingest.spool import Announced, Spool

FEW = 64
"""Uploads of a station that are remembered without looking whether they are still there."""


class Quota:
    """The bytes that each station has under way, of at most `most`; 0 is no limit."""

    def __init__(self, spool: Spool, most: int) -> None:
        self._spool = spool
        self._most = most
        self._lock = threading.Lock()
        self._held: dict[str, dict[UploadId, int]] | None = None  # read from the spool when it is first asked for
        self._making: set[UploadId] = set()
        self._looked: dict[str, int] = {}  # how many there were of a station when its were last looked for

    @contextmanager
    def admitted(self, announced: Announced) -> Iterator[None]:
        """Within the block the upload is made. UploadTooLarge when it can never be, QuotaExhausted when not now."""
        if self._most:
            with self._lock:
                self._admit(announced)
        try:
            yield
        finally:
            with self._lock:
                self._making.discard(announced.upload)

    def _admit(self, announced: Announced) -> None:
        if announced.length > self._most:
            raise UploadTooLarge(f"a station may have {self._most} bytes on their way")
        station = announced.statement.station or ""
        mine = self._of(station)
        if sum(mine.values()) + announced.length > self._most or len(mine) > 2 * self._looked.get(station, 0) + FEW:
            self._look(station, mine)
        held = sum(mine.values())
        if held + announced.length > self._most:
            raise QuotaExhausted(f"{held} of the {self._most} bytes that a station may have on their way are taken")
        mine[announced.upload] = announced.length
        self._making.add(announced.upload)

    def _of(self, station: str) -> dict[UploadId, int]:
        if self._held is None:
            self._held = self._read()
        return self._held.setdefault(station, {})

    def _look(self, station: str, mine: dict[UploadId, int]) -> None:
        """Forget what left."""
        for upload in [upload for upload in mine if upload not in self._making and not self._spool.has(upload)]:
            del mine[upload]
        self._looked[station] = len(mine)

    def _read(self) -> dict[str, dict[UploadId, int]]:
        held: dict[str, dict[UploadId, int]] = {}
        for upload in self._spool.uploads():
            try:
                announced = self._spool.announced(upload)
            except UploadNotFound:
                continue  # it left meanwhile
            held.setdefault(announced.statement.station or "", {})[upload] = announced.length
        return held
