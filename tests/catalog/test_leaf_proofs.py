"""Which checkpoint proofs lead to: a stamped one where one covers them, or the head."""

from pathlib import Path

import pytest

from catalog.leaf_proofs import LeafProofs
from catalog.permissions import Role
from integrity.checkpoint import SignedCheckpoint, open_checkpoint
from integrity.cosignature import Cosigner, cosignatures
from integrity.log_chain import LogChain
from integrity.tlog_proof import TlogProof
from integrity.verify import verify_file
from integrity.witnessed import CosignedCheckpoints
from tests.catalog.proven import SIGNER, Proven
from tests.catalog.test_checkpoint_tokens import stamp
from tests.fakes.signers import SECOND_WITNESS, WITNESS


def test_under_the_head_until_a_token_is_there(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    ground = proven.proofs.ground(0)
    assert (ground.checkpoint, ground.token) == (proven.reader.head().note, None)
    assert TlogProof.from_bytes(ground.prove(0)).checkpoint == ground.checkpoint


def test_under_the_stamped_checkpoint_afterwards(proven: Proven) -> None:
    proven.footage()
    proven.sequencer.drain()
    size, token = stamp(proven)
    proven.footage(b"more")
    proven.sequencer.drain()
    ground = proven.proofs.ground(size - 1)
    assert ground.token == token.raw
    [entry] = proven.reader.entries(size - 1, size)
    proof = TlogProof.from_bytes(ground.prove(size - 1))
    assert proof.verify(entry, [SIGNER.verifier], SIGNER.name).size == size
    assert proven.proofs.ground(size).token is None, "it does not cover the next leaf"


def test_a_seal_carries_the_token_and_verifies_with_it(proven: Proven, tmp_path: Path) -> None:
    reviewer = proven.person("reviewer", Role.REVIEWER)
    recording = proven.footage(b"evidence")
    proven.sequencer.drain()
    stamp(proven)
    files = proven.gate.seal_files(reviewer, recording)
    for name, body in files.items():
        (tmp_path / "seal" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "seal" / name).write_bytes(body)
    (tmp_path / "video.mp4").write_bytes(b"evidence")
    verdict = verify_file(tmp_path / "video.mp4", tmp_path / "seal", proven.trust, clock=proven.clock)
    assert verdict.findings == ()
    assert "an authority stamped the log's checkpoint" in [step.name for step in verdict.steps if step.passed]


def opened(signed: bytes) -> SignedCheckpoint:
    return open_checkpoint(signed, [SIGNER.verifier], SIGNER.name)


class Witnessed:
    """The same house with two witnesses who sign when they are told to, two of them wanted."""

    def __init__(self, proven: Proven, quorum: int = 2) -> None:
        self.proven = proven
        keys = (WITNESS.key, SECOND_WITNESS.key)
        self.kept = CosignedCheckpoints(proven.folder / "witnessed", opened, keys)
        self.slept: list[float] = []
        self.proofs = LeafProofs(
            LogChain((), proven.reader), proven.checkpoints.covering, lambda _: self.kept, quorum, self.slept.append
        )

    def grow(self) -> int:
        self.proven.footage(b"footage %d" % self.proven.reader.head().size)
        self.proven.sequencer.drain()
        return self.proven.reader.head().size

    def sign(self, *cosigners: Cosigner, earlier: SignedCheckpoint | None = None) -> int:
        head = earlier or self.proven.reader.head()
        text = head.checkpoint.text()
        self.kept.add(head, [one.cosign(text, self.proven.clock.now()) for one in cosigners])
        return head.size

    def ground(self, index: int) -> tuple[int, int, bool]:
        """Size of the checkpoint, how many witnesses signed it, and whether it is stamped; its proof must hold."""
        ground = self.proofs.ground(index)
        [entry] = self.proven.reader.entries(index, index + 1)
        size = TlogProof.from_bytes(ground.prove(index)).verify(entry, [SIGNER.verifier], SIGNER.name).size
        signed = cosignatures(ground.checkpoint, [WITNESS.key, SECOND_WITNESS.key])
        return size, len(signed), ground.token is not None


def test_cosigned_and_stamped_is_best(proven: Proven) -> None:
    house = Witnessed(proven)
    first = house.grow()
    assert house.ground(0) == (first, 0, False), "the head, while there is nothing else"
    stamp(proven)
    assert house.ground(0) == (first, 0, True)
    house.grow()
    cosigned = house.sign(WITNESS, SECOND_WITNESS)
    assert house.ground(0) == (cosigned, 2, False), "a second face of the log is worse than a missing date"
    house.grow()
    both = house.sign(WITNESS, SECOND_WITNESS)
    stamp(proven)
    assert house.ground(0) == (both, 2, True)
    later = house.grow()
    assert house.ground(0) == (both, 2, True), "and stays so"
    assert house.ground(later - 1) == (later, 0, False)


def test_the_cosignatures_of_a_stamped_checkpoint_may_come_later(proven: Proven) -> None:
    house = Witnessed(proven)
    size, head = house.grow(), proven.reader.head()
    stamp(proven)
    house.sign(WITNESS, SECOND_WITNESS, earlier=head)
    assert house.ground(0) == (size, 2, True)


def test_one_witness_too_few_is_still_better_than_none(proven: Proven) -> None:
    house = Witnessed(proven)
    house.grow()
    one = house.sign(WITNESS)
    assert house.ground(0) == (one, 1, False)
    assert TlogProof.from_bytes(house.proofs.tlog_proof(0)).checkpoint == house.proofs.ground(0).checkpoint


@pytest.mark.parametrize(("cosigners", "waits"), [((WITNESS, SECOND_WITNESS), False), ((WITNESS,), True), ((), True)])
def test_settling_ends_with_the_signatures_or_with_the_time(
    proven: Proven, cosigners: tuple[Cosigner, ...], waits: bool
) -> None:
    house = Witnessed(proven)
    house.grow()
    if cosigners:
        house.sign(*cosigners)
    house.proofs.settle(5.0)
    assert sum(house.slept) == (5.0 if waits else 0)


def test_nobody_is_waited_for_where_nobody_is_asked(proven: Proven) -> None:
    house = Witnessed(proven)
    house.grow()
    nobody = CosignedCheckpoints(proven.folder / "w", opened, ())
    logs = LogChain((), proven.reader)
    LeafProofs(logs, proven.checkpoints.covering, lambda _: nobody, 0, house.slept.append).settle(5.0)
    proven.proofs.settle(5.0)
    assert house.slept == []
