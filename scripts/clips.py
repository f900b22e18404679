"""Recordings for a demonstration where no real ones are at hand: made by ffmpeg, in the formats cameras write.

Pictures are test cards and sounds are speech-like noise, so nobody can take a clip for evidence.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Two vowels' formants, opened and closed four times a second and interrupted now and then, as speech is.
_SPEECH = (
    "aevalsrc='(0.5*sin(2*PI*(130+18*sin(2*PI*0.7*t))*t)+0.3*sin(2*PI*730*t)+0.2*sin(2*PI*1090*t))"
    "*abs(sin(2*PI*2*t))*gt(sin(2*PI*0.31*t)\\,-0.6)*0.4':s=16000:d={seconds}"
)
_CARD = "testsrc2=size={size}:rate={rate}:duration={seconds}"


@dataclass(frozen=True, slots=True)
class _Clip:
    name: str
    arguments: Sequence[str]
    size: str = "640x360"
    rate: str = "25"
    seconds: int = 6
    picture: bool = True
    sound: bool = True

    def command(self, folder: Path) -> list[str]:
        inputs: list[str] = []
        for wanted, source in ((self.picture, _CARD), (self.sound, _SPEECH)):
            if wanted:
                text = source.format(size=self.size, rate=self.rate, seconds=self.seconds)
                inputs += ["-f", "lavfi", "-i", text]
        quiet = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
        return [*quiet, *inputs, *self.arguments, str(folder / self.name)]


_H264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
_CLIPS = (
    _Clip("现场检查_执法记录仪01.mp4", [*_H264, "-c:a", "aac"], seconds=12),
    _Clip("询问室_近景.mp4", ["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", "-c:a", "aac"]),
    _Clip("车载录像 2026-11-02.avi", ["-c:v", "mjpeg", "-q:v", "5", "-c:a", "pcm_s16le"], rate="15"),
    _Clip("硬盘录像机_通道3.ts", ["-c:v", "mpeg2video", "-b:v", "2M", "-c:a", "mp2"], size="720x576"),
    _Clip("送达过程（手机）.mov", [*_H264, "-c:a", "aac"], size="360x640", rate="30"),
    _Clip("电话询问录音.wav", ["-c:a", "pcm_s16le"], picture=False, seconds=8),
    _Clip("抵达现场照片.jpg", ["-frames:v", "1", "-update", "1", "-q:v", "3"], sound=False),
)


def make_clips(folder: Path) -> list[Path]:
    """Make every clip in `folder`; one of them is cut short, as by an empty battery, and one is a text."""
    folder.mkdir(parents=True, exist_ok=True)
    for clip in _CLIPS:
        subprocess.run(clip.command(folder), check=True, stdin=subprocess.DEVNULL)
    whole = (folder / _CLIPS[0].name).read_bytes()
    (folder / "断电残片.mp4").write_bytes(whole[: len(whole) // 3])
    (folder / "现场笔录.txt").write_text("现场检查笔录\n\n时间：2026年11月2日\n地点：示范路1号\n", encoding="utf-8")
    return sorted(path for path in folder.iterdir() if path.is_file())
