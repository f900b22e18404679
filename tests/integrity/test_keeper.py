"""The keeper: what it takes and from whom; a vault behind it keeps the contract; as another user, really immutable."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrity import immutable
from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultError, VaultMissing, VaultRefused, VaultUnavailable
from integrity.keeper import Keeper, KeeperClient
from integrity.vault_files import FileVault
from integrity.vault_kept import KeptVault
from tests.contracts.vault import BODY, Damage, VaultContract, spooled, stored
from tests.fakes.immutable import clear_immutable, clear_one
from tests.fakes.interruptions import ROOT
from tests.servers.postgres import reachable_folder

DIGEST = Digest.of(BODY)


@pytest.fixture
def spool(place: Path) -> Path:
    (place / "spool").mkdir()
    return place / "spool"


def kept(place: Path, permitted: int) -> Iterator[KeeperClient]:
    keeper = Keeper(FileVault(place / "vault", folder_mode=0o755), place / "keeper.sock", [permitted])
    thread = threading.Thread(target=keeper.serve, daemon=True)
    thread.start()
    yield KeeperClient(place / "keeper.sock")
    keeper.stop()
    thread.join()


@pytest.fixture
def client(place: Path) -> Iterator[KeeperClient]:
    yield from kept(place, os.geteuid())


@pytest.fixture
def vault(place: Path, client: KeeperClient) -> KeptVault:
    return KeptVault(place / "vault", client)


@pytest.fixture
def damage(place: Path) -> Damage:
    def change(digest: Digest, body: bytes) -> None:
        path = place / "vault" / digest.hex[0:2] / digest.hex[2:4] / digest.hex
        clear_one(path)
        path.chmod(0o600)
        path.write_bytes(body)

    return change


class TestKeptVault(VaultContract):
    pass


def taken(client: KeeperClient, path: Path, digest: Digest, flags: int = os.O_RDONLY) -> None:
    fd = os.open(path, flags)
    try:
        client.take(fd, digest)
    finally:
        os.close(fd)


def test_the_object_is_no_file_that_anybody_has_open(place: Path, client: KeeperClient, spool: Path) -> None:
    source = spooled(spool)
    with source.open("r+b") as writer:
        taken(client, source, DIGEST)
        writer.write(b"changed behind its back")
        writer.flush()
    path = next((place / "vault").rglob(DIGEST.hex))
    assert path.read_bytes() == BODY
    assert path.stat().st_ino != source.stat().st_ino
    assert path.stat().st_mode & 0o7777 == 0o444
    assert immutable.is_protected(path) == (immutable.measure(place) is None)


@pytest.fixture
def stranger(place: Path) -> Iterator[KeeperClient]:
    """A client of a keeper that serves somebody else."""
    yield from kept(place, os.geteuid() + 1)


def test_a_stranger_is_refused(place: Path, stranger: KeeperClient, spool: Path) -> None:
    for attempt in (lambda: taken(stranger, spooled(spool), DIGEST), stranger.measure):
        with pytest.raises(VaultRefused, match="may not"):
            attempt()
    assert not list((place / "vault").rglob(DIGEST.hex))


def test_only_a_regular_file_is_taken(place: Path, client: KeeperClient, spool: Path) -> None:
    os.mkfifo(spool / "pipe")
    for path, flags in ((spool, os.O_RDONLY), (spool / "pipe", os.O_RDONLY | os.O_NONBLOCK), (Path("/dev/null"), 0)):
        with pytest.raises(VaultRefused, match="no regular file"):
            taken(client, path, DIGEST, flags)


def test_a_file_of_another_file_system_is_refused(place: Path, client: KeeperClient) -> None:
    if Path("/proc").stat().st_dev == place.stat().st_dev:
        pytest.skip("/proc is not a file system of its own here")
    with pytest.raises(VaultRefused, match="another file system"):
        taken(client, Path("/proc/self/status"), DIGEST)


def test_bytes_of_another_digest_are_not_taken(place: Path, client: KeeperClient, spool: Path) -> None:
    with pytest.raises(VaultError, match="does not have the digest"):
        taken(client, spooled(spool, b"other"), DIGEST)
    assert [path for path in (place / "vault").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{", b"[]\n", b"{}\n", b'{"clear": "x"}\n', b'{"take": 1}\n', b"[" * 1023 + b"\n", b"x" * 5000,
     b"\xff\n"],
    ids=["nothing", "blank", "cut", "list", "empty", "clear", "number", "deep", "long", "bytes"],
)  # fmt: skip
def test_anything_else_is_refused_and_the_next_is_served(place: Path, client: KeeperClient, content: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(place / "keeper.sock"))
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)
    assert b'"error"' in answer
    assert client.measure().detail


def test_more_than_one_descriptor_is_refused(place: Path, client: KeeperClient, spool: Path) -> None:
    with spooled(spool).open("rb") as file:
        with pytest.raises(VaultRefused):
            client._ask({"take": DIGEST.hex}, [file.fileno(), file.fileno()])
        with pytest.raises(VaultRefused):
            client._ask({"take": DIGEST.hex}, [])


def test_without_a_keeper_nothing_is_lost(place: Path, spool: Path) -> None:
    FileVault(place / "vault")
    vault = KeptVault(place / "vault", KeeperClient(place / "nobody.sock"))
    source = spooled(spool)
    for attempt in (lambda: vault.put_once(source, DIGEST), vault.protection):
        with pytest.raises(VaultUnavailable):
            attempt()
    assert source.read_bytes() == BODY
    with pytest.raises(VaultMissing):
        vault.put_once(spool / "nothing", DIGEST)


def test_what_the_keeper_says_it_took_is_read_back(
    place: Path, vault: KeptVault, client: KeeperClient, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = spooled(spool)
    with monkeypatch.context() as patch:
        patch.setattr(client, "take", lambda *_: None)
        with pytest.raises(VaultMissing):
            vault.put_once(source, DIGEST)
    path = place / "vault" / DIGEST.hex[0:2] / DIGEST.hex[2:4] / DIGEST.hex
    path.parent.mkdir(parents=True)
    path.write_bytes(b"planted")
    monkeypatch.setattr(client, "take", lambda *_: None)
    with pytest.raises(VaultConflict):
        vault.put_once(source, DIGEST)
    assert source.read_bytes() == BODY


def test_a_keeper_that_is_our_own_user_protects_nothing(place: Path, vault: KeptVault) -> None:
    protection = vault.protection()
    assert not protection.immutable
    assert "tamper-evident only" in protection.detail


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that another user can walk into: pytest's own are root's alone."""
    made = Path(tempfile.mkdtemp(prefix="tiezheng-keeper-", dir=reachable_folder()))
    made.chmod(0o711)
    yield made
    clear_immutable(made)
    shutil.rmtree(made)


