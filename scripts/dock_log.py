"""A station's memory of the log: what was signed once must be in everything that is signed later.

A server whose data folder was rolled back, or that shows one history to some and another to others, cannot hide it
from somebody who kept an older checkpoint. Each checkpoint met (of a receipt, or published) is proved to be part of
the largest one known, from the log's public tiles. Never takes the server's word for it: proofs are computed here.
"""

import threading
from collections.abc import Callable

from integrity import merkle
from integrity.checkpoint import SignedCheckpoint
from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError, InvalidNote
from integrity.tiles import Tile, narrowed
from integrity.tree import StoredTree
from integrity.trust import Trust
from scripts.dock_state import DockState

COSIGNED = "checkpoint.cosigned"
"""The newest checkpoint with its cosignatures, below /log/."""

Fetch = Callable[[str], bytes | None]
"""A public file of the log by its path below /log/; None when the server has none there."""


class LogInconsistent(Exception):
    """The log is not a continuation of what this station has seen; nothing it says can be relied on."""

    code = "log-inconsistent"


class LogMemory:
    """Compares and remembers. Safe to use from every thread."""

    def __init__(self, state: DockState, trust: Trust, fetch: Fetch) -> None:
        self._state = state
        self._trust = trust
        self._fetch = fetch
        self._lock = threading.Lock()
        kept = state.checkpoint()
        self._floor = None if kept is None else self._open(kept)
        self._published: SignedCheckpoint | None = None
        self._tree = StoredTree(0, self._tile)
        # Publishing may lag behind the head that a receipt was built on: proved as soon as it has caught up, and the
        # largest is remembered, so the next run does not start below it.
        self._unproven: list[SignedCheckpoint] = []

    def check(self, note: bytes) -> None:
        """Prove that a receipt's checkpoint and those seen before are of one history; LogInconsistent."""
        with self._lock:
            seen = self._open(note)
            if self._published is None or (_same(self._published, seen) and self._published.size < seen.size):
                self._read_published()
            if self._succeeded(seen):
                return  # of a log that ended, as our trust.json says: there is nothing it could still grow into
            self._unproven.append(seen)
            self._settle()
            self._remember()

    def witnessed(self, note: bytes) -> bool:
        """Whether as many witnesses as trust.json asks for signed a checkpoint that contains this one.

        False while they have not: that is no misconduct, and may come. LogInconsistent when they signed another log.
        """
        if self._signed_by_enough(note):
            return True
        shown = self._fetch(COSIGNED)
        if shown is None or not self._signed_by_enough(shown):
            return False
        with self._lock:
            seen, cosigned = self._open(note), self._open(shown)
            if cosigned.checkpoint.origin != seen.checkpoint.origin or cosigned.size < seen.size:
                return False
            if self._published is None or self._published.size < cosigned.size:
                self._read_published()
            self._unproven += [seen, cosigned]
            self._settle()
            return cosigned not in self._unproven

    def _signed_by_enough(self, note: bytes) -> bool:
        if not self._trust.quorum:
            return True
        try:
            return len(cosignatures(note, self._trust.witnesses)) >= self._trust.quorum
        except InvalidNote:
            return False

    def ended(self, note: bytes) -> bool:
        """Whether this is a checkpoint of a log that another one has succeeded; LogInconsistent."""
        with self._lock:
            if self._published is None:
                self._read_published()
            return self._succeeded(self._open(note))

    def newest(self) -> bytes | None:
        """The largest checkpoint that is remembered: what a server must at least know itself."""
        with self._lock:
            return None if self._floor is None else self._floor.note

    def _succeeded(self, older: SignedCheckpoint) -> bool:
        """Whether the published log succeeds the one of this checkpoint: by our trust.json, never by its own word."""
        origin, before = "" if self._published is None else self._published.checkpoint.origin, self._trust.successions
        while origin in dict(before):
            origin = dict(before)[origin]
            if origin == older.checkpoint.origin:
                return True
        return False

    def _read_published(self) -> None:
        note = self._fetch("checkpoint")
        if note is None:
            raise LogInconsistent("the server publishes no log to compare with")
        published, before = self._open(note), self._published or self._floor
        if before is not None and not _same(before, published):
            self._published = published
            if not self._succeeded(before):
                raise LogInconsistent(f"it shows the log {published.checkpoint.origin}, which succeeds none we know")
            self._floor = before = None
        if before is not None:
            if published.size < before.size:
                raise LogInconsistent(f"the log had {before.size} leaves and has {published.size} now")
            self._unproven.append(before)
        self._published, self._tree = published, StoredTree(published.size, self._tile)

    def _settle(self) -> None:
        """Prove what the published log is long enough for; of the rest, no two of one size may differ."""
        waiting = []
        for older in self._unproven:
            if self._published is not None and older.size <= self._published.size:
                self._prove(older, self._published)
            else:
                waiting.append(older)
        roots = {older.size: older.root for older in waiting}
        if any(roots[older.size] != older.root for older in waiting):
            raise LogInconsistent("two different logs of one size were signed")
        self._unproven = waiting

    def _remember(self) -> None:
        known = [one for one in (self._floor, self._published, *self._unproven) if one is not None]
        newest = max(known, key=lambda one: one.size)
        if newest is not self._floor:
            self._state.keep_checkpoint(newest.note)

    def _prove(self, older: SignedCheckpoint, newest: SignedCheckpoint) -> None:
        if older.size == newest.size:
            if older.root != newest.root:
                raise LogInconsistent(f"two different logs of {older.size} leaves were signed")
            return
        if older.size == 0:
            return
        try:
            proof = merkle.consistency_proof(older.size, newest.size, self._tree.read)
            merkle.verify_consistency(older.size, newest.size, proof, older.root, newest.root)
        except IntegrityError as error:
            raise LogInconsistent(f"the log of {newest.size} leaves does not continue that of {older.size}") from error

    def _tile(self, tile: Tile) -> bytes:
        """A tile; a partial one may have been replaced by the full one in its place."""
        content = self._fetch(tile.path)
        if content is None and not tile.full:
            whole = self._fetch(tile.whole().path)
            content = None if whole is None else narrowed(whole, tile)
        if content is None:
            raise LogInconsistent(f"the log's {tile.path} is missing")
        return content

    def _open(self, note: bytes) -> SignedCheckpoint:
        failure: InvalidNote | None = None
        for key in self._trust.logs:
            try:
                return self._trust.open_checkpoint(note, key.name)
            except InvalidNote as error:
                failure = error
        raise LogInconsistent("a checkpoint is not signed by the log this station trusts") from failure


def _same(one: SignedCheckpoint, other: SignedCheckpoint) -> bool:
    """Whether two checkpoints are of one log."""
    return one.checkpoint.origin == other.checkpoint.origin
