"""Tables that only grow, and the triggers that keep them so.

SQLite: triggers on UPDATE, on DELETE, and on INSERT over a key that is there (INSERT OR REPLACE deletes the old row
without asking a no-delete trigger, unless the connection has recursive_triggers on, and a stranger's tool has not).
PostgreSQL: the same by a row trigger that fires in every replication role, one on TRUNCATE, and REVOKE.

One thing goes again: the salt of an entry that a tombstone erased (`erased_openings`), and nothing before that row is.

What this is not: a wall against who owns the database. An owner drops the trigger first; `catalog.schema` notices that
at the next start and `audit` compares every body with its leaf. In production the service's PostgreSQL role should
not own the tables: migrate as the owner and give the service
`GRANT SELECT, INSERT ON <these tables>` and `GRANT SELECT, INSERT, UPDATE, DELETE ON <the others>`.

A migration that rebuilds a table on SQLite (Alembic's batch_alter_table) silently drops its triggers: it must run
`statements` for that table again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

FUNCTION = "tiezheng_append_only"
"""The PostgreSQL function behind every trigger but one."""

FUNCTION_BODY = """
BEGIN
    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
"""

ERASE_FUNCTION = "tiezheng_erased_only"
"""Behind the trigger of openings: a WHEN cannot look into another table on PostgreSQL."""

ERASE_BODY = """
BEGIN
    IF EXISTS (SELECT 1 FROM erased_openings WHERE entry_id = OLD.entry_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
"""

FUNCTIONS = {FUNCTION: FUNCTION_BODY, ERASE_FUNCTION: ERASE_BODY}


@dataclass(frozen=True, slots=True)
class AppendOnly:
    """One table: each of its unique keys, and the columns that may be filled in once (all of them NULL before)."""

    table: str
    keys: tuple[tuple[str, ...], ...]
    once: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    """Where `once` is given: what does not change even then; the rest may until then (whom we ask, and when)."""
    erased_by: str | None = None
    """A table whose row of the same key lets a row go: the one way in which anything here is ever removed."""


TABLES: tuple[AppendOnly, ...] = (
    AppendOnly("ledger", (("id",), ("commitment",))),
    AppendOnly("ledger_openings", (("entry_id",),), erased_by="erased_openings"),
    AppendOnly("ledger_leaves", (("entry_id",), ("leaf_index",))),
    AppendOnly("approvals", (("id",), ("request_id",))),
    AppendOnly("originals", (("id",), ("manifest_sha256",), ("leaf_index",), ("agency_id", "sha256"))),
    AppendOnly(
        "tokens",
        (("id",),),
        once=("token", "sha256", "gen_time", "good_until"),
        fixed=("id", "original_id", "number", "over"),
    ),
    AppendOnly("renewals", (("id",), ("original_id", "number"), ("sha256",))),
    AppendOnly("revocations", (("sha256",),)),
    AppendOnly("uploads", (("id",),)),
    AppendOnly("repeated_manifests", (("upload_id",), ("manifest_sha256",), ("leaf_index",))),
    AppendOnly("receipts", (("upload_id", "complete"),)),
    AppendOnly("tombstones", (("id",), ("entry_id",), ("disposal_id", "recording_id"))),
    AppendOnly("erased_openings", (("entry_id",),)),
    AppendOnly("inventories", (("id",), ("station_id", "sha256"))),
    AppendOnly("station_keys", (("id",), ("vkey",))),
    AppendOnly("checkpoint_tokens", (("id",), ("origin", "size", "authority"))),
)


def names(rule: AppendOnly, dialect: str) -> tuple[str, ...]:
    """The names of one table's triggers."""
    last = "replace" if dialect == "sqlite" else "truncate"
    return tuple(f"{rule.table}_no_{kind}" for kind in ("update", "delete", last))


def statements(rules: tuple[AppendOnly, ...], dialect: str) -> Iterator[str]:
    """The DDL that puts the triggers of these tables in place."""
    if dialect == "sqlite":
        for rule in rules:
            yield from _sqlite(rule)
        return
    for name, body in FUNCTIONS.items():
        yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    for rule in rules:
        yield from _postgresql(rule)


def _sqlite(rule: AppendOnly) -> Iterator[str]:
    table = rule.table
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
    there = " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in rule.keys)
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}{_unless_once(rule, 'IS NOT')} {refuse}"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}{_unless_erased(rule)} {refuse}"
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {there})"  # noqa: S608  our own names
    yield f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}"


def _postgresql(rule: AppendOnly) -> Iterator[str]:
    table = rule.table
    call = f"EXECUTE FUNCTION {FUNCTION}()"
    unless = _unless_once(rule, "IS DISTINCT FROM")
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW{unless} {call}"
    delete = call if rule.erased_by is None else f"EXECUTE FUNCTION {ERASE_FUNCTION}()"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {delete}"
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}"
    for name in names(rule, "postgresql"):
        # Else `SET session_replication_role = replica` switches them off for a session.
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
    # UPDATE stays with the owner: foreign keys to this table are checked by SELECT … FOR KEY SHARE, which needs it.
    yield f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC"
    yield f"REVOKE {'' if rule.erased_by else 'DELETE, '}TRUNCATE ON {table} FROM CURRENT_USER"


def _unless_erased(rule: AppendOnly) -> str:
    """SQLite's WHEN that lets a row go whose key is in the table of what was erased."""
    if rule.erased_by is None:
        return ""
    [[key]] = rule.keys
    return f" WHEN NOT EXISTS (SELECT 1 FROM {rule.erased_by} WHERE {key} = OLD.{key})"  # noqa: S608  our own names


def _unless_once(rule: AppendOnly, differs: str) -> str:
    """The WHEN that lets the first filling-in through: those columns were all NULL, and nothing else changes."""
    if not rule.once:
        return ""
    filled = [f"OLD.{name} IS NOT NULL" for name in rule.once]
    changed = [f"OLD.{name} {differs} NEW.{name}" for name in rule.fixed]
    return f" WHEN ({' OR '.join(filled + changed)})"
