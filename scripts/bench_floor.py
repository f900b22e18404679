"""The floor under `tiezheng bench upload`: from a connection through SHA-256 to the disk, without HTTP, a thread each.

Run as `python -m scripts.bench_floor FOLDER`; prints its port. A connection sends 8 bytes of length and as many bytes,
and gets their digest when they are on the disk. Ends with its standard input. Never more than a measure.
"""

import hashlib
import mmap
import os
import socket
import sys
import threading
from pathlib import Path

from integrity import durable
from integrity.clock import system_random

PIECE = 2 * 1024 * 1024
_BLOCK = 4096


def take(connection: socket.socket, path: Path) -> None:
    """One body into a file, around the page cache where it lets us."""
    buffer = memoryview(mmap.mmap(-1, PIECE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    state, left = hashlib.sha256(), int.from_bytes(connection.recv(8, socket.MSG_WAITALL), "big")
    fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC, 0o600)
    with connection:
        while left:
            count = connection.recv_into(buffer[: min(left, PIECE)], 0, socket.MSG_WAITALL)
            if count == 0:
                raise ConnectionError("the body ended early")
            state.update(buffer[:count])
            left -= count
            if count % _BLOCK:  # the last: the cache takes it
                os.close(fd)
                fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            os.write(fd, buffer[:count])
        durable.sync_file(fd)
        os.close(fd)
        connection.sendall(state.digest())


def main(folder: Path) -> None:
    """Listen on a free port of this machine until standard input closes."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)  # noqa: T201  whoever started us reads it
        threading.Thread(target=_serve, args=(listener, folder), daemon=True).start()
        sys.stdin.read()


def _serve(listener: socket.socket, folder: Path) -> None:
    while True:
        connection = listener.accept()[0]
        path = folder / system_random(8).hex()
        threading.Thread(target=take, args=(connection, path), daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
