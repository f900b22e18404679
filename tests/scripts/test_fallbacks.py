"""A whole house whose vault is away, has lost or damaged an original: a copy serves it, after the entry, on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from catalog.documents import find_document
from catalog.errors import ViewEnded
from catalog.gate import Gate
from catalog.identity import ViewId
from catalog.permissions import Principal
from catalog.tables import documents, ledger
from ingest.replication import Replication
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultMissing
from integrity.opened import as_file
from scripts.assemble import House, open_house
from scripts.fallbacks import Fallbacks
from scripts.settings import load
from tests.fakes.immutable import clear_immutable
from tests.scripts.installation import PASSWORD, dba, flip

pytestmark = pytest.mark.xdist_group("audit")
BODY = b"%PDF"


class Visit:
    """The house, somebody in it, and the gate as the service has it."""

    def __init__(self, house: House, data: Path) -> None:
        self.house, self.data = house, data
        self.gate = Gate(
            house.database, house.ledger, house.clock, house.random, house.renditions, house.opener, house.proofs, {}
        )
        with house.database.read() as connection:
            self.document = str(connection.execute(documents.select()).one().id)

    def person(self) -> Principal:
        return self.house.signin.principal(self.house.signin.sign_in("supervisor", PASSWORD).secret)

    def path(self, vault: str) -> Path:
        digest = Digest.of(BODY).hex
        return self.data / vault / digest[:2] / digest[2:4] / digest

    def entries(self) -> int:
        with self.house.database.read() as connection:
            permitted = ledger.select().where(ledger.c.action == "view", ledger.c.outcome == "permitted")
            return len(connection.execute(permitted).all())

    def text(self) -> str:
        registry = CollectorRegistry()
        registry.register(self.house.fallbacks)
        return generate_latest(registry).decode()


@pytest.fixture
def visit(tampered: Path) -> Iterator[Visit]:
    """Everything copied into a replica, and nothing immutable."""
    house = open_house(tampered, load(environment={"TIEZHENG_REPLICA_FOLDER": str(tampered / "replica")}))
    with house.sequencing():
        Replication(house.recordings, house.vaults.carriers()).run("replica")
        clear_immutable(tampered)
        yield Visit(house, tampered)
    house.close()
    clear_immutable(tampered)


def shown(visit: Visit, person: Principal, view: ViewId) -> bytes:
    opened = visit.gate.document(person, view)
    with as_file(opened.source) as file:
        return file.read()


def test_what_the_vault_lost_or_damaged_is_shown_from_the_copy(visit: Visit) -> None:
    person = visit.person()
    view = visit.gate.open_document_view(person, visit.document, "核对笔录").id
    assert shown(visit, person, view) == BODY
    assert "reads_from_copies_total{" not in visit.text()
    flip(visit.path("vault"))
    with capture_logs() as lines:
        assert shown(visit, person, view) == BODY
    [line] = [line for line in lines if line["event"] == "original-read-from-copy"]
    assert (line["vault"], line["copy"], line["code"]) == ("files", "replica", "vault-conflict")
    assert line["sha256"] == Digest.of(BODY).hex
    visit.path("vault").unlink()
    assert shown(visit, person, view) == BODY
    text = visit.text()
    for code in ("vault-conflict", "vault-missing"):
        assert f'tiezheng_reads_from_copies_total{{code="{code}",vault="files"}} 1.0' in text


def test_a_copy_is_behind_the_gate_as_much_as_the_original(visit: Visit) -> None:
    """No view, no bytes, and nobody even looks into a vault; with one, the entry is there before."""
    visit.path("vault").unlink()
    person, before = visit.person(), visit.entries()
    with capture_logs() as lines, pytest.raises(ViewEnded):
        visit.gate.document(person, ViewId("0" * 32))
    assert "original-read-from-copy" not in [line["event"] for line in lines]
    view = visit.gate.open_document_view(person, visit.document, "核对笔录").id
    assert visit.entries() == before + 1
    assert shown(visit, person, view) == BODY


def test_a_copy_with_other_bytes_is_not_shown(visit: Visit) -> None:
    person = visit.person()
    view = visit.gate.open_document_view(person, visit.document, "核对笔录").id
    visit.path("vault").unlink()
    flip(visit.path("replica"))
    with pytest.raises(VaultMissing):
        visit.gate.document(person, view)
    visit.path("replica").unlink()
    with pytest.raises(VaultMissing):
        visit.gate.document(person, view)


def test_without_a_copy_damaged_bytes_are_not_shown_either(visit: Visit) -> None:
    """What was the vault's word until now: bytes of the right length went out."""
    person = visit.person()
    view = visit.gate.open_document_view(person, visit.document, "核对笔录").id
    dba(visit.data, "DELETE FROM vault_copies")
    flip(visit.path("vault"))
    with pytest.raises(VaultConflict):
        visit.gate.document(person, view)


def test_a_decoder_and_a_bundle_get_the_copy_too(visit: Visit) -> None:
    """Both open originals through the house."""
    with visit.house.database.read() as connection:
        document = find_document(connection, visit.document).original_id
    visit.path("vault").unlink()
    with visit.house.open_original(visit.house.recordings.original(document)) as file:
        assert file.read() == BODY


def test_the_count_is_by_vault_and_reason() -> None:
    fallbacks = Fallbacks()
    for _ in range(2):
        fallbacks.note(Digest.of(b"x"), "s3", "replica", VaultMissing("gone"))
    fallbacks.note(Digest.of(b"x"), "files", "replica", VaultMissing("gone"))
    [metric] = fallbacks.collect()
    counted = {tuple(sample.labels.values()): sample.value for sample in metric.samples}
    assert counted == {("s3", "vault-missing"): 2.0, ("files", "vault-missing"): 1.0}
