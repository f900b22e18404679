"""Cosigned checkpoints as files: the best one is found, damaged and unknown lines count as not there."""

from pathlib import Path

import pytest

from integrity import checkpoint
from integrity.checkpoint import SignedCheckpoint
from integrity.cosignature import Cosigner, WitnessKey, cosignatures
from integrity.note import Signature
from integrity.witnessed import RECENT, CosignedCheckpoints
from tests.fakes.clocks import START
from tests.fakes.signers import OTHER, SECOND_WITNESS, SIGNER, WITNESS
from tests.fakes.trees import tree

BOTH = (WITNESS.key, SECOND_WITNESS.key)


def own(signed: bytes) -> SignedCheckpoint:
    return checkpoint.open_checkpoint(signed, [SIGNER.verifier], SIGNER.name)


def opened(folder: Path, *witnesses: WitnessKey) -> CosignedCheckpoints:
    return CosignedCheckpoints(folder / "witnessed", own, witnesses or BOTH)


def head(size: int) -> SignedCheckpoint:
    return tree(size).signed()


def line(size: int, cosigner: Cosigner = WITNESS) -> Signature:
    return cosigner.cosign(tree(size).at(size).text(), START)


@pytest.fixture
def kept(tmp_path: Path) -> CosignedCheckpoints:
    return opened(tmp_path)


def test_there_is_none_before_the_first(kept: CosignedCheckpoints) -> None:
    assert (kept.at(5), kept.best(0), list(kept.recent())) == (None, None, [])
    assert kept.with_lines(head(5).note) == head(5).note
    kept.thin(lambda _: True)


def test_lines_come_one_after_another(kept: CosignedCheckpoints, tmp_path: Path) -> None:
    for lines, names in (([line(5)], ["w1"]), ([line(5, SECOND_WITNESS)], ["w1", "w2"]), ([line(5)], ["w1", "w2"])):
        kept.add(head(5), lines)
        found = opened(tmp_path).at(5)
        assert found is not None
        assert [one.witness.name.rpartition("/")[2] for one in found.by] == names
        assert checkpoint.open_checkpoint(found.signed.note, [SIGNER.verifier], SIGNER.name).checkpoint == tree(5).at(5)


def test_the_best_has_as_many_as_are_asked_for_and_is_the_newest_of_these(kept: CosignedCheckpoints) -> None:
    kept.add(head(3), [line(3), line(3, SECOND_WITNESS)])
    kept.add(head(5), [line(5), line(5, SECOND_WITNESS)])
    kept.add(head(8), [line(8)])
    kept.add(head(9), [line(9, SECOND_WITNESS)])

    def best(quorum: int, beyond: int = -1) -> int | None:
        found = kept.best(quorum, beyond)
        return None if found is None else found.size

    assert [best(quorum) for quorum in (0, 1, 2, 3)] == [9, 9, 5, 5]
    assert [best(2, beyond) for beyond in (4, 5, 8, 9)] == [5, 9, 9, None]


def test_what_is_published_gets_the_lines_of_its_own_checkpoint(kept: CosignedCheckpoints) -> None:
    kept.add(head(5), [line(5)])
    published = kept.with_lines(head(5).note)
    assert published.startswith(head(5).note)
    assert len(cosignatures(published, BOTH)) == 1
    for other in (head(6).note, tree(5, fork=2).signed().note, b"nonsense"):
        assert kept.with_lines(other) == other


@pytest.mark.parametrize("damage", ["a flipped byte", "cut short", "another log", "not there"])
def test_a_damaged_file_counts_as_not_there(kept: CosignedCheckpoints, tmp_path: Path, damage: str) -> None:
    kept.add(head(3), [line(3)])
    kept.add(head(5), [line(5)])
    [path] = (tmp_path / "witnessed" / "recent").glob("*5")
    content = path.read_bytes()
    path.write_bytes(
        {
            "a flipped byte": content.replace(b"\n5\n", b"\n4\n"),
            "cut short": content[:-9],
            "another log": checkpoint.sign(tree(5).at(5), [OTHER]).note + line(5).line().encode(),
            "not there": head(5).note,
        }[damage]
    )
    assert kept.at(5) is None
    best = kept.best(0)
    assert best is not None
    assert best.size == 3
    kept.add(head(5), [line(5)])
    assert kept.at(5) is not None


def test_a_witness_that_is_not_asked_any_more_is_left_out(kept: CosignedCheckpoints, tmp_path: Path) -> None:
    kept.add(head(5), [line(5), line(5, SECOND_WITNESS)])
    found = opened(tmp_path, SECOND_WITNESS.key).at(5)
    assert found is not None
    assert WITNESS.key.name.encode() not in found.signed.note
    kept.add(head(6), [line(6)])
    assert opened(tmp_path, SECOND_WITNESS.key).at(6) is None


def test_the_newest_and_the_best_and_the_needed_stay(kept: CosignedCheckpoints, tmp_path: Path) -> None:
    last = RECENT + 20
    for size in range(1, last + 1):
        kept.add(head(size), [line(size)] + ([line(size, SECOND_WITNESS)] if size in (2, 4) else []))
    kept.thin(lambda size: size in (3, 60))
    kept.thin(lambda size: size in (3, 60))
    recent = {one.size for one in kept.recent()}
    assert recent == {4} | set(range(last - RECENT + 1, last + 1))
    assert [size for size in range(1, last + 1) if kept.at(size) is not None] == sorted(recent | {3})
    assert len(list((tmp_path / "witnessed" / "kept").iterdir())) == 2


def test_half_written_files_are_swept(kept: CosignedCheckpoints, tmp_path: Path) -> None:
    kept.add(head(5), [line(5)])
    left = tmp_path / "witnessed" / "recent" / ".0011.tmp"
    left.write_bytes(b"half")
    kept.thin(lambda _: False)
    assert not left.exists()
