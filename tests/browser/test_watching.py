"""The job of the pages in a real browser: sign in, state a purpose, watch, and find the view on record."""

import re
from pathlib import Path

import pytest

from tests.browser.conftest import HOSTILE, Open, Town, password
from tests.ingest.making import H264, make

pytestmark = pytest.mark.xdist_group("browser")

CLIP = "现场检查_执法记录仪01.mp4"
LANGUAGES = {
    "zh-CN": (CLIP, "登录", "本次调阅已登记。", "调阅记录", "准许"),
    "en": ("送达过程（手机）.mov", "Sign in", "This view is on record.", "Viewing record", "Permitted"),
}
"""A recording that only this test links, and what the pages say."""


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_from_the_one_time_password_to_the_view_on_record(town: Town, screen: Open, language: str) -> None:
    clip, signing, on_record, viewing, permitted = LANGUAGES[language]
    login = f"officer-{language.lower()}"
    once = town.people["administrator"].must(
        "POST", "/people", {"login": login, "name": "张伟", "roles": ["officer"],
                            "agency": town.people["administrator"].must("GET", "/agencies")[0]["id"]},
    )["secret"]  # fmt: skip
    window = screen(language)
    page = window.page
    window.sign_in(login, once)
    assert page.url.endswith("/password"), "a one-time password is good for choosing one"
    page.fill("[name=present]", once)
    page.fill("[name=chosen]", password(login))
    page.fill("[name=again]", password(login))
    window.submit()

    page.click("a[href='/cases/new']")
    page.fill("[name=number]", f"〔2026〕17号 {language}")
    page.fill("[name=title]", "某餐饮店占道经营案")
    window.submit()
    case = page.url

    page.click("#link > summary")
    page.fill("#link [type=search]", clip[:4])
    page.locator("#candidates tr", has_text=clip).locator("[type=checkbox]").check()
    window.submit("#candidates")
    page.goto(case)
    page.click(f"a:text-is('{clip}')")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    assert not [address for address in asked if "/views/" in address], "no footage before a purpose"
    page.fill("[name=purpose]", f"核查执法程序 {language}")
    window.submit("#viewing-panel")
    assert on_record in page.inner_text("main")
    entry = page.inner_text("[data-entry]")
    assert entry.isdecimal()

    page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 1.5")
    length = page.evaluate("document.querySelector('video').duration")
    told = next(row["duration_ms"] for row in town.recordings() if row["name"] == clip)
    assert abs(length - told / 1000) <= 0.1
    assert all(address.startswith((town.service.url, "blob:")) for address in asked), "nothing from elsewhere"

    supervisor = screen(language)
    supervisor.go("/sign-in")
    assert signing in supervisor.page.title()
    supervisor.sign_in("supervisor")
    supervisor.go("/ledger?action=view")
    assert viewing in supervisor.page.inner_text("h1")
    row = supervisor.page.inner_text(f"tr[data-entry='{entry}']")
    assert f"核查执法程序 {language}" in row and "张伟" in row and clip in row and permitted in row
    assert re.search(r"\b\d+\s*$", row), "its leaf's index stands in the last column"


def test_seeking_asks_for_ranges_and_shows_small_pictures(town: Town, screen: Open) -> None:
    window = screen()
    page = window.page
    window.sign_in("officer")
    window.state_purpose(town.recording(CLIP), "核查")
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.url.endswith("media.mp4") else None)
    page.reload()
    window.until("document.querySelector('video').readyState >= 2")
    assert set(statuses) == {206}
    window.until("document.querySelector('[data-scrub]').max > 10")
    width = page.locator("[data-scrub]").bounding_box() or {"width": 0}
    page.hover("[data-scrub]", position={"x": width["width"] * 0.7, "y": 4})
    page.wait_for_selector("[data-preview]:not([hidden])")
    assert "sprite.jpg" in page.evaluate("document.querySelector('[data-preview] .frame').style.backgroundImage")
    assert re.fullmatch(r"0:0[78]", page.inner_text("[data-preview] .at"))
    page.evaluate("document.querySelector('[data-scrub]').value = 9")
    page.dispatch_event("[data-scrub]", "input")
    window.until("Math.abs(document.querySelector('video').currentTime - 9) < 0.3")
    page.click("[data-step='1']")
    window.until("document.querySelector('video').paused && document.querySelector('video').currentTime > 9")


