"""Files go from a camera only by their receipt, and only the very bytes it is about."""

from dataclasses import replace
from pathlib import Path

from scripts.dock_wipe import wipe
from tests.scripts.dockside import Dockside


def test_what_the_receipt_allows_goes(dockside: Dockside) -> None:
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    assert wipe(outcome)
    assert not outcome.file.exists()
    assert not wipe(replace(outcome, file=outcome.file.with_name("gone")))


def test_nothing_else_goes(dockside: Dockside, tmp_path: Path) -> None:
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    assert not wipe(replace(outcome, safe=False))
    outcome.file.write_bytes(b"footage and more")
    assert not wipe(outcome)
    link = tmp_path / "link"
    target = tmp_path / "target"
    target.write_bytes(b"footage")
    link.symlink_to(target)
    assert not wipe(replace(outcome, file=link))
    assert (outcome.file.exists(), link.is_symlink(), target.exists()) == (True, True, True)
