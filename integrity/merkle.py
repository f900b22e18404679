"""Merkle trees of RFC 6962, section 2: hashes, proofs, and the verification of proofs.

Pure: a tree is seen only through a `Reader`, which gives the hash of a complete subtree, so the same code works on a
list in memory and on the tiles of a log of any size. Proofs for subtrees [start, end) (as in
draft-ietf-plants-merkle-tree-certs) cost nothing extra: the ordinary proofs are the case start = 0.

Verification never returns a boolean that could be forgotten: it returns nothing, or raises InvalidProof.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from integrity.errors import InvalidProof

HASH_SIZE = 32
"""Bytes of every hash in a tree."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Reader = Callable[[int, int], bytes]
"""Given a height h and an index i, the hash of the complete subtree over the leaves [i * 2**h, (i + 1) * 2**h)."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00, entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 2**n hashes of one level, n >= 0."""
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError("a complete subtree has a power of two of hashes below it")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees (height, index) that make up [start, end), left to right, the largest first."""
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees as `subtrees` lists them."""
    *rest, root = hashes
    for hashed in reversed(rest):
        root = node_hash(hashed, root)
    return root


def subtree_root(start: int, end: int, read: Reader) -> bytes:
    """MTH(D[start:end]) for a valid subtree, which every range inside a proof is."""
    if start == end:
        return EMPTY_ROOT
    return fold([read(height, index) for height, index in subtrees(start, end)])


def root(size: int, read: Reader) -> bytes:
    """The root of the tree of this many leaves (RFC 6962, section 2.1)."""
    return subtree_root(0, size, read)


def reader(leaf_hashes: Sequence[bytes]) -> Reader:
    """A Reader over leaf hashes in memory."""

    def read(height: int, index: int) -> bytes:
        return complete_root(leaf_hashes[index << height : (index + 1) << height])

    return read


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) is a valid subtree: empty, or start is a multiple of the power of two that holds it."""
    return 0 <= start <= end and (start == end or start % (1 << (end - start - 1).bit_length()) == 0)


def _split(start: int, end: int) -> int:
    """Where RFC 6962 cuts a range: after the largest power of two smaller than its length."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, read: Reader, start: int = 0) -> list[bytes]:
    """The audit path of the leaf at `index` in [start, size), from its sibling up (RFC 6962, section 2.1.1)."""
    if not (is_subtree(start, size) and start <= index < size):
        raise ValueError(f"no leaf {index} in [{start}, {size})")
    proof, end = [], size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            proof.append(subtree_root(middle, end, read))
            end = middle
        else:
            proof.append(subtree_root(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(end: int, size: int, read: Reader, start: int = 0) -> list[bytes]:
    """The proof that the tree of `size` leaves holds [start, end) unchanged (RFC 6962, section 2.1.2)."""
    if not (is_subtree(start, end) and end <= size):
        raise ValueError(f"[{start}, {end}) is no subtree of {size} leaves")
    if start == end:
        return []
    proof, left, right, whole = [], 0, size, True
    while (left, right) != (start, end):
        middle = _split(left, right)
        if end <= middle:
            proof.append(subtree_root(middle, right, read))
            right = middle
            continue
        proof.append(subtree_root(left, middle, read))
        left = middle
        if start < middle:  # the range straddles the cut: its left part was just added, the rest is proved on its own
            start, whole = middle, False
    if not whole:
        proof.append(subtree_root(start, end, read))
    return proof[::-1]


def verify_inclusion(
    hashed: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes, start: int = 0
) -> None:
    """InvalidProof unless [start, size) with this root has this leaf hash at this index (RFC 9162, 2.1.3.2)."""
    if not (is_subtree(start, size) and start <= index < size):
        raise InvalidProof(f"no leaf {index} in [{start}, {size})")
    _require_hashes(hashed, *proof)
    position, last, node = index - start, size - start - 1, hashed
    for sibling in proof:
        if last == 0:
            raise InvalidProof("the inclusion proof is too long")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the inclusion proof is too short")
    if node != expected:
        raise InvalidProof("the inclusion proof leads to another root")


def verify_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """InvalidProof unless the tree of `size` leaves begins with the tree of `old_size` leaves (RFC 9162, 2.1.4.2).

    An old size of 0 is refused, whatever the proof: every tree grows from the empty one, so such a proof says nothing,
    and a caller that took it for an anchor would have none.
    """
    if old_size <= 0:
        raise InvalidProof("growth from an empty tree proves nothing")
    verify_subtree(0, old_size, size, proof, old_root, new_root)


def verify_subtree(start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, expected: bytes) -> None:
    """InvalidProof unless the tree of `size` leaves with root `expected` holds [start, end) with root `subtree`.

    The empty range is in every tree: its root alone is checked, and its proof has no hash.
    """
    if not (is_subtree(start, end) and end <= size):
        raise InvalidProof(f"[{start}, {end}) is no subtree of {size} leaves")
    _require_hashes(*proof)
    if start == end:
        if proof or subtree != EMPTY_ROOT:
            raise InvalidProof("an empty range has the empty root and no proof")
        return
    first, position, last = start, end - 1, size - 1
    # Climb to where the proof starts: the largest complete subtree that ends where the proven range ends.
    while first != position and (position == last or position & 1):
        first, position, last = first >> 1, position >> 1, last >> 1
    remaining = iter(proof)
    inner = subtree if first == position else next(remaining, None)
    if inner is None:
        raise InvalidProof("the consistency proof is too short")
    _climb(first, position, last, inner, remaining, subtree, expected)


def _climb(
    first: int, position: int, last: int, node: bytes, proof: Iterator[bytes], subtree: bytes, expected: bytes
) -> None:
    inner = outer = node
    for sibling in proof:
        if last == 0:
            raise InvalidProof("the consistency proof is too long")
        if position & 1 or position == last:
            if first < position:
                inner = node_hash(sibling, inner)
            outer = node_hash(sibling, outer)
            while not position & 1 and position:
                first, position, last = first >> 1, position >> 1, last >> 1
        else:
            outer = node_hash(outer, sibling)
        first, position, last = first >> 1, position >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the consistency proof is too short")
    if inner != subtree or outer != expected:
        raise InvalidProof("the consistency proof leads to other roots")


def _require_hashes(*hashes: bytes) -> None:
    # Two hashes of other lengths could be cut elsewhere and still give a node's 65 bytes.
    if any(len(hashed) != HASH_SIZE for hashed in hashes):
        raise InvalidProof(f"every hash has {HASH_SIZE} bytes")
