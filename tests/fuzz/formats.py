"""Targets of the formats in JSON and in text: what is read is written again and compared."""

import hashlib
from collections.abc import Callable, Iterator

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from integrity import anchor, merkle, seal_steps, staging
from integrity.canonical import DEPTH, Json, canonical, parse_canonical
from integrity.checkpoint import Checkpoint, SignedCheckpoint, claimed
from integrity.cosignature import WitnessKey, cosignatures
from integrity.custody import CustodyEntry, custody_lines, custody_page, read_custody
from integrity.declaration import Declaration
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidNote
from integrity.maker import maker_key
from integrity.manifest import Manifest
from integrity.note import Verifier, open_note, split
from integrity.provenance import read_provenance
from integrity.receipt import verify_receipt
from integrity.renewal import Renewal
from integrity.statement import Statement
from integrity.submission import Submission
from integrity.tiles import WIDTH, Tile, decode_entries, decode_hashes, encode_entries
from integrity.tlog_proof import TlogProof
from integrity.trust import Trust
from tests.fakes.signers import SIGNER, WITNESS
from tests.fuzz import scratch
from tests.fuzz.explore import Differs, Target
from tests.fuzz.scratch import same


def _canonical(content: bytes) -> None:
    same(content, canonical(parse_canonical(content)))


def _round_trip(parse: Callable[[bytes], "Statement | Manifest | Renewal"]) -> Callable[[bytes], None]:
    def run(content: bytes) -> None:
        same(content, parse(content).encode())

    return run


def _trust_file(content: bytes) -> None:
    trust = Trust.parse(content)
    if Trust.parse(trust.encode()) != trust:
        raise Differs("a trust that is not itself when written again")


def _receipt(content: bytes) -> None:
    receipt = verify_receipt(content, scratch.trust())
    same(canonical(receipt.json()), canonical(parse_canonical(content)["receipt"]))


def _custody(content: bytes) -> None:
    entries = read_custody(content)
    same(content, custody_lines(entries))
    custody_page(entries)


def _declaration(content: bytes) -> None:
    same(content, Declaration.parse(content).encode())


def _provenance(content: bytes) -> None:
    read_provenance(content)


def _maker(content: bytes) -> None:
    entry = CustodyEntry.parse(content)
    maker_key(entry)
    same(content, entry.encode())


def _seal_steps(content: bytes) -> None:
    for name in (seal_steps.VAULT, seal_steps.LEAF, seal_steps.token_step("original")):
        scratch.as_file(name, content)
    folder = scratch.folder()
    readers = (
        lambda: seal_steps.read_references(folder),
        lambda: seal_steps.read_leaf(folder),
        lambda: seal_steps.read_token(folder, "original"),
    )
    refused = 0
    for read in readers:
        try:
            read()
        except InvalidCanonical as error:
            refused += 1
            last = error
    if refused == len(readers):
        raise last


# Notes, logs, witnesses


def _note(content: bytes) -> None:
    text, signatures = split(content)
    same(content, f"{text}\n{''.join(signature.line() for signature in signatures)}".encode())
    cosignatures(content, [WITNESS.key])
    open_note(content, [SIGNER.verifier])


def _checkpoint(content: bytes) -> None:
    read = claimed(content)
    same(split(content)[0].encode(), read.text().encode())


def _proof(content: bytes) -> None:
    proof = TlogProof.from_bytes(content)
    same(content, proof.to_bytes())
    proof.verify(bytes(32), [SIGNER.verifier], SIGNER.name)


def _submission(content: bytes) -> None:
    submission = Submission.from_bytes(content)
    same(content, submission.to_bytes())
    merkle.verify_consistency(submission.old, submission.old + 7, submission.proof, bytes(32), bytes(32))


def _vkey(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    try:
        key: Verifier | WitnessKey = Verifier.from_vkey(text)
    except InvalidNote:
        key = WitnessKey.from_vkey(text)
    same(text.encode(), key.vkey.encode())


def _tile_path(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    tile = Tile.from_path(text)
    if tile is not None:
        same(text.encode(), tile.path.encode())


def _entries(content: bytes) -> None:
    width = (content[0] if content else 0) + 1
    same(content[1:], encode_entries(decode_entries(content[1:], width)))


def _hashes(content: bytes) -> None:
    same(content, b"".join(decode_hashes(content, min(len(content) // 32, WIDTH))))


def _staging(content: bytes) -> None:
    """The checksum is put right: it guards against disks, not against people."""
    body = content[:-32]
    whole = body + hashlib.sha256(body).digest()
    same(whole, staging.encode(staging.decode(whole)))


class _EmptyLog:
    origin = "tiezheng.example/log"

    @property
    def log(self) -> "_EmptyLog":
        return self

    def named(self, origin: str) -> "_EmptyLog":
        return self

    def lost(self, origin: str, size: int) -> bool:
        return False

    def head(self) -> SignedCheckpoint:
        return SignedCheckpoint(b"", Checkpoint("tiezheng.example/log", 5, bytes(32)))

    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]:
        return []

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        return iter(())


def _anchor(content: bytes) -> None:
    for finding in anchor.anchor_findings(anchor.Anchor("a", content), _EmptyLog(), scratch.trust(), lambda _: None):
        raise InvalidNote(f"{finding.code} {finding.detail}")


def _digest(content: bytes) -> None:
    same(content, Digest.from_hex(content.decode("latin-1")).hex.encode("latin-1"))


_json: SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=DEPTH,
)  # fmt: skip
_objects = st.dictionaries(st.text(max_size=8), _json, max_size=6).map(canonical)
_bundles = st.lists(st.binary(max_size=40), min_size=1, max_size=256).map(
    lambda items: bytes((len(items) - 1,)) + encode_entries(items)
)
_paths = st.builds(Tile, st.integers(-1, 63), st.integers(0, 10**18), st.integers(1, 256)).map(
    lambda tile: tile.path.encode()
)
_batches = st.lists(st.tuples(st.builds(Tile, st.integers(-1, 3), st.integers(0, 2000), st.integers(1, 256)),
                              st.binary(max_size=60)), max_size=5).map(lambda files: staging.encode(files))  # fmt: skip
_proofs = st.builds(
    TlogProof, st.integers(0, 10**18), st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.binary(max_size=100), st.none() | st.binary(max_size=40),
).map(TlogProof.to_bytes)  # fmt: skip
_submissions = st.builds(
    Submission, st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.binary(max_size=100),
).map(Submission.to_bytes)  # fmt: skip

TARGETS = (
    Target("canonical", _canonical, shapes=_objects),
    Target("statement", _round_trip(Statement.parse)),
    Target("manifest", _round_trip(Manifest.parse)),
    Target("renewal", _round_trip(Renewal.parse)),
    Target("trust", _trust_file),
    Target("receipt", _receipt),
    Target("custody", _custody),
    Target("declaration", _declaration),
    Target("provenance", _provenance),
    Target("maker", _maker),
    Target("seal-steps", _seal_steps),
    Target("note", _note),
    Target("checkpoint", _checkpoint),
    Target("proof", _proof, shapes=_proofs),
    Target("submission", _submission, shapes=_submissions),
    Target("vkey", _vkey),
    Target("tile-path", _tile_path, shapes=_paths),
    Target("entries", _entries, shapes=_bundles),
    Target("hashes", _hashes),
    Target("staging", _staging, shapes=_batches),
    Target("anchor", _anchor),
    Target("digest", _digest),
)
