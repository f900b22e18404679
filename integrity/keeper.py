"""The keeper: a process under a user of its own that owns the vault, takes bytes in, and never lets any out or go.

Whoever runs the service can then not clear the immutable flag, nor change an object's mode, nor make another one
without the keeper. A client hands over an open descriptor (SCM_RIGHTS) on a UNIX socket; the keeper looks at who calls
(SO_PEERCRED), at what was handed over (one regular file, on the vault's own file system), and copies it into a file
of its own, for whoever wrote the spool file may still have it open. It is there only if the copy has the digest; then
mode 0444 and the flag, as for every object. There is no request that removes, changes or clears anything.
"""

import json
import os
import socket
import stat
import struct
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from integrity.digest import Digest
from integrity.errors import (
    IntegrityError,
    VaultConflict,
    VaultError,
    VaultMissing,
    VaultRefused,
    VaultUnavailable,
)
from integrity.vault import Protection
from integrity.vault_files import FileVault

LONGEST = 1024
"""Bytes of a request or an answer: one JSON object and a newline."""
PATIENCE_SECONDS = 10.0
"""For a request to come; an answer takes as long as the disk does."""
AT_ONCE = 8
_PEER = struct.Struct("3i")
_ERRORS = {error.code: error for error in (VaultConflict, VaultMissing, VaultRefused, VaultUnavailable, VaultError)}


class Keeper:
    """Serves one vault on one socket; `permitted` are the user ids that may hand files over."""

    def __init__(self, vault: FileVault, place: Path, permitted: Collection[int]) -> None:
        self._vault = vault
        self._permitted = frozenset(permitted)
        self._place = place
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        with suppress(FileNotFoundError):
            place.unlink()  # of a keeper that was killed; one that lives holds the vault's lock, see scripts.keeper
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(place))
        place.chmod(0o666)  # who may is decided by who calls, not by who can open the socket
        self._listener.listen(64)

    def serve(self) -> None:
        """Answer until `stop`; one thread a connection, eight at most."""
        while True:
            self._turns.acquire()
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._turns.release()
                return
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """End `serve`; what is being taken goes on."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with suppress(FileNotFoundError):
            self._place.unlink()

    def _attend(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(PATIENCE_SECONDS)
                try:
                    answer = self._answer(connection)
                except IntegrityError as error:
                    answer = {"error": error.code, "detail": str(error)[:400]}
                with suppress(OSError):
                    connection.sendall(json.dumps(answer).encode() + b"\n")
        finally:
            self._turns.release()

    def _answer(self, connection: socket.socket) -> dict[str, object]:
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        _pid, caller, _group = _PEER.unpack(peer)
        with _request(connection) as (asked, descriptors):
            if caller not in self._permitted:
                raise VaultRefused(f"user {caller} may not hand over anything")
            if asked == {"measure": True} and not descriptors:
                found = self._vault.protection()
                return {"immutable": found.immutable, "detail": found.detail}
            if set(asked) != {"take"} or len(descriptors) != 1:
                raise VaultRefused("neither a file to take nor a question that is known")
            return {"size": self._take(descriptors[0], Digest.from_hex(str(asked["take"])))}

    def _take(self, fd: int, digest: Digest) -> int:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise VaultRefused("what was handed over is no regular file")
        if found.st_dev != self._vault.device():
            raise VaultRefused("the file lies on another file system than the vault")
        return self._vault.take(fd, digest).size


class KeeperClient:
    """How a vault hands files to its keeper; each call is a connection of its own."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def take(self, fd: int, digest: Digest) -> None:
        """Have it take an open file. VaultUnavailable where it is unknown whether it did; again is the same."""
        self._ask({"take": digest.hex}, [fd])

    def measure(self) -> Protection:
        """What it says keeps its objects."""
        told = self._ask({"measure": True}, [])
        return Protection(told.get("immutable") is True, str(told.get("detail", "")))

    def _ask(self, request: dict[str, object], descriptors: list[int]) -> dict[str, object]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.connect(str(self._place))
                socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], descriptors)
                with connection.makefile("rb") as reader:
                    answer = json.loads(reader.readline(LONGEST * 4) or b"null")
        except (OSError, ValueError) as error:
            raise VaultUnavailable(f"the keeper does not answer: {error}") from error
        if not isinstance(answer, dict):
            raise VaultUnavailable("the keeper ended without an answer")
        if "error" in answer:
            raise _ERRORS.get(str(answer["error"]), VaultError)(f"keeper: {answer.get('detail')}")
        return answer


@contextmanager
def _request(connection: socket.socket) -> Iterator[tuple[dict[str, object], list[int]]]:
    """One request, and the descriptors that came with it, which are closed afterwards."""
    descriptors: list[int] = []
    try:
        content, came, _flags, _address = socket.recv_fds(connection, LONGEST, 4, socket.MSG_CMSG_CLOEXEC)
        descriptors += came
        while content and not content.endswith(b"\n") and len(content) < LONGEST:
            more = connection.recv(LONGEST - len(content))
            if not more:
                break
            content += more
        asked = json.loads(content)
        if not isinstance(asked, dict):
            raise VaultRefused("no request")
        yield asked, descriptors
    except (ValueError, RecursionError) as error:
        raise VaultRefused("no request") from error
    except OSError as error:
        raise VaultUnavailable(str(error)) from error
    finally:
        for fd in descriptors:
            os.close(fd)
