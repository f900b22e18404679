"""Which checkpoint proofs lead to: a stamped one where one covers them, or the head."""

from pathlib import Path

from catalog.permissions import Role
from integrity.tlog_proof import TlogProof
from integrity.verify import verify_file
from tests.catalog.proven import SIGNER, Proven
from tests.catalog.test_checkpoint_tokens import stamp


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
