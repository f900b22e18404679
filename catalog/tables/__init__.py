"""Every table and column there is, by subject; the only package that names columns' types.

Ids are ULID text (`catalog.identity`), times are fixed-width RFC 3339 text (`Instant`), so SQLite and PostgreSQL hold
and order the same values. The ledger, its openings and its leaves are append-only by triggers (`catalog.append_only`).
"""

from catalog.tables.casework import absences, cases, documents, interruptions, links, marks, subjects
from catalog.tables.columns import Instant, metadata
from catalog.tables.docks import devices, inventories, inventory_items, station_codes, station_keys, stations
from catalog.tables.evidence import (
    facts,
    joins,
    older_copies,
    parts,
    quality_findings,
    recordings,
    rendition_keys,
    renditions,
)
from catalog.tables.history import checkpoint_tokens, ledger, ledger_leaves, ledger_openings, log_heads, outbox
from catalog.tables.intake import quarantine, receipts, repeated_manifests, uploads
from catalog.tables.jobs import job_failures, scrub_defects, scrubs, workers
from catalog.tables.leaving import approvals, grants, request_items, requests, views
from catalog.tables.retention import disposal_items, disposals, erased_openings, holds, retention_rules, tombstones
from catalog.tables.sealed import originals, renewals, revocations, tokens, vault_copies, vault_locks
from catalog.tables.who import agencies, approval_routes, people, post_holders, posts, roles, sessions

__all__ = [
    "Instant",
    "absences",
    "agencies",
    "approval_routes",
    "approvals",
    "cases",
    "checkpoint_tokens",
    "devices",
    "disposal_items",
    "disposals",
    "documents",
    "erased_openings",
    "facts",
    "grants",
    "holds",
    "interruptions",
    "inventories",
    "inventory_items",
    "job_failures",
    "joins",
    "ledger",
    "ledger_leaves",
    "ledger_openings",
    "links",
    "log_heads",
    "marks",
    "metadata",
    "older_copies",
    "originals",
    "outbox",
    "parts",
    "people",
    "post_holders",
    "posts",
    "quality_findings",
    "quarantine",
    "receipts",
    "recordings",
    "rendition_keys",
    "renditions",
    "renewals",
    "repeated_manifests",
    "request_items",
    "requests",
    "retention_rules",
    "revocations",
    "roles",
    "scrub_defects",
    "scrubs",
    "sessions",
    "station_codes",
    "station_keys",
    "stations",
    "subjects",
    "tokens",
    "tombstones",
    "uploads",
    "vault_copies",
    "vault_locks",
    "views",
    "workers",
]
