"""An appender straight onto a real log, and knobs for its two ways of failing."""

from dataclasses import dataclass

from integrity.errors import LogUnavailable
from integrity.log import Log


@dataclass(slots=True)
class FakeAppender:
    """A `LeafAppender` without an outbox: appends to `log` one leaf at a time, idempotent by looking through it all.

    `lost` refuses before anything happened; `unknown` reports failure although the leaf is under a durable head.
    """

    log: Log
    lost: bool = False
    unknown: bool = False

    def append(self, commitment: bytes) -> int:
        if self.lost:
            raise LogUnavailable("the test lost the request")
        with self.log.exclusive():
            entries = list(self.log.entries(0, self.log.head().size))
            index = entries.index(commitment) if commitment in entries else self.log.append([commitment])[0]
        if self.unknown:
            raise LogUnavailable("the test lost the answer")
        return index
