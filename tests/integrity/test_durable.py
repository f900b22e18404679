"""Durable operations: what they do, that they never overwrite, and that a failing call is passed on, both ways."""

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity import durable
from tests.fakes.interruptions import Interrupted, calls_of, failing, interrupting


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_write_new_writes_bytes_and_mode(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "a", b"bytes", 0o640)
    assert (tmp_path / "a").read_bytes() == b"bytes"
    assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o640
    assert names(tmp_path) == {"a"}


def test_write_new_accepts_equal_bytes_and_refuses_others(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "a", b"bytes")
    durable.write_new(tmp_path / "a", b"bytes")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "a", b"other")
    assert (tmp_path / "a").read_bytes() == b"bytes"
    assert names(tmp_path) == {"a"}


def test_write_new_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"bytes")
    (tmp_path / "a").symlink_to("target")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "a", b"bytes")


def test_write_new_takes_the_longest_name(tmp_path: Path) -> None:
    durable.write_new(tmp_path / ("证" * 85), b"255 bytes of name")
    assert len(names(tmp_path)) == 1


def test_new_file_is_not_there_before_its_block_ended_well(tmp_path: Path) -> None:
    with durable.new_file(tmp_path / "a") as file:
        file.write(b"bytes")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"bytes"


def test_new_file_of_a_failed_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), durable.new_file(tmp_path / "a") as file:
        file.write(b"bytes")
        raise ZeroDivisionError
    assert names(tmp_path) == set()


def test_replace(tmp_path: Path) -> None:
    durable.replace(tmp_path / "a", b"one")
    durable.replace(tmp_path / "a", b"two", 0o644)
    assert (tmp_path / "a").read_bytes() == b"two"
    assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o644
    assert names(tmp_path) == {"a"}


def test_make_folder_makes_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "file").touch()
    durable.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "file").exists()
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_make_folder_refuses_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError):
        durable.make_folder(tmp_path / "a")


def test_link_shares_the_bytes_and_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    durable.link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").samefile(tmp_path / "b")
    with pytest.raises(FileExistsError):
        durable.link(tmp_path / "a", tmp_path / "b")


def test_move_is_repeatable_and_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    durable.move(tmp_path / "a", tmp_path / "b")
    durable.move(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == {"b"}
    (tmp_path / "a").mkdir()
    with pytest.raises(FileExistsError):
        durable.move(tmp_path / "a", tmp_path / "b")


def test_move_of_what_never_was_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        durable.move(tmp_path / "a", tmp_path / "b")


def test_remove_is_repeatable(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    durable.remove(tmp_path / "a")
    durable.remove(tmp_path / "a")
    assert names(tmp_path) == set()


def test_remove_tree_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "out").symlink_to(tmp_path / "kept")
    durable.remove_tree(tmp_path / "a")
    durable.remove_tree(tmp_path / "a")
    assert names(tmp_path) == {"kept"}
    assert names(tmp_path / "kept") == {"file"}
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    with pytest.raises(NotADirectoryError):
        durable.remove_tree(tmp_path / "link")


def test_sweep_removes_what_a_dead_writer_left_and_nothing_else(tmp_path: Path) -> None:
    for name in (".0123.tmp", "kept.tmp", ".kept"):
        (tmp_path / name).touch()
    (tmp_path / ".folder.tmp").mkdir()
    assert durable.sweep(tmp_path) == 1
    assert names(tmp_path) == {"kept.tmp", ".kept", ".folder.tmp"}


def test_sweep_keeps_what_a_live_writer_is_writing(tmp_path: Path) -> None:
    with durable.new_file(tmp_path / "a") as file:
        file.write(b"bytes")
        assert durable.sweep(tmp_path) == 0
    assert (tmp_path / "a").read_bytes() == b"bytes"


def test_a_name_swept_before_it_was_locked_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.flock
    swept: list[Path] = []

    def sweep_first(fd: int, operation: int) -> None:
        if not swept:
            swept.extend(tmp_path.glob(".*.tmp"))
            swept[0].unlink()
        real(fd, operation)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    durable.write_new(tmp_path / "a", b"bytes")
    assert (tmp_path / "a").read_bytes() == b"bytes"


def test_of_many_writers_of_one_name_one_wins(tmp_path: Path) -> None:
    refused: list[bytes] = []

    def write(content: bytes) -> None:
        try:
            durable.write_new(tmp_path / "a", content)
        except FileExistsError:
            refused.append(content)

    threads = [threading.Thread(target=write, args=(bytes([number]),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert (tmp_path / "a").read_bytes() not in refused
    assert names(tmp_path) == {"a"}


def test_sync_file_takes_a_path_and_a_descriptor(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    with interrupting(0, False, lambda: None) as made:
        durable.sync_file(tmp_path / "a")
        with (tmp_path / "a").open("rb") as file:
            durable.sync_file(file.fileno())
    assert made == ["fsync", "fsync"]


OPERATIONS: dict[str, Callable[[Path], object]] = {
    "write_new": lambda folder: durable.write_new(folder / "new", b"new"),
    "replace": lambda folder: durable.replace(folder / "file", b"new"),
    "make_folder": lambda folder: durable.make_folder(folder / "made"),
    "link": lambda folder: durable.link(folder / "file", folder / "linked"),
    "move": lambda folder: durable.move(folder / "file", folder / "moved"),
    "remove": lambda folder: durable.remove(folder / "file"),
    "remove_tree": lambda folder: durable.remove_tree(folder / "tree"),
}


def begun(folder: Path) -> Path:
    (folder / "tree").mkdir(parents=True)
    (folder / "tree" / "leaf").touch()
    (folder / "file").write_bytes(b"file")
    return folder


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-reported-failed"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_failing_call_is_never_reported_as_success(tmp_path: Path, name: str, after: bool) -> None:
    operation = OPERATIONS[name]
    whole = begun(tmp_path / "whole")
    for number in range(1, calls_of(lambda: operation(whole)) + 1):
        folder = begun(tmp_path / str(number))
        with pytest.raises(Interrupted), failing(number, after):
            operation(folder)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_ends_with_the_folder_synced(tmp_path: Path, name: str) -> None:
    folder = begun(tmp_path / "place")
    with interrupting(0, False, lambda: None) as made:
        OPERATIONS[name](folder)
    assert made[-1] == "fsync"


def test_write_new_syncs_the_bytes_before_it_names_them(tmp_path: Path) -> None:
    with interrupting(0, False, lambda: None) as made:
        durable.write_new(tmp_path / "a", b"bytes")
    assert made == ["fsync", "link", "unlink", "fsync"]
    assert os.path.lexists(tmp_path / "a")
