"""The playable copy: a plan's ffmpeg command line. Runs in a confined child, which then becomes that ffmpeg.

The result is one fragmented MP4 without edit lists: browsers' Media Source ignores an edit list's empty entry, so a
track that starts late would be shown early; instead its first frame stays longer. Encoded pictures have no B-frames,
so that decoding order is showing order and no track starts late because of them. ffmpeg-python only builds the
argument list; it has no timeouts and never runs anything here. Works with ffmpeg 5.1 and 7.1 alike.
"""

from collections.abc import Mapping
from typing import Any

import ffmpeg

from ingest.continuity import LEAP_S
from ingest.formats import open_options
from ingest.task import Command, Work

_KEYFRAME_S = 4
"""Seconds between keyframes of an encoded picture, and at least of a fragment."""
_SOUND_S, _LONGEST_S = 6, 40
"""Seconds of a fragment of sound alone, and of any at most: more than keyframes of a copied picture lie apart."""
_TIMESCALE = 90_000
_RATE = 48_000
"""Samples a second of encoded sound; AAC begins with 1024 samples of its own, here 21 ms and at 8 kHz 128 ms."""
_GAP_S = 0.05
"""Silence longer than this between packets of sound is filled in, so that sound stays with the picture."""
_NO_LEAP_S = 1_000_000
"""Longer than any recording: else ffmpeg took a pause of one track for a leap of the clock, and played it too early."""
_ENCODING = {"c:a": "aac", "b:a": "96k", "ac": 2, "ar": _RATE}
_CONTAINER = {
    "format": "mp4",
    "movflags": "+frag_keyframe+delay_moov+default_base_moof",
    "use_editlist": 0,
    "min_frag_duration": _KEYFRAME_S * 1_000_000,
    "map_metadata": -1,  # what a camera wrote about place and person stays in the original
    "map_chapters": -1,
    "max_muxing_queue_size": 4096,
}


def version(_: Work) -> Command:
    """Have ffmpeg print who it is."""
    return Command(("ffmpeg", "-version"))


def render(work: Work) -> Command:
    """The command that writes `media.mp4` into the child's folder; `arguments` is a Plan and `threads`."""
    return Command(tuple(arguments(str(work.original), work.arguments)))


def arguments(original: str, plan: Mapping[str, Any]) -> list[str]:
    """ffmpeg's argument list for a plan."""
    threads = plan["threads"]
    source = ffmpeg.input(original, **open_options(), threads=threads, fflags="+genpts")
    tracks, options = [], dict(_CONTAINER)
    # Sound has no keyframes to divide at; where it goes on after the picture, a fragment is ended by its length.
    options["frag_duration"] = (_SOUND_S if plan["picture"] is None else _LONGEST_S) * 1_000_000
    if plan["picture"] is not None:
        tracks.append(source[str(plan["picture"])])
        options |= {"c:v": "copy"} if plan["picture_copied"] else _encoded_picture(plan)
    if plan["sound"]:
        tracks.append(_sound(source, plan))
        options |= {"c:a": "copy", "bsf:a": "aac_adtstoasc"} if plan["sound_copied"] else _encoded_sound(plan)
    elif plan["silence_us"]:
        tracks.append(_silence(plan["silence_us"]))
        options |= _ENCODING
    output = ffmpeg.output(*tracks, "media.mp4", threads=threads, **options)
    leap = LEAP_S if plan["leaping"] else _NO_LEAP_S
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error")
    told = output.global_args(*quiet, "-filter_threads", str(threads), "-dts_delta_threshold", str(leap))
    return [str(part) for part in ffmpeg.compile(told, cmd="ffmpeg", overwrite_output=True)]


def _sound(source: Any, plan: Mapping[str, Any]) -> Any:
    """One track as it is; several mixed into one, since a player offers no choice and none may go unheard.

    What is mixed has to begin together and be without gaps, for samples are counted there and times are not looked at.
    """
    tracks = [source[str(index)] for index in plan["sound"]]
    if len(tracks) == 1:
        return tracks[0]
    whole = [track.filter("aresample", **{"async": 1, "min_hard_comp": _GAP_S, "first_pts": 0}) for track in tracks]
    return ffmpeg.filter(whole, "amix", inputs=len(tracks), duration="longest", dropout_transition=0)


def _encoded_picture(plan: Mapping[str, Any]) -> dict[str, Any]:
    """H.264 that every browser decodes, at the times the original has. ffmpeg turns it upright by itself."""
    shown_until = (plan["last_us"] - 50_000) / 1_000_000
    stays = plan["last_frame_us"] / 1_000_000
    return {
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 23,
        "bf": 0,
        "vf": f"yadif=deint=interlaced,scale={plan['width']}:{plan['height']}:out_range=tv,format=yuv420p",
        "fps_mode": "vfr",
        "enc_time_base:v": f"1:{_TIMESCALE}",
        "video_track_timescale": _TIMESCALE,
        "force_key_frames": f"expr:gte(t,n_forced*{_KEYFRAME_S})",
        "bsf:v": f"setts=duration=if(gte(PTS*TB\\,{shown_until:.6f})\\,{stays:.6f}/TB\\,DURATION)",
    }


def _silence(length_us: int) -> Any:
    """A track without a sound: a player that was given sound with the part before goes on only with some."""
    quiet = f"anullsrc=channel_layout=stereo:sample_rate={_RATE}"
    return ffmpeg.input(quiet, format="lavfi", t=f"{length_us / 1_000_000:.6f}")["a"]


def _encoded_sound(plan: Mapping[str, Any]) -> dict[str, Any]:
    options = dict(_ENCODING)
    if len(plan["sound"]) == 1:
        options["af"] = f"aresample=async=1:min_hard_comp={_GAP_S}"
    return options
