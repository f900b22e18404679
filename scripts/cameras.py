"""A folder in which cameras appear and go away, mounted as folders of their own: `tiezheng dock --watch`.

Of each camera its inventory is told first, with how its clock was measured; only then is anything of it sent. What is
finished (`scripts.finished`) is docked while other cameras come and go, what failed is tried again ever later, and
what has its receipt is not sent again, over restarts too: that is `Dock`'s memory. `NAME.json` or `NAME.csv` beside the
folder NAME says what is known of that camera. Changes nothing on it; a file goes by `scripts.dock_wipe` only.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from scripts.dock_patience import DockError
from scripts.docking import Outcome
from scripts.finished import Settling, State, Unread, files_in, open_for_writing, state_of
from scripts.sidecars import SUFFIXES, InvalidSidecar, read_sidecar

FACTS = frozenset(
    {"device", "operator", "case", "session", "channel", "kind", "clock_offset_ms", "clock_uncertainty_ms"}
)
"""What may be said of a whole camera; times and digests are of one file."""

Files = dict[Path, State]
Wipes = Callable[[Outcome], bool]
"""Removes a file whose receipt allows it; whether it is gone."""


class Docks(Protocol):
    """What is needed of `scripts.docking.Dock`."""

    def dock(self, path: Path, declared: Mapping[str, str] | None = None) -> Outcome: ...

    def announce(
        self, files: Sequence[Path], device: str, now: datetime, declared: Mapping[str, str] | None = None,
        root: Path | None = None,
    ) -> str | None: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a file, and whether it was wiped."""

    outcome: Outcome
    wiped: bool = False


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file on its way, as it looked then."""

    path: Path
    state: State


class Cameras:
    """One folder of cameras. One thread looks; the executor docks several files at a time.

    `device`: the whole folder is this one camera's. Without it each folder in it is a camera's, named by the device,
    and files that lie beside them are nobody's. `wipes`: None leaves every file where it is.
    """

    def __init__(
        self, folder: Path, dock: Docks, threads: Executor, monotonic: Callable[[], float],
        now: Callable[[], datetime], *, settle: float = 10.0, device: str | None = None, wipes: Wipes | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self._dock = dock
        self._threads = threads
        self._now = now
        self._device = device
        self._wipes = wipes
        self._seen = Settling(monotonic, settle)
        self._announcing = Settling(monotonic, 0.0)
        self._announced: dict[Path, set[object]] = {}
        self._running: dict[Future[Told], _Begun] = {}
        self._done: dict[Path, State] = {}
        self._last: dict[Path, Outcome] = {}
        self._unread = Unread()

    def look(self) -> Iterator[Told]:
        """Begin what is finished, and tell what has ended since the last look; waits for no file."""
        yield from self.ended()
        places = self._places()
        cameras = {folder: self._files(folder, places) for folder in places}
        for path, reason in self._unread.news():
            yield Told(Outcome(path, None, None, "file-unreadable", None, False, reason))
        self._see(cameras)
        resting = self._done.keys() | {one.path for one in self._running.values()}
        begin: list[tuple[int, _Begun, Mapping[str, str]]] = []
        for folder, files in cameras.items():
            due = [_Begun(path, files[path]) for path in sorted(files.keys() - resting) if self._due(path)]
            try:
                facts = self._announce(folder, places[folder], files) if due else None
            except (DockError, InvalidSidecar) as error:
                self._announcing.later(folder)
                if error.code != "interrupted":
                    yield Told(Outcome(folder, None, None, error.code, None, False, str(error)))
                continue
            begin += [] if facts is None else [(number, one, facts) for number, one in enumerate(due)]
        for _number, one, facts in sorted(begin, key=lambda each: each[0]):  # the first of each camera, then the second
            self._running[self._threads.submit(self._bring, one.path, facts)] = one

    def ended(self) -> Iterator[Told]:
        """What has ended since this was last asked."""
        for running in [one for one in self._running if one.done()]:
            begun = self._running.pop(running)
            if running.cancelled() or (told := running.result()).outcome.outcome == "interrupted":
                continue
            if told.wiped or (told.outcome.safe and self._wipes is None):
                self._done[begun.path] = begun.state
            else:
                self._seen.later(begun.path)
            if not told.outcome.receipted or told.wiped or self._last.get(begun.path) != told.outcome:
                yield told
            self._last[begun.path] = told.outcome

    def _bring(self, path: Path, facts: Mapping[str, str]) -> Told:
        outcome = self._dock.dock(path, facts)
        return Told(outcome, outcome.safe and self._wipes is not None and self._wipes(outcome))

    def _places(self) -> dict[Path, str | None]:
        """Folders that lie here now, and whose they are."""
        if self._device is not None:
            return {self.folder: self._device}
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError as error:
            self._unread(error)
            return {}
        return {self.folder: None} | {self.folder / name: name for name in names if not name.startswith(".")}

    def _files(self, folder: Path, places: Mapping[Path, str | None]) -> Files:
        """What lies there and may be finished; beside the cameras' folders no sidecars, for those speak of a camera."""
        if places[folder] is not None:
            return files_in(folder, unread=self._unread)
        found = files_in(folder, places.keys() - {folder}, self._unread)
        return {path: state for path, state in found.items() if path.suffix.lower() not in SUFFIXES}

    def _see(self, cameras: Mapping[Path, Files]) -> None:
        """Remember how everything looks; what is gone may come back as something else."""
        there = {path: state for files in cameras.values() for path, state in files.items()}
        for path, state in there.items():
            self._seen.see(path, state)
        self._seen.forget_but(there)
        self._announcing.forget_but(cameras)
        self._announced = {one: known for one, known in self._announced.items() if cameras.get(one)}
        self._done = {path: state for path, state in self._done.items() if there.get(path) == state}
        self._last = {path: outcome for path, outcome in self._last.items() if path in there}

    def _due(self, path: Path) -> bool:
        return self._seen.due(path) and not open_for_writing(path)

    def _announce(self, folder: Path, device: str | None, files: Files) -> Mapping[str, str] | None:
        """Tell what lies there, where that has grown; what is said of the camera. None while a refusal is waited over.

        Only what has settled is told: half a file would be missing for good. DockError, InvalidSidecar.
        """
        if device is None:
            return {}
        sidecar = next((one for suffix in SUFFIXES if state_of(one := _beside(folder, suffix))), None)
        said_so = None if sidecar is None else state_of(sidecar)
        still = (path for path in files if self._seen.settled(path) and not open_for_writing(path))
        listed = {(path, files[path]) for path in still}
        self._announcing.see(folder, listed, said_so)
        if not self._announcing.due(folder):
            return None
        facts = {"device": device, **({} if sidecar is None else _facts(sidecar))}
        known = self._announced.get(folder, set())
        if not listed | {said_so} <= known:
            self._dock.announce(sorted(path for path, _ in listed), facts["device"], self._now(), facts, folder)
            self._announced[folder] = listed | {said_so}
        return facts


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)


def _facts(sidecar: Path) -> dict[str, str]:
    """What is said of a camera; InvalidSidecar when it is of one file, or cannot be read."""
    facts = read_sidecar(sidecar)
    wrong = sorted(facts.keys() - FACTS)
    if wrong:
        raise InvalidSidecar(f"{sidecar.name}: {', '.join(wrong)} can be said of one file only, not of a camera")
    return facts
