"""What is finished is docked once and moved; what is not is left alone; what is refused stays, with the reason."""

import errno
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrity import durable
from integrity.digest import Digest
from player.language import speaking
from scripts.docking import Outcome
from scripts.finished import open_for_writing
from scripts.watch_folder import WatchFolder
from tests.scripts.test_finished import unreadable


def fail(error: BaseException) -> Callable[..., None]:
    """Stands for a call that fails."""

    def call(*_arguments: object) -> None:
        raise error

    return call


class Place:
    """A folder, a clock that the test turns, and a server that keeps what it is given."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "delivered"
        self.folder.mkdir()
        self.now = 0.0
        self.kept: dict[bytes, Mapping[str, str]] = {}
        self.asked = 0
        self.says: str | None = None
        self.begin()

    def begin(self, *, sidecar_needed: bool = False) -> None:
        """As after a restart: nothing remembered."""
        self.watched = WatchFolder(
            self.folder, self.dock, ThreadPoolExecutor(1), lambda: self.now, sidecar_needed=sidecar_needed
        )

    def dock(self, path: Path, declared: Mapping[str, str]) -> Outcome:
        content = path.read_bytes()
        if content not in self.kept:
            self.asked += 1
            if self.says is not None:
                return Outcome(path, None, None, self.says, None, False, "the server's words")
            self.kept[content] = dict(declared)
        return Outcome(path, Digest.of(content), len(content), "receipted", path, True)

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def look(self, after: float = 10) -> list[str]:
        """What two looks, so many seconds apart, made of what is there."""
        with speaking("en"):
            early = list(self.watched.look())
            self.now += after
            return [outcome.outcome for outcome in (*early, *self.watched.look())]

    def lies(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_finished_file_goes_with_its_sidecar(place: Place) -> None:
    place.write("2026-03-01/询问.mp4", b"footage")
    place.write("2026-03-01/询问.json", '{"device": "询问室3"}')
    assert place.look() == ["receipted"]
    assert place.kept == {b"footage": {"device": "询问室3"}}
    assert place.lies() == ["sealed/2026-03-01/询问.mp4", "sealed/2026-03-01/询问.mp4.json"]
    assert place.look() == []


def test_what_grows_waits(place: Place) -> None:
    path = place.write("a.mp4", b"1")
    assert place.look(9.9) == []
    path.write_bytes(b"12")
    assert place.look(9.9) == []
    assert place.look(0.1) == ["receipted"]
    assert list(place.kept) == [b"12"]


def test_a_sidecar_that_comes_late_is_waited_for_as_long_as_the_file_settles(place: Place) -> None:
    place.write("a.mp4", b"1")
    assert place.look(9) == []
    place.write("a.csv", "device\nDSJ-1\n")
    assert place.look(9) == []
    assert place.look(1) == ["receipted"]
    assert place.kept == {b"1": {"device": "DSJ-1"}}


@pytest.mark.parametrize("name", ["a.mp4.part", "a.mp4.filepart", "a.TMP", ".a.mp4", ".upload/a.mp4"])
def test_what_has_an_unfinished_name_waits_for_its_rename(place: Place, name: str) -> None:
    path = place.write(name, b"1")
    assert place.look() == []
    path.rename(place.folder / "b.mp4")
    assert place.look() == ["receipted"]


def test_what_a_process_still_writes_waits(place: Place) -> None:
    with place.write("a.mp4", b"1").open("ab"):
        assert open_for_writing(place.folder / "a.mp4")
        assert place.look(100) == []
    assert not open_for_writing(place.folder / "a.mp4")
    assert place.look(0) == ["receipted"]


def test_links_and_pipes_are_no_deliveries(place: Place, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (place.folder / "a.mp4").symlink_to(tmp_path / "secret")
    (place.folder / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(place.folder / "b.mp4")
    assert place.look() == []
    assert open_for_writing(place.folder / "a.mp4"), "it cannot be looked at, so it is not finished"


def test_what_was_written_to_after_it_was_sent_is_not_moved(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its receipt is of other bytes: what lies there now is received as well, and nothing is taken for it."""
    path = place.write("a.mp4", b"1")
    send = place.watched._docks

    def written_to(sent: Path, declared: Mapping[str, str]) -> Outcome:
        outcome = send(sent, declared)
        if len(place.kept) == 1:
            path.write_bytes(b"12")
        return outcome

    monkeypatch.setattr(place.watched, "_docks", written_to)
    assert place.look() == ["file-changed"]
    assert place.lies() == ["a.mp4", "a.mp4.refused.txt"]
    assert place.look() == ["receipted"]
    assert (place.lies(), set(place.kept)) == (["sealed/a.mp4"], {b"1", b"12"})


