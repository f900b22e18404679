"""Three segments with a gap, docked, joined by an officer and watched on the real pages as one recording.

With them comes a track that the camera wrote beside the first, as a file of its own.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrity.digest import Digest
from tests.browser.conftest import Open, Town
from tests.ingest import telling
from tests.ingest.making import H264, PICTURE, SOUND, make

pytestmark = pytest.mark.xdist_group("browser")

BEGAN = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SECONDS, GAP = 4, 3
STARTS = (0, SECONDS, 2 * SECONDS + GAP)


def test_segments_with_a_gap_are_watched_as_one(town: Town, screen: Open, tmp_path: Path) -> None:
    for number, start in enumerate(STARTS):
        clip = make(tmp_path / f"segment-{number}.mp4", *H264, "-c:a", "aac", inputs=PICTURE + SOUND, seconds=SECONDS)
        with clip.open("ab") as file:
            file.write(b"\0\0\0\x09free" + bytes((number,)))  # other bytes, or it would be the same recording
        town.dock(clip, device="BWC-0777", started=f"{BEGAN + timedelta(seconds=start):%Y-%m-%dT%H:%M:%SZ}")
    track = tmp_path / "segment-0.nmea"
    track.write_bytes(telling.nmea())
    town.dock(track, device="BWC-0777")
    first, *following = (town.recording(f"segment-{number}.mp4") for number in range(3))
    town.people["officer"].must("POST", f"/recordings/{first}/segments", {"recordings": following})
    town.prepared([first])

    window = screen("en")
    window.sign_in("officer")
    window.state_purpose(first, "核查")
    page = window.page
    window.until("document.querySelector('video').readyState >= 2")
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(3 * SECONDS, abs=0.2)
    page.evaluate("document.querySelector('video').currentTime = 3.4")
    page.click("details.do > summary")
    window.until("document.querySelector('[data-mark-at]').value === '0:00:03.4'")
    page.fill("[name=kind]", "亮证")
    window.submit("details.do")
    window.until("Math.abs(document.querySelector('video').currentTime - 3.4) < 0.1")
    assert "亮证" in page.inner_text("[data-mark=person]")
    page.evaluate("document.querySelector('video').currentTime = 9")
    page.click("[data-mark=person] button")
    window.until("Math.abs(document.querySelector('video').currentTime - 3.4) < 0.1")
    page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 4.4")
    page.evaluate("document.querySelector('video').currentTime = 10.5")
    window.until("document.querySelector('video').ended", 60)
    assert page.locator("[data-failure]").is_hidden()
    window.go(f"/recordings/{following[1]}")
    assert page.url.endswith(first), "a segment's page is the whole's"
    assert "gap of 3.0 s" in page.inner_text("main"), "what nobody recorded is told, not played"
    told = page.locator("section", has=page.locator("#told"))
    assert "39.90420, 116.40740" in told.inner_text()
    assert Digest.of(track.read_bytes()).hex in told.inner_text()
    told.locator("a", has_text="segment-0.nmea").click()
    page.wait_for_url(f"**/recordings/{town.recording('segment-0.nmea')}")
    assert page.locator(f"a[href='/recordings/{first}']").count() == 1, "and it says what it goes with"