def test_a_keeper_of_another_user_with_the_one_capability(reachable: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to start a keeper as another user")
    if immutable.measure(reachable) is not None:
        pytest.skip("this file system has no immutable flag")
    nobody = pwd.getpwnam("nobody").pw_uid
    folder = reachable / "kept"
    folder.mkdir()
    os.chown(folder, nobody, nobody)
    caps = "-all,+linux_immutable"
    command = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", f"--inh-caps={caps}",
               f"--ambient-caps={caps}", f"--bounding-set={caps}", sys.executable, "-m", "scripts.cli", "keeper",
               "--vault", str(folder / "vault"), "--socket", str(folder / "sock"), "--for", "0"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        while not (folder / "sock").exists() and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[0].decode()
        vault = KeptVault(folder / "vault", KeeperClient(folder / "sock"))
        ref = vault.put_once(spooled(reachable), DIGEST)
        path = next((folder / "vault").rglob(DIGEST.hex))
        assert stored(vault, ref) == BODY
        assert (path.stat().st_uid, path.stat().st_mode & 0o7777) == (nobody, 0o444)
        assert immutable.is_protected(path)
        assert vault.protection().immutable
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done-but-not-answered"])
def test_an_answer_that_did_not_come_costs_nothing(
    place: Path, vault: KeptVault, client: KeeperClient, spool: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    source, take = spooled(spool), client.take

    def silent(fd: int, digest: Digest) -> None:
        if after:
            take(fd, digest)
        raise VaultUnavailable("the keeper ended without an answer")

    with monkeypatch.context() as patch:
        patch.setattr(client, "take", silent)
        with pytest.raises(VaultUnavailable):
            vault.put_once(source, DIGEST)
    assert source.read_bytes() == BODY, "it stays until the object was read back"
    ref = vault.put_once(source, DIGEST)
    assert stored(vault, ref) == BODY
    assert not source.exists()
    assert [path.name for path in (place / "vault").rglob("*") if path.is_file()] == [DIGEST.hex]
