"""Rows that a ledger entry made, against that entry, both ways: no row without its entry, no entry without its row.

Roles, links, views, uploads and decisions are projections of the ledger. Whoever gives himself a role by an UPDATE has
no entry for it, and whoever removes a row leaves the entry behind. Reads only.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, exists, select

from catalog.audit_ledger import STREAM
from catalog.tables import (
    absences,
    approvals,
    disposals,
    documents,
    grants,
    holds,
    interruptions,
    inventories,
    inventory_items,
    joins,
    ledger,
    links,
    marks,
    quarantine,
    recordings,
    rendition_keys,
    renewals,
    requests,
    retention_rules,
    revocations,
    roles,
    scrubs,
    station_keys,
    tombstones,
    uploads,
    views,
)
from integrity.canonical import parse_canonical
from integrity.clock import from_instant
from integrity.errors import IntegrityError
from integrity.finding import Finding

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One column that refers to the ledger: by which actions such a row comes about, and what they say of it."""

    code: str
    table: Table
    column: "Column[Any]"
    actions: tuple[str, ...]
    says: Callable[[Body], Mapping[str, Any]]
    answered: tuple[str, ...] = ()
    """Those of the actions of which each entry has its row."""
    subject: str | None = None
    """Only entries about this kind of subject."""
    outcomes: tuple[str, ...] = ("permitted", "done")


def _details(*names: str, **renamed: str) -> Callable[[Body], dict[str, Any]]:
    """The row says what the entry's details say; `subject` stands for the id of the entry's subject."""

    def says(body: Body) -> dict[str, Any]:
        known = body["details"] | {"subject": body["subject"]["id"], "of": body["agency"], "actor": body["actor"]["id"]}
        known |= {"purpose": body["purpose"]}
        return {name: known[name] for name in names} | {column: known[name] for column, name in renamed.items()}

    return says


UPLOADED = ("catalogue", "upload-repeated", "quarantine", "upload-terminated")
"""Every way in which an upload ends."""


def _view(body: Body) -> dict[str, Any]:
    subject = body["subject"]
    return {
        "id": body["details"]["view"],
        "person_id": body["actor"]["id"],
        "purpose": body["purpose"],
        "recording_id": subject["id"] if subject["kind"] == "recording" else None,
        "document_id": subject["id"] if subject["kind"] == "document" else None,
    }


def _grant(body: Body) -> dict[str, Any]:
    details = body["details"]
    return {
        "id": details["grant"],
        "request_id": body["subject"]["id"],
        "approval_id": details["approval"],
        "person_id": details["person"],
        "expires_at": from_instant(details["expires_at"]),
    }


def _hold(body: Body) -> dict[str, Any]:
    subject = body["subject"]
    return {
        "id": body["details"]["hold"],
        "agency_id": body["agency"],
        "recording_id": subject["id"] if subject["kind"] == "recording" else None,
        "case_id": subject["id"] if subject["kind"] == "case" else None,
    }


def _timed(body: Body, *names: str) -> dict[str, Any]:
    """Times in an entry's details, as a row holds them."""
    told = body["details"]
    return {name: None if told[name] is None else from_instant(told[name]) for name in names}


def _upload(body: Body) -> dict[str, Any]:
    """An upload became evidence, went into quarantine, or was given up."""
    details = body["details"]
    if body["action"] in ("catalogue", "upload-repeated"):
        ids = {"id": details["upload"], "original_id": details["original"], "state": "catalogued"}
    else:
        state = "quarantined" if body["action"] == "quarantine" else "terminated"
        ids = {"id": body["subject"]["id"], "original_id": None, "state": state}
    return ids | {"agency_id": body["agency"], "size": details["size"], "sha256": details.get("sha256")}


