"""Cameras come and go: each is announced before it is sent, all of it arrives once, and nothing else is wiped."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from pathlib import Path

import pytest

from integrity.digest import Digest
from scripts.cameras import Cameras
from scripts.dock_patience import DockError
from scripts.docking import Outcome
from tests.fakes.clocks import START
from tests.scripts.test_finished import unreadable


class Bay:
    """A folder, a clock that the test turns, and a server that remembers what it was told and given."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "bay"
        self.folder.mkdir()
        self.now = 0.0
        self.heard: list[tuple[str, ...]] = []
        self.clocks: list[str | None] = []
        self.kept: dict[bytes, Mapping[str, str]] = {}
        self.says: str | None = None
        self.refuses: str | None = None
        self.safe = True
        self.wiping = False
        self.begin()

    def begin(self, device: str | None = None) -> None:
        """As after a restart: nothing remembered here."""
        self.threads = ThreadPoolExecutor(1)
        wipes = self.wipe if self.wiping else None
        self.cameras = Cameras(
            self.folder, self, self.threads, lambda: self.now, lambda: START, device=device, wipes=wipes
        )

    def announce(
        self, files: Sequence[Path], device: str, now: datetime, declared: Mapping[str, str] | None = None,
        root: Path | None = None,
    ) -> str | None:  # fmt: skip
        assert root is not None
        if self.refuses is not None:
            raise DockError(self.refuses, "the server's words")
        self.heard.append(("inventory", device, *(file.relative_to(root).as_posix() for file in files)))
        self.clocks.append((declared or {}).get("clock_offset_ms"))
        return "id"

    def dock(self, path: Path, declared: Mapping[str, str] | None = None) -> Outcome:
        try:
            content = path.read_bytes()
        except OSError:
            return Outcome(path, None, None, "file-unreadable", None, False, "gone")
        self.heard.append(("file", path.name))
        if self.says is not None:
            return Outcome(path, None, None, self.says, None, False, "the server's words")
        self.kept[content] = dict(declared or {})
        return Outcome(path, Digest.of(content), len(content), "receipted", path, self.safe)

    def wipe(self, outcome: Outcome) -> bool:
        outcome.file.unlink()
        return True

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def look(self, after: float = 10) -> list[tuple[str, bool]]:
        """What two looks, so many seconds apart, made of what is there, once all of it has ended."""
        told = list(self.cameras.look())
        self.now += after
        told += self.cameras.look()
        wait(self.cameras._running)
        told += self.cameras.ended()
        return [(one.outcome.outcome, one.wiped) for one in told]


@pytest.fixture
def bay(tmp_path: Path) -> Bay:
    return Bay(tmp_path)


def test_a_camera_is_announced_and_then_sent(bay: Bay) -> None:
    bay.write("BWC-0171/DCIM/2.mp4", b"2")
    bay.write("BWC-0171/DCIM/1.mp4", b"1")
    assert bay.look() == [("receipted", False)] * 2
    assert bay.heard == [
        ("inventory", "BWC-0171", "DCIM/1.mp4", "DCIM/2.mp4"), ("file", "1.mp4"), ("file", "2.mp4"),
    ]  # fmt: skip
    assert bay.kept == {b"1": {"device": "BWC-0171"}, b"2": {"device": "BWC-0171"}}
    assert bay.look(1000) == []
    assert len(bay.heard) == 3, "what has its receipt rests"


