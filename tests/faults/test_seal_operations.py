"""The fault table of sealing: each durable operation lost, and done but reported failed; then the normal code again.

With the real vault and the real log, two authorities that must both answer, and SM3. After each failure nothing is
told that does not hold; after the recovery there is one manifest, one object of each, one leaf, and every token.
"""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from integrity.clock import system_random
from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.manifest import Manifest, leaf_of
from integrity.seal import ReceivedFile, Seal, Sealer
from integrity.sm3 import Sm3
from integrity.vault_files import FileVault
from tests.fakes.appenders import FakeAppender
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import FakeClock
from tests.faults import seal_scenario
from tests.faults.operations import OPERATIONS, failing_operation
from tests.faults.seal_scenario import BODY, STATEMENT

STEPS = {
    "statement.json", "manifest.json", "vault.json", "leaf.json",
    "original.token.json", "original.2.token.json", "manifest.token.json", "manifest.2.token.json",
}  # fmt: skip


def work(folder: Path, *names: str) -> Seal:
    """As the service seals: fix, then seal, from whatever an earlier run left."""
    authorities = [FakeAuthority(name) for name in names or ("one", "two")]
    sealer = Sealer(
        FileVault(folder / "vault"), authorities, FakeAppender(seal_scenario.opened(folder)), FakeClock(),
        system_random, len(authorities), sm3=True,
    )  # fmt: skip
    received = ReceivedFile("01upload", folder / "spool" / "bytes", Digest.of(BODY), len(BODY))
    sealer.fix(folder / "spool", received, STATEMENT)
    return sealer.seal(folder / "spool", received)


@pytest.fixture
def begun(place: Path) -> Path:
    seal_scenario.begin(place)
    shutil.copytree(place, place.with_name(f"{place.name}-begun"))
    return place.with_name(f"{place.name}-begun")


def order(folder: Path) -> None:
    """What holds at every instant: the bytes are somewhere, and no leaf is without its durable body and its tokens."""
    there = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert BODY in there
    log = seal_scenario.opened(folder)
    for leaf in log.entries(0, log.head().size):
        manifest = (folder / "spool" / "manifest.json").read_bytes()
        assert leaf == leaf_of(manifest)
        assert sorted(FileVault(folder / "vault").digests()) == sorted([Digest.of(BODY), Digest.of(manifest)])
        assert (folder / "spool" / "vault.json").exists()


def whole(folder: Path, seal: Seal) -> None:
    """The whole state: nothing missing, nothing twice, nothing left over."""
    log = seal_scenario.opened(folder)
    with log.exclusive():
        pass  # an index is told once its head is durable: tiles and checkpoint may be left to the next turn
    assert list(log.entries(0, log.head().size)) == [leaf_of(seal.manifest_bytes)]
    assert (seal.leaf_index, log.behind, list(log.check())) == (0, False, [])
    vault = FileVault(folder / "vault")
    assert sorted(vault.digests()) == sorted([Digest.of(BODY), seal.manifest_digest])
    for ref, expected in ((seal.original, BODY), (seal.manifest_ref, seal.manifest_bytes)):
        with vault.open(ref) as file:
            assert file.read() == expected
    assert {path.name for path in (folder / "spool").iterdir()} == STEPS
    assert list(folder.rglob("*.tmp")) == []
    assert Manifest.parse(seal.manifest_bytes).sm3 == Sm3.of(BODY)
    assert [(token.over, token.pending) for token in seal.tokens] == [
        (over, False) for over in ("original", "original", "manifest", "manifest")
    ]
    assert len({token.authority for token in seal.tokens}) == 2


def operations(folder: Path) -> list[str]:
    with failing_operation(0, False) as begun:
        work(folder)
    return begun


def test_the_table_is_of_what_sealing_does(begun: Path, place: Path) -> None:
    """What it does not do today is there too, and would be failed from the day that it does."""
    done = Counter(operations(place))
    assert {name: done[name] for name in ("FileVault.put_once", "FakeAuthority.stamp", "FakeAppender.append")} == {
        "FileVault.put_once": 2,
        "FakeAuthority.stamp": 4,
        "FakeAppender.append": 1,
    }
    assert done["durable.write_new"] >= 2 + 1 + 4 + 1, "two fixed, references, tokens, leaf"
    assert done["FileHeads.swap"] == done["FileTiles.stage"] == 1
    listed = {f"{owner.__name__.rpartition('.')[2]}.{name}" for owner, name, _ in OPERATIONS}
    never = {"durable.move", "durable.remove_tree", "FileTiles.drop_partials"}
    assert set(done) == listed - never


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done but reported failed"])
def test_every_operation(begun: Path, place: Path, after: bool) -> None:
    count = len(operations(place))
    failed = Counter[str]()
    for number in range(1, count + 1):
        folder = shutil.copytree(begun, place.with_name(f"{place.name}-{number}"))
        fixed = folder / "spool" / "manifest.json"
        with failing_operation(number, after) as done:
            try:
                work(folder)
            except (IntegrityError, OSError) as error:
                failed[done[number - 1]] += 1
                assert error.args, "an error says what it is"
        order(folder)
        before = fixed.read_bytes() if fixed.exists() else None
        seal = work(folder)
        assert before in (None, seal.manifest_bytes), f"{done[number - 1]}: the salt was drawn again"
        whole(folder, seal)
        assert work(folder) == seal, "and once more gives the same seal, tokens included"
    # An authority's failure stops nothing, and neither does what comes after the swap of the log's head.
    assert {"durable.write_new", "FileVault.put_once", "FakeAppender.append", "FileHeads.swap"} <= set(failed)
    assert "FakeAuthority.stamp" not in failed


def test_without_authorities_it_is_sealed_and_the_tokens_come_later(place: Path) -> None:
    seal_scenario.begin(place)

    class Away(FakeAuthority):
        """Never answers."""

    away = [Away("one"), Away("two")]
    for authority in away:
        authority.go_away()
    received = ReceivedFile("01upload", place / "spool" / "bytes", Digest.of(BODY), len(BODY))
    appender = FakeAppender(seal_scenario.opened(place))
    sealer = Sealer(FileVault(place / "vault"), away, appender, FakeClock(), system_random, 2, sm3=True)
    sealer.fix(place / "spool", received, STATEMENT)
    pending = sealer.seal(place / "spool", received)
    assert all(token.pending for token in pending.tokens)
    assert pending.leaf_index == 0
    seal = work(place)
    assert seal.manifest_bytes == pending.manifest_bytes
    whole(place, seal)
