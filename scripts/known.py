"""What others remember of the log, asked before anything is appended: a data folder that was set back must not go on.

Witnesses, a folder of checkpoints and receipts (setting), and what docking stations brought along with their uploads
(`known/` in the data folder). A log that is smaller than any of these, or another one, is refused: going on would sign
a second history. Then `tiezheng admin recover-log` opens a successor. A witness that is away is no reason to refuse.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

import structlog

from integrity import durable
from integrity.anchor import Anchor, anchor_findings, signed_by
from integrity.bounded import read_bounded
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import IntegrityError, InvalidNote
from integrity.log_chain import LogChain
from integrity.note import SIZE_LIMIT
from integrity.trust import Trust
from player.language import gettext as _
from scripts.settings import Settings
from scripts.witness_client import known_outside

TOLD_LIMIT = 8 * 1024
"""Characters of a checkpoint that a station brings along."""

_log = structlog.get_logger()


class LogSetBack(Exception):
    """Others remember more of the log than there is, or another one; nothing may be appended."""

    code = "log-set-back"


class NothingKnown(Exception):
    """A file that should hold what others remember of the log holds nothing of the kind."""

    code = "known-checkpoint-wrong"


def read_anchors(path: Path) -> Iterator[Anchor]:
    """A file, or every receipt and checkpoint in a folder; NothingKnown where there is none."""
    if path.is_file():
        yield Anchor(path.name, read_bounded(path, SIZE_LIMIT))
        return
    found = 0
    for file in sorted(path.rglob("*")):
        if file.is_file() and ("receipt" in file.name or file.name.startswith("checkpoint")):
            found += 1
            yield Anchor(file.relative_to(path).as_posix(), read_bounded(file, SIZE_LIMIT))
    if not found:
        raise NothingKnown(_("no receipt and no checkpoint in {path}").format(path=path))


def refuse_set_back(data: Path, settings: Settings, logs: LogChain, trust: Trust) -> None:
    """LogSetBack when the log lacks anything that others remember."""
    for anchor in _remembered(data, settings, logs, trust):
        for finding in anchor_findings(anchor, logs, trust, lambda _receipt: None):
            raise LogSetBack(
                f"{finding.code}: {finding.subject}: {finding.detail}. Nothing is appended to this log: restore a newer"
                " state, or end it with `tiezheng admin recover-log`"
            )


def _remembered(data: Path, settings: Settings, logs: LogChain, trust: Trust) -> Iterator[Anchor]:
    if (ahead := logs.log.ahead) is not None:  # only the head was set back, and what is published lies elsewhere
        yield Anchor("the published checkpoint", ahead.note)
    if settings.known_checkpoints is not None:
        yield from read_anchors(Path(settings.known_checkpoints))
    told = data / "known"
    if told.is_dir() and any(told.glob("checkpoint-*")):
        yield from read_anchors(told)
    outside = known_outside(settings.witness_addresses, logs.log.origin, trust.log_keys(logs.log.origin))
    for silent in outside.silent:
        _log.warning("witness-silent", detail=silent)
    if outside.newest is not None:
        yield Anchor("witness", outside.newest.note)


class StationMemory:
    """Checkpoints that stations bring along: one that the log has not reached proves that it was set back."""

    def __init__(self, data: Path, logs: LogChain) -> None:
        self._folder = data / "known"
        self._logs = logs

    def tell(self, encoded: str) -> None:
        """Compare one; what is not signed by our own key is nobody's word. From the first that is beyond our log on,
        nothing is appended any more, now and after a restart."""
        told = self._read(encoded)
        if told is None or told.size <= self._logs.log.head().size:
            return
        durable.make_folder(self._folder)
        durable.replace(self._folder / f"checkpoint-{told.size}-{told.root.hex()[:16]}", told.note, 0o644)
        self._logs.refuse(f"a station remembers {told.size} leaves: the log was set back")
        _log.error("log-set-back", size=told.size)

    def _read(self, encoded: str) -> SignedCheckpoint | None:
        try:
            note = base64.b64decode(encoded[:TOLD_LIMIT], validate=True)
            return self._logs.log.keys.open(note)
        except (InvalidNote, binascii.Error, ValueError):
            return None


def newest_lost(anchors: Iterator[Anchor], logs: LogChain, trust: Trust) -> SignedCheckpoint:
    """The largest checkpoint of the current log that the log as it is does not contain; NothingKnown."""
    lost: list[SignedCheckpoint] = []
    for anchor in anchors:
        try:
            signed = signed_by(anchor, trust)
        except IntegrityError as error:
            raise NothingKnown(f"{anchor.name}: {error}") from error
        named = Anchor(anchor.name, signed.note)
        if signed.checkpoint.origin == logs.log.origin and any(
            anchor_findings(named, logs, trust, lambda _receipt: None)
        ):
            lost.append(signed)
    if not lost:
        raise NothingKnown("the log contains everything that was given: there is nothing to recover from")
    return max(lost, key=lambda one: one.size)
