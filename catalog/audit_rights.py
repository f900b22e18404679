"""Who may do what, folded from the ledger and compared with the tables that decide it.

For people, stations, agencies, posts, and the states of requests and grants, which are changed in place: what the
entries say, one after the other, is what the row must be now. Reads only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from catalog.agencies import ARRIVAL_HOURS
from catalog.audit_ledger import STREAM
from catalog.shapes import IMPORTANCE, STAGES
from catalog.tables import (
    agencies,
    approval_routes,
    cases,
    disposals,
    grants,
    ledger,
    people,
    post_holders,
    posts,
    requests,
    stations,
)
from integrity.canonical import parse_canonical
from integrity.errors import IntegrityError
from integrity.finding import Finding

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fold:
    """How the entries of some actions make the state of a table's rows, by their id."""

    code: str
    table: Table
    steps: dict[str, Callable[[dict[str, Any]], tuple[str, State] | None]]
    """For each action: whose row it changes, and to what, if any. What begins a row says all that is compared."""
    seen: Callable[[Any], State]
    """The same of a row of the table."""


def _subject(body: dict[str, Any], **state: Any) -> tuple[str, State]:
    return body["subject"]["id"], state


FOLDS = (
    Fold(
        "person",
        people,
        {
            "add-person": lambda body: _subject(
                body, login=body["details"]["login"], agency=body["agency"], disabled=False
            ),
            "disable-person": lambda body: _subject(body, disabled=True),
        },
        lambda row: {"login": row.login, "agency": row.agency_id, "disabled": row.disabled_at is not None},
    ),
    Fold(
        "station",
        stations,
        {
            "enrol-station": lambda body: _subject(
                body, name=body["details"]["name"], agency=body["agency"], revoked=False
            ),
            "revoke-station": lambda body: _subject(body, revoked=True),
        },
        lambda row: {"name": row.name, "agency": row.agency_id, "revoked": row.revoked_at is not None},
    ),
    Fold(
        "agency",
        agencies,
        {
            "add-agency": lambda body: _subject(body, **body["details"], arrival_hours=ARRIVAL_HOURS),
            "relate-agency": lambda body: _subject(body, **body["details"]),
            "arrival-limit": lambda body: _subject(body, arrival_hours=body["details"]["hours"]),
        },
        lambda row: {
            "code": row.code,
            "superior": row.superior_id,
            "supervisor": row.supervisor_id,
            "arrival_hours": row.arrival_hours,
        },
    ),
    Fold(
        "post",
        posts,
        {"add-post": lambda body: _subject(body, name=body["details"]["name"], agency=body["agency"])},
        lambda row: {"name": row.name, "agency": row.agency_id},
    ),
    Fold(
        "holding",
        post_holders,
        {
            "hold-post": lambda body: _subject(body, **body["details"], ended=False),
            "leave-post": lambda body: _subject(body, ended=True),
        },
        lambda row: {"post": row.post_id, "person": row.person_id, "ended": row.until is not None},
    ),
    Fold(
        "route",
        approval_routes,
        {
            "route-approval": lambda body: (
                body["details"]["id"],
                {"post": body["subject"]["id"]} | {key: value for key, value in body["details"].items() if key != "id"},
            )
        },
        lambda row: {
            "post": row.post_id,
            "relation": row.relation,
            "action": row.action,
            "recipient_kind": row.recipient_kind,
        },
    ),
)


STATES = (
    Fold(
        "case",
        cases,
        {
            "open-case": lambda body: _subject(
                body,
                number=body["details"]["number"],
                title=body["details"]["title"],
                agency=body["agency"],
                opened_by=body["actor"]["id"],
                stage=STAGES[0],
                importance=IMPORTANCE[0],
            ),
            "case-stage": lambda body: _subject(body, stage=body["details"]["stage"]),
            "case-importance": lambda body: _subject(body, importance=body["details"]["importance"]),
        },
        lambda row: {
            "number": row.number,
            "title": row.title,
            "agency": row.agency_id,
            "opened_by": row.opened_by,
            "stage": row.stage,
            "importance": row.importance,
        },
    ),
    Fold(
        "disposal-state",
        disposals,
        {
            "request-disposal": lambda body: _subject(body, state="open"),
            "decide-disposal": lambda body: _subject(body, state=body["details"]["decision"]),
            "withdraw-disposal": lambda body: _subject(body, state="withdrawn"),
        },
        lambda row: {"state": row.state},
    ),
    Fold(
        "request-state",
        requests,
        {
            "request": lambda body: _subject(body, state="open"),
            "decide": lambda body: _subject(body, state=body["details"]["decision"]),
            "withdraw": lambda body: _subject(body, state="withdrawn"),
        },
        lambda row: {"state": row.state},
    ),
    Fold(
        "grant-state",
        grants,
        {
            "decide": lambda body: (
                (body["details"]["grant"], {"state": "approved", "bundle": None, "zip": None, "size": None})
                if "grant" in body["details"]
                else None
            ),
            "bundle": lambda body: _subject(body, state="ready", **body["details"]),
            "bundle-failed": lambda body: _subject(body, state="failed"),
            "release": lambda body: _subject(body, state="releasing"),
            "release-completed": lambda body: _subject(body, state="completed"),
            "grant-expired": lambda body: _subject(body, state="expired"),
        },
        lambda row: {"state": row.state, "bundle": row.bundle_sha256, "zip": row.zip_sha256, "size": row.zip_size},
    ),
)
"""What copies go through, step by step; their parties and terms are compared entry by entry (`audit_records`)."""


def right_findings(connection: Connection, folds: tuple[Fold, ...] = FOLDS + STATES) -> Iterator[Finding]:
    """Rows that are not what the ledger made of them."""
    states = _fold(connection, folds)
    for fold in folds:
        expected = states[fold.code]
        for row in connection.execute(select(fold.table)):
            subject, state = f"{fold.table.name} {row.id}", expected.pop(row.id, None)
            if state is None:
                yield Finding(f"{fold.code}-not-recorded", subject, "no entry of the ledger made this row")
                continue
            differ = [name for name, value in fold.seen(row).items() if state.get(name) != value]
            if differ:
                yield Finding(
                    f"{fold.code}-not-recorded", subject, f"the ledger says otherwise of: {', '.join(differ)}"
                )
        for key in sorted(expected):
            yield Finding(f"{fold.code}-missing", f"{fold.table.name} {key}", "the ledger tells of it, the row is gone")


def _fold(connection: Connection, folds: tuple[Fold, ...]) -> dict[str, dict[str, State]]:
    states: dict[str, dict[str, State]] = {fold.code: {} for fold in folds}
    folding: dict[str, list[tuple[Fold, Any]]] = {}
    for fold in folds:
        for action, step in fold.steps.items():
            folding.setdefault(action, []).append((fold, step))
    wanted = select(ledger.c.action, ledger.c.body).where(ledger.c.action.in_(folding), ledger.c.outcome != "refused")
    for row in connection.execute(wanted.order_by(ledger.c.id), execution_options=STREAM):
        for fold, step in folding[row.action]:
            try:
                changed = step(parse_canonical(row.body))
            except (IntegrityError, KeyError, TypeError):
                continue  # the ledger's own check names an unreadable body
            if changed is not None:
                states[fold.code].setdefault(changed[0], {}).update(changed[1])
    return states
