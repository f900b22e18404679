"""Proofs of leaves for what leaves the house: under a checkpoint that witnesses signed and an authority stamped.

A stamped checkpoint shows age by itself, a cosigned one that the log has no second face; one that is both is best, then
one that is cosigned. Until there is any of these the durable head serves: nothing waits for a witness or an authority,
and a proof that is asked for later is the better one. Leaves of a log that ended are proven under a checkpoint of that
log.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from catalog.checkpoint_tokens import StampedCheckpoint
from integrity.log import Log
from integrity.log_chain import LogChain
from integrity.witnessed import CosignedCheckpoint

LOOKED_AT = 16
"""Stamped checkpoints that are looked at for one that is cosigned too; the next of them is a minute younger."""

SETTLING_SECONDS = 0.5
"""Between two looks at whether the witnesses have signed."""


class Cosigned(Protocol):
    """The checkpoints of one log that witnesses signed."""

    @property
    def asked(self) -> bool: ...
    def at(self, size: int) -> CosignedCheckpoint | None: ...
    def best(self, quorum: int, beyond: int = -1) -> CosignedCheckpoint | None: ...


Covering = Callable[[str, int], StampedCheckpoint | None]
"""The smallest stamped checkpoint of a log that has a leaf, by the leaf's index in that log."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One checkpoint that proofs lead to, and its token if it has one."""

    checkpoint: bytes
    token: bytes | None
    _log: Log
    _proofs: "LeafProofs"

    def prove(self, index: int) -> bytes:
        """A tlog-proof for a leaf that the checkpoint covers, or that a log before its own has."""
        log, own = self._proofs.place(index)
        return log.tlog_proof(own, self.checkpoint) if log is self._log else self._proofs.ground(index).prove(index)


class LeafProofs:
    """Chooses the checkpoint. Safe to use from every thread.

    `cosigned` gives the cosigned checkpoints of a log; `quorum` is how many witnesses should have signed.
    """

    def __init__(
        self,
        logs: LogChain,
        covering: Covering,
        cosigned: Callable[[Log], Cosigned] | None = None,
        quorum: int = 0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._logs = logs
        self._covering = covering
        self._cosigned = cosigned
        self._wanted = max(1, quorum)
        self._sleep = sleep

    def place(self, index: int) -> tuple[Log, int]:
        """The log that has a leaf, and its index there."""
        return self._logs.place(index)

    def ground(self, highest: int) -> Ground:
        """The checkpoint for proofs of leaves up to this number."""
        log, own = self._logs.place(highest)
        stamped = self._covering(log.origin, own)
        cosigned = None if self._cosigned is None else self._cosigned(log)
        found = None if cosigned is None else self._witnessed(log, own, stamped, cosigned)
        if found is not None:
            return Ground(*found, log, self)
        if stamped is not None:
            return Ground(stamped.note, stamped.token, log, self)
        return Ground(log.head().note, None, log, self)

    def tlog_proof(self, index: int) -> bytes:
        """A proof for one leaf alone."""
        return self.ground(index).prove(index)

    def settle(self, seconds: float) -> None:
        """Give the witnesses this long to sign what is in the log now; whether they did or not, go on then."""
        log = self._logs.log
        cosigned = None if self._cosigned is None else self._cosigned(log)
        if cosigned is None or not cosigned.asked:
            return
        size, left = log.head().size, seconds
        while left > 0:
            best = cosigned.best(self._wanted, size - 1)
            if best is not None and len(best.by) >= self._wanted:
                return
            self._sleep(SETTLING_SECONDS)
            left -= SETTLING_SECONDS

    def _witnessed(
        self, log: Log, own: int, stamped: StampedCheckpoint | None, cosigned: Cosigned
    ) -> tuple[bytes, bytes | None] | None:
        """The smallest stamped checkpoint that enough witnesses signed, else the best one they signed."""
        for _ in range(LOOKED_AT):
            if stamped is None:
                break
            one = cosigned.at(stamped.size)
            if one is not None and len(one.by) >= self._wanted:
                return one.signed.note, stamped.token
            stamped = self._covering(log.origin, stamped.size)
        best = cosigned.best(self._wanted, own)
        return None if best is None else (best.signed.note, None)