def test_a_finding_takes_the_player_to_its_moment(town: Town, screen: Open, tmp_path: Path) -> None:
    dark = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration={seconds},"
            "drawbox=color=black:t=fill:enable='between(t,6,9.95)'")  # fmt: skip
    town.dock(make(tmp_path / "镜头被挡.mp4", *H264, "-g", "10", inputs=dark, seconds=14))
    window = screen()
    page = window.page
    window.sign_in("officer")
    window.go(f"/recordings/{town.recording('镜头被挡.mp4')}")
    page.click("[data-quality=black] a")
    assert "0:00:06" in page.inner_text("[data-opens-at]")
    page.fill("[name=purpose]", "核查镜头被挡")
    window.submit("#viewing-panel")
    window.until("Math.abs(document.querySelector('video').currentTime - 6) < 0.2")
    window.until("document.querySelector('video').readyState >= 2")
    page.click("[data-moment='0.0']")
    window.until("document.querySelector('video').currentTime < 0.2")
    page.click("[data-moment='6.0']")
    window.until("Math.abs(document.querySelector('video').currentTime - 6) < 0.2")


@pytest.mark.parametrize(
    "name", ["询问室_近景.mp4", "车载录像 2026-11-02.avi", "硬盘录像机_通道3.ts", "送达过程（手机）.mov"]
)
def test_what_no_browser_plays_is_played_from_its_copy(town: Town, screen: Open, name: str) -> None:
    window = screen()
    window.sign_in("officer")
    window.state_purpose(town.recording(name), "核查")
    window.page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 0.5")
    assert window.page.evaluate("document.querySelector('video').videoWidth") > 0, "sound without a picture is no view"


def test_sound_alone(town: Town, screen: Open) -> None:
    window = screen()
    window.sign_in("officer")
    window.state_purpose(town.recording("电话询问录音.wav"), "核查")
    window.page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 0.5")
    assert window.page.evaluate("document.querySelector('.waveform').naturalWidth") > 0


def test_pictures_and_texts(town: Town, screen: Open) -> None:
    window = screen()
    window.sign_in("officer")
    window.state_purpose(town.recording("抵达现场照片.jpg"), "核查")
    window.until("document.querySelector('.picture').naturalWidth > 0")
    window.state_purpose(town.recording("现场笔录.txt"), "核查")
    assert "示范路1号" in window.page.inner_text(".text-record")


def test_why_a_recording_cannot_be_viewed(town: Town, screen: Open) -> None:
    window = screen()
    window.sign_in("officer")
    window.go(f"/recordings/{town.recording('断电残片.mp4')}")
    assert "固化的原始文件完好未动" in window.page.inner_text("#viewing-panel")
    assert window.page.locator("textarea").count() == 0


def test_a_hostile_name_is_only_a_name(town: Town, screen: Open) -> None:
    window = screen()
    window.sign_in("officer")
    for path in ("/recordings?show=all", f"/recordings/{town.recording(HOSTILE)}"):
        window.go(path)
        assert HOSTILE in window.page.inner_text("main")
    window.state_purpose(town.recording(HOSTILE), "<script>alert(2)</script>")
    assert "<script>alert(2)</script>" in window.page.inner_text(".notice")
    assert window.page.inner_text("h1") == HOSTILE


def test_what_would_break_the_policy_is_noticed(screen: Open) -> None:
    """The watch over the console itself: an inline handler is not run, and is complained about."""
    window = screen()
    window.go("/sign-in")
    window.page.evaluate("document.querySelector('main').innerHTML += '<img src=/static/mark.svg onload=alert(1)>'")
    window.page.wait_for_timeout(300)
    assert window.dialogs == []
    assert any("Content Security Policy" in complaint for complaint in window.complaints)
    window.complaints.clear()
