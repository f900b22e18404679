"""Where everything of a log lies but its head: tiles, batches that are staged, what is published, and whose turn it is.

The head alone decides what the log has said (`integrity.heads`), so nothing here needs to be compared and swapped. What
an implementation must give is that each call is durable when it returns, that a call whose outcome is not known may be
made again at any time, and that it changes nothing for the worse if it is carried out late, even after its caller has
died: tiles and batches are named by what they hold, and only what no head can ever need is removed.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from integrity.checkpoint import SignedCheckpoint
from integrity.tiles import Tile
from integrity.tree import Files

CHECKPOINT = "checkpoint"
"""The name of the published checkpoint, and its public path."""
SUCCESSION = "succession.json"
"""The same of the opening of a successor's first leaf, a line as in custody.jsonl."""
STAGING = "staging"
"""What the names of staged batches begin with."""


class TileStore(Protocol):
    """One log's place. LogUnavailable: it cannot be known whether the call was carried out. Safe for every thread."""

    def begin(self) -> bool:
        """Make the place; whether tiles or a checkpoint lie there already."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Inside the block no other process of this machine is inside; one that dies gives its turn back.

        Who shares this place from another machine shares the head's store, and takes its turn too.
        """
        ...

    # --- tiles --------------------------------------------------------------------------------------------------------

    def read(self, tile: Tile) -> bytes | None:
        """The content, cut from the full tile where the partial one is gone; None where neither is there."""
        ...

    def write(self, tile: Tile, content: bytes) -> None:
        """Durable on return; equal bytes already there are an earlier call, other bytes LogCorrupt."""
        ...

    def drop_partials(self, tile: Tile) -> None:
        """Remove the partial tiles in the place of a full one that is durable."""
        ...

    def paths(self) -> Iterator[str]:
        """Everything that lies where tiles lie, as public paths, in no order; half-written files are left out."""
        ...

    # --- batches ------------------------------------------------------------------------------------------------------

    def stage(self, head: SignedCheckpoint, files: Files) -> None:
        """Keep the batch that leads to this head; durable on return."""
        ...

    def staged(self, head: SignedCheckpoint) -> Files | None:
        """The batch that leads to this head, None where it is written out already; LogCorrupt where it is damaged."""
        ...

    def unstage(self, head: SignedCheckpoint) -> None:
        """Remove a batch that has been written out."""
        ...

    def sweep_beside(self, files: Files) -> None:
        """Remove what a killed process left half-written beside these tiles, before they are written out again."""
        ...

    def sweep(self, size: int) -> None:
        """Remove what else was left half-written, and batches that lead to no more leaves than a durable head has.

        A larger one stays: whoever staged it may be about to swap the head, if only its turn was lost.
        """
        ...

    # --- what is published --------------------------------------------------------------------------------------------

    def published(self, name: str) -> bytes | None:
        """What is published under this name, None where nothing is."""
        ...

    def publish(self, name: str, content: bytes) -> None:
        """Replace it as a whole; durable on return."""
        ...
