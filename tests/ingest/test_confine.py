"""What a confined child can still see and reach: its original, its folder, and nothing else the kernel lets us take."""

import os
import socket
from pathlib import Path

import pytest

from ingest.errors import ChildTimedOut
from ingest.task import Limits, Reply, Task
from tests.ingest.children import UNWILLING, misbehaving


def test_where_the_kernel_refuses_the_child_works_and_says_so(tmp_path: Path) -> None:
    reply = misbehaving(tmp_path, more=UNWILLING).run(Task("version"), Limits())
    assert reply.confinement == {
        "namespaces": "refused: EPERM", "landlock": "refused: ENOSYS", "limits": "set",
        "privileges": "refused: EPERM", "calls": "refused: ENOSYS",
    }  # fmt: skip
    with pytest.raises(ChildTimedOut):
        misbehaving(tmp_path, more=UNWILLING).run(Task("hang"), Limits(wall_s=1.0))


def test_a_child_sees_nothing_but_its_original_and_its_folder(tmp_path: Path) -> None:
    seen = _look(tmp_path).answer
    assert seen["original"] == "evidence"
    assert seen["original_written"] != "done"
    assert seen["made"] == "done"
    assert (tmp_path / "work" / "made").stat().st_mode & 0o077 == 0
    assert seen["umask"] == 0o077
    assert len(seen["descriptors"]) <= 6, "standard ones, the original, the answer, and the listing's own"
    assert not [name for name in seen["environment"] if name.startswith("TIEZHENG") and name != "TIEZHENG_TEST_MARK"]
    assert seen["session"]


def test_a_child_has_no_network_and_no_other_processes(tmp_path: Path) -> None:
    reply = _look(tmp_path)
    if reply.confinement["namespaces"].startswith("refused"):
        pytest.skip(f"this kernel or container makes no namespaces: {reply.confinement['namespaces']}")
    assert reply.answer["connected"] != "done"
    assert reply.answer["signalled"] in ("ProcessLookupError", "PermissionError")


def test_a_child_reads_and_writes_no_neighbour(tmp_path: Path) -> None:
    reply = _look(tmp_path)
    if reply.confinement["landlock"].startswith("refused"):
        pytest.skip(f"this kernel has no Landlock: {reply.confinement['landlock']}")
    assert reply.answer["read"] == reply.answer["written"] == "PermissionError"
    assert (tmp_path / "key").read_text() == "secret"


def _look(folder: Path) -> Reply:
    (folder / "key").write_text("secret")
    (folder / "original").write_text("evidence")
    (folder / "original").chmod(0o444)
    work = folder / "work"
    work.mkdir()
    fd = os.open(folder / "original", os.O_RDONLY)
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            arguments = {
                "neighbour": str(folder / "key"),
                "port": server.getsockname()[1],
                "service": os.getpid(),
            }
            return misbehaving(folder).run(Task("look", arguments, fd, work), Limits())
    finally:
        os.close(fd)
