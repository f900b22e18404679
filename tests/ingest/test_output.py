"""What a child writes is bounded in all, whether a folder names it or not, and nothing that was there before counts."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import Unplayable
from ingest.output import OVERFLOWED, Output
from ingest.task import MIB, Limits, Reply, Task
from tests.ingest.children import UNWILLING, misbehaving

SOON = "ingest.confine._LOOK_MS = 10"
LATE = (
    "import time; look = ingest.confine.Output.excess; "
    "ingest.confine.Output.excess = lambda *given: (time.sleep(0.3), look(*given))[1]"
)
"""Each look is later than a child needs that hides at once: it is looked at once before it begins."""
LITTLE = Limits(file_size=2 * MIB, wall_s=60)


def run(folder: Path, name: str, limits: Limits = LITTLE, more: str = SOON, **given: Any) -> Reply:
    (folder / "made").mkdir(exist_ok=True)
    original = given.pop("original", None)
    return misbehaving(folder, more=more).run(Task(name, given, original, folder / "made"), limits)


@pytest.mark.parametrize("more", [SOON, f"{UNWILLING}; {SOON}"], ids=["confined", "a kernel without confinement"])
@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("litter", {}, "more than 16 files"),
        ("spread", {}, "more than 2097152 bytes"),
        ("hoard", {"hiding": False}, "more than 2097152 bytes"),
    ],
)
def test_a_child_that_writes_without_end_is_ended_and_that_is_the_reason(
    tmp_path: Path, name: str, given: dict[str, Any], said: str, more: str
) -> None:
    limits = Limits(file_size=2 * MIB if name != "hoard" else 4 * MIB, wall_s=60)
    with pytest.raises(Unplayable) as caught:
        run(tmp_path, name, limits, more, **given)
    assert caught.value.reason == "too-much-output"
    assert said.replace("2097152", str(limits.file_size)) in str(caught.value)


@pytest.mark.parametrize("more", [SOON, LATE], ids=["soon", "late"])
def test_one_that_hides_what_it_holds_is_ended_too(tmp_path: Path, more: str) -> None:
    with pytest.raises(Unplayable) as caught:
        run(tmp_path, "hoard", Limits(file_size=4 * MIB, wall_s=60), more, hiding=True)
    assert caught.value.reason == "too-much-output"
    # Without a user namespace of its own, as in a chroot, a supervisor that is root sees what is hidden, and counts it.
    assert "hides" in str(caught.value) or "more than 4194304 bytes" in str(caught.value)


def test_one_that_was_faster_than_we_look_is_found_after_its_end(tmp_path: Path) -> None:
    with pytest.raises(Unplayable, match="too-much-output"):
        run(tmp_path, "leave", more="ingest.confine._LOOK_MS = 60_000")


def test_what_was_there_before_is_not_counted_nor_an_original_without_a_name(tmp_path: Path) -> None:
    """A fetched original has none, and of several children in one folder each has its own bounds."""
    (tmp_path / "made").mkdir()
    with (tmp_path / "made" / "before.mp4").open("wb") as before:
        before.truncate(64 * MIB)
    for number in range(20):
        (tmp_path / "made" / f"{number}").touch()
    with tempfile.TemporaryFile() as original:
        original.truncate(64 * MIB)
        assert run(tmp_path, "dawdle", original=original.fileno()).answer == {"done": True}


def test_files_without_blocks_count_by_their_length(tmp_path: Path) -> None:
    output = Output(tmp_path, MIB, 4)
    (tmp_path / "a").touch()
    os.truncate(tmp_path / "a", MIB)
    assert output.excess() is None
    os.truncate(tmp_path / "a", MIB + 1)
    assert output.excess() == f"wrote more than {MIB} bytes"


def test_a_child_without_a_folder_is_watched_as_well() -> None:
    null = subprocess.DEVNULL
    with subprocess.Popen(["sleep", "60"], stdin=null, stdout=null, stderr=null) as process:
        try:
            assert Output(None, 0, 0).excess(process.pid) is None
        finally:
            process.kill()
    assert Output(None, 0, 0).excess(process.pid) is None, "it is no more"


def test_the_status_is_none_that_decoders_end_with() -> None:
    """Else a file that ffmpeg dislikes would be called unplayable for what it did not do."""
    assert OVERFLOWED not in {0, 1, 2, 69, 123, 255}
