"""Each thing that can be wrong is found where it is, and not found where it is not; no child's word is believed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import ChildAnswerInvalid
from ingest.quality import (
    LEAST_MS,
    MOST,
    PICTURE,
    SOUND,
    Code,
    QualityFinding,
    Stretches,
    from_answer,
    joined,
    to_answer,
)
from ingest.rendering import Prepared
from tests.ingest.making import H264, make
from tests.ingest.workshop import rendered

MOVING = "testsrc2=size=320x240:rate=10:duration={seconds}"
TONE = "sine=frequency=440:sample_rate=16000:duration={seconds}"


def filmed(folder: Path, picture: str = MOVING, sound: str | None = TONE, seconds: float = 12) -> Prepared:
    """What is found of footage made by these filters, a keyframe a second."""
    inputs = (
        ("-f", "lavfi", "-i", picture) if sound is None else ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    )
    path = make(folder / "a.mp4", *H264, "-g", "10", "-c:a", "aac", "-shortest", inputs=inputs, seconds=seconds)
    return rendered(path, folder / "made")


def found(prepared: Prepared) -> dict[str, tuple[float, float]]:
    """Codes with start and end in seconds, of one finding each."""
    assert len({one.code for one in prepared.quality}) == len(prepared.quality), "one finding of each code"
    return {one.code.value: (one.start_ms / 1000, one.end_ms / 1000) for one in prepared.quality}


BAD = {
    "black": ("color=black:size=320x240:rate=10:duration={seconds},noise=alls=4:allf=t", TONE),
    "covered": ("color=0x6b4a40:size=320x240:rate=10:duration={seconds},vignette=PI/4,noise=alls=8:allf=t", TONE),
    "frozen": ("testsrc2=size=320x240:rate=10:duration=0.1,tpad=stop_mode=clone:stop_duration={seconds}", TONE),
    "blurred": (f"{MOVING},gblur=sigma=6", TONE),
    "no-sound": (MOVING, None),
    "silent": (MOVING, "anullsrc=channel_layout=mono:sample_rate=16000,atrim=duration={seconds}"),
    "clipped": (MOVING, f"{TONE},volume=22dB,aformat=sample_fmts=s16"),
}
GOOD = {
    "black": ("color=0x181818:size=320x240:rate=10:duration={seconds},drawgrid=color=white:w=60:h=60", TONE),
    "covered": (
        "color=0x6b4a40:size=320x240:rate=10:duration={seconds},drawgrid=color=0x75544a:w=40:h=40:t=4,noise=alls=8:allf=t",
        TONE,
    ),
    "frozen": ("smptehdbars=size=320x240:rate=10:duration={seconds},noise=alls=4:allf=t", TONE),
    "blurred": (f"{MOVING},gblur=sigma=1.6", TONE),
    "no-sound": (MOVING, "anullsrc=channel_layout=mono:sample_rate=16000,atrim=duration={seconds}"),
    "silent": (MOVING, f"{TONE},volume=-36dB"),
    "clipped": (MOVING, f"{TONE},volume=17.9dB"),  # the source is at an eighth of full scale
}
"""What comes near: a night with lamps, a wall with joints, a scene in which nobody moves, a lens that is a little soft,
a track of nothing, a whisper across the room, a tone of full scale."""


def test_footage_was_made_for_every_code() -> None:
    assert BAD.keys() == GOOD.keys() == {code.value for code in Code} == {code.value for code in LEAST_MS}
    assert PICTURE | SOUND | {Code.NO_SOUND} == set(Code)


@pytest.mark.parametrize(("code", "filters"), BAD.items())
def test_what_is_wrong_is_found(tmp_path: Path, code: str, filters: tuple[str, str | None]) -> None:
    prepared = filmed(tmp_path, *filters)
    start, end = found(prepared)[code]
    assert start < 1.2
    assert end == pytest.approx((prepared.duration_ms or 0) / 1000, abs=1)
    assert found(prepared).keys() == {code}, "and nothing else"


@pytest.mark.parametrize(("code", "filters"), GOOD.items())
def test_what_is_not_wrong_is_not_found(tmp_path: Path, code: str, filters: tuple[str, str | None]) -> None:
    assert code not in found(filmed(tmp_path, *filters))


def test_a_finding_says_from_when_to_when(tmp_path: Path) -> None:
    dark = f"{MOVING},drawbox=color=black:t=fill:enable='between(t,3,7.95)'"
    quiet = f"{TONE},volume=0:enable='between(t,1,11.9)'"
    told = found(filmed(tmp_path, dark, quiet, seconds=14))
    assert told["black"] == pytest.approx((3, 8), abs=0.11)
    assert told["silent"] == pytest.approx((1, 12), abs=0.51)


@pytest.mark.parametrize("code", [code for code in Code if LEAST_MS[code]])
def test_what_passes_quickly_is_no_finding(code: Code) -> None:
    least, stretches = LEAST_MS[code], Stretches()
    stretches.add(0, least - 1, (code,))
    stretches.add(50_000, 50_000 + least, (code,))
    assert stretches.found() == [QualityFinding(code, 50_000, 50_000 + least)]


def test_short_interruptions_of_a_clipped_voice_are_bridged_and_longer_ones_are_not() -> None:
    stretches = Stretches()
    for start in (0, 1_500, 2_500, 10_000):
        stretches.add(start, start + 1_000, (Code.CLIPPED,))
    assert stretches.found() == [QualityFinding(Code.CLIPPED, 0, 3_500), QualityFinding(Code.CLIPPED, 10_000, 11_000)]


def test_of_too_many_the_longest_are_kept() -> None:
    stretches = Stretches()
    for number in range(MOST + 50):
        stretches.add(number * 100_000, number * 100_000 + 2_000 + number, (Code.BLACK,))
    kept = stretches.found()
    assert len(kept) == MOST
    assert min(one.end_ms - one.start_ms for one in kept) == 2_050
    assert kept == sorted(kept, key=lambda one: one.start_ms)


def test_parts_played_as_one_have_one_clock() -> None:
    black, silent = QualityFinding(Code.BLACK, 0, 3_000), QualityFinding(Code.SILENT, 500, 20_000)
    told = joined([([black], 60_000), ([], 1_000), ([silent, black], 30_000)])
    assert told == (
        black,
        QualityFinding(Code.BLACK, 61_000, 64_000),
        QualityFinding(Code.SILENT, 61_500, 81_000),
    )


def test_an_answer_is_what_was_meant() -> None:
    told = [QualityFinding(Code.BLACK, 0, 2_000), QualityFinding(Code.FROZEN, 2_000, 14_000)]
    assert from_answer({"quality": to_answer(told)}, PICTURE, 14_000) == tuple(told)


def lies() -> Iterator[Any]:
    yield from (None, {}, "black", [["black", 0]], [["black", 0, 1, 2]], [5], [["red", 0, 1]], [["silent", 0, 1]])
    yield from ([["black", -1, 1]], [["black", 0, 0]], [["black", 2, 1]], [["black", 0, 1_001]], [["black", 0, 1.5]])
    yield from ([["black", True, 5]], [["black", 0, 1]] * (MOST + 1))


@pytest.mark.parametrize("lie", list(lies()))
def test_a_childs_lie_is_refused(lie: Any) -> None:
    with pytest.raises(ChildAnswerInvalid):
        from_answer({"quality": lie}, PICTURE, 1_000)
    with pytest.raises(ChildAnswerInvalid):
        from_answer({}, PICTURE, 1_000)