RULES: tuple[Rule, ...] = (
    Rule("rendition-key", rendition_keys, rendition_keys.c.entry_id, ("rendition-key",),
         _details("vkey", id="subject"), answered=("rendition-key",)),
    Rule("role", roles, roles.c.entry_id, ("role",),
         _details("id", "role", person_id="subject", agency_id="agency"), ("role",)),
    Rule("role-ended", roles, roles.c.ended_entry_id, ("role-ended",),
         _details("id", "role", person_id="subject", agency_id="agency"), ("role-ended",)),
    Rule("link", links, links.c.entry_id, ("link",),
         _details("id", "stage", recording_id="subject", case_id="case"), ("link",)),
    Rule("link-ended", links, links.c.ended_entry_id, ("unlink",),
         _details("id", recording_id="subject", case_id="case"), ("unlink",)),
    Rule("interruption", interruptions, interruptions.c.entry_id, ("interruption",),
         lambda body: _timed(body, "stopped_at", "restarted_at")
         | _details("session", id="subject", agency_id="of", made_by="actor", reason="purpose")(body),
         ("interruption",)),
    Rule("interruption-noted", interruptions, interruptions.c.noted_entry_id, ("interruption-noted",),
         _details(id="subject", document_id="document"), ("interruption-noted",)),
    Rule("absence", absences, absences.c.entry_id, ("no-footage",),
         lambda body: _timed(body, "began_at", "ended_at")
         | _details("duty", "device", "reason", id="subject", agency_id="of", stated_by="actor", note="purpose",
                    case_id="case")(body), ("no-footage",)),
    Rule("absence-decision", absences, absences.c.decision_entry_id, ("decide-no-footage",),
         _details("decision", id="subject", decided_by="actor", decision_note="purpose"), ("decide-no-footage",)),
    Rule("join", joins, joins.c.entry_id, ("join",),
         _details("position", "gap_ms", id="join", recording_id="subject", member_id="member", original_id="original"),
         ("join",)),
    Rule("separate", joins, joins.c.ended_entry_id, ("separate",),
         _details(id="join", recording_id="subject", member_id="member"), ("separate",)),
    Rule("mark", marks, marks.c.entry_id, ("mark",),
         _details("at_ms", "kind", id="mark", recording_id="subject"), ("mark",)),
    Rule("upload", uploads, uploads.c.entry_id, UPLOADED, _upload, UPLOADED,
         outcomes=("permitted", "done", "refused")),
    Rule("recording", recordings, recordings.c.entry_id, ("catalogue", "upload-repeated"),
         _details(id="subject", agency_id="of"), ("catalogue",), "recording"),
    Rule("document", documents, documents.c.entry_id, ("catalogue", "upload-repeated"),
         _details(id="subject", filed_by="actor"), ("catalogue",), "document"),
    Rule("view", views, views.c.entry_id, ("view",), _view, ("view",), outcomes=("permitted",)),
    Rule("request", requests, requests.c.entry_id, ("request",),
         _details("action", "recipient", "recipient_kind", "legal_basis", id="subject", agency_id="of",
                  requester_id="actor", case_id="case", post_id="post", purpose="purpose"), ("request",)),
    Rule("approval", approvals, approvals.c.entry_id, ("decide",),
         _details("decision", id="approval", request_id="subject", approver_id="actor", reason="purpose"),
         ("decide",)),
    Rule("grant", grants, grants.c.entry_id, ("decide",), _grant, ("decide",), outcomes=("permitted",)),
    Rule("release", grants, grants.c.release_entry_id, ("release",),
         _details(id="subject", bundle_sha256="bundle", zip_sha256="zip", zip_size="size"), ("release",)),
    Rule("renewal", renewals, renewals.c.entry_id, ("token-renewed",),
         _details("number", "authority", "sha256", original_id="subject"), ("token-renewed",)),
    Rule("revocations", revocations, revocations.c.entry_id, ("revocations-kept",),
         _details("kind", "issuer", "sha256", authority="subject"), ("revocations-kept",)),
    Rule("quarantine-decision", quarantine, quarantine.c.decision_entry_id, ("quarantine-decide",),
         _details("decision", upload_id="subject"), ("quarantine-decide",)),
    Rule("rule", retention_rules, retention_rules.c.entry_id, ("retention-rule",),
         _details("kind", "stage", "importance", "months", "legal_basis", id="subject", agency_id="of"),
         ("retention-rule",)),
    Rule("rule-ended", retention_rules, retention_rules.c.ended_entry_id, ("retention-rule-ended",),
         _details(id="subject", agency_id="of"), ("retention-rule-ended",)),
    Rule("hold", holds, holds.c.entry_id, ("hold",),
         lambda body: _hold(body) | {"reason": body["purpose"], "placed_by": body["actor"]["id"]}, ("hold",)),
    Rule("hold-released", holds, holds.c.released_entry_id, ("hold-released",), _hold, ("hold-released",)),
    Rule("disposal", disposals, disposals.c.entry_id, ("request-disposal",),
         _details("legal_basis", id="subject", agency_id="of", requester_id="actor", reason="purpose"),
         ("request-disposal",)),
    Rule("disposal-decision", disposals, disposals.c.decision_entry_id, ("decide-disposal",),
         _details(id="subject", agency_id="of", decider_id="actor", decision_reason="purpose"), ("decide-disposal",)),
    Rule("tombstone", tombstones, tombstones.c.entry_id, ("dispose",),
         _details(id="tombstone", disposal_id="disposal", recording_id="subject"), ("dispose",),
         outcomes=("permitted",)),
    Rule("inventory", inventories, inventories.c.entry_id, ("inventory",),
         _details("sha256", "device", "items", id="subject", agency_id="of", station_id="actor"), ("inventory",)),
    Rule("missing-explained", inventory_items, inventory_items.c.explained_entry_id, ("explain-missing",),
         _details(id="subject", agency_id="of", explained_by="actor", explanation="purpose"), ("explain-missing",)),
    Rule("station-key", station_keys, station_keys.c.entry_id, ("station-key",),
         _details(vkey="key", station_id="subject"), ("station-key",)),
    Rule("scrub", scrubs, scrubs.c.entry_id, ("scrub",),
         _details("checked", "bad", "bytes", id="subject"), ("scrub",)),
)  # fmt: skip


