"""How a recording becomes playable in a browser, decided on the server from what the probe measured.

Browsers do not say when they play half: Chromium shows HEVC in MP4 as sound without picture and AMR in MOV as picture
without sound, with no error. So nothing is handed over that is not on the short list here. `RECIPE` names all of this;
a change of what comes out is a new name, and renditions are made anew under it. Pure: opens no file, starts nothing.
"""

from dataclasses import asdict, dataclass
from typing import Any

from ingest.tracks import Probed, Track

RECIPE = "r3"
"""Name of the present recipe, and of the folder its renditions lie in: `r` and the next number."""
FORMER = tuple(f"r{number}" for number in range(1, int(RECIPE[1:])))
"""The recipes before it, the oldest first: copies under these are made anew. A later one than ours is left to those who
know it, so that two versions beside each other never undo each other's work."""

MAX_SIDE = 4096
"""Longest side of a picture we encode, in pixels: what H.264 level 5.2 and every browser's decoder hold."""
MAX_GAP_US = 30_000_000
"""Keyframes farther apart than this are not kept: a player could not seek, and a segment would not fit in memory."""
MOMENT = 60 * 1280 * 720
"""Pixels times seconds of a picture that is encoded in a moment: a minute in 1280 × 720."""
_PROFILES = frozenset(("Baseline", "Constrained Baseline", "Extended", "Main", "High", "Progressive High"))
_PIXELS = frozenset(("yuv420p", "yuvj420p"))
_AAC_PROFILES = frozenset(("LC", "HE-AAC", "HE-AACv2"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with which tracks. `why` says why the picture is not simply copied; sizes are upright pixels.

    `last_us` is where the last picture begins, counted from the file's start, and `last_frame_us` how long it stays:
    an encoder forgets that of a variable frame rate, and the picture would end early. `silence_us` is the length of a
    silent track that is added, so that a part without sound plays in one with parts that have some; 0 for none.
    `leaping` says that the container's clock leaps, and that what follows is to come right after what was before.
    """

    picture: int | None
    picture_copied: bool
    sound: tuple[int, ...]
    sound_copied: bool
    width: int
    height: int
    last_us: int
    last_frame_us: int
    why: tuple[str, ...]
    omitted: tuple[int, ...]
    silence_us: int = 0
    leaping: bool = False

    @property
    def name(self) -> str:
        """`remux`, `transcode` or `sound`: what provenance and status pages say."""
        if self.picture is None:
            return "sound"
        return "remux" if self.picture_copied else "transcode"

    def arguments(self) -> dict[str, Any]:
        """For the child that carries it out."""
        return asdict(self)


def choose(probed: Probed, copying: bool = True, *, silence: bool = False) -> Plan:
    """The plan for a file with at least one decoded track; with `copying` false everything is encoded anew.

    `silence` asks for a silent track where there is no sound.
    """
    picture = main_picture(probed)
    sounds = probed.of("audio")
    why = _why_not_copied(picture) if picture else ()
    if not copying:
        why = (*why, "a copy was cut short or could not be made")
    width, height = _shown_size(picture) if picture else (0, 0)
    return Plan(
        picture=picture.index if picture else None,
        picture_copied=picture is not None and not why,
        sound=tuple(sound.index for sound in sounds),
        sound_copied=copying and len(sounds) == 1 and _sound_is_copied(sounds[0]),
        width=width,
        height=height,
        last_us=picture.last_us - probed.start_us if picture else 0,
        last_frame_us=picture.end_us - picture.last_us if picture else 0,
        why=why,
        omitted=tuple(track.index for track in probed.of("video") if picture and track.index != picture.index),
        leaping=probed.leaps > 0,
        silence_us=picture.end_us - probed.start_us if silence and picture and not sounds else 0,
    )


def effort(probed: Probed, plan: Plan) -> int:
    """How much there is to encode, in pixels times seconds of the picture; sound costs next to nothing."""
    picture = main_picture(probed)
    if picture is None or plan.picture_copied:
        return 0
    return plan.width * plan.height * picture.length_us // 1_000_000


def main_picture(probed: Probed) -> Track | None:
    """The one picture a player can show: the longest, of equally long ones the largest."""
    pictures = probed.of("video")
    if not pictures:
        return None
    return max(pictures, key=lambda track: (round(track.length_us, -6), track.width * track.height, -track.index))


def _why_not_copied(track: Track) -> tuple[str, ...]:
    reasons = []
    if track.codec != "h264":
        reasons.append(f"codec {track.codec}")
    elif track.profile not in _PROFILES:
        reasons.append(f"profile {track.profile}")
    if track.pixels not in _PIXELS:
        reasons.append(f"pixels {track.pixels}")
    if not track.steady:
        reasons.append("times or parameters are not steady")
    if track.gap_us > MAX_GAP_US:
        reasons.append("keyframes too far apart")
    if max(track.width, track.height) > MAX_SIDE:
        reasons.append("larger than players decode")
    return tuple(reasons)


def _sound_is_copied(track: Track) -> bool:
    """AAC is the one sound that every browser plays inside fragmented MP4; all other is encoded, which costs little."""
    return track.codec == "aac" and track.profile in _AAC_PROFILES and track.steady and track.channels in (1, 2)


def _shown_size(track: Track) -> tuple[int, int]:
    """Upright and even, as 4:2:0 needs, and no side longer than MAX_SIDE."""
    width, height = (track.height, track.width) if track.rotation in (90, 270) else (track.width, track.height)
    scale = min(1.0, MAX_SIDE / max(width, height, 1))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)
