"""tlog-proof@v1: the specification's example read, our own proofs checked with hashlib alone, and each line broken."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import checkpoint, merkle
from integrity.checkpoint import Checkpoint
from integrity.errors import InvalidNote, InvalidProof
from integrity.tlog_proof import TlogProof
from tests.fakes.signers import OTHER, SIGNER

# The example of c2sp.org/tlog-proof without its `extra` line (cut short there) and with its own checkpoint's text.
EXAMPLE = """c2sp.org/tlog-proof@v1
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkqYMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
"""

ENTRIES = [bytes([i]) * 32 for i in range(5)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
ROOT = merkle.root(5, merkle.reader(LEAVES))
HEAD = checkpoint.sign(Checkpoint(SIGNER.name, 5, ROOT), [SIGNER])
PROOF = TlogProof(2, tuple(merkle.inclusion_proof(2, 5, merkle.reader(LEAVES))), HEAD.note)


def test_the_example_of_the_specification() -> None:
    proof = TlogProof.from_bytes(EXAMPLE.encode())
    assert (proof.index, len(proof.path), proof.extra) == (73894, 5, None)
    assert proof.path[4].hex() == "0070a2a17f672e3b2bb1ee988634519a4d565048ab54e2cb468390eaf7cee6f9"
    assert checkpoint.parse(proof.checkpoint.decode()).size == 109482
    assert proof.to_bytes() == EXAMPLE.encode()


def test_our_proof_can_be_followed_by_hand() -> None:
    lines = PROOF.to_bytes().decode().split("\n")
    sibling, pair, last = (base64.b64decode(line) for line in lines[2:5])
    node = hashlib.sha256(b"\0" + ENTRIES[2]).digest()
    node = hashlib.sha256(b"\1" + node + sibling).digest()
    node = hashlib.sha256(b"\1" + pair + node).digest()
    node = hashlib.sha256(b"\1" + node + last).digest()
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert lines[5:9] == ["", SIGNER.name, "5", base64.b64encode(node).decode()]


def test_it_verifies() -> None:
    assert TlogProof.from_bytes(PROOF.to_bytes()).verify(ENTRIES[2], [SIGNER.verifier], SIGNER.name) == HEAD


@given(st.binary(max_size=40))
def test_extra_bytes_are_carried(extra: bytes) -> None:
    proof = TlogProof(0, (), HEAD.note, extra)
    assert TlogProof.from_bytes(proof.to_bytes()) == proof


def test_no_flipped_byte_verifies() -> None:
    content = PROOF.to_bytes()
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1
        with pytest.raises((InvalidNote, InvalidProof)):
            TlogProof.from_bytes(bytes(flipped)).verify(ENTRIES[2], [SIGNER.verifier], SIGNER.name)


def test_another_entry_key_or_origin_is_refused() -> None:
    with pytest.raises(InvalidProof):
        PROOF.verify(ENTRIES[3], [SIGNER.verifier], SIGNER.name)
    with pytest.raises(InvalidNote):
        PROOF.verify(ENTRIES[2], [OTHER.verifier], SIGNER.name)
    with pytest.raises(InvalidNote):
        PROOF.verify(ENTRIES[2], [SIGNER.verifier], "another.example")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        EXAMPLE.replace("@v1", "@v2"),
        EXAMPLE.replace("index 73894", "index 073894"),
        EXAMPLE.replace("index 73894\n", ""),
        EXAMPLE.replace("index", "extra AA==\nextra AA==\nindex"),
        EXAMPLE.replace("gSKy", "gSK"),
        EXAMPLE.replace("\n\n", "\n"),
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.replace("index 73894\n", "index 73894\n" + "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n" * 60),
        "c2sp.org/tlog-proof@v1\n\n",
        "一" + EXAMPLE,
    ],
)
def test_what_is_no_proof_is_refused(broken: str) -> None:
    with pytest.raises(InvalidNote):
        TlogProof.from_bytes(broken.encode())
