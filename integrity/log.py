"""The transparency log: an append-only list of 32-byte commitments under signed heads (C2SP tlog-tiles).

The order that everything rests on: stage the batch's tiles, swap the signed head, write the tiles, publish the
checkpoint. The swap is the moment: before it nothing was appended, after it everything was, and only after it is an
index told. A crash, or a failure whose outcome is unknown, leaves the rest to the next one who enters `exclusive`,
who reads the durable head and goes on from there by the same code.

Never signs two roots for one size: only inside `exclusive`, only on top of the head that is durable, only by
compare-and-swap. Never tells an index that no durable head covers. Never repairs what does not match: LogCorrupt.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from integrity import checkpoint, commitment, merkle
from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.errors import HeadConflict, InvalidNote, InvalidProof, LogCorrupt, LogError, LogUnavailable
from integrity.finding import Finding
from integrity.heads import FileHeads, LogHeads
from integrity.log_check import LogCheck
from integrity.log_keys import KeySource, LogKeys, key_source
from integrity.note import Signer, Verifier
from integrity.tile_store import CHECKPOINT, SUCCESSION, TileStore
from integrity.tiles import Tile
from integrity.tiles_files import FileTiles
from integrity.tlog_proof import TlogProof
from integrity.tree import Files, RightEdge, StoredTree

__all__ = ["CHECKPOINT", "SUCCESSION", "FileHeads", "LeafAppender", "Log"]

Keys = Signer | Verifier | LogKeys | KeySource
"""What a log is opened with: without a signer among them it is for reading."""

Place = Path | TileStore
"""Where a log lies: its folder, or whatever else keeps its tiles."""


class LeafAppender(Protocol):
    """What sealing needs of a log."""

    def append(self, commitment: bytes) -> int:
        """The leaf's index, once a durable head covers it; LogUnavailable. Idempotent by commitment."""
        ...


@dataclass(frozen=True, slots=True)
class _State:
    """What the durable head says, and the tiles that growing needs."""

    head: SignedCheckpoint
    edge: RightEdge


