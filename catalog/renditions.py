"""Where renditions lie: files derived from an original and replaceable, in a folder or in a bucket.

A rendition is made in a folder of its maker's own (`catalog.rendition_work`) and then kept: whole, durably, and at a
place that nobody was shown and no other attempt ever has. Only then does the catalog tell of it, by rows that name the
place. So whatever a late or dead worker still does, it reaches no file that rows name; and what no row names and nobody
is about to tell of is an attempt that was cut short, which `catalog.unshown` removes. Rows without their files are a
finding of `audit`. Bytes go out through the gate, for posters are footage too, or in an approved bundle.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Row

from catalog.errors import InvalidInput
from catalog.identity import RecordingId, is_id
from integrity.clock import Random
from integrity.opened import Opened

CONTENT_TYPES = {
    "index.m3u8": "application/vnd.apple.mpegurl",
    "media.mp4": "video/mp4",
    "poster.jpg": "image/jpeg",
    "sprite.jpg": "image/jpeg",
    "thumbs.vtt": "text/vtt; charset=utf-8",
    "waveform.json": "application/json",
    "picture.jpg": "image/jpeg",
    "text.txt": "text/plain; charset=utf-8",
}
"""Every name a file of a rendition can have; some of them also with the number of a further part before the dot."""

_NUMBERED = re.compile(r"(media|sprite)-(?:[2-9]|[1-9][0-9]{1,2})(\.[a-z0-9]{3})")
_RECIPE = re.compile(r"[0-9A-Za-z]{1,32}")
_PLACE = re.compile(r"[0-9A-Za-z]{1,32}(-[0-9a-f]{16})?")


class RenditionStore(Protocol):
    """Renditions, for one worker beside others. RenditionsUnavailable: ask again later; OSError of this machine.

    Safe to use from every thread, for different recordings.
    """

    # --- making one ---------------------------------------------------------------------------------------------------

    def begin(self, recording: RecordingId) -> Path:
        """An empty folder to make a rendition in; what an earlier attempt left there is gone."""
        ...

    def keep(self, recording: RecordingId, recipe: str) -> str:
        """Keep what was made, durably, at a new place that is returned; a call cut short leaves nothing to be shown."""
        ...

    def give_up(self, recording: RecordingId) -> None:
        """Remove what an attempt of this worker left where it was made."""
        ...

    def makers(self) -> set[str]:
        """The workers of whom anything half made lies on this machine."""
        ...

    def abandon(self, worker: str) -> None:
        """Remove what a worker that will not come back left half made on this machine."""
        ...

    def free_bytes(self) -> int:
        """Bytes that can still be written where renditions are made."""
        ...

    # --- what was kept ------------------------------------------------------------------------------------------------

    def open(self, recording: RecordingId, place: str, name: str) -> Opened:
        """Open one file for reading; NotFound for whatever is no file of a known name. Reading raises the same."""
        ...

    def places(self, recording: RecordingId) -> set[str]:
        """Every place of a recording where something lies, shown or not, whole or not."""
        ...

    def lying(self) -> Iterator[tuple[RecordingId, set[str]]]:
        """The same of every recording of which anything lies here, each once."""
        ...

    def discard(self, recording: RecordingId, place: str) -> None:
        """Remove what lies at a place, whatever is older under the same names included; gone already is fine."""
        ...

    def remove(self, recording: RecordingId) -> None:
        """Remove all there is of a recording that is disposed of, kept or half made; gone already is fine."""
        ...

    def holds(self, recording: RecordingId) -> bool:
        """Whether anything of a recording lies here, kept or half made; for `audit`."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def content_type(name: str) -> str | None:
    """What a file of a rendition is, by its name; None when it can have none of this name."""
    return CONTENT_TYPES.get(_NUMBERED.sub(r"\1\2", name) if _NUMBERED.fullmatch(name) else name)


def new_place(recipe: str, random: Random) -> str:
    """A place that no other attempt has; InvalidInput for what is no recipe."""
    if not _RECIPE.fullmatch(recipe):
        raise InvalidInput("recipe", "letters and digits only")
    return f"{recipe}-{random(8).hex()}"


def place_of(row: Row[Any]) -> str:
    """The place that a row of `renditions` names; before there were any, the recipe named it."""
    return str(row.recipe if row.place is None else row.place)


def is_place(name: str) -> bool:
    """Whether this can be the name of a place."""
    return _PLACE.fullmatch(name) is not None


def checked(recording: RecordingId) -> str:
    """The recording's identifier, as a name that leads nowhere else; InvalidInput."""
    if not is_id(recording):
        raise InvalidInput("recording", "no identifier")
    return recording


def path_of(recording: RecordingId, place: str) -> str:
    """Where a place is, below whatever holds them all; InvalidInput for what is none."""
    if not is_place(place):
        raise InvalidInput("place", "no place of a rendition")
    return f"{checked(recording)}/{place}"
