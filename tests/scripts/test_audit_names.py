"""What the audit must name, line by line: each done as a burglar or the database's owner would, on both databases.

Every line is one whole run of `tiezheng audit` over a copy of a clean installation, and says all the findings that must
come of it. `tests/scripts/test_audit_run.py` goes through every table and file one by one.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from catalog import tables
from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Subject
from integrity.authority import make_authority
from integrity.certificates import read_certificates
from integrity.clock import SystemClock, instant, system_random
from integrity.digest import Digest
from integrity.manifest import Manifest, leaf_of
from integrity.timestamp import HttpAuthority
from scripts.assemble import House, open_house
from scripts.audit import command
from scripts.settings import load
from tests.catalog.owner import change
from tests.fakes.immutable import clear_immutable
from tests.scripts.installation import copied, fill
from tests.servers import postgres as servers

pytestmark = pytest.mark.xdist_group("audit")
NOTE = Entry("note", SYSTEM, Subject("service", "test"), "done")


@dataclass(slots=True)
class Copy:
    """A copy of a clean installation, its settings, and its database as the owner has it."""

    data: Path
    settings: Path
    database: Database

    @property
    def sqlite(self) -> bool:
        return self.database.dialect == "sqlite"

    def house(self) -> House:
        return open_house(self.data, load(self.settings, environment={}))

    def blob(self, content: bytes) -> str:
        return f"x'{content.hex()}'" if self.sqlite else f"decode('{content.hex()}', 'hex')"

    def one(self, query: Any) -> Any:
        with self.database.read() as connection:
            return connection.execute(query).first()

    def audit(self) -> set[str]:
        asked = ["--data", str(self.data), "--settings", str(self.settings), "--json"]
        done = CliRunner().invoke(command, asked)
        said = json.loads(done.stdout)
        assert done.exit_code == (0 if said["ok"] else 1)
        return {finding["code"] for finding in said["findings"]}


@pytest.fixture(scope="module")
def on_postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres: Callable[[], servers.Postgres]
) -> Iterator[Callable[[], Path]]:
    """A clean installation on PostgreSQL, made when the first test asks for it; not to be changed."""
    made: list[Path] = []

    def installation() -> Path:
        if not made:
            made.append(tmp_path_factory.mktemp("on-postgres") / "data")
            made[0].mkdir()
            settings = _settings(made[0], postgres().create("audited", "migrated"))
            fill(made[0], settings)
        return made[0]

    yield installation
    if made:
        postgres().drop("audited")
        clear_immutable(made[0])


def _settings(data: Path, url: str) -> Path:
    place = data.with_name("settings.toml")
    place.write_text(f'database = "{url}"\n')
    return place


@pytest.fixture(params=["sqlite", "postgresql"])
def copy(
    request: pytest.FixtureRequest,
    installed: Path,
    on_postgres: Callable[[], Path],
    postgres: Callable[[], servers.Postgres],
    tmp_path: Path,
) -> Iterator[Copy]:
    """The installation on either database."""
    name = f"t{uuid4().hex}"
    if request.param == "sqlite":
        data = copied(installed, tmp_path / "data")
        url = f"sqlite:///{data / 'catalog.sqlite3'}"
    else:
        data = copied(on_postgres(), tmp_path / "data")
        url = postgres().create(name, "audited")
    made = Copy(data, _settings(data, url), Database.open(url))
    yield made
    made.database.close()
    if request.param == "postgresql":
        postgres().drop(name)


SQLITE = pytest.mark.parametrize("copy", ["sqlite"], indirect=True)


def test_nothing_when_nobody_touched_it(copy: Copy) -> None:
    assert copy.audit() == set()


# --- a ledger row changed ---------------------------------------------------------------------------------------------

REPLACE = (
    "INSERT OR REPLACE INTO ledger SELECT id, at, agency_id, actor_kind, actor_id, action, subject_kind, subject_id, "
    "outcome, CAST(replace(CAST(body AS TEXT), '案卷评查', '案卷评审') AS BLOB), commitment FROM ledger "
    "WHERE action = 'view'"
)


@SQLITE
def test_a_row_changed_by_insert_or_replace(copy: Copy) -> None:
    """A stranger's tool, without recursive triggers: refused while our trigger stands, named when it was taken away."""
    with closing(sqlite3.connect(copy.data / "catalog.sqlite3", isolation_level=None)) as tool:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            tool.execute(REPLACE)
        [trigger] = tool.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_no_replace'").fetchone()
        tool.execute("DROP TRIGGER ledger_no_replace")
        assert tool.execute(REPLACE).rowcount == 1
        assert copy.audit() == {"schema-mismatch", "ledger-commitment-differs", "view-not-recorded"}
        tool.execute(trigger)
    assert copy.audit() == {"ledger-commitment-differs", "view-not-recorded"}


def test_a_row_changed_by_the_owner_with_triggers_off(copy: Copy) -> None:
    other = (
        "CAST(replace(CAST(body AS TEXT), '案卷评查', '案卷评审') AS BLOB)"
        if copy.sqlite
        else "convert_to(replace(convert_from(body, 'UTF8'), '案卷评查', '案卷评审'), 'UTF8')"
    )
    change(copy.database, f"UPDATE ledger SET body = {other} WHERE action = 'view'")  # noqa: S608  the test's own
    assert copy.audit() == {"ledger-commitment-differs", "view-not-recorded"}


# --- a ledger row removed ---------------------------------------------------------------------------------------------