class Log:
    """A log in its place, its head in a store. Readers may use one object from any thread; writers take turns."""

    def __init__(self, place: Place, keys: Keys, heads: LogHeads) -> None:
        self._store: TileStore = FileTiles(place) if isinstance(place, Path) else place
        self._source = key_source(keys)
        self._keys = self._source()
        self._heads = heads
        self._turn = threading.Lock()
        self._writer: int | None = None
        self._state: _State | None = None
        self._unsettled = False
        self._seen: SignedCheckpoint | None = None

    @staticmethod
    def create(place: Place, signer: Signer, heads: LogHeads) -> "Log":
        """Sign the empty tree and publish it. HeadConflict when there is a log already, LogCorrupt when one lost its
        head: a second empty head would fork it."""
        log = Log(place, signer, heads)
        if log._store.begin() and heads.read() is None:
            raise LogCorrupt("there are tiles or a checkpoint here, but no head")
        heads.swap(None, checkpoint.sign(Checkpoint(signer.name, 0, merkle.EMPTY_ROOT), [signer]).note)
        with log.exclusive():
            return log

    @staticmethod
    def open(place: Place, keys: Keys, heads: LogHeads) -> "Log":
        """A log that exists; LogCorrupt when its head is missing or not signed by the key, LogUnavailable.

        Changes nothing: what a crash left to do is done by the next `exclusive`. A Verifier opens it for reading.
        """
        log = Log(place, keys, heads)
        log.head()
        return log

    @property
    def origin(self) -> str:
        """The log's name, which is its key's name."""
        return self._keys.origin

    @property
    def verifier(self) -> Verifier:
        """The newest public key."""
        return self._keys.terms[-1].verifier

    @property
    def keys(self) -> LogKeys:
        """Every key, with the sizes it is for."""
        return self._keys

    @property
    def behind(self) -> bool:
        """Whether the published checkpoint is older than the head, as after a full disk: an alarm, no loss."""
        return self.published() != self.head().note

    @property
    def ahead(self) -> SignedCheckpoint | None:
        """The published checkpoint where it has more leaves than the head, which then was set back; else None."""
        published = self.published()
        try:
            told = None if published is None else self._keys.open(published)
        except InvalidNote:
            return None  # nobody's word; `exclusive` refuses it by its name
        return told if told is not None and told.size > self.head().size else None

    # --- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The only place to append: no other thread or process does meanwhile, and the durable head was just read.

        LogUnavailable when it cannot be read or an unfinished batch cannot be written out, LogCorrupt when head, key
        and tiles do not agree. Not to be nested.
        """
        if self._writer == threading.get_ident():
            raise LogError("exclusive() inside exclusive() would wait for ever")
        with self._turn, self._store.turn(), self._heads.turn():
            self._keys = self._source()
            self._refresh()
            self._writer = threading.get_ident()
            try:
                yield
            finally:
                self._writer = None

    def append(self, entries: Sequence[bytes]) -> range:
        """The indices of these 32-byte entries, once a durable head covers them.

        LogUnavailable: nothing was appended, or that cannot be known; in both cases leave `exclusive`, enter it again
        and look for the entries before appending them a second time.
        """
        if self._writer != threading.get_ident() or not self._keys.signers:
            raise LogError("appending takes the signing key and happens inside exclusive()")
        if any(len(entry) != commitment.SIZE for entry in entries):
            raise LogError(f"every leaf is a commitment of {commitment.SIZE} bytes")
        if self._state is None:
            raise LogUnavailable("an earlier append in this turn failed: the head has to be read again")
        if not entries:
            return range(self._state.edge.size, self._state.edge.size)
        return self._append(self._state, entries)

    def sign_again(self) -> None:
        """Put the signatures of today's keys under the same head, and publish it: when a key was replaced.

        Inside `exclusive`. LogUnavailable: whether it was done is not known; the next turn reads again.
        """
        if self._writer != threading.get_ident() or not self._keys.signers:
            raise LogError("signing takes the key and happens inside exclusive()")
        old, self._state = self.head(), None
        again = checkpoint.sign(old.checkpoint, self._keys.signers)
        self._swap(old.note, again.note)
        try:
            self._store.publish(CHECKPOINT, again.note)
        except LogUnavailable as error:
            raise LogUnavailable(f"the head is signed again, and not published yet: {error}") from error

    def tell_succession(self, line: bytes) -> None:
        """Publish the opening of the first leaf, which tells of the log that this one succeeds. LogUnavailable."""
        self._store.publish(SUCCESSION, line)

    def _append(self, old: _State, entries: Sequence[bytes]) -> range:
        edge, files = old.edge.grow(entries)
        head = checkpoint.sign(Checkpoint(self.origin, edge.size, edge.root()), self._keys.signers)
        self._state = None  # unless all goes well, the next turn reads everything again
        try:
            self._store.stage(head, files)
        except LogUnavailable as error:
            raise LogUnavailable(f"nothing was appended: {error}") from error
        self._swap(old.head.note, head.note)
        try:
            self._publish(files, head)
            self._state = _State(head, edge)
        except LogUnavailable:
            # The batch is durable: staged, and promised by the head. Its tiles are written at the next turn.
            pass
        return range(old.edge.size, edge.size)

    def _swap(self, old: bytes, new: bytes) -> None:
        try:
            self._heads.swap(old, new)
        except HeadConflict as error:
            raise LogUnavailable(f"nothing was appended: {error}") from error
        except BaseException:
            self._unsettled = True
            raise

    def _publish(self, files: Files, head: SignedCheckpoint) -> None:
        """Write out a staged batch and say so; the same again after a crash anywhere inside."""
        for tile, content in files:
            self._store.write(tile, content)
        self._store.publish(CHECKPOINT, head.note)
        for tile, _ in files:
            if tile.full:
                self._store.drop_partials(tile)
        self._store.unstage(head)

    def _refresh(self) -> None:
        """Make what is in memory what the durable head says, finishing what a crash or a failure left undone."""
        try:
            note = self._heads.read()
            if self._state is not None and self._state.head.note == note:
                return
            self._state = None
            if self._unsettled and note is not None:
                # A failed swap left a head that a power cut may take back: write it again before building on it.
                self._heads.swap(note, note)
                self._unsettled = False
            self._state = self._load(self._open_head(note))
        except HeadConflict as error:
            raise LogUnavailable(f"the log cannot be read or written: {error}") from error
        except LogCorrupt as error:
            if self._heads.read() == note:
                raise
            # Somebody broke into our turn, so what was compared here is of two moments.
            raise LogUnavailable(f"the head was moved meanwhile: {error}") from error

    def _load(self, head: SignedCheckpoint) -> _State:
        self._refuse_rollback(head)
        files = self._store.staged(head)
        if files is not None:
            self._store.sweep_beside(files)
            self._publish(files, head)
        edge = RightEdge.load(head.size, lambda tile: self._fetch(tile, head))
        if edge.root() != head.root:
            raise LogCorrupt("the tiles at the right edge do not give the signed root")
        if self.published() != head.note:
            self._store.publish(CHECKPOINT, head.note)
        self._store.sweep(head.size)
        return _State(head, edge)

    def _refuse_rollback(self, head: SignedCheckpoint) -> None:
        """What was published was signed: a head below it, or beside it, would fork the log."""
        published = self.published()
        if published is None:
            return
        try:
            claimed = self._keys.open(published)
        except InvalidNote as error:
            raise LogCorrupt(f"the published checkpoint: {error}") from error
        if claimed.size > head.size or (claimed.size == head.size and claimed.root != head.root):
            raise LogCorrupt(f"the head of {head.size} leaves does not follow the published one of {claimed.size}")

    # --- reading ------------------------------------------------------------------------------------------------------

    def head(self) -> SignedCheckpoint:
        """The durable head: all that it covers may be told. LogUnavailable, LogCorrupt."""
        return self._open_head(self._heads.read())

    def tree(self, size: int | None = None) -> StoredTree:
        """The tree below the durable head, or as it was at an earlier size; for one question, not to be kept."""
        head = self.head()
        if size is not None and not 0 <= size <= head.size:
            raise LogError(f"the log has {head.size} leaves, not {size}")
        return StoredTree(head.size, lambda tile: self._fetch(tile, head))

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """The entries [start, end), all of which a durable head covers."""
        if not 0 <= start <= end:
            raise LogError(f"[{start}, {end}) is no range")
        return self.tree(end).entries(start, end)

    def root(self, size: int) -> bytes:
        """The root the log had at this size, from its tiles."""
        return merkle.root(size, self.tree(size).read)

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of a leaf in the tree of this size (default: the durable head's); LogError beyond it."""
        tree = self.tree(size)
        return _inclusion(index, tree.size if size is None else size, tree)

    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]:
        """The proof that the tree of this size begins with the one of `old` leaves; LogError beyond it."""
        tree = self.tree(size)
        new = tree.size if size is None else size
        if not 0 < old <= new:
            raise LogError(f"no growth from {old} to {new} leaves")
        return merkle.consistency_proof(old, new, tree.read)

    def tlog_proof(self, index: int, under: bytes | None = None) -> bytes:
        """A proof file for a leaf that leads to the durable head, or to an earlier checkpoint of this log (`under`).

        LogCorrupt rather than one that does not verify; InvalidNote when `under` is none of ours.
        """
        head = self.head()
        covering = head if under is None else self._keys.open(under)
        tree = StoredTree(head.size, lambda tile: self._fetch(tile, head))
        path = _inclusion(index, covering.size, tree)
        try:
            merkle.verify_inclusion(tree.read(0, index), index, covering.size, path, covering.root)
        except InvalidProof as error:
            raise LogCorrupt(f"the tiles do not prove leaf {index}: {error}") from error
        return TlogProof(index, tuple(path), covering.note).to_bytes()

    def published(self) -> bytes | None:
        """The published checkpoint; it may be older than the head, and carry cosignatures. LogUnavailable."""
        return self._store.published(CHECKPOINT)

    def public_file(self, path: str) -> bytes | None:
        """What lies at a public path, such as `checkpoint` or `tile/0/001`; None for what is not published.

        A partial tile that a full one has replaced is cut from it, so a reader at an older size finds it too.
        """
        if path in (CHECKPOINT, SUCCESSION):
            return self._store.published(path)
        tile, published = Tile.from_path(path), self.published()
        if tile is None or published is None:
            return None
        try:
            return self._store.read(tile) if tile.within(checkpoint.claimed(published).size) else None
        except InvalidNote:
            return None

    def check(self, progress: Callable[[int, int], None] | None = None, known: int = 0) -> Iterator[Finding]:
        """Read every file of the log again and name each that is not what the signed head promises.

        `known`: how many leaves others remember of a log that ended; so many may lie here still, and are read too.
        """
        with self._store.turn(), self._heads.turn():
            # No writer is between the swap and the publication now, so what is unfinished was left by a crash.
            head, published = self._heads.read(), self.published()
        return iter(LogCheck(self._store, self._keys, self._heads, known).run(head, published, progress))

    # --- what lies there ----------------------------------------------------------------------------------------------

    def _fetch(self, tile: Tile, head: SignedCheckpoint) -> bytes:
        """A tile below this head: as it lies there, or from the batch that is just being written out."""
        for _ in range(2):  # the batch may have been written out between looking for the tile and for the batch
            content = self._store.read(tile)
            if content is not None:
                return content
            staged = dict(self._store.staged(head) or Files())
            if tile in staged:
                return staged[tile]
        raise LogCorrupt(f"{tile.path} is missing")

    def _open_head(self, note: bytes | None) -> SignedCheckpoint:
        if note is None:
            raise LogCorrupt("the log has no head")
        seen = self._seen
        if seen is None or seen.note != note:
            try:
                seen = self._seen = self._open(note)
            except InvalidNote as error:
                raise LogCorrupt(f"the log's head: {error}") from error
        return seen

    def _open(self, note: bytes) -> SignedCheckpoint:
        """By the keys that we know, or by those there are now: another process may have replaced one."""
        try:
            return self._keys.open(note)
        except InvalidNote:
            self._keys = self._source()
            return self._keys.open(note)


def _inclusion(index: int, size: int, tree: StoredTree) -> list[bytes]:
    if not 0 <= index < size:
        raise LogError(f"no leaf {index} in a log of {size}")
    return merkle.inclusion_proof(index, size, tree.read)
