"""Reads that a copy served because the vault they should have come from could not: a log line each, and a count.

An alarm, for somebody has to look after that vault, and no ledger entry: who may see was decided and written before,
and the bytes are the same. What is counted is of this process, since its start.
"""

from collections import Counter
from collections.abc import Iterator
from threading import Lock as Mutex

import structlog
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from integrity.digest import Digest
from integrity.errors import VaultError

_log = structlog.get_logger()


class Fallbacks(Collector):
    """Notes such reads, and is what Prometheus reads of them. Safe to use from every thread."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()
        self._guard = Mutex()

    def note(self, digest: Digest, vault: str, copy: str, error: VaultError) -> None:
        """`vault` could not give these bytes, because of `error`; they came from `copy`."""
        with self._guard:
            self._counted[vault, error.code] += 1
        _log.error(
            "original-read-from-copy", sha256=digest.hex, vault=vault, copy=copy, code=error.code, error=str(error)
        )

    def collect(self) -> Iterator[Metric]:
        """One counter, by the vault that failed and the code of its failure."""
        told = "Originals read from a copy because their vault failed: any is an alarm"
        found = CounterMetricFamily("tiezheng_reads_from_copies", told, labels=["vault", "code"])
        with self._guard:
            counted = dict(self._counted)
        for labels, count in sorted(counted.items()):
            found.add_metric(labels, count)
        yield found
