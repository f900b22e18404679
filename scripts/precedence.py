"""What goes first on the service's own machine: sealing before preparing, and viewers before everything that waits.

A file that waits for its seal has a station waiting for its receipt, and a camera that cannot be wiped. So preparing
what nobody waits for begins only when nothing waits for its seal, or when that has gone on for long: a day of uploads
without a pause still gets its viewing copies. What takes long is done beside that, in lanes of its own.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from catalog.identity import RecordingId
from ingest.lanes import Lane

LONGEST_S = 60.0
"""For how long one recording lets seals go first."""
TICK_S = 0.5


class Preparing(Protocol):
    """What it needs of `ingest.pipeline.Pipeline`."""

    def prepare(self, recording: RecordingId) -> None: ...
    def prepare_wanted(self) -> None: ...
    def prepare_next(self, lane: Lane) -> bool: ...


class Precedence:
    """Before the pipeline, in the service. `sealing`: how many files wait for their seal, and do not fail."""

    def __init__(
        self,
        pipeline: Preparing,
        sealing: Callable[[], int],
        now: Callable[[], float] = monotonic,
        tick: float = TICK_S,
    ) -> None:
        self._pipeline = pipeline
        self._sealing = sealing
        self._now = now
        self._tick = tick
        self._ending = threading.Event()

    def prepare(self, recording: RecordingId) -> None:
        """See `Pipeline.prepare`."""
        self._let_seals_go(self._pipeline.prepare_wanted)
        self._pipeline.prepare(recording)

    def transcode_wanted(self) -> None:
        """Encode whatever a viewer waits for, until nothing of it is left."""
        while self._pipeline.prepare_next(Lane.WANTED):
            continue

    def transcode(self) -> None:
        """Encode whatever waits for it, what viewers wait for first, copies of an older recipe last; until the end."""
        self._let_seals_go(self.transcode_wanted)
        while any(self._pipeline.prepare_next(lane) for lane in (Lane.WANTED, Lane.BACKLOG, Lane.ANEW)):
            self._let_seals_go(self.transcode_wanted)

    def _let_seals_go(self, meanwhile: Callable[[], object]) -> None:
        until = self._now() + LONGEST_S
        while self._sealing() and self._now() < until and not self._ending.is_set():
            meanwhile()
            self._ending.wait(self._tick)

    def stop(self) -> None:
        """Wait no more: the service is ending."""
        self._ending.set()
