"""Every page at desk and phone width, in both languages: labelled, reachable by keyboard, within its screen."""

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from integrity.digest import Digest
from tests.browser.conftest import Open, Town

pytestmark = pytest.mark.xdist_group("browser")

PAGES = {
    "officer": ("/cases/new", "/recordings?show=all", "/sessions", "/absences", "/completeness/breaks", "/password"),
    "supervisor": ("/ledger?action=view",),
    "administrator": ("/administration/stations", "/administration/agencies"),
}
"""Beside the sections that each is led to."""
LOGINS = {"administrator": "admin"}

UNLABELLED = """[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea')]
  .filter(field => !field.labels.length && !field.ariaLabel).map(field => field.outerHTML)"""
OUTSIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("role", list(PAGES))
def test_pages_are_accessible_and_fit_a_phone(screen: Open, role: str, language: str) -> None:
    desk = screen(language)
    desk.sign_in(LOGINS.get(role, role))
    page = desk.page
    sections = page.locator("nav li a[href^='/']").evaluate_all("links => links.map(link => link.pathname)")
    assert len(sections) > 2
    for path in (*dict.fromkeys(sections), *PAGES[role]):
        desk.go(path)
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("h1").count() == 1, path
        assert page.locator("main").count() == 1
        assert page.evaluate(UNLABELLED) == [], path
        assert page.evaluate(OUTSIDE) <= 0, f"{path} at desk width"
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate(OUTSIDE) <= 0, f"{path} at phone width"
        page.set_viewport_size({"width": 1280, "height": 900})


def test_a_recordings_page_fits_a_phone_too(town: Town, screen: Open) -> None:
    phone = screen(width=390, height=800)
    phone.sign_in("officer")
    phone.state_purpose(town.recording("现场检查_执法记录仪01.mp4"), "核查")
    assert phone.page.evaluate(OUTSIDE) <= 0
    phone.page.go_back()
    assert phone.page.evaluate(OUTSIDE) <= 0


def test_the_keyboard_alone_signs_in(screen: Open) -> None:
    window = screen("en")
    window.go("/sign-in")
    page = window.page
    page.keyboard.type("officer")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("A password of officer 2026")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the navigation"


def test_the_language_is_switched_in_place(screen: Open) -> None:
    window = screen("zh-CN")
    window.sign_in("officer")
    window.go("/recordings")
    window.page.click("text=English")
    assert window.page.url.endswith("/recordings")
    assert "Unlinked recordings" in window.page.inner_text("h1")
    window.page.click("text=简体中文")
    assert "未关联音像记录" in window.page.inner_text("h1")


def test_a_list_follows_what_is_typed(town: Town, screen: Open) -> None:
    window = screen()
    window.sign_in("officer")
    window.go("/recordings?show=all")
    window.page.fill("[type=search]", "询问室")
    window.until("document.querySelectorAll('#rows tbody tr').length === 1")
    assert "询问室_近景.mp4" in window.page.inner_text("#rows")


def test_what_is_shown_once_is_saved_as_a_file(screen: Open) -> None:
    window = screen()
    page = window.page
    window.sign_in("admin")
    window.go("/administration/stations")
    if not page.is_visible("form[action='/administration/stations']"):
        page.click("section > details.do > summary")
    page.fill("form[action='/administration/stations'] [name=name]", "南山采集站")
    page.click("form[action='/administration/stations'] [value=file]")
    page.wait_for_load_state()
    with page.expect_download() as download:
        page.click("[data-save]")
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert saved == json.loads(page.inner_text("[data-file]"))
    assert saved["name"] == "南山采集站"


def _check_in_a_browser(page: Page, folder: Path, trust: Path) -> None:
    """The bundle's own verify.html, opened from disk by whoever got it, in a window of its own."""
    reader = page.context.new_page()
    reader.goto((folder / "verify.html").as_uri())
    reader.set_input_files("#trust-file", trust)
    reader.set_input_files("#folder", folder)
    reader.wait_for_selector("#verdict:not([hidden])")
    assert reader.get_attribute("#verdict", "data-verdict") == "verified", reader.inner_text("#verdict")
    assert "某区人民法院" in reader.inner_text("#verdict")
    reader.close()


def test_a_copy_is_asked_for_approved_and_fetched_once(town: Town, screen: Open, tmp_path: Path) -> None:
    officer, approver = screen(), screen()
    officer.sign_in("officer")
    officer.go("/cases/new")
    page = officer.page
    page.fill("[name=number]", "〔2026〕99号")
    page.fill("[name=title]", "送达")
    officer.submit()
    page.click("#link > summary")
    page.locator("#candidates tr", has_text="硬盘录像机").locator("[type=checkbox]").check()
    officer.submit("#candidates")
    page.click(".heading a[role=button]")
    page.check("[name=recording]")
    page.fill("[name=recipient]", "某区人民法院")
    page.fill("[name=legal_basis]", "《行政诉讼法》第三十四条")
    page.fill("[name=purpose]", "应诉举证")
    officer.submit()
    request = page.url

    approver.sign_in("approver")
    approver.page.goto(request)
    approver.page.fill("[name=reason]", "依法提供")
    approver.page.click("button[value=approved]")
    assert "已批准" in approver.page.inner_text("main")

    page.goto(request)
    page.wait_for_selector("a[href$='bundle.zip']", timeout=60_000)  # the page asks by itself until it is made
    told = page.locator(".digest").last.inner_text()
    with page.expect_download() as download:
        page.click("a[href$='bundle.zip']")
    assert Digest.of_file(download.value.path()).hex == told
    shutil.unpack_archive(download.value.path(), tmp_path, "zip")
    _check_in_a_browser(officer.page, next(tmp_path.iterdir()), town.service.data / "trust.json")
    page.reload()
    officer.until("!document.querySelector(\"a[href$='bundle.zip']\")")
    assert "已领取" in page.inner_text("main")
