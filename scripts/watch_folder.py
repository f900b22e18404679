"""A folder that recorders deliver into (FTP, SMB): which files are finished, and what becomes of each.

A finished file (`scripts.finished`), whose sidecar has not changed for a while either, is docked; once its receipt was
verified and kept, its sidecar and then the file itself move below `sealed/`. Whatever was refused stays where it is,
with the reason in `NAME.refused.txt` beside it, and is tried again: when it or its sidecar changes, else ever later.
Nothing is changed but names, and nothing is ever removed but those explanations. A crash between any two steps leaves
what the next look goes on from: a file that has its receipt is not sent again.
"""

import errno
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from integrity import durable
from integrity.digest import Digest
from player.language import gettext as _
from scripts.docking import Outcome
from scripts.finished import Settling, State, Unread, files_in, open_for_writing, state_of
from scripts.sidecars import SUFFIXES, InvalidSidecar, names_of_sidecars, read_sidecar

EXPLAINED = ".refused.txt"
LONGEST_NAME = 255
"""Bytes of a name that common file systems can store."""

_Name = tuple[Path, str]

Docks = Callable[[Path, Mapping[str, str]], Outcome]


class _Files(dict[Path, State]):
    """What lies there at one look; `names`: the same by name whatever its case, for recorders write `.JSON` as well."""

    def __init__(self, states: Mapping[Path, State]) -> None:
        super().__init__(states)
        self.names = defaultdict[_Name, list[Path]](list)
        self._by_stem = defaultdict[_Name, list[Path]](list)
        for path in sorted(states):
            self.names[_name(path)].append(path)
            for stem in {_name(path), _name(path.with_suffix(""))} if not _is_sidecar(path) else ():
                self._by_stem[stem].append(path)

    def sidecars(self, path: Path) -> list[Path]:
        """What describes this file."""
        return [found for one in names_of_sidecars(path) for found in self.names.get(_name(one), ())]

    def others(self, path: Path, sidecar: Path) -> tuple[Path, ...]:
        """What else a sidecar describes."""
        return tuple(one for one in self._by_stem[_name(sidecar.with_suffix(""))] if one != path)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A finished file, its sidecar, and what was declared with it."""

    path: Path
    sidecar: Path | None
    declared: Mapping[str, str]
    state: State
    others: tuple[Path, ...] = ()
    """What the same sidecar describes too."""


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
        self._unread = Unread()

    def look(self) -> Iterator[Outcome]:
        """Dock what is finished; each outcome as soon as it is there, the sealed ones moved already."""
        files = _Files(self._files())
        for place, reason in self._unread.news():
            yield Outcome(place, None, None, "file-unreadable", None, False, reason)
        self._seen.forget_but(files)
        due = [delivery for path in sorted(files) if isinstance(delivery := self._due(path, files), Delivery | Outcome)]
        yield from (self._refuse(one) for one in due if isinstance(one, Outcome))
        for outcome, delivery in self._docked(one for one in due if isinstance(one, Delivery)):
            if outcome.outcome != "interrupted":
                yield self._seal(outcome, delivery) if outcome.receipted else self._refuse(outcome)

    def waiting(self) -> int:
        """How much lies here and is not sealed, whatever it is, but for our own explanations.

        Refused or new since the last look, with an unfinished or a hidden name, a sidecar without its file, a link, a
        folder that cannot be read.
        """
        unread: list[OSError] = []
        count = 0
        for place, folders, names in os.walk(self.folder, onerror=unread.append):
            folders[:] = [name for name in folders if Path(place, name) != self.sealed]
            links = [name for name in folders if Path(place, name).is_symlink()]
            count += sum(1 for name in (*names, *links) if not name.endswith(EXPLAINED))
        return count + len(unread)

    def _docked(self, deliveries: Iterable[Delivery]) -> Iterator[tuple[Outcome, Delivery]]:
        begun = [(self._threads.submit(self._docks, one.path, one.declared), one) for one in deliveries]
        for running, delivery in begun:
            yield running.result(), delivery

    def _files(self) -> dict[Path, State]:
        """What lies here and may be finished, nothing of our own."""
        found = files_in(self.folder, {self.sealed}, self._unread)
        return {path: state for path, state in found.items() if not path.name.endswith(EXPLAINED)}

    def _due(self, path: Path, files: _Files) -> Delivery | Outcome | None:
        """The file, when it is to be docked now; an outcome where its sidecar forbids that."""
        if _is_sidecar(path):
            return None
        sidecars = files.sidecars(path)
        self._seen.see(path, files[path], *(files[one] for one in sidecars))
        if not self._seen.due(path) or open_for_writing(path):
            return None
        try:
            return self._delivery(path, files, sidecars)
        except InvalidSidecar as error:
            return Outcome(path, None, None, error.code, None, False, str(error))

    def _delivery(self, path: Path, files: _Files, sidecars: list[Path]) -> Delivery:
        if len(sidecars) > 1:
            raise InvalidSidecar(f"{', '.join(one.name for one in sidecars)} all describe {path.name}")
        if sidecars:
            sidecar = sidecars[0]
            return Delivery(path, sidecar, read_sidecar(sidecar), files[path], files.others(path, sidecar))
        moved = self._moved_sidecar(path)
        if moved is None and self._sidecar_needed:
            raise InvalidSidecar(f"no sidecar describes {path.name}")
        return Delivery(path, None, {} if moved is None else read_sidecar(moved), files[path])

    def _moved_sidecar(self, path: Path) -> Path | None:
        """The sidecar that went ahead before a crash: it lies where this file goes, and no file is there."""
        target = self._target(path)
        return next((one for suffix in SUFFIXES if state_of(one := _beside(target, suffix))), None)

    def _refuse(self, outcome: Outcome) -> Outcome:
        """Say why beside the file, where that can be written and the file is there, and when it is tried again."""
        self._seen.later(outcome.file)
        if state_of(outcome.file) is not None:
            with suppress(OSError):  # it is told all the same, and nothing else waits for it
                self._explain(outcome)
        return outcome

    def _explain(self, outcome: Outcome) -> None:
        words = _("Not received: {code}\n{detail}\nThe file stays here and is tried again.\n")
        text = words.format(code=outcome.outcome, detail=outcome.detail).encode("utf-8", "backslashreplace")
        explained = _explained(outcome.file)
        if not explained.is_file() or explained.read_bytes() != text:
            durable.replace(explained, text, 0o644)

    def _seal(self, outcome: Outcome, delivery: Delivery) -> Outcome:
        """Move what has its receipt out of the recorder's way; what cannot be moved stays, with the reason."""
        try:
            return self._move(outcome, delivery)
        except OSError as error:
            detail = f"{delivery.path.name} has its receipt and cannot be moved: {error.strerror or error}"
            return self._refuse(replace(outcome, outcome="station-disk", receipt=None, safe=False, detail=detail))

    def _move(self, outcome: Outcome, delivery: Delivery) -> Outcome:
        """The sidecar, then the file, then the explanation; what describes others too is copied first."""
        if state_of(delivery.path) != delivery.state or open_for_writing(delivery.path):
            detail = f"{delivery.path.name} changed after it was sent; the receipt is of what was sent"
            return self._refuse(replace(outcome, outcome="file-changed", receipt=None, safe=False, detail=detail))
        target = self._target(delivery.path)
        self._require_folders(target.parent)
        if delivery.sidecar is not None:
            kept = _beside(target, delivery.sidecar.suffix)
            if any(os.path.lexists(other) for other in delivery.others):
                _copy(delivery.sidecar, kept)
            else:
                _move(delivery.sidecar, _free(kept))
        _move(delivery.path, target)
        durable.remove(_explained(delivery.path))
        return outcome

    def _require_folders(self, folder: Path) -> None:
        """No link on the way: whoever writes here could have files put wherever he likes, under names of his own."""
        for one in (folder, *folder.parents):
            if one == self.folder:
                return
            if one.is_symlink():
                raise OSError(errno.ELOOP, f"{one.name} is a link, and no folder", str(one))

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
    durable.make_folder(target.parent, 0o755)
    durable.move(source, target)


def _copy(source: Path, target: Path) -> None:
    """Again is the same: nothing is copied a second time that lies there already."""
    content = source.read_bytes()
    if state_of(target) and target.read_bytes() == content:
        return
    durable.make_folder(target.parent, 0o755)
    durable.write_new(_free(target), content, 0o644)


def _name(path: Path) -> _Name:
    return path.parent, path.name.lower()


def _is_sidecar(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _explained(path: Path) -> Path:
    """Beside the file; a name that is long already is cut, and told apart from others by its digest."""
    name = path.name + EXPLAINED
    if len(os.fsencode(name)) > LONGEST_NAME:
        start = os.fsencode(path.name)[: LONGEST_NAME - len(EXPLAINED) - 20].decode("utf-8", "ignore")
        name = f"{start}.{Digest.of(os.fsencode(path.name)).hex[:16]}{EXPLAINED}"
    return path.with_name(name)
