"""`tiezheng bench prepare`: what it costs to make a recording playable, beside ffmpeg alone with the same arguments."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from catalog.identity import RecordingId
from catalog.renditions_files import FileRenditions
from ingest.child import Children
from ingest.decoding import command_line
from ingest.derived import Derived
from ingest.rendering import Bounds, Original, Prepared, Renderer
from ingest.task import Limits, Reply, Task
from integrity.canonical import parse_canonical
from integrity.digest import Digest
from player.language import gettext as _
from scripts.bench_footage import FOOTAGE, Footage, make
from scripts.bench_measure import Spread, child_cpu_seconds, children_cpu_seconds, conclude, ratios, tell, workplace
from scripts.settings import Settings, child_environment

HOUR = 3600
_RECORDING = RecordingId("0" * 26)
_MEDIA = "media.mp4"
_METHOD = (
    "a recording made by ffmpeg on the spot; CPU-seconds of this process and of all its children, by getrusage(2). "
    "cpu_s: everything the prepare job does but its rows in the catalogue: facts read, original hashed, probed, "
    "copied or encoded, measured, divided, looked at and listened to for thumbnails, waveform and findings, files "
    "hashed and synced; each task in a confined child of its own, NAME_cpu_s. ffmpeg_cpu_s: ffmpeg by itself on the "
    "same file with the arguments of `render`, in turns with it, and the same bytes must come out. times_ffmpeg: "
    "render by that, all_times_ffmpeg: everything by that; below 1 we would need less"
)


@dataclass(slots=True)
class Counting:
    """Real confined children (an `ingest.child.Decoder`), what each of their tasks cost, and what ffmpeg was told."""

    children: Children
    cpu_s: dict[str, float] = field(default_factory=dict)
    argv: Sequence[str] = ()

    def run(self, task: Task, limits: Limits) -> Reply:
        """One task, which is over and waited for when this returns."""
        begun = children_cpu_seconds()
        reply = self.children.run(task, limits)
        self.cpu_s[task.name] = self.cpu_s.get(task.name, 0.0) + children_cpu_seconds() - begun
        if task.name == "render":
            self.argv = command_line(reply)
        return reply


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU-seconds of one preparation: all of it, each task of a child, and ffmpeg alone; and by which tools."""

    cpu_s: float
    tasks: Mapping[str, float]
    ffmpeg_cpu_s: float
    tools: str


@click.command(name="prepare")
@click.option("--only", multiple=True, type=click.Choice(list(FOOTAGE)), help=_("only this; may be repeated"))
@click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help=_("rounds of each measure"))
@click.option("--seconds", type=click.IntRange(min=1), default=HOUR, show_default=True,
              help=_("length of the recording whose picture is copied"))  # fmt: skip
@click.option("--transcode-seconds", type=click.IntRange(min=1), default=180, show_default=True,
              help=_("length of the recording whose picture is encoded"))  # fmt: skip
@click.option("--height", type=click.IntRange(min=36, max=2160), default=720, show_default=True,
              help=_("lines of their pictures"))  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), default=None,
              help=_("where to work; default: the temporary folder of the system"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=_("one JSON object"))
def command(
    only: tuple[str, ...], runs: int, seconds: int, transcode_seconds: int, height: int, folder: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Preparing an H.264 recording and one that is encoded anew, each beside the bare ffmpeg command."""
    lengths = {"remux": seconds, "transcode": transcode_seconds}
    results: dict[str, dict[str, object]] = {}
    for name in [name for name in FOOTAGE if not only or name in only]:
        with workplace(folder) as place:
            results[name] = bench(FOOTAGE[name], place, lengths[name], height, runs)
        if not as_json:
            tell(name, results[name])
    conclude(results, _METHOD, as_json)


def bench(footage: Footage, place: Path, seconds: int, height: int, runs: int) -> dict[str, object]:
    """One kind of recording, prepared and copied or encoded by ffmpeg alone, in turns."""
    file = make(footage, place, seconds, height)
    digest = Digest.of_file(file)  # now it is in the cache, for both
    costs = [_cost(footage, place, file, digest) for _run in range(runs)]
    everything, bare = Spread(tuple(cost.cpu_s for cost in costs)), Spread(tuple(cost.ffmpeg_cpu_s for cost in costs))
    tasks = {name: Spread(tuple(cost.tasks[name] for cost in costs)) for name in costs[0].tasks}
    return {
        "seconds": seconds,
        "height": height,
        "bytes": file.stat().st_size,
        "tools": costs[0].tools,
        "runs": runs,
        "cpu_s": everything.json(),
        "cpu_s_per_hour": Spread(tuple(value * HOUR / seconds for value in everything.values)).json(),
        "ffmpeg_cpu_s": bare.json(),
        "times_ffmpeg": ratios(bare, tasks["render"]).json(),
        "all_times_ffmpeg": ratios(bare, everything).json(),
        **{f"{name}_cpu_s": spread.json() for name, spread in tasks.items()},
    }


def _cost(footage: Footage, place: Path, file: Path, digest: Digest) -> Cost:
    """Prepare it by the code of the job, in the store of viewing copies, and have ffmpeg do its part once more."""
    counting, store = Counting(Children(child_environment())), FileRenditions(place / "renditions")
    begun = time.process_time() + children_cpu_seconds()
    folder = store.begin(_RECORDING)
    prepared = _prepared(counting, file, digest, folder)
    store.keep(_RECORDING, prepared.recipe)
    spent = time.process_time() + children_cpu_seconds() - begun
    made = next(each for each in prepared.files if each.name == _MEDIA)
    told = parse_canonical(made.provenance)
    if told["plan"] != footage.plan:
        raise click.ClickException(f"{file.name} was prepared by {told['plan']} and not by {footage.plan}")
    store.remove(_RECORDING)
    return Cost(spent, counting.cpu_s, bare(counting.argv, file, place, made.digest), "; ".join(told["tools"]))


def _prepared(counting: Counting, file: Path, digest: Digest, folder: Path) -> Prepared:
    settings = Settings()
    bounds = Bounds(timeout_s=settings.prepare_timeout_s, memory=settings.prepare_memory_bytes, threads=2)
    fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        original = Original(fd, file.name, digest, file.stat().st_size)
        Derived(counting, settings.name_patterns).read(original)
        return Renderer(counting, bounds).render([original], folder)
    finally:
        os.close(fd)


def bare(argv: Sequence[str], file: Path, place: Path, digest: Digest) -> float:
    """CPU-seconds of ffmpeg as the child became it, on the file's own path, with no fence around it.

    ClickException when what it made has another digest.
    """
    spent = child_cpu_seconds([file if part.startswith("/proc/self/fd/") else part for part in argv], place)
    if Digest.of_file(place / _MEDIA) != digest:
        raise click.ClickException("ffmpeg alone made another file, so its cost says nothing")
    (place / _MEDIA).unlink()
    return spent
