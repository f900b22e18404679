"""Memory from outside against the log as it is: checkpoints somebody kept, receipts a station holds.

From inside, a data folder that was set back as a whole looks perfect. Whoever kept a checkpoint or a receipt can tell:
the log must still contain what it had then. An anchor that cannot be read is a finding too, never passed over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from integrity import checkpoint, merkle
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import IntegrityError, InvalidProof, LogError
from integrity.finding import Finding
from integrity.manifest import leaf_of
from integrity.receipt import Receipt, verify_receipt
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust


class GrowingLog(Protocol):
    """What is needed of a log."""

    @property
    def origin(self) -> str: ...

    def head(self) -> SignedCheckpoint: ...
    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]: ...
    def entries(self, start: int, end: int) -> Iterator[bytes]: ...


class NamedLogs(Protocol):
    """The log and those that it succeeds (`integrity.log_chain`)."""

    @property
    def log(self) -> GrowingLog: ...
    def named(self, origin: str) -> GrowingLog | None: ...
    def lost(self, origin: str, size: int) -> bool: ...


Known = Callable[[Receipt], str | None]
"""Whether the recording of a receipt is there: None, or what is missing."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A file from outside; `name` is what findings call it."""

    name: str
    content: bytes

    @property
    def is_receipt(self) -> bool:
        return self.content.lstrip()[:1] == b"{"


def anchor_findings(anchor: Anchor, logs: NamedLogs, trust: Trust, known: Known) -> Iterator[Finding]:
    """Everything in which the logs, or the catalogue, are not what this anchor says they were."""
    if anchor.is_receipt:
        yield from _receipt_findings(anchor, logs, trust, known)
    else:
        yield from chain_findings(anchor.name, anchor.content, logs, trust)


def chain_findings(name: str, content: bytes, logs: NamedLogs, trust: Trust) -> Iterator[Finding]:
    """Whether the log of this checkpoint's origin, today's or one before it, contains the one of the checkpoint.

    What was known to be lost when a log ended is told by the note of its succession, and no finding again.
    """
    for finding in checkpoint_findings(name, content, logs.named(_origin(content)) or logs.log, trust):
        if finding.code != "log-set-back" or not logs.lost(_origin(content), checkpoint.claimed(content).size):
            yield finding


def signed_by(anchor: Anchor, trust: Trust) -> SignedCheckpoint:
    """The checkpoint that an anchor is or, for a receipt, leads to; IntegrityError unless trusted keys signed it."""
    content = anchor.content
    if anchor.is_receipt:
        content = TlogProof.from_bytes(verify_receipt(content, trust).tlog_proof).checkpoint
    return trust.open_checkpoint(content, checkpoint.claimed(content).origin)


def _origin(content: bytes) -> str:
    """Whose checkpoint it says it is; nobody's where it cannot be read."""
    try:
        return checkpoint.claimed(content).origin
    except IntegrityError:
        return ""


def checkpoint_findings(name: str, content: bytes, log: GrowingLog, trust: Trust) -> Iterator[Finding]:
    """Whether today's log contains the one of this checkpoint, which a key of the log's signed."""
    try:
        origin = checkpoint.claimed(content).origin
        old = trust.open_checkpoint(content, origin)
        head = log.head()
        if head.checkpoint.origin != origin:
            yield Finding("anchor-of-another-log", name, f"it is of {origin}, this log is {head.checkpoint.origin}")
            return
    except IntegrityError as error:
        yield Finding("anchor-invalid", name, str(error))
        return
    yield from _growth_findings(name, old, head, log)


def _growth_findings(name: str, old: SignedCheckpoint, head: SignedCheckpoint, log: GrowingLog) -> Iterator[Finding]:
    if old.size > head.size:
        yield Finding("log-set-back", name, f"the log had {old.size} leaves then and has {head.size} now")
        return
    if old.size == 0:
        if old.root != merkle.EMPTY_ROOT:
            yield Finding("log-forked", name, "an empty tree with another root")
        return
    try:
        proof = log.prove_growth(old.size, head.size)
        merkle.verify_consistency(old.size, head.size, proof, old.root, head.root)
    except InvalidProof as error:
        yield Finding("log-forked", name, f"today's log does not contain the one of {old.size} leaves: {error}")
    except LogError as error:
        yield Finding(error.code, name, str(error))


def _receipt_findings(anchor: Anchor, logs: NamedLogs, trust: Trust, known: Known) -> Iterator[Finding]:
    try:
        receipt = verify_receipt(anchor.content, trust)
        signed = TlogProof.from_bytes(receipt.tlog_proof).checkpoint
    except IntegrityError as error:
        yield Finding("anchor-invalid", anchor.name, str(error))
        return
    grown = list(chain_findings(anchor.name, signed, logs, trust))
    yield from grown
    if not grown:
        log = logs.named(_origin(signed)) or logs.log
        try:
            there = list(log.entries(receipt.leaf_index, receipt.leaf_index + 1))
        except LogError as error:
            if not logs.lost(log.origin, receipt.leaf_index + 1):
                yield Finding(error.code, anchor.name, str(error))
                return
            there = [leaf_of(receipt.manifest)]  # gone with its log's end: whether the recording is, is asked below
        if there != [leaf_of(receipt.manifest)]:
            yield Finding("log-forked", anchor.name, f"leaf {receipt.leaf_index} is another one now")
    missing = known(receipt)
    if missing is not None:
        yield Finding("receipted-recording-missing", anchor.name, missing)