def record_findings(connection: Connection, rules: tuple[Rule, ...] = RULES) -> Iterator[Finding]:
    """Every row and entry that have not each other."""
    for rule in rules:
        yield from _rows_without(connection, rule)
        yield from _entries_without(connection, rule)


def _rows_without(connection: Connection, rule: Rule) -> Iterator[Finding]:
    """Rows whose entry is of another action, was a refusal, or says something else."""
    rows = select(rule.table, ledger.c.body.label("entry_body")).join(ledger, ledger.c.id == rule.column)
    for row in connection.execute(rows, execution_options=STREAM):
        name = " ".join(str(getattr(row, column.name)) for column in rule.table.primary_key.columns)
        problem = _problem(rule, row, row.entry_body)
        if problem is not None:
            entry = getattr(row, rule.column.name)
            yield Finding(f"{rule.code}-not-recorded", f"{rule.table.name} {name}", f"ledger {entry} {problem}")


def _problem(rule: Rule, row: Any, entry: bytes) -> str | None:
    try:
        body = parse_canonical(entry)
        if body["outcome"] not in rule.outcomes or body["action"] not in rule.actions:
            return f"is of {body['action']}, {body['outcome']}"
        differ = [name for name, value in rule.says(body).items() if getattr(row, name) != value]
    except (IntegrityError, KeyError, TypeError, ValueError) as error:
        return f"does not say what this row needs: {error!r}"
    return f"says otherwise of: {', '.join(differ)}" if differ else None


def _entries_without(connection: Connection, rule: Rule) -> Iterator[Finding]:
    """Entries of which a row should tell, and none does."""
    told = exists().where(rule.column == ledger.c.id)
    lost = select(ledger.c.id, ledger.c.action).where(
        ledger.c.action.in_(rule.answered), ledger.c.outcome.in_(rule.outcomes), ~told
    )
    if rule.subject is not None:
        lost = lost.where(ledger.c.subject_kind == rule.subject)
    for row in connection.execute(lost.order_by(ledger.c.id)):
        yield Finding(
            f"{rule.code}-missing", f"ledger {row.id}", f"{row.action}: no row of {rule.table.name} is left of it"
        )
