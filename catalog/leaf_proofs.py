"""Proofs of leaves for what leaves the house: under a checkpoint that has a token, where one covers them all.

A proof under a stamped checkpoint shows order and age by itself; until the token is there the durable head serves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from catalog.checkpoint_tokens import StampedCheckpoint


class Head(Protocol):
    """A signed checkpoint."""

    @property
    def note(self) -> bytes: ...


class ProvingLog(Protocol):
    """What is needed of the log."""

    @property
    def origin(self) -> str: ...
    def head(self) -> Head: ...
    def tlog_proof(self, index: int, under: bytes | None = None) -> bytes: ...


Covering = Callable[[str, int], StampedCheckpoint | None]
"""The smallest stamped checkpoint of a log that has a leaf."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One checkpoint that proofs lead to, and its token if it has one."""

    checkpoint: bytes
    token: bytes | None
    _log: ProvingLog

    def prove(self, index: int) -> bytes:
        """A tlog-proof for a leaf that the checkpoint covers."""
        return self._log.tlog_proof(index, self.checkpoint)


class LeafProofs:
    """Chooses the checkpoint. Safe to use from every thread."""

    def __init__(self, log: ProvingLog, covering: Covering) -> None:
        self._log = log
        self._covering = covering

    def ground(self, highest: int) -> Ground:
        """The checkpoint for proofs of leaves up to this index."""
        stamped = self._covering(self._log.origin, highest)
        if stamped is None:
            return Ground(self._log.head().note, None, self._log)
        return Ground(stamped.note, stamped.token, self._log)
