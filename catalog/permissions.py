"""Who may do what, and on whose evidence: one table of roles, and the two relations between agencies.

A role is held at an agency. What a role allows it allows there; what only reads or supervises also reaches agencies
below: along 条 (`superior_id`, the whole chain) and 块 (`supervisor_id`, the one step to the justice bureau that
supervises every department of its level). Nobody reaches upwards or sideways.

An administrator decides who may look and never looks. Rights say nothing of purpose or record: that is the gate.
Never grants anything by itself, and never takes a right from anything but a role whose ledger entry has a leaf.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from catalog.entry import Actor
from catalog.errors import NotFound, NotPermitted
from catalog.identity import AgencyId, PersonId
from catalog.tables import agencies, ledger_leaves, roles

HIDDEN = "no such thing, or none that you may know of"
"""What is said of both alike, so that nobody learns what exists elsewhere."""


class Role(StrEnum):
    """What a person can be at an agency; one person can be several."""

    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    APPROVER = "approver"
    REVIEWER = "reviewer"


class Right(StrEnum):
    """What can be allowed. Refused tries stand in the ledger under these names."""

    SEE = "see"  # facts about cases, documents and recordings; never their content
    VIEW = "view"  # footage and documents themselves, each time for a purpose
    OPEN_CASE = "open-case"
    WORK_ON_CASE = "work-on-case"  # stage, persons concerned, links, marks, documents
    REQUEST_COPY = "request"
    DECIDE = "decide"
    READ_LEDGER = "read-ledger"
    DOWNLOAD_SEAL = "download-seal"
    SET_RETENTION = "set-retention"  # how long which recordings are kept
    HOLD = "hold"  # 暂停销毁
    RELEASE_HOLD = "release-hold"
    REQUEST_DISPOSAL = "request-disposal"  # 鉴定销毁
    DECIDE_DISPOSAL = "decide-disposal"
    OVERSEE = "oversee"  # the quarantine and the state of the installation
    MANAGE = "manage"  # people, roles, posts, stations, agencies


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset({Right.MANAGE, Right.SET_RETENTION, Right.OVERSEE}),
    Role.OFFICER: frozenset(
        {Right.SEE, Right.VIEW, Right.OPEN_CASE, Right.WORK_ON_CASE, Right.REQUEST_COPY, Right.HOLD}
    ),
    Role.SUPERVISOR: frozenset(
        {
            Right.SEE,
            Right.VIEW,
            Right.REQUEST_COPY,
            Right.READ_LEDGER,
            Right.DOWNLOAD_SEAL,
            Right.OVERSEE,
            Right.HOLD,
            Right.REQUEST_DISPOSAL,
        }
    ),
    Role.APPROVER: frozenset({Right.SEE, Right.DECIDE, Right.RELEASE_HOLD, Right.DECIDE_DISPOSAL}),
    Role.REVIEWER: frozenset({Right.SEE, Right.VIEW, Right.READ_LEDGER, Right.DOWNLOAD_SEAL, Right.HOLD}),
}

BELOW: Mapping[Role, tuple[str, ...]] = {
    Role.ADMINISTRATOR: ("superior",),
    Role.SUPERVISOR: ("superior", "supervisor"),
    Role.REVIEWER: ("superior", "supervisor"),
}
"""Along which relations a role reaches the agencies below its own; the others end at their agency."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, as of this request: roles are read each time, so one that ended is gone at once."""

    person_id: PersonId
    login: str
    name: str
    agency_id: AgencyId
    roles: frozenset[tuple[AgencyId, Role]]
    session_id: str
    csrf: str = field(repr=False)
    expires_at: datetime
    password_once: bool = False

    @property
    def actor(self) -> Actor:
        """The person as the ledger names them."""
        return Actor("person", self.person_id, self.name, self.agency_id)


By = Principal | Actor
"""Who acts: a signed-in person, or the operator at the machine itself (`SYSTEM`), who is named as such."""


def actor_of(by: By) -> Actor:
    """How the ledger names them."""
    return by.actor if isinstance(by, Principal) else by


def roles_of(connection: Connection, person: PersonId) -> frozenset[tuple[AgencyId, Role]]:
    """The roles a person holds now; one whose entry is under no durable head yet does not count."""
    held = (
        select(roles.c.agency_id, roles.c.role)
        .join(ledger_leaves, ledger_leaves.c.entry_id == roles.c.entry_id)
        .where(roles.c.person_id == person, roles.c.ended_at.is_(None))
    )
    return frozenset((AgencyId(row.agency_id), Role(row.role)) for row in connection.execute(held))


def scope(connection: Connection, principal: Principal, right: Right) -> frozenset[AgencyId]:
    """The agencies at which a person has this right; empty when none."""
    found: set[AgencyId] = set()
    for agency, role in principal.roles:
        if right in RIGHTS[role]:
            found.add(agency)
            found.update(*(_below(connection, agency, relation) for relation in BELOW.get(role, ())))
    return frozenset(found)


def permitted(connection: Connection, by: By, right: Right, agency: AgencyId) -> bool:
    """Whether they have the right at that agency. The operator of the machine may manage, and nothing else."""
    if isinstance(by, Actor):
        return by.kind == "system" and right is Right.MANAGE
    return agency in scope(connection, by, right)


def require(connection: Connection, by: By, right: Right, agency: AgencyId) -> None:
    """NotPermitted without the right at that agency; NotFound when not even its existence is theirs to know."""
    if permitted(connection, by, right, agency):
        return
    if isinstance(by, Principal) and not _knows(connection, by, agency):
        raise NotFound(HIDDEN)
    raise NotPermitted(f"no role that allows this: {right}")


def relation(connection: Connection, principal: Principal, agency: AgencyId) -> str:
    """How a person's agency stands to another: own, superior, supervisor, or none."""
    if principal.agency_id == agency:
        return "own"
    for name in ("superior", "supervisor"):
        if agency in _below(connection, principal.agency_id, name):
            return name
    return "none"


def _knows(connection: Connection, principal: Principal, agency: AgencyId) -> bool:
    """Members of an agency, and those with any role that reaches it, may learn that they are refused."""
    return agency == principal.agency_id or any(agency in scope(connection, principal, right) for right in Right)


def _below(connection: Connection, agency: AgencyId, relation: str) -> set[AgencyId]:
    """Agencies under this one by one relation, itself left out; a circle, should one exist, ends."""
    if relation == "supervisor":
        supervised = select(agencies.c.id).where(agencies.c.supervisor_id == agency, agencies.c.id != agency)
        return {AgencyId(found) for found in connection.scalars(supervised)}
    first = select(agencies.c.id).where(agencies.c.superior_id == agency).cte("below", recursive=True)
    below = first.union(select(agencies.c.id).join(first, agencies.c.superior_id == first.c.id))
    return {AgencyId(found) for found in connection.scalars(select(below.c.id)) if found != agency}