def _remove(copy: Copy, entry: int, *further: str) -> None:
    """Every row of it, and its number, where the database counts."""
    for table, key in (("ledger_openings", "entry_id"), ("ledger", "id")):
        change(copy.database, f"DELETE FROM {table} WHERE {key} = {entry}")  # noqa: S608  the test's own
    change(copy.database, *further)


def test_a_row_removed_before_its_leaf_while_the_service_lives(copy: Copy) -> None:
    """The process that wrote it remembers its commitment: the leaf comes, and its body is missing for good."""
    house = copy.house()
    entry = house.ledger.record(NOTE, wait=False)
    last = entry - 1
    _remove(copy, entry, f"DELETE FROM outbox WHERE entry_id = {entry}")  # noqa: S608  the test's own
    if copy.sqlite:
        change(copy.database, f"UPDATE sqlite_sequence SET seq = {last} WHERE name = 'ledger'")  # noqa: S608  as above
    house.sequencer.drain()
    house.close()
    assert copy.audit() == {"leaf-without-body"}


def test_a_row_removed_before_its_leaf_that_a_later_one_saw(copy: Copy) -> None:
    """The service was killed with it: the next entry names the commitment of the one that was there before it."""
    house = copy.house()
    entry = house.ledger.record(NOTE, wait=False)
    house.ledger.record(NOTE, wait=False)
    house.close()
    _remove(copy, entry, f"DELETE FROM outbox WHERE entry_id = {entry}")  # noqa: S608  the test's own
    again = copy.house()
    again.sequencer.drain()
    again.close()
    assert copy.audit() == {"ledger-entry-missing"}


@SQLITE
def test_the_last_row_removed_before_its_leaf_while_no_service_lives(copy: Copy) -> None:
    """Nobody saw it: SQLite's own counter did. What is left when that is set back too, THREATS says."""
    house = copy.house()
    entry = house.ledger.record(NOTE, wait=False)
    house.close()
    _remove(copy, entry, f"DELETE FROM outbox WHERE entry_id = {entry}")  # noqa: S608  the test's own
    assert copy.audit() == {"ledger-entry-missing"}


def test_a_row_removed_after_its_leaf(copy: Copy) -> None:
    [entry] = copy.one(select(tables.views.c.entry_id))
    _remove(copy, entry, f"DELETE FROM ledger_leaves WHERE entry_id = {entry}", "DELETE FROM views")  # noqa: S608
    assert copy.audit() == {"leaf-without-body", "ledger-entry-missing"}


# --- bodies and leaves ------------------------------------------------------------------------------------------------


def test_a_second_manifest_for_one_digest(copy: Copy) -> None:
    """Minted later with every means of the installation: in the vault, in the log, with a row of its own."""
    original = copy.one(select(tables.originals).order_by(tables.originals.c.id))
    manifest = replace(Manifest.parse(original.manifest), name="另一份.mp4", salt=b"\x07" * 32)
    content, house = manifest.encode(), copy.house()
    source = copy.data / "spool" / "minted"
    source.write_bytes(content)
    house.vault.put_once(source, Digest.of(content))
    index = house.sequencer.append(leaf_of(content))
    house.close()
    [upload] = copy.one(select(tables.uploads.c.id).where(tables.uploads.c.original_id != original.id))
    values = f"'{upload}', '{original.id}', '{Digest.of(content)}', {copy.blob(content)}, NULL, {index}"
    change(copy.database, f"INSERT INTO repeated_manifests VALUES ({values})")  # noqa: S608  the test's own
    clear_immutable(copy.data)
    assert copy.audit() == {"manifest-second"}


def test_a_leaf_without_a_body(copy: Copy) -> None:
    house = copy.house()
    house.sequencer.append(b"\x07" * 32)
    house.close()
    assert copy.audit() == {"leaf-without-body"}


def test_a_token_swapped_for_another_valid_one(copy: Copy) -> None:
    """The same authority, the same bytes, a true signature: only it is not the one that is on record."""
    token = copy.one(select(tables.tokens, tables.originals.c.sha256.label("of")).join(tables.originals)
                     .where(tables.tokens.c.over == "original", tables.tokens.c.token.is_not(None)))  # fmt: skip
    embedded = make_authority(copy.data / "authority", SystemClock(), system_random)
    roots = read_certificates(embedded.root_pem)
    authority = HttpAuthority("embedded", embedded.respond, roots, SystemClock(), system_random)
    other = authority.stamp(Digest.from_hex(token.of))
    values = (
        f"token = {copy.blob(other.raw)}, sha256 = '{Digest.of(other.raw)}', gen_time = '{instant(other.gen_time)}'"
    )
    change(copy.database, f"UPDATE tokens SET {values} WHERE id = '{token.id}'")  # noqa: S608  the test's own
    assert copy.audit() == {"token-not-recorded", "token-missing"}


def test_a_grant_without_its_approvals_leaf(copy: Copy) -> None:
    change(copy.database, "DELETE FROM ledger_leaves WHERE entry_id = (SELECT entry_id FROM approvals)")
    assert copy.audit() == {"grant-without-approval", "ledger-leaf-missing", "leaf-not-claimed"}


@SQLITE
def test_a_value_that_no_version_wrote(copy: Copy) -> None:
    """Named by row and column; the checks that could not read the row say so beside it."""
    change(copy.database, "UPDATE ledger SET at = 'yesterday' WHERE id = 3")
    assert copy.audit() == {"row-malformed", "check-unfinished"}
