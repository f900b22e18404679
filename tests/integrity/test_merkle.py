"""Merkle trees against RFC 6962's constants, public vectors of another implementation, and properties."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import merkle
from integrity.errors import InvalidProof
from tests import VECTORS

FOLDER = VECTORS / "transparency-dev-merkle" / "testdata"
KINDS = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")
needs_vectors = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public Merkle vectors are not part of the project")

INPUTS = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
# Roots of the first 0 to 8 of INPUTS, as published with RFC 6962's reference implementations.
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1 writes it: the recursion itself, with none of our code."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def load(path: Path) -> tuple[dict[str, Any], bool]:
    vector = json.loads(path.read_text(encoding="utf-8"))
    for name in ("root", "leafHash", "root1", "root2"):
        if name in vector:
            vector[name] = base64.b64decode(vector[name] or "")
    vector["proof"] = [base64.b64decode(text) for text in vector["proof"] or []]
    return vector, bool(vector["wantErr"])


def refused(vector: dict[str, Any], kind: str) -> bool:
    try:
        if "inclusion" in kind:
            start, size = vector.get("start", 0), vector["end" if "end" in vector else "treeSize"]
            merkle.verify_inclusion(vector["leafHash"], vector["leafIdx"], size, vector["proof"], vector["root"], start)
        elif kind == "consistency":
            merkle.verify_consistency(
                vector["size1"], vector["size2"], vector["proof"], vector["root1"], vector["root2"]
            )
        else:
            merkle.verify_subtree(
                vector["start"], vector["end"], vector["size"], vector["proof"], vector["root1"], vector["root2"]
            )
    except InvalidProof:
        return True
    return False


def test_the_constants_of_rfc_6962() -> None:
    assert merkle.EMPTY_ROOT.hex() == ROOTS[0]
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    hashed = merkle.node_hash(b"N123", b"N456")
    assert hashed.hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_the_reference_trees(size: int) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in INPUTS[:size]]
    assert merkle.root(size, merkle.reader(leaves)).hex() == ROOTS[size]
    assert tree_hash(INPUTS[:size]).hex() == ROOTS[size]


@needs_vectors
@pytest.mark.parametrize("kind", KINDS)
def test_every_public_vector(kind: str) -> None:
    """All of them: a consistency proof from size 0 is refused here, as these vectors want it."""
    wrong, seen = [], 0
    for path in sorted((FOLDER / kind).rglob("*.json")):
        vector, wanted = load(path)
        seen += 1
        if refused(vector, kind) != wanted:
            wrong.append(f"{path.relative_to(FOLDER)}: {vector['desc']}")
    assert seen >= 80
    assert not wrong


@needs_vectors
def test_only_the_happy_paths_are_accepted() -> None:
    """A verifier that refused everything, or nothing, would be seen."""
    outcomes = [load(path)[1] for path in FOLDER.rglob("*.json")]
    assert sum(len(list((FOLDER / kind).rglob("*.json"))) for kind in KINDS) == len(outcomes), "none is passed over"
    assert 20 < outcomes.count(False) < outcomes.count(True)


# The appendix "Subtree Test Vectors" of draft-ietf-plants-merkle-tree-certs: every answer for trees of up to 130
# leaves 0x00, 0x01, …, folded into one SHA-256.
LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(130)]
READ = merkle.reader(LEAVES)


def ranges(end: int) -> Iterator[int]:
    return (start for start in range(end + 1) if merkle.is_subtree(start, end))


def line(words: str, proof: list[bytes]) -> bytes:
    return " ".join([words, *(hashed.hex() for hashed in proof)]).encode() + b"\n"


def test_every_subtree_hash_of_the_draft() -> None:
    state = hashlib.sha256()
    for end in range(131):
        for start in ranges(end):
            state.update(line(f"[{start}, {end})", [merkle.subtree_root(start, end, READ)]))
    assert state.hexdigest() == "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"


def test_every_inclusion_proof_of_the_draft() -> None:
    state = hashlib.sha256()
    for end in range(131):
        for start in ranges(end):
            for index in range(start, end):
                state.update(line(f"{index} [{start}, {end})", merkle.inclusion_proof(index, end, READ, start)))
    assert state.hexdigest() == "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"


def test_every_consistency_proof_of_the_draft() -> None:
    state = hashlib.sha256()
    for size in range(131):
        for end in range(size + 1):
            for start in ranges(end):
                state.update(line(f"[{start}, {end}) {size}", merkle.consistency_proof(end, size, READ, start)))
    assert state.hexdigest() == "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74"


entries = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(entries)
def test_the_root_is_the_recursion_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle.root(len(leaves), merkle.reader([merkle.leaf_hash(leaf) for leaf in leaves])) == tree_hash(leaves)


@given(entries, st.data())
def test_an_inclusion_proof_proves_its_leaf_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(index, len(leaves), merkle.reader(hashes))
    root = tree_hash(leaves)
    merkle.verify_inclusion(hashes[index], index, len(leaves), proof, root)
    other = data.draw(st.integers(0, len(leaves) - 1))
    if hashes[other] != hashes[index]:
        with pytest.raises(InvalidProof):
            merkle.verify_inclusion(hashes[other], index, len(leaves), proof, root)
        with pytest.raises(InvalidProof):
            merkle.verify_inclusion(hashes[index], other, len(leaves), proof, root)


@given(entries, st.data())
def test_no_flipped_bit_passes(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    old = data.draw(st.integers(1, len(leaves)))
    roots = [tree_hash(leaves[:old]), tree_hash(leaves)]
    proof = merkle.consistency_proof(old, len(leaves), merkle.reader(hashes))
    merkle.verify_consistency(old, len(leaves), proof, roots[0], roots[1])
    parts = [*roots, *proof]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(parts[which])
    flipped[bit >> 3] ^= 1 << (bit & 7)
    parts[which] = bytes(flipped)
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(old, len(leaves), parts[2:], parts[0], parts[1])


@given(entries, st.data())
def test_a_tree_that_was_rewritten_is_not_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    changed = list(leaves)
    changed[data.draw(st.integers(0, old - 1))] += b"!"
    proof = merkle.consistency_proof(old, len(leaves), merkle.reader([merkle.leaf_hash(leaf) for leaf in changed]))
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(old, len(leaves), proof, tree_hash(leaves[:old]), tree_hash(changed))


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_complete_subtrees_tile_a_range_exactly(start: int, length: int) -> None:
    end = start + length
    if not merkle.is_subtree(start, end):
        return
    position = start
    for height, index in merkle.subtrees(start, end):
        assert index << height == position
        position += 1 << height
    assert position == end


def test_a_proof_from_the_empty_tree_says_nothing_and_is_refused() -> None:
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(0, 1, [], merkle.EMPTY_ROOT, merkle.leaf_hash(b""))
    with pytest.raises(InvalidProof):
        merkle.verify_consistency(0, 0, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_what_is_not_in_a_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(index, size, READ)
    with pytest.raises(InvalidProof):
        merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_only_powers_of_two_are_complete() -> None:
    with pytest.raises(ValueError, match="power of two"):
        merkle.complete_root(LEAVES[:3])
    with pytest.raises(ValueError, match="no subtree"):
        merkle.consistency_proof(5, 4, READ)
