"""A witness answering submissions, to be killed at each durable call; and the proof that it never signed two pasts.

What it told is kept beside its folder, on a disk that keeps its power: whoever got a cosignature does not lose it.
"""

from pathlib import Path

from integrity import merkle
from integrity.checkpoint import Checkpoint, claimed
from integrity.cosignature import cosignatures
from integrity.errors import LogUnavailable
from integrity.watched import WatchedLogs
from integrity.witness import Answer, Outcome, Witness
from tests.fakes.clocks import FakeClock
from tests.fakes.signers import SIGNER, WITNESS
from tests.fakes.trees import FakeTree, tree

BEGUN, GROWN = 5, tree(9)
FORKS = (tree(9, fork=5), tree(9, fork=6), tree(9, fork=7))


def opened(folder: Path) -> Witness:
    """A witness as a new process opens it."""
    logs = WatchedLogs(folder / "logs")
    logs.sweep()
    return Witness(WITNESS, logs.of, FakeClock())


def told_by(folder: Path) -> Path:
    """Where stands what the witness in `folder` told."""
    return folder.with_suffix(".told")


def begin(folder: Path) -> None:
    told_by(folder).unlink(missing_ok=True)
    WatchedLogs(folder / "logs").add(SIGNER.verifier)
    answer = opened(folder).add_checkpoint(GROWN.submission(0, BEGUN))
    tell(folder, GROWN, BEGUN, answer)


def work(folder: Path) -> None:
    """The log grows twice and is asked for a fork in between, which is kept; what was told is written down."""
    witness = opened(folder)
    for shown, old, new in ((GROWN, 5, 6), (FORKS[1], 6, 7), (GROWN, 6, 9)):
        tell(folder, shown, new, witness.add_checkpoint(shown.submission(old, new)))


def tell(folder: Path, shown: FakeTree, size: int, answer: Answer) -> None:
    """What the log got, by calls that do not count as durable ones."""
    if answer.outcome is Outcome.COSIGNED:
        with told_by(folder).open("a", encoding="ascii") as file:
            file.write(f"{size} {shown.at(size).root.hex()}\n")
        assert cosignatures(shown.signed(size).note + answer.body, [WITNESS.key])


def told(folder: Path) -> list[tuple[int, bytes]]:
    """Size and root of each checkpoint whose cosignature somebody got."""
    lines = told_by(folder).read_text(encoding="ascii").splitlines()
    return [(int(size), bytes.fromhex(root)) for size, _, root in (line.partition(" ") for line in lines)]


def prove_one_past(folder: Path) -> None:
    """Whatever history it is shown now, it signs none that does not begin with all it ever told."""
    for shown in (*FORKS, GROWN):
        witness = opened(folder)
        for size in range(BEGUN, 10):
            held = newest(folder)
            if held.size <= size:
                try:
                    proof = shown.submission(held.size, size)
                    tell(folder, shown, size, witness.add_checkpoint(proof))
                except LogUnavailable:
                    continue
    sizes = told(folder)
    last = max(sizes)[0]
    shown = next(one for one in (*FORKS, GROWN) if (last, one.at(last).root) in sizes)
    for size, root in sizes:
        assert merkle.root(size, shown._read) == root


def newest(folder: Path) -> Checkpoint:
    """The head that is held."""
    log = WatchedLogs(folder / "logs").of(SIGNER.name)
    assert log is not None
    held = log.heads.read()
    assert held is not None, "what was begun is never forgotten"
    return claimed(held)
