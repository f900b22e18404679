"""Checkpoints: the C2SP example's text, and each line broken once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import checkpoint, note
from integrity.checkpoint import Checkpoint
from integrity.errors import InvalidNote
from tests.fakes.signers import KEY, OTHER, SIGNER

# The example of c2sp.org/tlog-checkpoint, whose key is not published with it.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
TEXT = EXAMPLE.partition("\n\n")[0] + "\n"
HEAD = Checkpoint(SIGNER.name, 7, bytes(32))


def test_the_example_of_the_specification() -> None:
    read = checkpoint.claimed(EXAMPLE.encode())
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert read.text() == TEXT


@given(st.integers(0, checkpoint.SIZE_LIMIT - 1), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read_back(size: int, root: bytes) -> None:
    made = checkpoint.sign(Checkpoint(SIGNER.name, size, root), [SIGNER])
    assert checkpoint.open_checkpoint(made.note, [SIGNER.verifier], SIGNER.name) == made
    assert (made.size, made.root) == (size, root)


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint("o", 1, bytes(32), ("one", "two"))
    assert checkpoint.parse(extended.text()) == extended


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", str(1 << 63)),
        TEXT.replace("20852163", "２"),
        TEXT.replace("20852163", ""),
        TEXT.replace("CsUY", "AAAACsUY"),
        TEXT.replace("q2I=", "q2I"),
        TEXT.replace("q2I=", "q2J="),
        TEXT.partition("\n")[2],
        "\n" + TEXT,
        TEXT + "\n",
        TEXT[:-1],
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        checkpoint.parse(text)


def test_another_origin_or_key_is_refused() -> None:
    made = checkpoint.sign(HEAD, [SIGNER])
    with pytest.raises(InvalidNote, match="not of"):
        checkpoint.open_checkpoint(made.note, [SIGNER.verifier], "another.example")
    with pytest.raises(InvalidNote, match="no trusted key"):
        checkpoint.open_checkpoint(made.note, [OTHER.verifier], SIGNER.name)


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(InvalidNote):
        checkpoint.open_checkpoint(note.sign("hello\n", [SIGNER]), [SIGNER.verifier], SIGNER.name)


def test_what_a_token_is_over_leaves_cosignatures_out() -> None:
    """Two keys of the log's own name, as while one is being replaced; a witness's line before, between and after."""
    signed = checkpoint.sign(HEAD, [SIGNER, OTHER]).note
    text, (mine, also_mine) = note.split(signed)
    stranger = note.Signer("witness.example", KEY)
    witness = stranger.sign(text.encode()).line()
    lines = witness + mine.line() + witness + also_mine.line() + witness
    assert checkpoint.own_note(f"{text}\n{lines}".encode()) == signed == checkpoint.own_note(signed)
    with pytest.raises(InvalidNote):
        checkpoint.own_note(checkpoint.sign(HEAD, [stranger]).note)
