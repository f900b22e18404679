"""Removing sealed bytes: only under an order of two persons that the log proves; where +i stands, by root only.

An order is three ledger entries, each opened and under a signed head: one person asked, another decided, and the
tombstone says which bytes go, by which law. `verify_order` reads nothing else; a row of a table that says so is not
enough. `VaultDisposer` is repeat-safe: killed anywhere, it is simply called again.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from integrity import durable, immutable
from integrity.canonical import parse_canonical
from integrity.commitment import SALT_SIZE, commit
from integrity.digest import Digest
from integrity.errors import IntegrityError, InvalidOrder, VaultError, VaultImmutable, VaultUnavailable
from integrity.note import Verifier
from integrity.tlog_proof import TlogProof
from integrity.vault import VaultRef


@dataclass(frozen=True, slots=True)
class Opened:
    """A ledger entry with its salt, and the proof that its commitment is in the log."""

    body: bytes
    salt: bytes
    tlog_proof: bytes


@dataclass(frozen=True, slots=True)
class OrderProof:
    """What an order rests on."""

    request: Opened
    decision: Opened
    tombstone: Opened


@dataclass(frozen=True, slots=True)
class Order:
    """A verified order: its id, the recording, and the digests of the bytes that go. Made by `verify_order` only."""

    id: str
    recording: str
    digests: frozenset[Digest]


class VaultDisposer(Protocol):
    """Removes objects of one vault. Every method raises only IntegrityError and its children."""

    @property
    def name(self) -> str:
        """The vault's name, which references carry."""
        ...

    def dispose(self, ref: VaultRef, order: Order) -> None:
        """Remove an object that the order names, durably; one that is gone already is an earlier call.

        InvalidOrder for bytes that it does not name; VaultImmutable where only the machine's root may, with a command.
        """
        ...


def verify_decision(request: Opened, decision: Opened, verifiers: Sequence[Verifier], origin: str) -> str:
    """That one person asked and another approved, as the log proves: the order's id. InvalidOrder."""
    with _translated():
        return _decided(_body(request, verifiers, origin, "request"), _body(decision, verifiers, origin, "decision"))


def verify_order(proof: OrderProof, verifiers: Sequence[Verifier], origin: str) -> Order:
    """The order that these entries give; InvalidOrder says what is missing of it."""
    with _translated():
        request = _body(proof.request, verifiers, origin, "request")
        decision = _body(proof.decision, verifiers, origin, "decision")
        return _order(request, decision, _body(proof.tombstone, verifiers, origin, "tombstone"))


class FileDisposer:
    """Removes objects of a `FileVault`. `clear`: take the immutable flag off first, for root's command alone."""

    def __init__(self, folder: Path, name: str = "files", *, clear: bool = False) -> None:
        self._folder = folder
        self._name = name
        self._clear = clear

    @property
    def name(self) -> str:
        return self._name

    def dispose(self, ref: VaultRef, order: Order) -> None:
        """See `VaultDisposer.dispose`. A kill leaves the object, the object without its flag, or nothing."""
        if ref.digest not in order.digests:
            raise InvalidOrder(f"order {order.id} does not name {ref.digest}")
        if ref.vault != self._name:
            raise VaultError(f"a reference into vault {ref.vault}, not {self._name}")
        path = self._folder / ref.digest.hex[:2] / ref.digest.hex[2:4] / ref.digest.hex
        try:
            self._remove(path)
        except OSError as error:
            raise VaultUnavailable(f"{error.strerror or error}: {path.name}") from error

    def _remove(self, path: Path) -> None:
        if path.is_symlink():
            raise VaultError(f"{path.name} is a symbolic link")
        if path.exists() and immutable.is_protected(path):
            if not self._clear:
                raise VaultImmutable(
                    f"{path.name} is immutable: `tiezheng admin dispose` as root clears and removes it"
                )
            immutable.clear(path)
        durable.remove(path)


def _body(opened: Opened, verifiers: Sequence[Verifier], origin: str, name: str) -> dict[str, Any]:
    """The entry's JSON, once its commitment is proved to be in the log."""
    if len(opened.salt) != SALT_SIZE:
        raise InvalidOrder(f"the {name}'s opening is gone")
    try:
        TlogProof.from_bytes(opened.tlog_proof).verify(commit(opened.salt, opened.body), verifiers, origin)
        found: dict[str, Any] = parse_canonical(opened.body)
    except IntegrityError as error:
        raise InvalidOrder(f"the {name} is not proved: {error}") from error
    return found


def _decided(request: dict[str, Any], decision: dict[str, Any]) -> str:
    order: str = request["subject"]["id"]
    _require(
        order,
        (request["action"] == "request-disposal", "nobody asked for a disposal"),
        (decision["action"] == "decide-disposal", "nobody decided about a disposal"),
        (decision["details"]["decision"] == "approved", "it was not approved"),
        (decision["subject"]["id"] == order, "the decision is about another order"),
        ({request["actor"]["kind"], decision["actor"]["kind"]} == {"person"}, "not two persons"),
        (request["actor"]["id"] != decision["actor"]["id"], "one person asked and decided"),
        (bool(request["details"]["legal_basis"]), "no legal basis is named"),
        (request["agency"] == decision["agency"], "request and decision are not of one agency"),
    )
    return order


def _order(request: dict[str, Any], decision: dict[str, Any], tombstone: dict[str, Any]) -> Order:
    order, details = _decided(request, decision), tombstone["details"]
    _require(
        order,
        (tombstone["action"] == "dispose" and tombstone["outcome"] == "permitted", "there is no tombstone"),
        (details["disposal"] == order, "the tombstone is of another order"),
        (tombstone["subject"]["id"] in request["details"]["recordings"], "nobody asked for this recording"),
        (tombstone["agency"] == request["agency"], "the tombstone is of another agency"),
    )
    digests = frozenset(Digest.from_hex(original["sha256"]) for original in details["originals"])
    return Order(order, tombstone["subject"]["id"], digests)


def _require(order: str, *wanted: tuple[bool, str]) -> None:
    for holds, otherwise in wanted:
        if not holds:
            raise InvalidOrder(f"order {json.dumps(order)}: {otherwise}")


@contextmanager
def _translated() -> Iterator[None]:
    """What an entry lacks is InvalidOrder, whatever shape it has instead."""
    try:
        yield
    except InvalidOrder:
        raise
    except (KeyError, TypeError, AttributeError, IntegrityError) as error:
        raise InvalidOrder(f"an entry does not say what an order needs: {error!r}") from error
