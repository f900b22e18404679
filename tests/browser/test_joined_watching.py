"""Three segments with a gap, docked, joined by an officer and watched on the real pages as one recording."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.browser.conftest import Open, Town
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
    page.evaluate("document.querySelector('video').play()")
    window.until("document.querySelector('video').currentTime > 4.4")
    page.evaluate("document.querySelector('video').currentTime = 10.5")
    window.until("document.querySelector('video').ended", 60)
    assert page.locator("[data-failure]").is_hidden()
    window.go(f"/recordings/{following[1]}")
    assert page.url.endswith(first), "a segment's page is the whole's"
    assert "gap of 3.0 s" in page.inner_text("main"), "what nobody recorded is told, not played"
