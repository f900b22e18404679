"""A log as a list in memory: its signed checkpoints and growth proofs at any size, and other lists beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from integrity import checkpoint, merkle
from integrity.checkpoint import Checkpoint, SignedCheckpoint
from integrity.note import Signer
from integrity.submission import Submission
from tests.fakes.signers import SIGNER


@dataclass(slots=True)
class FakeTree:
    """Leaves by their text; two trees with equal beginnings are one log up to there, and a fork after it."""

    leaves: list[str] = field(default_factory=list)
    signers: Sequence[Signer] = (SIGNER,)

    def at(self, size: int) -> Checkpoint:
        return Checkpoint(self.signers[0].name, size, merkle.root(size, self._read))

    def signed(self, size: int | None = None) -> SignedCheckpoint:
        return checkpoint.sign(self.at(len(self.leaves) if size is None else size), self.signers)

    def growth(self, old: int, size: int) -> tuple[bytes, ...]:
        return tuple(merkle.consistency_proof(old, size, self._read))

    def submission(self, old: int, size: int) -> bytes:
        """What an honest log sends."""
        return Submission(old, self.growth(old, size) if old else (), self.signed(size).note).to_bytes()

    def _read(self, height: int, index: int) -> bytes:
        return merkle.reader([merkle.leaf_hash(leaf.encode()) for leaf in self.leaves])(height, index)


def tree(size: int, fork: int | None = None, kind: str = "b") -> FakeTree:
    """So many leaves; from `fork` on other ones."""
    return FakeTree([f"{'a' if fork is None or number < fork else kind}{number}" for number in range(size)])
