"""Proofs of leaves for what leaves the house: under a checkpoint that has a token, where one covers them all.

A proof under a stamped checkpoint shows order and age by itself; until the token is there the durable head serves.
Leaves of a log that ended are proven under a checkpoint of that log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from catalog.checkpoint_tokens import StampedCheckpoint
from integrity.log import Log


class PlacingLog(Protocol):
    """What is needed of the logs (`integrity.log_chain`)."""

    def place(self, index: int) -> tuple[Log, int]: ...


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
    """Chooses the checkpoint. Safe to use from every thread."""

    def __init__(self, logs: PlacingLog, covering: Covering) -> None:
        self._logs = logs
        self._covering = covering

    def place(self, index: int) -> tuple[Log, int]:
        """The log that has a leaf, and its index there."""
        return self._logs.place(index)

    def ground(self, highest: int) -> Ground:
        """The checkpoint for proofs of leaves up to this number."""
        log, own = self._logs.place(highest)
        stamped = self._covering(log.origin, own)
        if stamped is None:
            return Ground(log.head().note, None, log, self)
        return Ground(stamped.note, stamped.token, log, self)
