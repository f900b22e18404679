"""An order is what the log proves and nothing less; a disposer removes what it names, once, flag or no flag."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrity import checkpoint, immutable, merkle
from integrity.canonical import canonical
from integrity.checkpoint import Checkpoint
from integrity.commitment import commit
from integrity.digest import Digest
from integrity.disposal import FileDisposer, Opened, Order, OrderProof, verify_decision, verify_order
from integrity.errors import InvalidOrder, VaultError, VaultImmutable
from integrity.tlog_proof import TlogProof
from integrity.vault import VaultRef
from tests.fakes.signers import OTHER, SIGNER

BODY = b"footage"
DIGEST = Digest.of(BODY)
Entries = list[dict[str, Any]]


def entries() -> Entries:
    """Request, decision and tombstone of a good order."""
    person = {"kind": "person", "agency": "a", "name": "-"}
    return [
        {"action": "request-disposal", "actor": {**person, "id": "1"}, "agency": "a", "outcome": "done",
         "subject": {"kind": "disposal", "id": "o"}, "details": {"legal_basis": "第十六条", "recordings": ["r"]}},
        {"action": "decide-disposal", "actor": {**person, "id": "2"}, "agency": "a", "outcome": "permitted",
         "subject": {"kind": "disposal", "id": "o"}, "details": {"decision": "approved"}},
        {"action": "dispose", "actor": {"kind": "system", "id": "s"}, "agency": "a", "outcome": "permitted",
         "subject": {"kind": "recording", "id": "r"},
         "details": {"disposal": "o", "originals": [{"sha256": DIGEST.hex}]}},
    ]  # fmt: skip


def proof_of(said: Entries, signer: Any = SIGNER) -> OrderProof:
    """The entries in a log of three leaves."""
    bodies, salts = [canonical(one) for one in said], [bytes([n]) * 32 for n in range(3)]
    leaves = [merkle.leaf_hash(commit(salt, body)) for salt, body in zip(salts, bodies, strict=True)]
    read = merkle.reader(leaves)
    head = checkpoint.sign(Checkpoint(signer.name, 3, merkle.root(3, read)), [signer])
    opened = [
        Opened(body, salt, TlogProof(n, tuple(merkle.inclusion_proof(n, 3, read)), head.note).to_bytes())
        for n, (body, salt) in enumerate(zip(bodies, salts, strict=True))
    ]
    return OrderProof(*opened)


def judged(proof: OrderProof) -> Order:
    return verify_order(proof, [SIGNER.verifier], SIGNER.name)


def test_a_good_order() -> None:
    assert judged(proof_of(entries())) == Order("o", "r", frozenset({DIGEST}))
    proof = proof_of(entries())
    assert verify_decision(proof.request, proof.decision, [SIGNER.verifier], SIGNER.name) == "o"


def _set(number: int, *path: str, value: Any) -> Callable[[Entries], None]:
    def change(said: Entries) -> None:
        place: Any = said[number]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value

    return change


DEFECTS: dict[str, Callable[[Entries], None]] = {
    "one person asked and decided": _set(1, "actor", "id", value="1"),
    "decided by the service itself": _set(1, "actor", "kind", value="system"),
    "refused": _set(1, "details", "decision", value="refused"),
    "a decision about another order": _set(1, "subject", "id", value="p"),
    "a decision of another agency": _set(1, "agency", value="b"),
    "a decision about something else": _set(1, "action", value="decide"),
    "nothing asked for": _set(0, "action", value="request"),
    "another recording asked for": _set(0, "details", "recordings", value=["q"]),
    "no legal basis": _set(0, "details", "legal_basis", value=""),
    "a tombstone that was a refusal": _set(2, "outcome", value="refused"),
    "a tombstone of another order": _set(2, "details", "disposal", value="p"),
    "a tombstone of another agency": _set(2, "agency", value="b"),
    "a tombstone without digests": _set(2, "details", value={"disposal": "o"}),
    "a tombstone with something else": _set(2, "details", "originals", value=[{"sha256": "x"}]),
    "recordings that are none": _set(0, "details", "recordings", value=None),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_no_order(name: str) -> None:
    said = entries()
    DEFECTS[name](said)
    with pytest.raises(InvalidOrder):
        judged(proof_of(said))


@pytest.mark.parametrize("part", ["request", "decision", "tombstone"])
def test_what_the_log_does_not_prove(part: str) -> None:
    good = proof_of(entries())
    opened: Opened = getattr(good, part)
    for broken in (
        replace(opened, salt=b"\x09" * 32),
        replace(opened, salt=b""),
        replace(opened, body=opened.body + b" "),
        replace(opened, tlog_proof=b"x"),
        getattr(proof_of(entries(), OTHER), part),
    ):
        with pytest.raises(InvalidOrder):
            judged(replace(good, **{part: broken}))


# --- files ----------------------------------------------------------------------------------------------------------

ORDER = Order("o", "r", frozenset({DIGEST}))
REF = VaultRef("files", DIGEST, len(BODY))


def put(place: Path) -> Path:
    path = place / DIGEST.hex[:2] / DIGEST.hex[2:4] / DIGEST.hex
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    return path


def test_what_the_order_names_goes_once(place: Path) -> None:
    path = put(place)
    disposer = FileDisposer(place)
    disposer.dispose(REF, ORDER)
    assert not path.exists()
    disposer.dispose(REF, ORDER)


def test_nothing_else_goes(place: Path) -> None:
    path = put(place)
    with pytest.raises(InvalidOrder):
        FileDisposer(place).dispose(REF, Order("o", "r", frozenset({Digest.of(b"other")})))
    with pytest.raises(VaultError):
        FileDisposer(place, "another").dispose(REF, ORDER)
    assert path.exists()


def test_a_link_in_its_place_is_not_followed(place: Path) -> None:
    path = put(place)
    aside = place / "aside"
    path.rename(aside)
    path.symlink_to(aside)
    with pytest.raises(VaultError):
        FileDisposer(place, clear=True).dispose(REF, ORDER)
    assert aside.exists()


def test_the_flag_is_roots_to_clear(place: Path) -> None:
    path = put(place)
    if not immutable.protect(path):
        pytest.skip("the immutable attribute cannot be set here")
    with pytest.raises(VaultImmutable):
        FileDisposer(place).dispose(REF, ORDER)
    assert path.exists() and immutable.is_protected(path)
    FileDisposer(place, clear=True).dispose(REF, ORDER)
    assert not path.exists()
