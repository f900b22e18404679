"""The service of a demonstration: started as a process, asked as its people and its operator would ask it.

Everything goes by the public faces: HTTP with a person's session, the command line, a station's token. Nothing here
reaches into the service.
"""

import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from player.language import gettext as _
from scripts.settings import child_environment

START_SECONDS = 90
STOP_SECONDS = 40


class DemoFailed(Exception):
    """The demonstration cannot go on; the text says at what."""

    code = "demo-failed"


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that was run: its exit status and what it printed."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """A running service over a data folder."""

    data: Path
    url: str

    def run(self, *arguments: str | Path) -> Ran:
        """Run a `tiezheng` command to its end."""
        return run([*_tiezheng(), *map(str, arguments)])

    def json(self, *arguments: str | Path) -> Any:
        """The same for a command that must succeed and answers one JSON object."""
        ran = self.run(*arguments, "--json")
        if ran.status:
            raise DemoFailed(f"{arguments[0]}: {ran.errors.strip() or ran.output.strip()}")
        return json.loads(ran.output)


def run(command: list[str]) -> Ran:
    """Run any command, in English, with nothing on its standard input."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=child_environment() | {"LC_ALL": "C.UTF-8"},
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def _tiezheng() -> list[str]:
    return [sys.executable, "-m", "scripts.cli"]


@contextmanager
def serving(data: Path, port: int) -> Iterator[tuple[DemoHouse, str]]:
    """A service over an empty folder, and its first one-time password; ended by its pid."""
    log = data.parent / "serve.output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_tiezheng(), "serve", "--data", str(data), "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=child_environment() | {"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    try:
        yield _started(process, data, log)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes], data: Path, log: Path) -> tuple[DemoHouse, str]:
    deadline = time.monotonic() + START_SECONDS
    while not (data / "serve.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoFailed(_("the service did not start:") + "\n" + log.read_text(errors="replace")[-2000:])
        time.sleep(0.1)
    facts = json.loads((data / "serve.json").read_text())
    found = re.search(r"^one-time password: (\S+)$", log.read_text(), re.MULTILINE)
    if found is None:
        raise DemoFailed(_("the service printed no administrator sign-in"))
    return DemoHouse(data, f"http://127.0.0.1:{facts['port']}"), found[1]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered: status, the problem's code if there is one, and the JSON."""

    status: int
    code: str
    body: Any


class Visitor:
    """One person with a browser's cookie, speaking /api/v1; without a sign-in, a stranger."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=120, trust_env=False)
        self._csrf = ""
        self.login = ""
        self.password = ""

    def sign_in(self, login: str, once: str) -> "Visitor":
        """Sign in with a one-time password and choose a random one."""
        self._csrf = self.must("POST", "/session", {"login": login, "password": once})["csrf"]
        self.login, self.password = login, secrets.token_urlsafe(12)
        self.must("PUT", "/session/password", {"present": once, "chosen": self.password})
        self._csrf = self.must("POST", "/session", {"login": login, "password": self.password})["csrf"]
        return self

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        """Ask the API for something; refusals are answers too."""
        answer = self._client.request(method, f"/api/v1{path}", json=body, headers=self._headers(), **options)
        is_json = answer.content and "json" in answer.headers.get("content-type", "")
        said = answer.json() if is_json else None
        code = said.get("code", "") if isinstance(said, dict) and answer.status_code >= 400 else ""
        return Answer(answer.status_code, code, said)

    def must(self, method: str, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """The same where a refusal ends the demonstration."""
        answer = self.ask(method, path, body, **options)
        if answer.status >= 400:
            raise DemoFailed(f"{method} {path}: {answer.status} {answer.body}")
        return answer.body

    def file(self, case: str, facts: Mapping[str, str], content: bytes, content_type: str) -> Any:
        """File a document."""
        answer = self._client.post(
            f"/api/v1/cases/{case}/documents",
            params=dict(facts),
            content=content,
            headers=self._headers() | {"Content-Type": content_type},
        )
        if answer.status_code >= 400:
            raise DemoFailed(f"document: {answer.status_code} {answer.text}")
        return answer.json()

    def bytes(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """What an address outside the API answers, whole."""
        answer = self._client.get(path, headers=dict(headers or {}))
        return answer.status_code, answer.content

    def download(self, path: str, target: Path) -> int:
        """Save what an address answers; the status."""
        with self._client.stream("GET", path) as answer, target.open("wb") as file:
            for chunk in answer.iter_bytes(1024 * 1024):
                file.write(chunk)
            return int(answer.status_code)

    def close(self) -> None:
        self._client.close()

    def _headers(self) -> dict[str, str]:
        return {"X-CSRF-Token": self._csrf} if self._csrf else {}
