"""Somebody with `verify.html` open in Debian's Chromium, and fixtures of such readers."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from integrity.trust import Trust
from integrity.verify_page import verify_page
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import Specimen, write_folder


@dataclass
class Reader:
    """Somebody with the page open, and what it told."""

    page: Page
    place: Path
    judging: bool = False
    """Whether a folder was opened: from then on another trust judges it anew."""

    def trusts(self, trust: Trust | bytes | None) -> None:
        """Choose a trust.json; to have none, begin anew."""
        if trust is None:
            self.page.reload()
            self.judging = False
            return
        path = self.place / "trust.json"
        path.write_bytes(trust.encode() if isinstance(trust, Trust) else trust)
        self.forget()
        self.page.set_input_files("#trust-file", path)
        if self.judging:
            self.told()

    def types(self, field: str, text: str) -> None:
        """Type what is trusted from paper."""
        self.forget()
        self.page.fill(field, text)
        if self.judging:
            self.told()

    def forget(self) -> None:
        """Wipe what was told off the screen, so that what is told next is seen to be new."""
        self.page.evaluate(
            "document.querySelector('#verdict').hidden = document.querySelector('#trouble').hidden = true"
        )

    def judges(self, files: Files) -> tuple[str, set[str]]:
        shutil.rmtree(self.place / "bundle", ignore_errors=True)
        return self.opens(write_folder(self.place / "bundle", files))

    def opens(self, folder: Path) -> tuple[str, set[str]]:
        self.forget()
        self.judging = True
        self.page.set_input_files("#folder", folder)
        return self.told()

    def drops(self, path: Path) -> tuple[str, set[str]]:
        """Drop something on the page, as a file manager does."""
        self.forget()
        self.judging = True
        self.page.evaluate("scrollTo(0, 0)")
        box = self.page.locator("#drop").bounding_box()
        assert box is not None
        session = self.page.context.new_cdp_session(self.page)
        carried = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            place = {"x": box["x"] + 20, "y": box["y"] + 20}
            session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": carried})
        session.detach()
        return self.told()

    def told(self) -> tuple[str, set[str]]:
        """The verdict and the codes of the findings; `trouble` where there is none."""
        self.page.wait_for_selector("#verdict:not([hidden]), #trouble:not([hidden])")
        codes = "all => all.map(finding => finding.dataset.code)"
        if self.page.is_visible("#trouble"):
            return "trouble", {self.page.inner_text("#trouble")}
        return str(self.page.get_attribute("#verdict", "data-verdict")), set(
            self.page.eval_on_selector_all(".finding", codes)
        )

    def codes_of(self, subject: str) -> set[str]:
        """The codes of the findings about one file."""
        told = "(all, subject) => all.filter(each => each.dataset.subject === subject).map(each => each.dataset.code)"
        return set(self.page.eval_on_selector_all(".finding", told, subject))


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen.make(tmp_path_factory.mktemp("specimen"))


Opened = Callable[..., Reader]


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the page from disk; it must have complained of nothing and asked nobody for anything."""
    complaints: list[str] = []
    asked: list[str] = []

    def opening(
        language: str = "zh-CN", width: int = 1000, address: str | None = None, at: datetime | None = None
    ) -> Reader:
        path = tmp_path / "verify.html"
        path.write_bytes(verify_page())
        page = chromium.new_context(locale=language, viewport={"width": width, "height": 900}).new_page()
        if at is not None:
            page.clock.set_fixed_time(at)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address or path.as_uri())
        return Reader(page, tmp_path)

    yield opening
    for context in chromium.contexts:
        context.close()
    assert complaints == []
    assert {url for url in asked if not url.endswith("/verify.html")} == set()


@pytest.fixture
def reader(opened: Opened, specimen: Specimen) -> Reader:
    made = opened()
    made.trusts(specimen.evidence.trust)
    return made


@pytest.fixture
def served() -> Iterator[str]:
    """The page at an address, as every service has it."""

    class Answering(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/verify.html" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(verify_page() if self.path == "/verify.html" else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/verify.html"
    server.shutdown()
    server.server_close()
