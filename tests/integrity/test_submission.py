"""Submissions to a witness: the specification's example, and each rule of the format broken once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import InvalidNote
from integrity.submission import LIMIT, PROOF_LIMIT, Submission

# The example of c2sp.org/tlog-witness.
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
).encode()
EXAMPLE = (
    b"old 20852014\n"
    b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    b"jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    b"5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    b"/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    b"\n" + CHECKPOINT
)
HASH = b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"


def test_the_example_of_the_specification() -> None:
    read = Submission.from_bytes(EXAMPLE)
    assert (read.old, len(read.proof), read.checkpoint) == (20852014, 4, CHECKPOINT)
    assert read.proof[0].hex() == "3e544d0abc07a6a846aeea6e7b42fb8316e36cc88a03db5e9afb996430e991ac"
    assert read.to_bytes() == EXAMPLE


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=PROOF_LIMIT))
def test_what_is_written_is_read(old: int, proof: list[bytes]) -> None:
    written = Submission(old, tuple(proof), CHECKPOINT)
    assert Submission.from_bytes(written.to_bytes()) == written


@pytest.mark.parametrize(
    "content",
    {
        "empty": b"",
        "no old size": CHECKPOINT,
        "no blank line": b"old 1\n" + CHECKPOINT.replace(b"\n\n", b"\n"),
        "a leading zero": b"old 01\n\n" + CHECKPOINT,
        "a sign": b"old -1\n\n" + CHECKPOINT,
        "two spaces": b"old  1\n\n" + CHECKPOINT,
        "a space behind": b"old 1 \n\n" + CHECKPOINT,
        "other digits": "old ٣\n\n".encode() + CHECKPOINT,
        "beyond any log": b"old 9223372036854775808\n\n" + CHECKPOINT,
        "a carriage return": b"old 1\r\n\n" + CHECKPOINT,
        "a short hash": b"old 1\nAAAA\n\n" + CHECKPOINT,
        "base64 that is none": b"old 1\n" + HASH.replace(b"=", b"") + b"\n" + CHECKPOINT,
        "a second spelling": b"old 1\n" + HASH.replace(b"aw=", b"ax=") + b"\n" + CHECKPOINT,
        "64 hashes": b"old 1\n" + HASH * 64 + b"\n" + CHECKPOINT,
        "too large": EXAMPLE + b"x" * LIMIT,
    }.items(),
    ids=lambda item: item[0],
)
def test_what_is_no_submission(content: tuple[str, bytes]) -> None:
    with pytest.raises(InvalidNote):
        Submission.from_bytes(content[1])


@given(st.binary(max_size=300))
def test_any_bytes_are_a_submission_or_refused(content: bytes) -> None:
    for candidate in (content, b"old 1\n" + content, b"old 1\n\n" + content):
        try:
            read = Submission.from_bytes(candidate)
        except InvalidNote:
            continue
        assert read.to_bytes() == candidate
