"""Files go from a camera only by their receipt, and only the very bytes it is about."""

from dataclasses import replace
from pathlib import Path

import pytest

from integrity import durable
from integrity.digest import Digest
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


def test_what_is_still_written_to_stays(dockside: Dockside) -> None:
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))
    with outcome.file.open("ab"):
        assert not wipe(outcome)
    assert wipe(outcome)


@pytest.mark.parametrize("later", [b"footage and more", b"FOOTAGE", b"footage"])
def test_what_changes_while_it_is_read_stays(dockside: Dockside, monkeypatch: pytest.MonkeyPatch, later: bytes) -> None:
    """The bytes that were read are those of the receipt, and other ones lie there by now; even equal ones are new."""
    [outcome] = dockside.dock(dockside.file("a.mp4", b"footage"))

    def read(path: Path) -> Digest:
        digest = Digest.of(path.read_bytes())
        durable.replace(path, later)
        return digest

    with monkeypatch.context() as patched:
        patched.setattr("scripts.dock_wipe.Digest.of_file", read)
        assert not wipe(outcome)
    assert outcome.file.read_bytes() == later
