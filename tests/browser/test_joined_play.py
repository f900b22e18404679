"""Several originals played as one in Debian's Chromium: through the joints, to the end, and wherever one seeks.

Each part is of one colour, so that a pixel of what is shown says which part it is; the second has no sound and
the third another size and codec, as segments of a camera that was switched over have.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.shelf import HLS, shelf
from tests.ingest.making import H264, SOUND, make
from tests.ingest.test_joining import joined

pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not HLS.exists(), reason="the browser assets are not there: make setup"),
]

LENGTHS = {"red": 4, "green": 6, "blue": 3}

PREPARE = """async (address) => {
  const { default: Hls } = await import('/hls.mjs');
  const video = document.getElementById('v'), canvas = document.createElement('canvas');
  const hls = new Hls({ enableWorker: false, maxBufferLength: 30 });
  window.fatal = [];
  window.patience = 60000;
  hls.on(Hls.Events.ERROR, (_, error) => { if (error.fatal) window.fatal.push(error.details); });
  window.until = (holds, ms) => new Promise((done) => {
    const look = setInterval(() => { if (holds()) { clearInterval(look); clearTimeout(end); done(true); } }, 10);
    const end = setTimeout(() => { clearInterval(look); done(false); }, ms);
  });
  window.colour = () => {
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0, 1, 1);
    const seen = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    return ['red', 'green', 'blue'][seen.indexOf(Math.max(...seen))];
  };
  hls.loadSource(address);
  hls.attachMedia(video);
  await window.until(() => video.readyState >= 2, window.patience);
  return video.duration;
}"""

THROUGH = """async ([from, to]) => {
  const video = document.getElementById('v');
  video.pause();
  video.currentTime = from;
  await window.until(() => !video.seeking && video.readyState >= 2, window.patience);
  const before = window.colour(), leaps = [], steps = [];
  const leapt = () => leaps.push(video.currentTime), watch = setInterval(() => steps.push(video.currentTime), 10);
  video.addEventListener('seeking', leapt);
  await video.play();
  const arrived = await window.until(() => video.currentTime >= to, window.patience);
  clearInterval(watch);
  video.removeEventListener('seeking', leapt);
  await window.until(() => window.colour() !== before, 2000);
  const back = steps.some((at, place) => place && at < steps[place - 1] - 0.001);
  return { before, after: window.colour(), arrived, back, leaps };
}"""

SEEK = """async (to) => {
  const video = document.getElementById('v');
  video.pause();
  video.currentTime = to;
  const there = await window.until(() => !video.seeking && video.readyState >= 2, window.patience);
  return { there, at: video.currentTime, colour: window.colour(), width: video.videoWidth };
}"""

TO_THE_END = """async () => {
  const video = document.getElementById('v');
  video.playbackRate = 4;
  await video.play();
  const ended = await window.until(() => video.ended, window.patience);
  return { ended, at: video.currentTime, fatal: window.fatal, picture: video.webkitVideoDecodedByteCount,
    sound: video.webkitAudioDecodedByteCount };
}"""


@pytest.fixture(scope="module")
def player(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, float]]:
    """A page that has the joined recording loaded, and the length it tells."""
    folder = tmp_path_factory.mktemp("joined")
    first = make(folder / "1.mp4", *H264, "-c:a", "aac", inputs=_of("red") + SOUND, seconds=LENGTHS["red"])
    silent = make(folder / "2.mp4", *H264, inputs=_of("green"), seconds=LENGTHS["green"])
    other = make(folder / "3.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le", inputs=_of("blue", "240x180") + SOUND,
                 seconds=LENGTHS["blue"])  # fmt: skip
    joined([first, silent, other], folder / "made")
    with shelf(folder) as address:
        page = chromium.new_page()
        page.goto(address)
        yield page, page.evaluate(PREPARE, "/made/index.m3u8")
        page.close()


def _of(colour: str, size: str = "160x120") -> tuple[str, ...]:
    # lime is the full green: the name green is of half its strength
    return (
        "-f",
        "lavfi",
        "-i",
        f"color={'lime' if colour == 'green' else colour}:size={size}:rate=25:duration={{seconds}}",
    )


def _seek(page: Page, to: float) -> dict[str, Any]:
    seen: dict[str, Any] = page.evaluate(SEEK, to)
    assert seen["there"]
    assert seen["at"] == pytest.approx(to, abs=0.1)
    return seen


def test_its_length_is_that_of_all_parts(player: tuple[Page, float]) -> None:
    assert player[1] == pytest.approx(sum(LENGTHS.values()), abs=0.2)


@pytest.mark.parametrize(("joint", "before", "after"), [(4, "red", "green"), (10, "green", "blue")])
def test_it_plays_through_the_joints(player: tuple[Page, float], joint: float, before: str, after: str) -> None:
    seen = player[0].evaluate(THROUGH, [joint - 1, joint + 1])
    assert (seen["before"], seen["after"], seen["arrived"]) == (before, after, True)
    assert not seen["back"], "time never runs back"
    assert seen["leaps"] == [], "and the player has to leap over nothing"


@pytest.mark.parametrize("order", [(1, 12, 5, 0.5, 9.5, 10.5, 3.5), (12, 1)])
def test_seeking_across_the_joints_shows_what_is_there(player: tuple[Page, float], order: tuple[float, ...]) -> None:
    for to in order:
        expected = "red" if to < 4 else "green" if to < 10 else "blue"
        seen = _seek(player[0], to)
        assert (seen["colour"], seen["width"]) == (expected, 240 if expected == "blue" else 160), to


def test_it_ends_where_it_says(player: tuple[Page, float]) -> None:
    page, duration = player
    _seek(page, duration - 2)
    seen = page.evaluate(TO_THE_END)
    assert seen["fatal"] == []
    assert seen["ended"] and seen["at"] == pytest.approx(duration, abs=0.15)
    assert seen["picture"] > 0 and seen["sound"] > 0
