"""A folder that recorders deliver into (FTP, SMB): which files are finished, and what becomes of each.

A finished file (`scripts.finished`), whose sidecar has not changed for a while either, is docked; once its receipt was
verified and kept, its sidecar and then the file itself move below `sealed/`. Whatever was refused stays where it is,
with the reason in `NAME.refused.txt` beside it, and is tried again: when it or its sidecar changes, else ever later.
Nothing is changed but names, and nothing is ever removed but those explanations. A crash between any two steps leaves
what the next look goes on from: a file that has its receipt is not sent again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from integrity import durable
from player.language import gettext as _
from scripts.docking import Outcome
from scripts.finished import Settling, State, files_in, open_for_writing, state_of
from scripts.sidecars import SUFFIXES, InvalidSidecar, names_of_sidecars, read_sidecar

EXPLAINED = ".refused.txt"

Docks = Callable[[Path, Mapping[str, str]], Outcome]


class _Files(dict[Path, State]):
    """What lies there at one look; `names`: the same by name whatever its case, for recorders write `.JSON` as well."""

    def __init__(self, states: Mapping[Path, State]) -> None:
        super().__init__(states)
        self.names = {_name(path): path for path in states}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A finished file, its sidecar, and what was declared with it."""

    path: Path
    sidecar: Path | None
    declared: Mapping[str, str]
    state: State


class WatchFolder:
    """One folder and its `sealed/`. One thread looks; the executor docks several files at a time."""

    def __init__(
        self, folder: Path, docks: Docks, threads: Executor, monotonic: Callable[[], float], *,
        settle: float = 10.0, sidecar_needed: bool = False,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.sealed = folder / "sealed"
        durable.make_folder(self.sealed, 0o755)
        self._docks = docks
        self._threads = threads
        self._sidecar_needed = sidecar_needed
        self._seen = Settling(monotonic, settle)

    def look(self) -> Iterator[Outcome]:
        """Dock what is finished; each outcome as soon as it is there, the sealed ones moved already."""
        files = _Files(self._files())
        self._seen.forget_but(files)
        due = [delivery for path in sorted(files) if isinstance(delivery := self._due(path, files), Delivery | Outcome)]
        yield from (self._refuse(one) for one in due if isinstance(one, Outcome))
        for outcome, delivery in self._docked(one for one in due if isinstance(one, Delivery)):
            if outcome.outcome != "interrupted":
                yield self._seal(outcome, delivery) if outcome.receipted else self._refuse(outcome)

    def waiting(self) -> int:
        """How much lies here and is not sealed, whatever it is, but for our own explanations.

        Refused or new since the last look, with an unfinished or a hidden name, a sidecar without its file, a link.
        """
        count = 0
        for place, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if Path(place, name) != self.sealed]
            links = [name for name in folders if Path(place, name).is_symlink()]
            count += sum(1 for name in (*names, *links) if not name.endswith(EXPLAINED))
        return count

    def _docked(self, deliveries: Iterable[Delivery]) -> Iterator[tuple[Outcome, Delivery]]:
        begun = [(self._threads.submit(self._docks, one.path, one.declared), one) for one in deliveries]
        for running, delivery in begun:
            yield running.result(), delivery

    def _files(self) -> dict[Path, State]:
        """What lies here and may be finished, nothing of our own."""
        found = files_in(self.folder, {self.sealed})
        return {path: state for path, state in found.items() if not path.name.endswith(EXPLAINED)}

    def _due(self, path: Path, files: _Files) -> Delivery | Outcome | None:
        """The file, when it is to be docked now; an outcome where its sidecar forbids that."""
        if _is_sidecar(path):
            return None
        sidecars = [files.names[name] for one in names_of_sidecars(path) if (name := _name(one)) in files.names]
        self._seen.see(path, files[path], *(files[one] for one in sidecars))
        if not self._seen.due(path) or open_for_writing(path):
            return None
        try:
            return self._delivery(path, files[path], sidecars)
        except InvalidSidecar as error:
            return Outcome(path, None, None, error.code, None, False, str(error))

    def _delivery(self, path: Path, state: State, sidecars: list[Path]) -> Delivery:
        if len(sidecars) > 1:
            raise InvalidSidecar(f"{', '.join(one.name for one in sidecars)} all describe {path.name}")
        if sidecars:
            return Delivery(path, sidecars[0], read_sidecar(sidecars[0]), state)
        moved = self._moved_sidecar(path)
        if moved is None and self._sidecar_needed:
            raise InvalidSidecar(f"no sidecar describes {path.name}")
        return Delivery(path, None, {} if moved is None else read_sidecar(moved), state)

    def _moved_sidecar(self, path: Path) -> Path | None:
        """The sidecar that went ahead before a crash: it lies where this file goes, and no file is there."""
        target = self._target(path)
        return next((one for suffix in SUFFIXES if (one := _beside(target, suffix)).is_file()), None)

    def _refuse(self, outcome: Outcome) -> Outcome:
        """Say why beside the file, and when it is tried again."""
        self._seen.later(outcome.file)
        words = _("Not received: {code}\n{detail}\nThe file stays here and is tried again.\n")
        text = words.format(code=outcome.outcome, detail=outcome.detail).encode("utf-8", "backslashreplace")
        explained = _explained(outcome.file)
        if not explained.is_file() or explained.read_bytes() != text:
            durable.replace(explained, text, 0o644)
        return outcome

    def _seal(self, outcome: Outcome, delivery: Delivery) -> Outcome:
        """Move what has its receipt out of the recorder's way: the sidecar, then the file, then the explanation."""
        if state_of(delivery.path) != delivery.state or open_for_writing(delivery.path):
            detail = f"{delivery.path.name} changed after it was sent; the receipt is of what was sent"
            return self._refuse(replace(outcome, outcome="file-changed", receipt=None, safe=False, detail=detail))
        target = self._target(delivery.path)
        if delivery.sidecar is not None:
            _move(delivery.sidecar, _free(_beside(target, delivery.sidecar.suffix)))
        _move(delivery.path, target)
        durable.remove(_explained(delivery.path))
        return outcome

    def _target(self, path: Path) -> Path:
        return _free(self.sealed / path.relative_to(self.folder))


def _free(path: Path) -> Path:
    """This name, or the next that nothing has: two deliveries may have one name."""
    name, number = path, 2
    while os.path.lexists(name):
        name, number = path.with_name(f"{path.stem}.{number}{path.suffix}"), number + 1
    return name


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix.lower())


def _move(source: Path, target: Path) -> None:
    for folder in reversed([one for one in target.parents if not one.is_dir()]):
        durable.make_folder(folder, 0o755)
    durable.move(source, target)


def _name(path: Path) -> tuple[Path, str]:
    return path.parent, path.name.lower()


def _is_sidecar(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _explained(path: Path) -> Path:
    return path.with_name(path.name + EXPLAINED)
