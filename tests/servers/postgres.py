"""A real PostgreSQL of the test's own: a temporary folder, a free loopback port, an unprivileged user.

Works where the tests run as root (initdb refuses root) and where they do not, and on Debian, which keeps initdb off
PATH. It ends when the test process does, however that ends: a small shell waits on a pipe that only we hold open.
Durability is switched off: no test here cuts the power under PostgreSQL.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

USER = "tiezheng"
START_SECONDS = 60
_WATCH = '"$@" & server=$!; read -r _; kill -INT "$server"; wait "$server"'


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    port: int
    version: int

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, a copy of `template`, and return its address."""
        self._run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, ending whatever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


class Interrupted:
    """A server that goes away at once, as one that crashed, and comes back at the same port with what was committed."""

    def __init__(self, folder: Path, home: Path, user: pwd.struct_passwd | None, server: Postgres) -> None:
        self._start = partial(_start, folder, home, user, server.port)
        self._pid = home / "db" / "postmaster.pid"
        self._watcher: subprocess.Popen[bytes] | None = None
        self.server = server

    def end(self) -> None:
        """Every connection breaks, whatever it was doing, and no further one is taken."""
        os.kill(int(self._pid.read_text().split()[0]), signal.SIGQUIT)  # immediate: no checkpoint, nobody is asked
        while self._pid.exists() or _answers(self.server.port):
            time.sleep(0.02)

    def begin(self) -> None:
        """Back again, by what its own log of writes says."""
        self.close()
        self._watcher = self._start()
        if _wait(self._watcher, self.server.port) is None:
            raise RuntimeError("PostgreSQL did not start again")

    def close(self) -> None:
        """End what was begun here."""
        if self._watcher is not None:
            self._watcher.communicate()
            self._watcher = None


@contextmanager
def interrupted(folder: Path) -> Iterator[Interrupted]:
    """A server of one test's own, to be ended and begun again."""
    with _home(folder) as (home, user), _served(folder, home, user) as server:
        one = Interrupted(folder, home, user, server)
        try:
            yield one
        finally:
            one.close()


def binaries() -> Path | None:
    """The folder of initdb and postgres, the newest where there are several; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """A server from the programs in `folder`, until the block ends."""
    with _home(folder) as (home, user), _served(folder, home, user) as server:
        yield server


@contextmanager
def _home(folder: Path) -> Iterator[tuple[Path, pwd.struct_passwd | None]]:
    """A folder with an empty database in it, and whose it is; gone afterwards."""
    user = _user()
    home = Path(tempfile.mkdtemp(prefix="tiezheng-postgres-", dir=reachable_folder()))
    try:
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
        _initialise(folder, home, user)
        yield home, user
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _served(folder: Path, home: Path, user: pwd.struct_passwd | None) -> Iterator[Postgres]:
    for _attempt in range(5):
        port = _free_port()
        watcher = _start(folder, home, user, port)
        try:
            version = _wait(watcher, port)
            if version is not None:
                yield Postgres(port, version)
                return
        finally:
            watcher.communicate()  # closes its stdin, upon which it ends the server, and waits
    raise RuntimeError(f"PostgreSQL did not start: {(home / 'log').read_text(errors='replace')[-2000:]}")


def _start(folder: Path, home: Path, user: pwd.struct_passwd | None, port: int) -> "subprocess.Popen[bytes]":
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "autovacuum": "off",  # nothing lives long enough, and what a test left is compared with its template
    }
    argv = [str(folder / "postgres"), "-D", str(home / "db"), "-p", str(port)]
    argv += [f"--{name}={value}" for name, value in options.items()]
    with (home / "log").open("ab") as log:
        return _run_as(user, ["/bin/sh", "-c", _WATCH, "sh", *argv], home, log.fileno())


def _initialise(folder: Path, home: Path, user: pwd.struct_passwd | None) -> None:
    argv = [str(folder / "initdb"), "-D", str(home / "db"), "-U", USER, "--auth=trust", "--no-sync"]
    argv += ["--encoding=UTF8", "--locale=C.UTF-8"]
    with (home / "log").open("ab") as log:
        initdb = _run_as(user, argv, home, log.fileno())
    initdb.communicate()
    if initdb.returncode:
        raise RuntimeError(f"initdb failed: {(home / 'log').read_text(errors='replace')[-2000:]}")


def _run_as(user: pwd.struct_passwd | None, argv: list[str], home: Path, log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"},
        start_new_session=True,  # Ctrl-C at the terminal reaches pytest, which ends the server in order
        user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
        extra_groups=None if user is None else [],
    )


def _wait(watcher: "subprocess.Popen[bytes]", port: int) -> int | None:
    """The server's version once it answers; None when it ended, for instance because the port was taken meanwhile."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and watcher.poll() is None:
        try:
            with psycopg.connect(Postgres(port, 0).url("postgres"), connect_timeout=2) as connection:
                return connection.info.server_version // 10000
        except psycopg.OperationalError:
            time.sleep(0.05)
    return None


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _user() -> pwd.struct_passwd | None:
    """Whom to become: nobody else unless we are root."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def reachable_folder() -> str:
    """A temporary folder that another user can walk into: root's own may be 0700."""
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108  mkdtemp makes a private one inside
        if all(path.stat().st_mode & 0o001 for path in (Path(folder), *Path(folder).resolve().parents)):
            return folder
    raise RuntimeError("no temporary folder that an unprivileged user can enter")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _number(folder: Path) -> int:
    match = re.search(r"/(\d+)/bin$", str(folder))
    return int(match[1]) if match else 0
