"""Posts and the routes of approvals: which post decides, by the requester's relation, the action and the recipient.

A post is an office, not a person; whoever holds it now decides. Holding one counts only once the entry that gave it is
under a durable log head. Where no route matches, any approver of the agency that owns the case decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.attempts import Attempts
from catalog.database import Database
from catalog.entry import Entry, Subject
from catalog.errors import Conflict, NotFound, NotPermitted
from catalog.identity import AgencyId, PersonId, new_id
from catalog.ledger import Ledger
from catalog.permissions import HIDDEN, By, Principal, Right, actor_of, require, scope
from catalog.shapes import COPY_ACTIONS, RECIPIENT_KINDS, one_of, text
from catalog.tables import approval_routes, ledger, ledger_leaves, people, post_holders, posts
from integrity.clock import Clock, Random

RELATIONS = ("own", "superior", "supervisor", "any")
"""How the requester's agency stands to the one that owns the case."""
ANY = "any"


@dataclass(frozen=True, slots=True)
class Post:
    """An office of an agency and who holds it now: pairs of holding id, person's id and name."""

    id: str
    agency_id: AgencyId
    name: str
    holders: tuple[tuple[str, PersonId, str], ...]


class Posts:
    """Sets up posts, their holders and routes. Safe to use from every thread."""

    def __init__(self, database: Database, ledger: Ledger, clock: Clock, random: Random) -> None:
        self._database = database
        self._ledger = ledger
        self._attempts = Attempts(ledger)
        self._clock = clock
        self._random = random

    def add(self, by: By, agency: AgencyId, name: str) -> str:
        """A new post; Conflict where the agency has one of that name."""
        name, post = text("name", name, 100), new_id(self._random)
        trying = self._attempts.of(by, "add-post", Subject("agency", agency))
        with trying as attempt, self._database.write() as connection:
            attempt.agency = agency
            require(connection, by, Right.MANAGE, agency)
            try:
                connection.execute(insert(posts).values(id=post, agency_id=agency, name=name))
            except IntegrityError as error:
                raise Conflict(f"there is a post {name} already, or no such agency") from error
            entry = Entry(
                "add-post", actor_of(by), Subject("post", post), "done", agency=agency, details={"name": name}
            )
            self._ledger.write(connection, entry)
        return post

    def hold(self, by: By, post: str, person: PersonId) -> str:
        """Put a person into a post, never oneself; it counts from the durable head on. Returns the holding's id."""
        holding = new_id(self._random)
        with self._attempts.of(by, "hold-post", Subject("post", post)) as attempt:
            with self._database.write() as connection:
                attempt.agency = _managed(connection, by, post)
                if isinstance(by, Principal) and by.person_id == person:
                    raise NotPermitted("nobody does this to themselves: another administrator has to")
                if connection.execute(select(people.c.id).where(people.c.id == person)).first() is None:
                    raise NotFound(HIDDEN)
                row = {"id": holding, "post_id": post, "person_id": person, "since": self._clock.now()}
                connection.execute(insert(post_holders).values(row))
                entry = Entry("hold-post", actor_of(by), Subject("holding", holding), "permitted",
                              agency=attempt.agency, details={"post": post, "person": person})  # fmt: skip
                entry_id = self._ledger.write(connection, entry)
            self._ledger.wait(entry_id)
        return holding

    def leave(self, by: By, holding: str) -> None:
        """End a holding at once; idempotent."""
        trying = self._attempts.of(by, "leave-post", Subject("holding", holding))
        with trying as attempt, self._database.write() as connection:
            post = connection.scalar(select(post_holders.c.post_id).where(post_holders.c.id == holding))
            if post is None:
                raise NotFound(HIDDEN)
            attempt.agency = _managed(connection, by, post)
            still = update(post_holders).where(post_holders.c.id == holding, post_holders.c.until.is_(None))
            if connection.execute(still.values(until=self._clock.now())).rowcount == 1:
                entry = Entry("leave-post", actor_of(by), Subject("holding", holding), "done", agency=attempt.agency)
                self._ledger.write(connection, entry)

    def route(self, by: By, post: str, relation: str, action: str, recipient_kind: str) -> str:
        """From now on this post decides such requests; `any` matches everything. Conflict where one is routed so."""
        one_of("relation", relation, RELATIONS)
        one_of("action", action, (*COPY_ACTIONS, ANY))
        one_of("recipient_kind", recipient_kind, (*RECIPIENT_KINDS, ANY))
        route = new_id(self._random)
        key = {"relation": relation, "action": action, "recipient_kind": recipient_kind}
        with self._attempts.of(by, "route-approval", Subject("post", post)) as attempt:
            with self._database.write() as connection:
                attempt.agency = _managed(connection, by, post)
                row = {"id": route, "agency_id": attempt.agency, "post_id": post, **key}
                try:
                    connection.execute(insert(approval_routes).values(row))
                except IntegrityError as error:
                    raise Conflict("such requests are routed already") from error
                entry = Entry("route-approval", actor_of(by), Subject("post", post), "permitted",
                              agency=attempt.agency, details={"id": route, **key})  # fmt: skip
                entry_id = self._ledger.write(connection, entry)
            self._ledger.wait(entry_id)
        return route

    def list(self, principal: Principal) -> Sequence[Post]:
        """The posts of the agencies this person manages."""
        with self._database.read() as connection:
            managed = scope(connection, principal, Right.MANAGE)
            if not managed:
                raise NotPermitted("no role that allows this: manage")
            rows = connection.execute(select(posts).where(posts.c.agency_id.in_(managed)).order_by(posts.c.name)).all()
            return [Post(row.id, AgencyId(row.agency_id), row.name, _holders(connection, row.id)) for row in rows]


