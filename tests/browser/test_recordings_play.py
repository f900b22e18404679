"""Every real recording's viewing copy plays in Debian's Chromium to its end, upright, with picture and with sound.

Chromium tells no error when it plays only half, so the test looks at what came out: decoded bytes of both, the size,
the length (within a tenth of a second or two frames of what was measured in the original), and that the end is reached.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from ingest.tracks import Probed
from tests import MEDIA
from tests.browser.shelf import HLS, shelf
from tests.ingest.test_media import DURATIONS
from tests.ingest.workshop import probed, rendered

pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not MEDIA.is_dir(), reason=f"the real recordings are not at {MEDIA}"),
    pytest.mark.skipif(not HLS.exists(), reason="the browser assets are not there: make setup"),
]

PLAY = """async (address) => {
  const { default: Hls } = await import('/hls.mjs');
  const video = document.getElementById('v'), hls = new Hls(), fatal = [];
  const until = (holds, ms) => new Promise((done) => {
    const look = setInterval(() => { if (holds()) { clearInterval(look); clearTimeout(end); done(true); } }, 20);
    const end = setTimeout(() => { clearInterval(look); done(false); }, ms);
  });
  hls.on(Hls.Events.ERROR, (_, error) => { if (error.fatal) fatal.push(error.details); });
  hls.loadSource(address);
  hls.attachMedia(video);
  await until(() => video.readyState >= 2, 20000);
  const duration = video.duration;
  await video.play();
  const began = await until(() => video.currentTime > 0.04, 10000);
  video.playbackRate = 8;
  if (duration > 7) video.currentTime = duration - 2;
  const ended = await until(() => video.ended, 20000);
  const seen = { duration, began, ended, end: video.currentTime, fatal, width: video.videoWidth,
    height: video.videoHeight, picture: video.webkitVideoDecodedByteCount, sound: video.webkitAudioDecodedByteCount };
  hls.destroy();
  return seen;
}"""


@pytest.mark.parametrize("name", DURATIONS)
def test_it_plays_to_its_end(chromium: Browser, tmp_path: Path, name: str) -> None:
    rendered(MEDIA / name, tmp_path / "made")
    source = probed(MEDIA / name)
    with shelf(tmp_path) as address:
        page = chromium.new_page()
        page.goto(address)
        seen = page.evaluate(PLAY, quote("/made/index.m3u8"))
        page.close()
    assert seen["fatal"] == []
    assert seen["began"]
    assert seen["ended"]
    assert seen["duration"] == pytest.approx(source.duration_us / 1e6, abs=_tolerance(source))
    assert seen["end"] == pytest.approx(seen["duration"], abs=0.15)
    _picture_and_sound(seen, source)


def _tolerance(source: Probed) -> float:
    return max(0.1, 2 * max(track.frame_us for track in source.tracks) / 1e6)


def _picture_and_sound(seen: dict[str, Any], source: Probed) -> None:
    """Each that is there was decoded, and the picture is upright."""
    assert (seen["sound"] > 0) == bool(source.of("audio"))
    assert (seen["picture"] > 0) == bool(source.of("video"))
    for track in source.of("video"):
        turned = track.rotation in (90, 270)
        upright = (track.height, track.width) if turned else (track.width, track.height)
        assert (seen["width"], seen["height"]) == upright
