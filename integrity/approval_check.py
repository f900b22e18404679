"""The check of a bundle's approval: it is the last entry of custody, and lets out exactly what is here.

`approval.json` is for people; what counts is the ledger entry in custody. Nothing it says is believed before the two
were compared; which seals belong into the bundle is the one thing that is read from it earlier, and only to be looked
for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integrity.bag import Bag
from integrity.canonical import parse_canonical
from integrity.container import printable
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidDigest
from integrity.extent import COPIES, EXTENTS, ORIGINALS, extent_in
from integrity.inquiry import Inquiry, RunningStep

_LIMIT = 1024 * 1024
_FORMAT = "tiezheng-approval-v1"
_KEYS = {"format", "request", "approval", "grant", "entry"}


@dataclass(frozen=True, slots=True)
class Approval:
    """`approval.json` as it was found: None and empty where it cannot be used."""

    content: bytes | None
    said: dict[str, Any]

    @classmethod
    def of(cls, bag: Bag) -> "Approval":
        content = bag.read("approval.json", _LIMIT)
        return cls(content, {} if content is None else object_of(content))

    @property
    def extent(self) -> str:
        """What it says was approved of each recording; originals where it says nothing that is known."""
        said = extent_in(_part(self.said, "request"))
        return said if isinstance(said, str) and said in EXTENTS else ORIGINALS

    @property
    def with_copies(self) -> bool:
        return self.extent != ORIGINALS

    def recordings(self) -> list[Digest]:
        """The originals of recordings that it names, each once; what is no digest is left out here and named later."""
        named = _part(self.said, "request").get("recordings")
        found: dict[Digest, None] = {}
        for text in named if isinstance(named, list) else ():
            try:
                found[Digest.from_hex(text)] = None
            except (InvalidDigest, TypeError):
                continue
        return list(found)

    def absent(self, bag: Bag) -> list[Digest]:
        """Of these, those whose bytes were not approved and are not here."""
        held = {digest for path, digest in bag.listed.items() if path.startswith("data/originals/")}
        return [digest for digest in self.recordings() if digest not in held] if self.extent == COPIES else []


def check_approval(
    inquiry: Inquiry, bag: Bag, approval: Approval, custody: list[CustodyEntry], step: RunningStep
) -> None:
    """The approval is the last entry of custody, and says of this copy what approval.json says."""
    if approval.content is None:
        step.nothing_to_check("there is no approval.json that can be used")
        return
    said = approval.said
    parts = [said.get(name) for name in ("request", "approval", "grant")]
    if set(said) != _KEYS or not all(isinstance(part, dict) for part in parts):
        inquiry.find("approval-malformed", "approval.json", "not canonical JSON with the fields of an approval")
        return
    if said["format"] != _FORMAT:
        inquiry.find("version-unknown", "approval.json", f"not {_FORMAT}")
        return
    if not custody or custody[-1].commitment.hex() != said["entry"] or custody[-1].body is None:
        inquiry.find("approval-not-in-custody", "approval.json", "custody does not end with its entry, opened")
        return
    asked = _request(custody, _part(said, "request").get("id"))
    for differs in _differences(approval, object_of(custody[-1].body), asked, bag):
        inquiry.find("approval-differs", "approval.json", differs)
    step.note(f"approved of each recording: {approval.extent}")


def _differences(approval: Approval, body: dict[str, Any], asked: dict[str, Any], bag: Bag) -> list[str]:
    """Where approval.json says other than its ledger entry, or is about another copy than this."""
    details, subject = _part(body, "details"), _part(body, "subject")
    request, grant = _part(approval.said, "request"), _part(approval.said, "grant")
    decision = (body.get("action"), body.get("outcome"), details.get("decision"))
    found = []
    if decision != ("decide", "permitted", "approved"):
        found.append(f"the last entry of custody is no approval but {decision}")
    if (subject.get("kind"), subject.get("id")) != ("request", request.get("id")):
        found.append("its entry is about another request")
    if details.get("grant") != grant.get("id") or grant.get("id") != bag.info.get("External-Identifier"):
        found.append("its entry or this bundle is of another grant")
    found += _other_payload(approval, request, details, bag)
    for name, stated, recorded in _statements(approval.said, body, asked):
        if stated != recorded:
            found.append(f"{name} is {printable(str(stated))}, its ledger entry says {printable(str(recorded))}")
    if asked and _part(asked, "actor").get("id") == _part(body, "actor").get("id"):
        found.append("it was approved by whoever asked for it")
    return found


def _other_payload(approval: Approval, request: dict[str, Any], details: dict[str, Any], bag: Bag) -> Iterator[str]:
    """What is here is what approval.json names, and that is what was decided, where the decision names it."""
    for place, kind in (("originals", "recordings"), ("documents", "documents")):
        named = request.get(kind)
        held = {digest.hex for path, digest in bag.listed.items() if path.startswith(f"data/{place}/")}
        here = held | {digest.hex for digest in approval.absent(bag)} if kind == "recordings" else held
        if not isinstance(named, list) or set(map(str, named)) != here:
            yield f"the {kind} in this bundle are not those it names"
        if kind in details and _texts(details[kind]) != _texts(named):
            yield f"the {kind} it names are not those that were decided about"
    if approval.extent == COPIES and any(path.startswith("data/originals/") for path in bag.listed):
        yield "originals came along, and only copies were approved"
    if not approval.with_copies and any(path.startswith("data/copies/") for path in bag.listed):
        yield "viewing copies came along that were not approved"


def _statements(
    approval: dict[str, Any], body: dict[str, Any], asked: dict[str, Any]
) -> Iterator[tuple[str, object, object]]:
    """What approval.json states beside what the ledger recorded of it; the request only where its entry is opened.

    Names of people are not compared: the ledger keeps them as they were, and people are renamed.
    """
    decided, grant, request = _part(approval, "approval"), _part(approval, "grant"), _part(approval, "request")
    yield "decision", decided.get("decision"), _part(body, "details").get("decision")
    yield "reason", decided.get("reason"), body.get("purpose")
    yield "expires_at", grant.get("expires_at"), _part(body, "details").get("expires_at")
    yield "extent", extent_in(request), extent_in(_part(body, "details"))
    if asked:
        for name in ("action", "recipient", "recipient_kind", "legal_basis"):
            yield name, request.get(name), _part(asked, "details").get(name)
        yield "purpose", request.get("purpose"), asked.get("purpose")
        yield "extent", extent_in(request), extent_in(_part(asked, "details"))


def _request(custody: list[CustodyEntry], request: object) -> dict[str, Any]:
    """The opened ledger entry of a request, or nothing."""
    for entry in custody:
        body = {} if entry.body is None else object_of(entry.body)
        if body.get("action") == "request" and _part(body, "subject").get("id") == request:
            return body
    return {}


def _texts(value: object) -> list[str]:
    return sorted(map(str, value)) if isinstance(value, list) else []


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def object_of(content: bytes) -> dict[str, Any]:
    """Canonical JSON, or an empty object that fits nothing."""
    try:
        return parse_canonical(content)
    except InvalidCanonical:
        return {}