def test_two_of_one_name(place: Place) -> None:
    for content in (b"1", b"2", b"3"):
        place.write("a.mp4", content)
        place.write("a.mp4.json", f'{{"device": "{len(place.kept)}"}}')
        assert place.look() == ["receipted"]
    names = [name for number in ("", ".2", ".3") for name in (f"sealed/a{number}.mp4", f"sealed/a{number}.mp4.json")]
    assert place.lies() == sorted(names)
    assert (place.folder / "sealed/a.3.mp4.json").read_text() == '{"device": "2"}'


def test_what_was_refused_stays_with_the_reason_and_is_tried_ever_later(place: Place) -> None:
    place.write("a.mp4", b"1")
    place.says = "upload-too-large"
    assert place.look() == ["upload-too-large"]
    assert place.lies() == ["a.mp4", "a.mp4.refused.txt"]
    words = (place.folder / "a.mp4.refused.txt").read_text()
    assert "upload-too-large" in words
    assert "the server's words" in words
    assert place.look(9) == []
    assert place.look(1) == ["upload-too-large"]
    assert place.look(19) == []
    place.says = None
    assert place.look(1) == ["receipted"]
    assert place.lies() == ["sealed/a.mp4"]
    assert place.asked == 3


def test_a_mended_sidecar_is_tried_at_once(place: Place) -> None:
    place.write("a.mp4", b"1")
    place.write("a.json", "{")
    assert place.look() == ["sidecar-invalid"]
    assert place.asked == 0
    assert "a.json is no JSON" in (place.folder / "a.mp4.refused.txt").read_text()
    place.write("a.json", '{"device": "1"}')
    assert place.look() == ["receipted"]
    assert place.lies() == ["sealed/a.mp4", "sealed/a.mp4.json"]


@pytest.mark.parametrize("name", ["A.JSON", "a.MP4.json", "a.mp4.JSON"])
def test_the_case_of_a_sidecars_name_is_nothing(place: Place, name: str) -> None:
    place.write("a.MP4", b"1")
    place.write(name, '{"device": "1"}')
    assert place.look() == ["receipted"]
    assert place.kept == {b"1": {"device": "1"}}
    assert place.lies() == ["sealed/a.MP4", "sealed/a.MP4.json"]


def test_two_sidecars_are_one_too_many(place: Place) -> None:
    for name in ("a.mp4", "a.json", "a.csv"):
        place.write(name, b"1")
    assert place.look() == ["sidecar-invalid"]
    assert "all describe a.mp4" in (place.folder / "a.mp4.refused.txt").read_text()


def test_two_that_differ_in_case_are_two(place: Place) -> None:
    for name in ("a.mp4", "a.json", "a.JSON"):
        place.write(name, b"{}")
    assert place.look() == ["sidecar-invalid"]


def test_one_sidecar_of_a_picture_and_its_sound_goes_with_both(place: Place) -> None:
    """Whichever comes first: the other is described as well, and neither is taken without."""
    place.begin(sidecar_needed=True)
    place.write("shift.mp4", b"picture")
    place.write("shift.json", '{"device": "room 3"}')
    place.write("shift.wav", b"sound")
    assert place.look() == ["receipted"] * 2
    place.write("late.wav", b"late sound")
    place.write("late.json", '{"device": "room 4"}')
    place.write("late.mp4.part", b"late picture").rename(place.folder / "late.mp4")
    place.says = None
    assert place.look() == ["receipted"] * 2
    assert place.kept == {
        b"picture": {"device": "room 3"}, b"sound": {"device": "room 3"},
        b"late picture": {"device": "room 4"}, b"late sound": {"device": "room 4"},
    }  # fmt: skip
    names = ("late.mp4", "late.wav", "shift.mp4", "shift.wav")
    assert place.lies() == sorted(f"sealed/{name}{end}" for name in names for end in ("", ".json"))


