"""Two appends, the second filling tiles, to be killed at each durable call; and the proof that nothing was broken."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from integrity import merkle
from integrity.checkpoint import SignedCheckpoint
from integrity.errors import LogUnavailable
from integrity.log import Log
from integrity.tlog_proof import TlogProof
from tests.fakes.signers import SIGNER
from tests.integrity.test_log import append, entry, made, opened
from tests.integrity.test_merkle import tree_hash

SIZE = 254
BATCHES = ([254], [255, 256, 257], [258])
"""One leaf; three that fill the tiles of levels 0 and the bundle; one on top."""
TOTAL = 259


def begin(folder: Path) -> None:
    """A log of SIZE leaves, written once in a process and copied: what it does to the disk is not what is tested."""
    shutil.copytree(_first() / "log", folder / "log")


@cache
def _first() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tiezheng-log-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    append(made(folder), *range(SIZE))
    return folder


def work(folder: Path) -> None:
    """Append each batch; an index that was told is written down, by calls that do not count as durable ones."""
    log = opened(folder)
    for batch in BATCHES:
        indices = append(log, *batch)
        with (folder / "told").open("a", encoding="ascii") as file:
            file.writelines(f"{index} {number}\n" for index, number in zip(indices, batch, strict=True))


def told(folder: Path) -> dict[int, int]:
    """Index to number, as far as the work came."""
    path = folder / "told"
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return {int(index): int(number) for index, _, number in (line.partition(" ") for line in lines)}


def go_on(log: Log, batches: tuple[list[int], ...] = BATCHES) -> dict[int, int]:
    """What a sequencer does: append what is not in the log yet, looking again after each failure; index by index."""
    given: dict[int, int] = {}
    for batch in batches:
        while True:
            try:
                given.update(_once(log, batch))
                break
            except LogUnavailable:
                continue
    return given


def _once(log: Log, batch: list[int]) -> dict[int, int]:
    with log.exclusive():
        size = log.head().size
        there = list(log.entries(0, size))
        if entry(batch[0]) in there:
            start = there.index(entry(batch[0]))
            return dict(zip(range(start, start + len(batch)), batch, strict=True))
        indices = log.append([entry(number) for number in batch])
    return dict(zip(indices, batch, strict=True))


def prove_whole(log: Log, given: dict[int, int], heads: list[SignedCheckpoint]) -> None:
    """Every promise: what was told is there, heads only grew, the tree is the list, and every file is right."""
    with log.exclusive():
        head = log.head()
    there = list(log.entries(0, head.size))
    assert len(set(there)) == len(there), "nothing twice"
    assert head.root == tree_hash(there)
    for index, number in given.items():
        assert there[index] == entry(number), "an index that was told stands"
        proof = TlogProof.from_bytes(log.tlog_proof(index))
        assert proof.verify(entry(number), [SIGNER.verifier], SIGNER.name) == head
    for older in heads:
        merkle.verify_consistency(older.size, head.size, log.prove_growth(older.size), older.root, head.root)
    assert list(log.check()) == []
    assert not log.behind