def responsible_post(
    connection: Connection, agency: AgencyId, relation: str, action: str, recipient_kind: str
) -> str | None:
    """The post that decides such a request; of several routes the one that says most. None: any approver."""
    wanted = {"relation": relation, "action": action, "recipient_kind": recipient_kind}
    matching = select(approval_routes).where(
        approval_routes.c.agency_id == agency,
        *(approval_routes.c[name].in_((value, ANY)) for name, value in wanted.items()),
    )
    rows = connection.execute(matching).all()
    # Said outright beats `any`; relation before action before recipient.
    best = max(rows, key=lambda row: tuple(getattr(row, name) != ANY for name in wanted), default=None)
    return None if best is None else str(best.post_id)


def holds(connection: Connection, person: PersonId, post: str) -> bool:
    """Whether this person holds the post now, by an entry under a durable head."""
    recorded = exists().where(
        ledger.c.subject_kind == "holding",
        ledger.c.subject_id == post_holders.c.id,
        ledger.c.action == "hold-post",
        ledger.c.outcome == "permitted",
        ledger_leaves.c.entry_id == ledger.c.id,
    )
    mine = select(post_holders.c.id).where(
        post_holders.c.post_id == post,
        post_holders.c.person_id == person,
        post_holders.c.until.is_(None),
        recorded,
    )
    return connection.execute(mine).first() is not None


def posts_held(connection: Connection, person: PersonId) -> frozenset[str]:
    """The posts a person holds now."""
    mine = select(post_holders.c.post_id).where(post_holders.c.person_id == person, post_holders.c.until.is_(None))
    return frozenset(post for post in connection.scalars(mine) if holds(connection, person, post))


def _managed(connection: Connection, by: By, post: str) -> AgencyId:
    agency = connection.scalar(select(posts.c.agency_id).where(posts.c.id == post))
    if agency is None:
        raise NotFound(HIDDEN)
    require(connection, by, Right.MANAGE, AgencyId(agency))
    return AgencyId(agency)


def _holders(connection: Connection, post: str) -> tuple[tuple[str, PersonId, str], ...]:
    now = (
        select(post_holders.c.id, people.c.id.label("person_id"), people.c.name)
        .join(people, people.c.id == post_holders.c.person_id)
        .where(post_holders.c.post_id == post, post_holders.c.until.is_(None))
        .order_by(post_holders.c.since)
    )
    return tuple((row.id, PersonId(row.person_id), row.name) for row in connection.execute(now))