def test_a_sidecar_of_two_is_not_copied_twice_by_a_crash(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a.mp4", b"picture")
    place.write("a.json", '{"device": "1"}')
    place.write("a.wav", b"sound")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(durable, "move", fail(KeyboardInterrupt()))
        place.look()
    assert place.lies() == ["a.json", "a.mp4", "a.wav", "sealed/a.mp4.json"]
    place.begin()
    assert place.look() == ["receipted"] * 2
    assert place.lies() == ["sealed/a.mp4", "sealed/a.mp4.json", "sealed/a.wav", "sealed/a.wav.json"]


@pytest.mark.parametrize("name", ["执" * 83 + ".mp4", "a" * 251 + ".mp4", "法" * 80 + ".mp4"])
def test_the_longest_names_are_refused_explained_and_received(place: Place, name: str) -> None:
    """What cannot be explained under its own name stops nobody, and others that begin alike have their own words."""
    place.write(name, b"1")
    place.write(name[:-5] + "x.mp4", b"2")
    place.write("z.mp4", b"3")
    place.says = "busy"
    assert place.look() == ["busy"] * 3
    assert sum(name.endswith(".refused.txt") for name in place.lies()) == 3
    place.says = None
    assert place.look() == ["receipted"] * 3
    assert len(place.lies()) == 3


def test_what_cannot_be_moved_or_explained_holds_up_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a.mp4", b"1")
    place.write("b.mp4", b"2")
    move = durable.move

    def refuse(source: Path, target: Path) -> None:
        if source.name == "a.mp4":
            raise PermissionError(errno.EACCES, "not permitted")
        move(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(durable, "move", refuse)
        patched.setattr(durable, "replace", fail(OSError(errno.ENOSPC, "full")))
        assert place.look() == ["station-disk", "receipted"]
    assert place.lies() == ["a.mp4", "sealed/b.mp4"]
    assert place.watched.waiting() == 1
    assert place.look() == ["receipted"]
    assert (place.lies(), place.asked) == (["sealed/a.mp4", "sealed/b.mp4"], 2)


@pytest.mark.parametrize("name", ["sealed", "sealed/sub"])
def test_a_link_in_the_place_of_a_folder_leads_nowhere(place: Place, tmp_path: Path, name: str) -> None:
    """Who writes into the folder could have his own files put where only we may write."""
    (tmp_path / "elsewhere").mkdir()
    if name == "sealed":
        place.watched.sealed.rmdir()
    (place.folder / name).symlink_to(tmp_path / "elsewhere")
    place.write("sub/a.mp4", b"1")
    assert place.look() == ["station-disk"]
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (place.folder / name).unlink()
    assert place.look(100) == ["receipted"]
    assert "sealed/sub/a.mp4" in place.lies()


def test_what_went_away_is_not_explained(place: Place) -> None:
    place.write("a.mp4", b"1")
    list(place.watched.look())

    def vanish(path: Path, _declared: Mapping[str, str]) -> Outcome:
        path.unlink()
        return Outcome(path, None, None, "file-unreadable", None, False)

    place.watched._docks = vanish
    assert place.look() == ["file-unreadable"]
    assert place.lies() == []


def test_a_folder_that_cannot_be_read_is_told_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("bad/a.mp4", b"1")
    place.write("b.mp4", b"2")
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", unreadable(place.folder / "bad"))
        assert place.look() == ["file-unreadable", "receipted"]
        assert place.look() == []
        assert place.watched.waiting() == 1
    assert place.look() == ["receipted"]


def test_where_a_sidecar_is_needed(place: Place) -> None:
    place.begin(sidecar_needed=True)
    place.write("a.mp4", b"1")
    assert place.look() == ["sidecar-invalid"]
    place.write("a.json", '{"device": "1"}')
    assert place.look() == ["receipted"]


def test_a_sidecar_without_its_file_waits_and_is_never_sent(place: Place) -> None:
    place.write("a.json", '{"device": "1"}')
    assert place.look(1000) == []
    assert place.lies() == ["a.json"]
    assert place.watched.waiting() == 1


@pytest.mark.parametrize("name", ["a.mp4.part", ".a.mp4", ".upload/a.mp4", "sub/a.json", "a.mp4"])
def test_whatever_is_not_sealed_waits(place: Place, name: str) -> None:
    place.write("done.mp4", b"1")
    assert place.look() == ["receipted"]
    assert place.watched.waiting() == 0
    path = place.write(name, b"2")
    assert place.watched.waiting() == 1
    path.unlink()
    path.symlink_to(place.folder / "sealed")
    assert place.watched.waiting() == 1


def test_our_own_explanation_is_not_waited_for(place: Place) -> None:
    path = place.write("a.mp4", b"1")
    place.says = "busy"
    place.look()
    assert place.watched.waiting() == 1
    path.unlink()
    assert place.lies() == ["a.mp4.refused.txt"]
    assert place.watched.waiting() == 0


def test_an_interrupted_look_explains_nothing(place: Place) -> None:
    place.write("a.mp4", b"1")
    place.says = "interrupted"
    assert place.look() == []
    assert place.lies() == ["a.mp4"]
    assert place.watched.waiting() == 1


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize("done", [False, True])
def test_a_crash_around_each_step_loses_and_repeats_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: int, done: bool
) -> None:
    """The steps of a file that was refused once: explained, sidecar moved, file moved, explanation removed."""
    place.says, place.now = "busy", 0.0
    steps = 0

    def counted(durably: object) -> object:
        def call(*arguments: object) -> None:
            nonlocal steps
            steps += 1
            if steps == step and not done:
                raise KeyboardInterrupt
            durably(*arguments)  # type: ignore[operator]
            if steps == step:
                raise KeyboardInterrupt

        return call

    place.write("a.mp4", b"1")
    place.write("a.json", '{"device": "1"}')
    place.begin(sidecar_needed=True)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        for name in ("replace", "move", "remove"):
            patched.setattr(durable, name, counted(getattr(durable, name)))
        place.look()
        place.says = None
        place.look(100)
    place.says = None
    place.begin(sidecar_needed=True)
    place.look()
    assert {name for name in place.lies() if not name.endswith(".refused.txt")} == {
        "sealed/a.mp4", "sealed/a.mp4.json",
    }  # fmt: skip
    assert place.kept == {b"1": {"device": "1"}}