def test_what_is_known_of_a_camera_lies_beside_it(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.write("BWC-1.json", '{"operator": "王五", "clock_offset_ms": -1500, "clock_uncertainty_ms": 20}')
    bay.write("bay2/2.mp4", b"2")
    bay.write("bay2.csv", "device\nBWC-2\n")
    bay.look()
    assert bay.kept == {
        b"1": {"device": "BWC-1", "operator": "王五", "clock_offset_ms": "-1500", "clock_uncertainty_ms": "20"},
        b"2": {"device": "BWC-2"},
    }
    assert [one[:2] for one in bay.heard if one[0] == "inventory"] == [("inventory", "BWC-1"), ("inventory", "BWC-2")]
    assert bay.clocks == ["-1500", None]


def test_files_beside_the_cameras_are_nobodys(bay: Bay) -> None:
    bay.write("1.mp4", b"1")
    bay.write("BWC-9.json", "no JSON, and no camera there")
    assert bay.look() == [("receipted", False)]
    assert (bay.heard, bay.kept) == ([("file", "1.mp4")], {b"1": {}})


def test_a_folder_that_is_one_camera(bay: Bay) -> None:
    bay.begin(device="BWC-1")
    bay.write("DCIM/1.mp4", b"1")
    bay.look()
    assert bay.heard == [("inventory", "BWC-1", "DCIM/1.mp4"), ("file", "1.mp4")]


def test_what_is_still_written_is_neither_announced_nor_sent(bay: Bay) -> None:
    """Half a file in an inventory would be missing for good."""
    bay.write("BWC-1/1.mp4", b"1")
    list(bay.cameras.look())
    bay.now += 9
    bay.write("BWC-1/2.mp4", b"2")
    assert bay.look(1) == [("receipted", False)]
    assert bay.heard == [("inventory", "BWC-1", "1.mp4"), ("file", "1.mp4")]
    assert bay.look(9) == [("receipted", False)]
    assert bay.heard[2:] == [("inventory", "BWC-1", "1.mp4", "2.mp4"), ("file", "2.mp4")]


def test_what_a_process_still_writes_is_not_announced_beside_what_is_finished(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    with bay.write("BWC-1/2.mp4", b"2").open("ab"):
        assert bay.look() == [("receipted", False)]
    assert bay.heard == [("inventory", "BWC-1", "1.mp4"), ("file", "1.mp4")]
    assert bay.look(0) == [("receipted", False)]
    assert bay.heard[2:] == [("inventory", "BWC-1", "1.mp4", "2.mp4"), ("file", "2.mp4")]


def test_cameras_take_turns(bay: Bay) -> None:
    for name in ("A/1.mp4", "A/2.mp4", "B/3.mp4", "C/4.mp4", "C/5.mp4"):
        bay.write(name, name.encode())
    bay.look()
    assert [one[1] for one in bay.heard if one[0] == "file"] == ["1.mp4", "3.mp4", "4.mp4", "2.mp4", "5.mp4"]
    assert [one[0] for one in bay.heard[:3]] == ["inventory"] * 3


def test_a_camera_that_was_taken_out_and_comes_back(bay: Bay) -> None:
    path = bay.write("BWC-1/1.mp4", b"1")
    bay.look()
    path.unlink()
    path.parent.rmdir()
    assert bay.look() == []
    bay.write("BWC-1/1.mp4", b"another shift")
    assert bay.look() == [("receipted", False)]
    assert set(bay.kept) == {b"1", b"another shift"}


def test_a_camera_that_goes_while_it_is_sent_is_told_and_forgotten(bay: Bay) -> None:
    path = bay.write("BWC-1/1.mp4", b"1")
    list(bay.cameras.look())
    bay.now += 10
    announce = bay.announce

    def taken_out(*arguments: object, **_: object) -> str | None:
        path.unlink()
        return None

    bay.announce = taken_out  # type: ignore[method-assign]
    assert bay.look(0) == [("file-unreadable", False)]
    bay.announce = announce  # type: ignore[method-assign]
    assert bay.look(1000) == []


def test_nothing_is_sent_before_its_inventory_was_taken(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.write("BWC-2/2.mp4", b"2")
    bay.refuses = "server-unreachable"
    assert bay.look() == [("server-unreachable", False)] * 2
    assert bay.look(9) == []
    assert bay.look(1) == [("server-unreachable", False)] * 2
    assert bay.heard == []
    bay.refuses = None
    assert bay.look(20) == [("receipted", False)] * 2


@pytest.mark.parametrize("said", ["{", '{"sha256": "00"}', f'{{"sha256": "{"0" * 64}"}}', '{"clock_offset_ms": "x"}'])
def test_a_camera_of_which_something_wrong_is_said_waits_until_it_is_mended(bay: Bay, said: str) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.write("BWC-1.json", said)
    assert bay.look() == [("sidecar-invalid", False)]
    assert bay.heard == []
    bay.write("BWC-1.json", "{}")
    assert bay.look(0) == [("receipted", False)]


def test_what_failed_is_tried_ever_later(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.says = "busy"
    assert bay.look() == [("busy", False)]
    assert bay.look(9) == []
    assert bay.look(1) == [("busy", False)]
    bay.says = None
    assert bay.look(19) == []
    assert bay.look(1) == [("receipted", False)]


def test_an_end_by_hand_is_no_outcome(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.says = bay.refuses = "interrupted"
    assert bay.look() == []
    bay.refuses = None
    assert bay.look() == []


def test_what_may_be_wiped_goes_and_what_must_wait_is_asked_for_again(bay: Bay) -> None:
    bay.wiping = True
    bay.begin()
    path = bay.write("BWC-1/1.mp4", b"1")
    bay.safe = False
    assert bay.look() == [("receipted", False)]
    assert bay.look(10) == [], "told once"
    assert path.exists()
    bay.safe = True
    assert bay.look(20) == [("receipted", True)]
    assert not path.exists()
    assert bay.look(1000) == []


def test_without_being_asked_to_nothing_is_wiped(bay: Bay) -> None:
    path = bay.write("BWC-1/1.mp4", b"1")
    assert bay.look() == [("receipted", False)]
    assert path.exists()


def test_a_restart_goes_on(bay: Bay) -> None:
    bay.write("BWC-1/1.mp4", b"1")
    bay.look()
    bay.begin()
    assert bay.look() == [("receipted", False)], "Dock knows the receipt; see its own tests"


def test_a_folder_of_a_camera_that_cannot_be_read_is_told_once(bay: Bay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may take a camera for empty whose card is failing."""
    bay.write("BWC-1/1.mp4", b"1")
    bay.write("BWC-1/bad/2.mp4", b"2")
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", unreadable(bay.folder / "BWC-1/bad"))
        assert bay.look() == [("file-unreadable", False), ("receipted", False)]
        assert bay.look() == []
        patched.setattr(os, "scandir", unreadable(bay.folder))
        assert bay.look() == [("file-unreadable", False)]
    assert bay.look() == [("receipted", False)] * 2


def test_a_folder_that_is_gone_is_waited_for(bay: Bay) -> None:
    bay.folder.rmdir()
    assert bay.look() == []
    bay.write("BWC-1/1.mp4", b"1")
    assert bay.look() == [("receipted", False)]
