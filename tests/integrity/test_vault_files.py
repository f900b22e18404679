"""The file vault: the contract, and what is special to files: links, modes, flags, other file systems, strays."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrity import immutable, vault_files
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultUnavailable
from integrity.trace import Trace, Tracer, Traces
from integrity.uncached import holds, of_disk
from integrity.vault_files import FileVault
from tests.contracts.vault import BODY, Damage, VaultContract, spooled
from tests.fakes.immutable import clear_one
from tests.fakes.interruptions import ROOT, interrupting

DIGEST = Digest.of(BODY)


@pytest.fixture
def spool(place: Path) -> Path:
    (place / "spool").mkdir()
    return place / "spool"


@pytest.fixture
def vault(place: Path) -> FileVault:
    return FileVault(place / "vault")


def lies(place: Path, digest: Digest = DIGEST) -> Path:
    """Where the format says an object lies, written out rather than asked for."""
    return place / "vault" / digest.hex[0:2] / digest.hex[2:4] / digest.hex


@pytest.fixture
def damage(place: Path) -> Damage:
    def change(digest: Digest, body: bytes) -> None:
        clear_one(lies(place, digest))
        lies(place, digest).chmod(0o600)
        lies(place, digest).write_bytes(body)

    return change


class TestFileVault(VaultContract):
    pass


@pytest.fixture
def immutable_place(place: Path) -> Iterator[Path]:
    """Skips where this user or file system has no immutable flag."""
    why = immutable.measure(place)
    if why is not None:
        pytest.skip(why)
    yield place


def test_an_object_is_the_spool_file_itself(place: Path, vault: FileVault, spool: Path) -> None:
    source = spooled(spool)
    inode = source.stat().st_ino
    vault.put_once(source, DIGEST)
    assert lies(place).stat().st_ino == inode, "linked, not copied"
    assert not source.exists()
    assert lies(place).stat().st_nlink == 1
    assert lies(place).stat().st_mode & 0o7777 == 0o444


def test_an_object_is_immutable_where_the_kernel_allows(immutable_place: Path, vault: FileVault, spool: Path) -> None:
    vault.put_once(spooled(spool), DIGEST)
    path = lies(immutable_place)
    assert "i" in subprocess.run(["lsattr", str(path)], check=True, capture_output=True, text=True).stdout.split()[0]
    assert immutable.is_protected(path)
    for attempt in (path.unlink, lambda: path.rename(spool / "away"), lambda: path.write_bytes(b""), path.touch):
        with pytest.raises(PermissionError):
            attempt()
    assert vault.protection().immutable


def test_without_the_flag_the_vault_says_so(vault: FileVault, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("fcntl.ioctl", refused)
    ref = vault.put_once(spooled(spool), DIGEST)
    protection = vault.protection()
    assert not protection.immutable
    assert "tamper-evident only" in protection.detail
    assert vault.find(DIGEST) == ref


def test_a_flag_that_does_not_hold_is_not_believed(vault: FileVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.ioctl", lambda *_: 0)
    assert not vault.protection().immutable


def test_a_probe_left_by_a_killed_process_is_taken_over(immutable_place: Path, vault: FileVault) -> None:
    probe = immutable_place / "vault" / immutable.PROBE
    probe.touch()
    assert immutable.protect(probe)
    assert vault.protection().immutable
    assert not probe.exists()


def test_the_order_of_the_durable_calls(immutable_place: Path, vault: FileVault, spool: Path) -> None:
    vault.put_once(spooled(spool, b"another", "another"), Digest.of(b"another"))
    source = spooled(spool)
    lies(immutable_place).parent.mkdir(parents=True)
    with interrupting(0, False, lambda: None) as made:
        vault.put_once(source, DIGEST)
    steps = [name for name in made if name != "mkdir"]
    assert steps[steps.index("link") - 1] == "fsync", "bytes before names"
    assert steps[steps.index("link") + 1] == "fsync", "the new name before the old one goes"
    assert steps[steps.index("unlink") + 1] == "fsync"
    assert steps[-3:] == ["ioctl", "ioctl", "fsync"], "the flag comes last"


def test_another_file_system_is_copied_from(place: Path, vault: FileVault, spool: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108 (no temporary file: the one other file system there nearly always is)
    if not other.is_dir() or other.stat().st_dev == place.stat().st_dev:
        pytest.skip("no second file system at /dev/shm")
    source = other / f"tiezheng-test-{os.getpid()}"
    source.write_bytes(BODY)
    try:
        assert vault.put_once(source, DIGEST).size == len(BODY)
        assert not source.exists()
        assert lies(place).read_bytes() == BODY
        source.write_bytes(BODY)
        vault.put_once(source, DIGEST)
        source.write_bytes(b"other")
        with pytest.raises(VaultError):
            vault.put_once(source, Digest.of(b"not it"))
        assert source.read_bytes() == b"other"
    finally:
        source.unlink(missing_ok=True)
    assert [path.name for path in (place / "vault").rglob("*") if path.is_file()] == [DIGEST.hex]


def test_a_part_of_a_copy_is_swept_by_the_next(
    place: Path, vault: FileVault, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lies(place).parent.mkdir(parents=True)
    (lies(place).parent / ".0123456789abcdef.tmp").write_bytes(BODY[:100])
    assert list(vault.digests()) == [], "not an object, and not complained of"
    real = os.link

    def other_device(source: Path, target: Path, **options: bool) -> None:
        if Path(source).parent == spool:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, **options)

    monkeypatch.setattr(os, "link", other_device)
    vault.put_once(spooled(spool), DIGEST)
    assert [path.name for path in lies(place).parent.iterdir()] == [DIGEST.hex]


def test_a_conflicting_object_that_is_there_first_stays(place: Path, vault: FileVault, spool: Path) -> None:
    lies(place).parent.mkdir(parents=True)
    lies(place).write_bytes(b"planted")
    with pytest.raises(VaultConflict):
        vault.put_once(spooled(spool), DIGEST)
    assert lies(place).read_bytes() == b"planted"


def test_a_link_or_folder_in_an_objects_place_is_a_conflict(place: Path, vault: FileVault, spool: Path) -> None:
    lies(place).parent.mkdir(parents=True)
    lies(place).symlink_to("/dev/null")
    with pytest.raises(VaultConflict):
        vault.put_once(spooled(spool), DIGEST)
    lies(place).unlink()
    lies(place).mkdir()
    with pytest.raises(VaultConflict):
        vault.put_once(spooled(spool), DIGEST)


def test_strays_are_named_after_all_objects(place: Path, vault: FileVault, spool: Path) -> None:
    vault.put_once(spooled(spool), DIGEST)
    (place / "vault" / "note.txt").touch()
    misplaced = place / "vault" / "00" / "11" / Digest.of(b"misplaced").hex
    misplaced.parent.mkdir(parents=True)
    misplaced.touch()
    (place / "vault" / "link").symlink_to(place / "spool")
    told = []
    with pytest.raises(VaultError) as complaint:
        for digest in vault.digests():
            told.append(digest)
    assert told == [DIGEST]
    for name in ("note.txt", misplaced.name, "link"):
        assert name in str(complaint.value)


def test_an_error_of_the_disk_is_unavailable_not_lost(
    vault: FileVault, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    source = spooled(spool)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(VaultUnavailable, match="No space"):
            vault.put_once(source, DIGEST)
    assert vault.put_once(source, DIGEST).digest == DIGEST


def test_a_put_of_equal_bytes_does_not_lock_anothers_spool_name(
    place: Path, vault: FileVault, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = spooled(spool, name="first"), spooled(spool, name="second")
    overtaken: list[bool] = []

    def overtaking(fd: int, digest: Digest, trace: Trace | None) -> bool:
        if not overtaken:  # the first call has linked and now reads back: let the second one finish meanwhile
            overtaken.append(True)
            vault.put_once(second, DIGEST)
        return holds(fd, digest, trace)

    monkeypatch.setattr(vault_files, "holds", overtaking)
    vault.put_once(first, DIGEST)
    assert list(spool.iterdir()) == []
    assert immutable.is_protected(lies(place)) == (immutable.measure(place) is None)


def test_two_processes_put_the_same_bytes(place: Path, spool: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from integrity.vault_files import FileVault; "
        "from integrity.digest import Digest; "
        "[FileVault(Path(sys.argv[1])).put_once(Path(path), Digest.from_hex(sys.argv[2])) for path in sys.argv[3:]]"
    )
    runs = []
    for process in range(2):
        names = [str(spooled(spool, name=f"{process}-{number}")) for number in range(20)]
        runs.append(subprocess.Popen([sys.executable, "-c", code, str(place / "vault"), DIGEST.hex, *names], cwd=ROOT))
    assert [run.wait(60) for run in runs] == [0, 0]
    assert list(FileVault(place / "vault").digests()) == [DIGEST]
    assert list(spool.iterdir()) == []


def traced(body: bytes, digest: Digest) -> Traces:
    """What a process knows that received this body and found that it has this digest."""
    tracer, traces = Tracer(os.urandom), Traces()
    tracer.update(body)
    tracer.keep()
    traces.keep(digest, tracer.trace())
    return traces


def test_what_passed_here_is_known_again_without_hashing(
    place: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = FileVault(place / "vault", traces=traced(BODY, DIGEST))
    with monkeypatch.context() as patch:
        patch.setattr("integrity.uncached.of_disk", lambda _fd: pytest.fail("it was hashed"))
        assert vault.put_once(spooled(spool), DIGEST).size == len(BODY)
    hashed: list[int] = []

    def hashing(fd: int) -> Digest:
        hashed.append(fd)
        return of_disk(fd)

    monkeypatch.setattr("integrity.uncached.of_disk", hashing)
    vault.put_once(spooled(spool), DIGEST)
    assert len(hashed) == 1  # a trace serves once


def test_what_changed_on_its_way_to_the_vault_is_refused_by_its_trace_too(place: Path, spool: Path) -> None:
    vault = FileVault(place / "vault", traces=traced(BODY, DIGEST))
    source = spooled(spool, bytes([BODY[0] ^ 1]) + BODY[1:])
    with pytest.raises(VaultError, match="does not have the digest"):
        vault.put_once(source, DIGEST)
    assert source.exists()
    assert list(vault.digests()) == []


def test_other_bytes_of_this_name_are_a_conflict_with_a_trace_too(place: Path, spool: Path, damage: Damage) -> None:
    FileVault(place / "vault").put_once(spooled(spool), DIGEST)
    damage(DIGEST, b"x" + BODY)
    vault = FileVault(place / "vault", traces=traced(BODY, DIGEST))
    with pytest.raises(VaultConflict):
        vault.put_once(spooled(spool), DIGEST)
