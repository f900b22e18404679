"""What a ledger entry says, and its one spelling as bytes: the body that a leaf of the log commits to.

    {"action": …, "actor": {"agency": …, "id": …, "kind": …, "name": …}, "after": hex | null, "agency": …,
     "at": RFC 3339 UTC, "details": {…}, "format": "tiezheng-ledger-v1", "outcome": "permitted" | "refused" | "done",
     "purpose": … | null, "subject": {"id": …, "kind": …}}

`after` is the commitment of the newest entry that was there when this one was written, so a later entry tells of each
that is removed before it has a leaf. Canonical JSON (RFC 8785), stored as it is and never rewritten. Names are as they
were then: people are renamed, bodies are not.
Never holds evidence, passwords or tokens; personal data only as far as the record needs a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from catalog.identity import AgencyId
from integrity.canonical import canonical, parse_canonical
from integrity.clock import from_instant

FORMAT = "tiezheng-ledger-v1"

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""What details may hold: no floating point, which writers spell differently."""

ActorKind = Literal["person", "station", "system", "stranger"]
Outcome = Literal["permitted", "refused", "done"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it."""

    kind: ActorKind
    id: str
    name: str
    agency: AgencyId | None


SYSTEM = Actor("system", "tiezheng", "tiezheng", None)
"""What the service does by itself."""


@dataclass(frozen=True, slots=True)
class Subject:
    """To what: `recording`, `case`, `document`, `upload`, `person`, `request`, `grant` … and its id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `agency` is whose evidence it concerns; by default the actor's own."""

    action: str
    actor: Actor
    subject: Subject
    outcome: Outcome
    purpose: str | None = None
    agency: AgencyId | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


def body_of(entry: Entry, at: str, after: bytes | None) -> bytes:
    """The canonical JSON of an entry made at that instant; `after`: the newest commitment before it, if any."""
    actor = entry.actor
    return canonical(
        {
            "format": FORMAT,
            "after": None if after is None else after.hex(),
            "at": at,
            "agency": entry.agency or actor.agency,
            "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name, "agency": actor.agency},
            "action": entry.action,
            "subject": {"kind": entry.subject.kind, "id": entry.subject.id},
            "outcome": entry.outcome,
            "purpose": entry.purpose,
            "details": dict(entry.details),
        }
    )


def columns(body: bytes) -> dict[str, Any]:
    """What the searchable columns of a ledger row must be for this body; InvalidCanonical where it is none of ours."""
    return columns_of(parse_canonical(body))


def columns_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a body that was parsed already."""
    return {
        "at": from_instant(said["at"]),
        "agency_id": said["agency"],
        "actor_kind": said["actor"]["kind"],
        "actor_id": said["actor"]["id"],
        "action": said["action"],
        "subject_kind": said["subject"]["kind"],
        "subject_id": said["subject"]["id"],
        "outcome": said["outcome"],
    }
