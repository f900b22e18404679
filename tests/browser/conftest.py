"""A real service with recordings of every kind, and Debian's Chromium to look at it with.

Everything a page says to the console as an error, and every violation of the content policy, fails the test that was
looking. The page's own policy forbids evaluated code, so waiting is done from out here.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

from scripts.clips import make_clips
from tests.fakes.immutable import clear_immutable
from tests.flow.people import Person, everybody
from tests.servers.service import Service, running, tiezheng

ARGUMENTS = [
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
HOSTILE = "<img src=x onerror=alert(1)>&quot;'.mp4"
PATIENCE_S = 300.0


def password(login: str) -> str:
    """What the people of a service's tests have chosen."""
    return f"A password of {login} 2026"


@dataclass(slots=True)
class Town:
    """A service with recordings, and a person of each role."""

    service: Service
    people: dict[str, Person]
    station: Path

    def recording(self, name: str) -> str:
        return next(str(row["id"]) for row in self.recordings() if row["name"] == name)

    def recordings(self) -> list[sqlite3.Row]:
        """As the catalogue has them, in the order they came."""
        with sqlite3.connect(f"file:{self.service.data / 'catalog.sqlite3'}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute("SELECT * FROM recordings ORDER BY catalogued_at").fetchall()

    def dock(self, *files: Path, **options: str) -> None:
        """Send files as a station does, and wait until each is prepared or known to be unplayable."""
        given = [part for name, value in options.items() for part in (f"--{name}", value)]
        sent = tiezheng("dock", "--server", self.service.url, "--credentials", self.station, *given, *files)
        assert sent.returncode == 0, sent.stderr
        self.prepared([str(row["id"]) for row in self.recordings()])

    def prepared(self, recordings: Collection[str]) -> None:
        """Wait until each of these is prepared or known to be unplayable."""
        deadline = time.monotonic() + PATIENCE_S
        while any(row["id"] in recordings and row["state"] not in ("ready", "unplayable") for row in self.recordings()):
            assert time.monotonic() < deadline, "preparing hangs"
            time.sleep(0.3)


@dataclass
class Screen:
    """One browser window and all it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._asked)

    def _asked(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def sign_in(self, login: str, secret: str | None = None) -> None:
        self.go("/sign-in")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", secret or password(login))
        self.submit()

    def submit(self, inside: str = "main") -> None:
        self.page.click(f"{inside} button[type=submit]")
        self.page.wait_for_load_state()

    def state_purpose(self, recording: str, purpose: str) -> None:
        self.go(f"/recordings/{recording}")
        self.page.fill("[name=purpose]", purpose)
        self.submit("#viewing-panel")

    def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For one module: the next may drive a browser of its own, and one process drives one at a time."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium here: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Clips of every kind, one with a hostile name, docked and prepared."""
    folder = tmp_path_factory.mktemp("town")
    clips = make_clips(folder / "clips")
    hostile = folder / "clips" / HOSTILE.replace("/", "_")
    shutil.copy(folder / "clips" / "送达过程（手机）.mov", hostile)
    with hostile.open("ab") as file:
        file.write(b"\x00\x00\x00\x08free")  # other bytes, so another recording
    try:
        with founded(folder) as made:
            made.dock(*clips, hostile, case="〔2026〕17号", device="BWC-0042", operator="张伟")
            yield made
    finally:
        clear_immutable(folder)


@contextmanager
def founded(folder: Path) -> Iterator[Town]:
    """A service with its people and an enrolled station, for as long as the block lasts."""
    with running(folder / "data") as service:
        station = folder / "station.json"
        made = tiezheng("admin", "enrol-station", "--data", service.data, "--name", "采集站1", "--out", station)
        assert made.returncode == 0, made.stderr
        yield Town(service, everybody(service), station)


Open = Callable[..., Screen]


@pytest.fixture
def screen(chromium: Browser, town: Town) -> Iterator[Open]:
    """Opens windows; each must have had nothing to complain about when the test ends."""
    opened: list[Screen] = []

    def opening(language: str = "zh-CN", width: int = 1280, height: int = 900) -> Screen:
        context = chromium.new_context(locale=language, viewport={"width": width, "height": height})
        opened.append(Screen(context.new_page(), town.service.url))
        return opened[-1]

    yield opening
    for one in opened:
        one.page.context.close()
    assert [one.complaints for one in opened if one.complaints] == []
    assert [one.dialogs for one in opened if one.dialogs] == []
