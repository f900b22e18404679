"""Sealing killed before and after each of its durable calls, and failing both ways: one manifest, one leaf, no loss."""

from pathlib import Path

import pytest

from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.manifest import leaf_of
from integrity.seal import Seal
from integrity.vault_files import FileVault
from tests.fakes.interruptions import Interrupted, calls_of, failing, killed
from tests.faults import seal_scenario
from tests.faults.seal_scenario import BODY


def bodies(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def left_in_order(folder: Path, told: Path) -> None:
    """What must hold at every instant: no byte lost, no leaf without a durable body (PROOF §2.i), every word kept."""
    assert BODY in bodies(folder)
    kept_promises(folder, told)
    log = seal_scenario.opened(folder)
    leaves = list(log.entries(0, log.head().size))
    manifest = folder / "spool" / "manifest.json"
    assert leaves in ([], [leaf_of(manifest.read_bytes())] if manifest.exists() else [])
    if leaves:
        assert sorted(FileVault(folder / "vault").digests()) == sorted(
            [Digest.of(BODY), Digest.of(manifest.read_bytes())]
        )
        assert (folder / "spool" / "original.token.json").exists(), "tokens are stored before the leaf"


def kept_promises(folder: Path, told: Path) -> None:
    """What a step returned is still so."""
    for promise in sorted(path.name for path in told.iterdir()) if told.exists() else []:
        kind, *said = promise.split("-")
        if kind == "manifest":
            assert said == [Digest.of_file(folder / "spool" / "manifest.json").hex]
        else:
            log = seal_scenario.opened(folder)
            assert list(log.entries(0, log.head().size))[int(said[0])].hex() == said[1]
            assert (folder / "spool" / "leaf.json").exists()


def whole(folder: Path, seal: Seal) -> None:
    """Exactly one manifest, one leaf, two objects, and the seal says so."""
    log = seal_scenario.opened(folder)
    assert list(log.entries(0, log.head().size)) == [leaf_of(seal.manifest_bytes)]
    assert seal.leaf_index == 0
    vault = FileVault(folder / "vault")
    assert sorted(vault.digests()) == sorted([Digest.of(BODY), seal.manifest_digest])
    for ref, expected in ((seal.original, BODY), (seal.manifest_ref, seal.manifest_bytes)):
        with vault.open(ref) as file:
            assert file.read() == expected
    assert (folder / "spool" / "manifest.json").read_bytes() == seal.manifest_bytes
    assert not list((folder / "spool").glob(".*.tmp"))
    assert [token.pending for token in seal.tokens] == [False, False]


def test_a_kill_anywhere_ends_in_one_manifest_and_one_leaf(place: Path) -> None:
    places = killed(seal_scenario.__name__, place)
    assert len(places) > 100
    for folder in places:
        left_in_order(folder, seal_scenario.told_by(folder))
        fixed = folder / "spool" / "manifest.json"
        before = fixed.read_bytes() if fixed.exists() else None
        seal = seal_scenario.work(folder)
        assert before in (None, seal.manifest_bytes), f"{folder.name}: the salt was drawn again"
        whole(folder, seal)
        assert seal_scenario.work(folder) == seal, "and once more gives the same seal, tokens included"


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
def test_a_failing_call_anywhere_ends_in_one_manifest_and_one_leaf(place: Path, after: bool) -> None:
    def begun(name: str) -> Path:
        (place / name).mkdir()
        seal_scenario.begin(place / name)
        return place / name

    counted = begun("counted")
    for number in range(1, calls_of(lambda: seal_scenario.work(counted)) + 1):
        folder = begun(str(number))
        with failing(number, after):
            try:
                seal_scenario.work(folder)
            except (IntegrityError, Interrupted):
                left_in_order(folder, seal_scenario.told_by(folder))
        whole(folder, seal_scenario.work(folder))
