"""A witness, answer by answer as tlog-witness asks for it, and under faults and forks: it never signs two pasts."""

import threading
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from integrity import checkpoint, merkle, note
from integrity.checkpoint import Checkpoint
from integrity.cosignature import cosignatures
from integrity.errors import HeadConflict, LogUnavailable
from integrity.note import Verifier
from integrity.submission import Submission
from integrity.witness import Answer, Outcome, Witness
from tests.fakes.clocks import START, FakeClock
from tests.fakes.signers import OTHER, SECOND_WITNESS, SIGNER, WITNESS
from tests.fakes.trees import FakeTree, tree


@dataclass(slots=True)
class FakeHeads:
    """A HeadStore in memory. A fault is taken by the next swap: lost, or done and reported as failed."""

    held: bytes | None = None
    fault: Literal["lost", "done"] | None = None
    swaps: int = 0
    down: bool = False

    def read(self) -> bytes | None:
        if self.down:
            raise LogUnavailable("switched off by the test")
        return self.held

    def swap(self, old: bytes | None, new: bytes) -> None:
        self.swaps += 1
        fault, self.fault = self.fault, None
        if fault == "lost":
            raise LogUnavailable("lost, as the test asked")
        if self.held != old:
            raise HeadConflict("moved")
        self.held = new
        if fault == "done":
            raise LogUnavailable("done, and reported as failed, as the test asked")


@dataclass(slots=True)
class FakeWatched:
    """A watched log in memory."""

    origin: str = SIGNER.name
    keys: tuple[Verifier, ...] = (SIGNER.verifier,)
    heads: FakeHeads = field(default_factory=FakeHeads)
    refused: list[tuple[bytes, bool]] = field(default_factory=list)

    def keep_refused(self, signed: bytes, *, proof: bool) -> None:
        self.refused.append((signed, proof))


def witness(log: FakeWatched) -> Witness:
    return Witness(WITNESS, lambda origin: log if origin == log.origin else None, FakeClock())


@pytest.fixture
def log() -> FakeWatched:
    return FakeWatched()


def size_of(answer: Answer) -> str:
    assert answer.outcome is Outcome.OTHER_SIZE
    return answer.body.decode()


def test_growth_is_cosigned_and_kept_before_it_is_told(log: FakeWatched) -> None:
    one, grown = witness(log), tree(300)
    for old, new in [(0, 1), (1, 2), (2, 255), (255, 256), (256, 300), (300, 300)]:
        answer = one.add_checkpoint(grown.submission(old, new))
        assert answer.outcome is Outcome.COSIGNED
        signed = grown.signed(new).note
        [made] = cosignatures(signed + answer.body, [WITNESS.key])
        assert made.at == START
        assert log.heads.held == signed + answer.body, "what is kept is what was told"


def test_an_empty_log_is_witnessed_too(log: FakeWatched) -> None:
    assert witness(log).add_checkpoint(tree(5).submission(0, 0)).outcome is Outcome.COSIGNED
    assert witness(log).add_checkpoint(tree(5).submission(0, 5)).outcome is Outcome.COSIGNED


def test_another_size_is_told(log: FakeWatched) -> None:
    one = witness(log)
    assert size_of(one.add_checkpoint(tree(5).submission(3, 5))) == "0\n"
    one.add_checkpoint(tree(5).submission(0, 5))
    assert size_of(one.add_checkpoint(tree(9).submission(0, 9))) == "5\n"
    assert size_of(one.add_checkpoint(tree(9).submission(6, 9))) == "5\n"


def test_a_log_that_was_set_back_learns_what_is_known(log: FakeWatched) -> None:
    one = witness(log)
    one.add_checkpoint(tree(5).submission(0, 5))
    held = log.heads.held
    assert size_of(one.add_checkpoint(tree(3).submission(0, 3))) == "5\n"
    assert size_of(one.add_checkpoint(tree(3).submission(3, 3))) == "5\n"
    assert one.add_checkpoint(Submission(5, (), tree(3).signed().note).to_bytes()).outcome is Outcome.MALFORMED
    assert log.heads.held == held


@pytest.mark.parametrize("size", [5, 6, 8, 300])
def test_a_fork_is_refused_and_kept(log: FakeWatched, size: int) -> None:
    one, forked = witness(log), tree(size, fork=4)
    one.add_checkpoint(tree(5).submission(0, 5))
    held = log.heads.held
    answer = one.add_checkpoint(forked.submission(5, size))
    assert answer == Answer(Outcome.INCONSISTENT)
    assert log.heads.held == held
    assert log.refused == [(forked.signed().note, size == 5)], "two trees of one size are proof by themselves"


