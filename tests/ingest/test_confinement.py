"""A real child in the confinement of decoders goes for keys, catalog, other uploads, the vault, the network and the
machine: each try fails, or the service says that on this kernel it would not.
"""

import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.confinement import Confinement, measure
from ingest.errors import ChildAnswerInvalid, ChildCrashed
from ingest.task import Limits, Reply, Task
from ingest.trial import ATTEMPTS
from tests.ingest.children import UNFILTERED, UNWILLING, children, misbehaving

WORTH_IT = {
    "key": "data/keys/receipt.key",
    "catalog": "data/catalog.sqlite3",
    "another upload": "data/spool/0123456789abcdefghijklmnop/content",
    "another original": "data/vault/ab/cd/abcd",
    "another copy": "data/renditions/0123/media.mp4",
    "the lock": "data/lock",
}
REFUSALS = ("EPERM", "EACCES", "ESRCH", "EXDEV", "ENOSYS")
LANDLOCK = "ingest.confine.restrict = lambda *_: 'refused: ENOSYS'"
NAMESPACES = "ingest.confine._unshare = lambda: 'refused: EPERM'"


@pytest.fixture(scope="module")
def here() -> Confinement:
    """What this machine's kernel takes away."""
    return measure(children())


def test_a_child_that_tries_gets_at_nothing(tmp_path: Path, here: Confinement) -> None:
    if here.holes:
        pytest.skip(f"this kernel leaves holes, and says so: {here.told}")
    assert broken_out(tmp_path) == {}
    assert {path: (tmp_path / path).read_bytes() for path in WORTH_IT.values()} == {
        path: path.encode() for path in WORTH_IT.values()
    }
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("lacking", [NAMESPACES, UNFILTERED])
def test_without_one_of_them_the_files_are_as_far_away(tmp_path: Path, here: Confinement, lacking: str) -> None:
    """No layer rests on another one; what each alone keeps away is measured, not believed."""
    if here.holes:
        pytest.skip(f"this kernel leaves holes, and says so: {here.told}")
    got = broken_out(tmp_path, lacking)
    assert not [attempt for attempt in got if attempt.startswith(("read ", "write ", "cut ", "link ", "move "))], got
    assert "take its files" not in got


def test_a_child_that_nothing_holds_gets_at_everything(tmp_path: Path) -> None:
    """The tries are able to succeed."""
    got = broken_out(tmp_path, UNWILLING)
    assert {f"{act} {name}" for act in ("read", "write", "cut", "open", "remove") for name in WORTH_IT} <= {
        attempt.removesuffix(" to others") for attempt in got
    }
    assert {"connect", "connect to a UNIX socket", "send by a pair of sockets", "read its environment",
            "take its files", "start a process", "end the service"} <= set(got)  # fmt: skip
    assert not any((tmp_path / path).exists() for path in WORTH_IT.values())


def broken_out(folder: Path, more: str = "") -> Mapping[str, str]:
    """What a child got at of what lies here."""
    for name in WORTH_IT.values():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    (folder / "work").mkdir()
    with ExitStack() as stack:
        network = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        for name, kind in (("socket", socket.SOCK_STREAM), ("datagrams", socket.SOCK_DGRAM)):
            line = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            line.bind(str(folder / name))
            if kind is socket.SOCK_STREAM:
                line.listen()
        held = stack.enter_context((folder / WORTH_IT["catalog"]).open("rb")).fileno()
        service = stack.enter_context(subprocess.Popen(["sleep", "600"], pass_fds=(held,)))
        stack.callback(service.kill)
        told = {
            "paths": {name: str(folder / path) for name, path in WORTH_IT.items()},
            "socket": str(folder / "socket"), "datagrams": str(folder / "datagrams"),
            "port": network.getsockname()[1], "service": service.pid, "held": held,
        }  # fmt: skip
        reply = misbehaving(folder, more=more).run(Task("break_out", told, None, folder / "work"), Limits(wall_s=60))
    return {name: said for name, said in reply.answer["tried"].items() if said not in REFUSALS}


@pytest.mark.parametrize("bomb", ["fork", "throng"])
def test_nobody_multiplies(tmp_path: Path, here: Confinement, bomb: str) -> None:
    if "start-process" in here.holes:
        pytest.skip(f"this kernel filters no calls, and says so: {here.told}")
    with pytest.raises(ChildCrashed, match=r"PermissionError|more than 256 threads|can't start new thread"):
        misbehaving(tmp_path).run(Task(bomb), Limits(wall_s=120))


def test_what_the_kernel_does_not_take_away_is_told(tmp_path: Path, here: Confinement) -> None:
    nothing = measure(misbehaving(tmp_path, more=UNWILLING))
    assert set(ATTEMPTS) - {"gain-privileges"} <= set(nothing.holes), "which a container may keep from all of us"
    assert nothing.told.startswith("calls refused: ENOSYS, landlock refused: ENOSYS, limits set")
    if here.holes:
        pytest.skip(f"this kernel leaves holes of its own: {here.told}")
    files = measure(misbehaving(tmp_path, more=LANDLOCK))
    assert {"read-file", "write-file", "list-folder", "remove-file"} <= set(files.holes)
    assert not {"connect-machine", "start-process", "change-mode"} & set(files.holes)
    calls = measure(misbehaving(tmp_path, more=UNFILTERED))
    assert {"connect-machine", "change-mode", "hoard-memory"} <= set(calls.holes)
    assert not {"read-file", "write-file", "list-folder", "read-process"} & set(calls.holes)


def test_a_long_way_to_temporary_files_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("a" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert "connect-machine" in measure(misbehaving(tmp_path, more=UNWILLING)).holes


def test_a_child_that_leaves_a_try_out_is_not_believed() -> None:
    class Lazy:
        def run(self, task: Task, limits: Limits) -> Reply:
            return Reply({"attempts": {}}, {}, "")

    with pytest.raises(ChildAnswerInvalid):
        measure(Lazy())
