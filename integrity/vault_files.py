"""The vault on a local file system: `ab/cd/<sha256>`, put once, read-only, immutable where the kernel lets us.

An object arrives by a hard link from the spool, so no byte is copied and none can change between check and store.
The order of `put_once` is the argument (PROOF §1.2): link, fsync the folder, read back from the disk, remove the
spool's name, fsync, immutable flag last: with the flag set no link can be made and no name removed.
Never overwrites, repairs or removes an object; one whose bytes are not those of its name is a conflict to be reported.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from integrity import durable, immutable
from integrity.digest import READ_SIZE, Digest
from integrity.errors import InvalidDigest, VaultConflict, VaultError, VaultMissing, VaultStrays, VaultUnavailable
from integrity.finding import Finding
from integrity.trace import Traces
from integrity.uncached import holds
from integrity.vault import Checked, Protection, VaultRef

_MODE = 0o444
_COPY_SIZE = 1024 * 1024
_TAKEN = (errno.EEXIST, errno.EPERM)
"""What link(2) says when the name is there, or when either file is immutable already: then bytes are compared."""


class FileVault:
    """A `Vault` in one folder; the spool should be on the same file system, else each object is copied once."""

    checked: Checked = "readback"

    def __init__(
        self, folder: Path, name: str = "files", folder_mode: int = 0o700, traces: Traces | None = None
    ) -> None:
        """`traces`: of bytes that this process received, by which it knows them again when it reads them back."""
        self._folder = folder
        self._name = name
        self._folder_mode = folder_mode
        self._traces = traces or Traces()
        with _translated():
            durable.make_folder(folder, folder_mode)

    @property
    def name(self) -> str:
        return self._name

    def put_once(self, source: Path, digest: Digest) -> VaultRef:
        """See `Vault.put_once`. A kill anywhere leaves at least one name of the bytes; the next call finishes."""
        target = self._path(digest)
        with _translated():
            if not _is_there(source):
                return self._finish(source, target, digest)  # an earlier call took it, or it never was
            durable.make_folder(target.parent, self._folder_mode)
            self._name_it(source, target, digest)
            return self._finish(source, target, digest)

    def take(self, fd: int, digest: Digest) -> VaultRef:
        """Copy the bytes behind a descriptor instead, for whoever gave it may have it open for writing too.

        Durable and repeat-safe like `put_once`; VaultError, and nothing is stored, when they do not have the digest.
        """
        target = self._path(digest)
        with _translated():
            durable.make_folder(target.parent, self._folder_mode)
            if not _is_there(target):
                _copy(fd, target, digest)
            return self._finish(None, target, digest)

    def device(self) -> int:
        """The file system that it lies on, as stat(2) numbers them."""
        with _translated():
            return self._folder.stat().st_dev

    def read(self, ref: VaultRef) -> Iterator[bytes]:
        """See `Vault.read`."""
        with self.open(ref) as file, _translated():
            while piece := file.read(READ_SIZE):
                yield piece

    def open(self, ref: VaultRef) -> BinaryIO:
        """See `Vault.open`."""
        if ref.vault != self._name:
            raise VaultError(f"a reference into vault {ref.vault}, not {self._name}")
        with _translated():
            return os.fdopen(_open_object(self._path(ref.digest)), "rb")

    def find(self, digest: Digest) -> VaultRef | None:
        """See `Vault.find`."""
        with _translated():
            try:
                found = self._path(digest).lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return VaultRef(self._name, digest, found.st_size)

    def digests(self) -> Iterator[Digest]:
        """See `Vault.digests`: what is no object is complained of at the end, when all objects were told."""
        strays: list[str] = []
        with _translated():
            for path in self._files():
                try:
                    digest = Digest.from_hex(path.name)
                except InvalidDigest:
                    strays.append(str(path.relative_to(self._folder)))
                    continue
                if path.is_symlink() or path != self._path(digest):
                    strays.append(str(path.relative_to(self._folder)))
                else:
                    yield digest
        if strays:
            raise VaultStrays([Finding("vault-stray", f"vault {self._name}", f"{path}: no object") for path in strays])

    def protection(self) -> Protection:
        """See `Vault.protection`: sets the flag on a probe and tries to remove it."""
        with _translated():
            failure = immutable.measure(self._folder)
        if failure is None:
            return Protection(True, "chattr +i: the kernel refuses every change until root clears the flag")
        return Protection(False, f"tamper-evident only ({failure})")

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.hex[:2] / digest.hex[2:4] / digest.hex

    def _files(self) -> Iterator[Path]:
        """Everything that is no real folder, one folder at a time; what a writer or a probe may leave is left out."""
        for place, folders, names in os.walk(self._folder, onerror=_raise):
            folders.sort()
            links = [name for name in folders if Path(place, name).is_symlink()]
            for name in sorted(names + links):
                if not durable.is_temporary(name) and name != immutable.PROBE:
                    yield Path(place, name)

    def _name_it(self, source: Path, target: Path, digest: Digest) -> None:
        """Give the source's bytes their name in the vault, or leave the object that has it already."""
        if not stat.S_ISREG(source.lstat().st_mode):
            raise VaultError(f"{source.name} is no regular file")
        durable.sync_file(source)
        try:
            durable.link(source, target)
        except OSError as error:
            if error.errno not in (errno.EXDEV, *_TAKEN):
                raise
            if _is_there(target):
                return  # to be compared; EXDEV comes before EEXIST
            if error.errno != errno.EXDEV:
                raise
            fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                _copy(fd, target, digest)
            finally:
                os.close(fd)

    def _finish(self, source: Path | None, target: Path, digest: Digest) -> VaultRef:
        """Read back, then take the spool's name away, then lock: each step harmless when it was done before."""
        size = self._read_back(source, target, digest)
        try:
            target.chmod(_MODE)
        except PermissionError:
            if not immutable.is_protected(target):  # it was, by an earlier call or one beside us, which set the mode
                raise
        durable.sync_file(target)
        durable.sync_folder(target.parent)  # the name may be one that a killed call made
        if source is not None:
            durable.remove(source)
        # Two names: another call has linked its own source here and not removed it yet; with the flag set it never
        # could. That call, or the retry of it, sets the flag.
        if target.lstat().st_nlink == 1 and immutable.protect(target):
            durable.sync_file(target)
        return VaultRef(self._name, digest, size)

    def _read_back(self, source: Path | None, target: Path, digest: Digest) -> int:
        """Compare the object on the disk; its size. A wrong one that is our own source is taken out of the vault again.

        VaultConflict when it is not ours: it stays for whoever looks into the matter, and so does the source.
        """
        fd = _open_object(target)
        try:
            if holds(fd, digest, self._traces.take(digest)):
                return os.fstat(fd).st_size
        finally:
            os.close(fd)
        if source is not None and _is_there(source) and source.samefile(target):
            durable.remove(target)
            raise VaultError(f"{source.name} does not have the digest {digest}")
        raise VaultConflict(f"the object {digest} has other bytes")


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _open_object(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise VaultMissing(f"no object {path.name}") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise VaultConflict(f"{path.name} is a symbolic link") from error
        raise
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise VaultConflict(f"{path.name} is no regular file")


def _copy(fd: int, target: Path, digest: Digest) -> None:
    """Copy bytes from their first on; the name appears only when what was read had the digest."""
    durable.sweep(target.parent)
    state, offset = hashlib.sha256(), 0
    with suppress(FileExistsError), durable.new_file(target, _MODE) as writer:
        while chunk := os.pread(fd, _COPY_SIZE, offset):
            state.update(chunk)
            offset += writer.write(chunk)
        if Digest(state.digest()) != digest:
            raise VaultError(f"the file does not have the digest {digest}")


def _raise(error: OSError) -> None:
    raise error


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the file system become VaultUnavailable: nothing is known to be lost, and nothing to be stored."""
    try:
        yield
    except OSError as error:
        raise VaultUnavailable(f"{error.strerror or error}: {error.filename or 'vault'}") from error