@pytest.mark.parametrize(
    "proof",
    [(), tree(9).growth(5, 9)[:-1], (*tree(9).growth(5, 9), bytes(32)), tree(9).growth(4, 9), (bytes(32),) * 63],
    ids=["none", "short", "long", "of another size", "zeros"],
)
def test_a_wrong_proof_is_refused(log: FakeWatched, proof: tuple[bytes, ...]) -> None:
    one = witness(log)
    one.add_checkpoint(tree(5).submission(0, 5))
    answer = one.add_checkpoint(Submission(5, proof, tree(9).signed().note).to_bytes())
    assert answer.outcome is Outcome.INCONSISTENT


def test_a_proof_where_nothing_can_be_proved_is_refused(log: FakeWatched) -> None:
    one, grown = witness(log), tree(5)
    assert one.add_checkpoint(Submission(0, (bytes(32),), grown.signed().note).to_bytes()).outcome is (
        Outcome.INCONSISTENT
    )
    one.add_checkpoint(grown.submission(0, 5))
    again = Submission(5, (bytes(32),), grown.signed().note).to_bytes()
    assert one.add_checkpoint(again).outcome is Outcome.INCONSISTENT
    assert [proof for _, proof in log.refused] == [False, False]


def test_an_empty_tree_has_one_root(log: FakeWatched) -> None:
    false = checkpoint.sign(Checkpoint(SIGNER.name, 0, bytes(32)), [SIGNER]).note
    assert witness(log).add_checkpoint(Submission(0, (), false).to_bytes()).outcome is Outcome.INCONSISTENT


def test_an_unknown_log(log: FakeWatched) -> None:
    log.origin = "log.example/2"
    assert witness(log).add_checkpoint(tree(1).submission(0, 1)).outcome is Outcome.UNKNOWN_LOG


def test_who_signed(log: FakeWatched) -> None:
    one, head = witness(log), tree(1).at(1)

    def submitted(signed: bytes) -> Outcome:
        return one.add_checkpoint(Submission(0, (), signed).to_bytes()).outcome

    assert submitted(checkpoint.sign(head, [OTHER]).note) is Outcome.UNSIGNED
    false = note.Signature(SIGNER.name, SIGNER.verifier.key_id, bytes(64)).line().encode()
    assert submitted(checkpoint.sign(head, [SIGNER]).note + false) is Outcome.UNSIGNED
    assert submitted(checkpoint.sign(head, [OTHER, SIGNER]).note) is Outcome.COSIGNED


def test_signatures_of_others_are_not_kept(log: FakeWatched) -> None:
    one, head = witness(log), tree(1).at(1)
    signed = checkpoint.sign(head, [OTHER, SIGNER]).note
    signed += SECOND_WITNESS.cosign(head.text(), START).line().encode()
    one.add_checkpoint(Submission(0, (), signed).to_bytes())
    names = [(line.name, line.key_id) for line in note.split(one.newest(log) or b"")[1]]
    assert names == [(SIGNER.name, SIGNER.verifier.key_id), (WITNESS.key.name, WITNESS.key.key_id)]


def test_both_keys_of_a_log_whose_key_is_being_replaced(log: FakeWatched) -> None:
    log.keys = (SIGNER.verifier, OTHER.verifier)
    one = witness(log)
    for signers in ([SIGNER], [SIGNER, OTHER], [OTHER]):
        signed = checkpoint.sign(tree(1).at(1), signers).note
        known = 1 if log.heads.held else 0
        assert one.add_checkpoint(Submission(known, (), signed).to_bytes()).outcome is Outcome.COSIGNED
        assert len(note.split(log.heads.held or b"")[1]) == len(signers) + 1


@pytest.mark.parametrize("content", [b"", b"old 1\n\nnonsense\n", tree(1).signed().note, b"\xff" * 99])
def test_what_cannot_be_read(log: FakeWatched, content: bytes) -> None:
    assert witness(log).add_checkpoint(content) == Answer(Outcome.MALFORMED)


def test_an_old_size_beyond_the_new_one_is_malformed(log: FakeWatched) -> None:
    content = Submission(6, (), tree(5).signed().note).to_bytes()
    assert witness(log).add_checkpoint(content).outcome is Outcome.MALFORMED


def test_extension_lines_are_signed_and_kept(log: FakeWatched) -> None:
    head = Checkpoint(SIGNER.name, 1, tree(1).at(1).root, ("extended",))
    answer = witness(log).add_checkpoint(Submission(0, (), checkpoint.sign(head, [SIGNER]).note).to_bytes())
    assert cosignatures(checkpoint.sign(head, [SIGNER]).note + answer.body, [WITNESS.key])


def test_it_is_down(log: FakeWatched) -> None:
    log.heads.down = True
    answer = witness(log).add_checkpoint(tree(1).submission(0, 1))
    assert (answer.outcome, answer.body) == (Outcome.UNAVAILABLE, b"")
    with pytest.raises(LogUnavailable):
        witness(log).newest(log)


