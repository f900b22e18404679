"""The log's side: cosignatures that hold are taken, objections are told apart, and nonsense is no cosignature."""

import pytest

from integrity import checkpoint
from integrity.cosignature import cosignatures, cosigned
from integrity.cosigning import Said, Standing, cosigning, newest_head
from integrity.errors import LogCorrupt, WitnessUnavailable
from integrity.submission import Submission
from tests.fakes.clocks import START
from tests.fakes.signers import OTHER, SECOND_WITNESS, SIGNER, WITNESS
from tests.fakes.trees import FakeTree, tree
from tests.fakes.witnesses import FakeWitness


def ask(witness: FakeWitness, shown: FakeTree, known: int = 0) -> Said:
    return cosigning(witness, WITNESS.key, shown.signed(), known, shown.growth)


@pytest.fixture
def witness() -> FakeWitness:
    """One that knows five leaves."""
    made = FakeWitness()
    ask(made, tree(5))
    made.asked.clear()
    return made


@pytest.mark.parametrize("known", [0, 3, 5, 9])
def test_growth_is_cosigned_whatever_size_was_thought_of(witness: FakeWitness, known: int) -> None:
    said = ask(witness, tree(9), known)
    assert (said.standing, said.size) == (Standing.COSIGNED, 9)
    assert said.signature is not None
    assert cosignatures(cosigned(tree(9).signed().note, [said.signature]), [WITNESS.key])
    assert len(witness.asked) == (1 if known == 5 else 2)


def test_a_first_time_and_the_same_again(witness: FakeWitness) -> None:
    assert ask(FakeWitness(), tree(0)).standing is Standing.COSIGNED
    assert ask(witness, tree(5), 5).standing is Standing.COSIGNED


def test_a_log_that_was_rolled_back(witness: FakeWitness) -> None:
    for known in (0, 4, 5):
        said = ask(witness, tree(4), known)
        assert (said.standing, said.size) == (Standing.AHEAD, 5)
        assert "5 leaves" in said.detail


@pytest.mark.parametrize("size", [5, 6, 9])
def test_a_log_that_was_forked(witness: FakeWitness, size: int) -> None:
    assert ask(witness, tree(size, fork=4)).standing is Standing.REFUSED


def test_a_log_that_is_not_watched(witness: FakeWitness) -> None:
    witness.log.keys = (OTHER.verifier,)
    assert ask(witness, tree(6), 5).standing is Standing.NOT_WATCHING
    witness.log.origin = "log.example/2"
    assert ask(witness, tree(6), 5).standing is Standing.NOT_WATCHING


def test_one_that_is_away_keeps_what_is_known_of_it(witness: FakeWitness) -> None:
    witness.away = True
    assert ask(witness, tree(6), 5) == Said(Standing.AWAY, 5, detail="switched off by the test")


def line(text: str, cosigner: object = WITNESS) -> bytes:
    return (SECOND_WITNESS if cosigner is SECOND_WITNESS else WITNESS).cosign(text, START).line().encode()


@pytest.mark.parametrize(
    "answer",
    {
        "nothing": (200, b""),
        "no line": (200, b"yes\n"),
        "no newline": (200, line(tree(6).at(6).text())[:-1]),
        "not UTF-8": (200, b"\xff\n"),
        "another witness": (200, line(tree(6).at(6).text(), SECOND_WITNESS)),
        "of another checkpoint": (200, line(tree(7).at(7).text())),
        "no size": (409, b"many\n"),
        "a size in words": (409, "五\n".encode()),
        "other digits": (409, "٣\n".encode()),
        "a long size": (409, b"9" * 20 + b"\n"),
        "an error": (500, b""),
        "a redirect": (302, b""),
    }.items(),
    ids=lambda item: item[0],
)
def test_nonsense_is_no_cosignature_and_no_alarm_of_a_fork(
    witness: FakeWitness, answer: tuple[str, tuple[int, bytes]]
) -> None:
    witness.answers = [answer[1]]
    said = ask(witness, tree(6), 5)
    assert (said.standing, said.size, said.signature) == (Standing.AWAY, 5, None)


def test_lines_of_further_keys_are_left_out(witness: FakeWitness) -> None:
    text = tree(6).at(6).text()
    witness.answers = [(200, line(text, SECOND_WITNESS) + line(text))]
    assert ask(witness, tree(6), 5).signature == WITNESS.cosign(text, START)


def test_one_that_names_one_size_after_another(witness: FakeWitness) -> None:
    witness.answers = [(409, b"%d\n" % (number % 2)) for number in range(20)]
    assert ask(witness, tree(6)).standing is Standing.AWAY
    assert len(witness.asked) < 10


def test_a_log_that_cannot_prove_its_growth_submits_nothing(witness: FakeWitness) -> None:
    def broken(_old: int, _size: int) -> list[bytes]:
        raise LogCorrupt("a tile is missing")

    said = cosigning(witness, WITNESS.key, tree(6).signed(), 5, broken)
    assert (said.standing, witness.asked) == (Standing.AWAY, [])


def test_what_is_asked_is_the_smallest_honest_submission(witness: FakeWitness) -> None:
    ask(witness, tree(9), 5)
    assert witness.asked == [Submission(5, tree(9).growth(5, 9), tree(9).signed().note).to_bytes()]


class TestNewest:
    def test_the_newest_head_is_the_logs_own(self, witness: FakeWitness) -> None:
        head = newest_head(witness, SIGNER.name, [SIGNER.verifier])
        assert head is not None
        assert head.checkpoint == tree(5).at(5)

    def test_there_is_none(self) -> None:
        assert newest_head(FakeWitness(), SIGNER.name, [SIGNER.verifier]) is None

    def test_what_the_log_did_not_sign_is_nothing(self, witness: FakeWitness) -> None:
        witness.log.heads.held = checkpoint.sign(tree(5).at(5), [OTHER]).note + line(tree(5).at(5).text())
        with pytest.raises(WitnessUnavailable):
            newest_head(witness, SIGNER.name, [SIGNER.verifier])