@pytest.mark.parametrize("damage", ["a stranger's head", "a flipped byte", "another log's head"])
def test_a_damaged_head_is_no_beginning(log: FakeWatched, damage: str) -> None:
    """Cosigning from nothing again would be the very fork that a witness is there to prevent."""
    one = witness(log)
    one.add_checkpoint(tree(5).submission(0, 5))
    head = tree(5).at(5)
    log.heads.held = {
        "a stranger's head": checkpoint.sign(head, [SIGNER]).note,
        "a flipped byte": (log.heads.held or b"").replace(b"\n5\n", b"\n4\n"),
        "another log's head": checkpoint.sign(Checkpoint("x", 5, head.root), [SIGNER]).note
        + WITNESS.cosign(Checkpoint("x", 5, head.root).text(), START).line().encode(),
    }[damage]
    for old in (0, 4, 5):
        assert one.add_checkpoint(tree(9).submission(old, 9)).outcome is Outcome.UNAVAILABLE


def test_two_at_once_never_cosign_two_branches(log: FakeWatched) -> None:
    one = witness(log)
    one.add_checkpoint(tree(5).submission(0, 5))
    branches = [tree(size, fork=5, kind=kind) for kind in "bcde" for size in (6, 7)]
    answers: dict[int, Answer] = {}
    together = threading.Barrier(len(branches))

    def submit(number: int, branch: FakeTree) -> None:
        together.wait()
        answers[number] = one.add_checkpoint(branch.submission(5, len(branch.leaves)))

    threads = [threading.Thread(target=submit, args=pair) for pair in enumerate(branches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = [answer.outcome for answer in answers.values()]
    assert sorted(outcomes) == [Outcome.COSIGNED] + [Outcome.OTHER_SIZE] * (len(branches) - 1)


def test_another_process_was_faster(log: FakeWatched) -> None:
    """Between reading and swapping: what was signed here is told to nobody."""
    witness(log).add_checkpoint(tree(5).submission(0, 5))
    held, slow = log.heads.held, witness(log)
    witness(log).add_checkpoint(tree(6).submission(5, 6))
    moved = log.heads.held

    class Stale(FakeHeads):
        reads = 0

        def read(self) -> bytes | None:
            Stale.reads += 1
            return held if Stale.reads == 1 else moved

    log.heads = Stale(held=moved)
    answer = slow.add_checkpoint(tree(6, fork=5).submission(5, 6))
    assert size_of(answer) == "6\n"


@pytest.mark.parametrize("fault", ["lost", "done"])
def test_a_failing_swap_tells_nothing_and_is_settled_before_anything_else(
    log: FakeWatched, fault: Literal["lost", "done"]
) -> None:
    one = witness(log)
    one.add_checkpoint(tree(5).submission(0, 5))
    log.heads.fault = fault
    assert one.add_checkpoint(tree(6).submission(5, 6)).outcome is Outcome.UNAVAILABLE
    swaps = log.heads.swaps
    expected = 5 if fault == "lost" else 6
    assert checkpoint.claimed(one.newest(log) or b"").size == expected
    assert log.heads.swaps == swaps + 1, "what an unknown swap left is written again before it is told"
    assert one.add_checkpoint(tree(7).submission(expected, 7)).outcome is Outcome.COSIGNED


class Adversary(RuleBasedStateMachine):
    """A log that shows the witness any of several histories, while its disk fails both ways and it is restarted."""

    def __init__(self) -> None:
        super().__init__()
        self.log = FakeWatched()
        self.witness = witness(self.log)
        self.told: list[Checkpoint] = []
        self.trees = [tree(12), tree(12, fork=3), tree(12, fork=7), tree(12, fork=7, kind="c")]

    @rule(which=st.integers(0, 3), old=st.integers(0, 12), size=st.integers(0, 12))
    def submit(self, which: int, old: int, size: int) -> None:
        shown = self.trees[which]
        proof = shown.growth(old, size) if 0 < old <= size else ()
        answer = self.witness.add_checkpoint(Submission(old, proof, shown.signed(size).note).to_bytes())
        if answer.outcome is Outcome.COSIGNED:
            self._believe(shown, size)

    @rule(which=st.integers(0, 3), size=st.integers(0, 12))
    def follow(self, which: int, size: int) -> None:
        held = self.log.heads.held
        self.submit(which, 0 if held is None else checkpoint.claimed(held).size, size)

    @rule(fault=st.sampled_from(["lost", "done", None]))
    def disk_fails(self, fault: Literal["lost", "done"] | None) -> None:
        self.log.heads.fault = fault

    @rule()
    def restart(self) -> None:
        self.witness = witness(self.log)

    def _believe(self, shown: FakeTree, size: int) -> None:
        """All that was ever told must be a beginning of what is told now."""
        for older in self.told:
            assert older.size <= size
            assert merkle.root(older.size, shown._read) == older.root
        self.told.append(shown.at(size))


TestAdversary = Adversary.TestCase
