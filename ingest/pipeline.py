"""The `prepare` job: a catalogued recording becomes ready, or unplayable with the reason.

Repeat-safe: the state in the catalog decides, a rendition appears in its store whole or not at all, and its rows come
after its files. What counts as an attempt is a decoder's own death, never ours: killed before the last commit, the
recording is still `preparing`, is released at the next start (`Preparation.release_all`) and simply done again.
Whatever comes of it, the seal stands; nothing here can change an original, which it is given open for reading only.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import BinaryIO

from catalog import preparation
from catalog.identity import RecordingId
from catalog.originals import StoredOriginal
from catalog.parts import Parts
from catalog.preparation import Preparation, Rendition
from catalog.renditions import CONTENT_TYPES, RenditionStore
from ingest.errors import ChildFailed, SpaceExhausted, Unplayable
from ingest.rendering import Original, Prepared, Renderer
from ingest.task import MIB
from ingest.tracks import Medium

OpenOriginal = Callable[[StoredOriginal], BinaryIO]
"""Opens an original's bytes in the vault, read-only, as a real file descriptor."""

RESERVE = 256 * MIB
"""Free bytes without which no rendition is begun, besides as many as the original has."""

_MEDIA: Mapping[Medium, preparation.Medium] = {
    Medium.VIDEO: "video",
    Medium.AUDIO: "audio",
    Medium.PICTURE: "picture",
    Medium.TEXT: "text",
}


class Pipeline:
    """Prepares recordings; one at a time in each thread."""

    def __init__(
        self, states: Preparation, parts: Parts, store: RenditionStore, open_original: OpenOriginal, renderer: Renderer
    ) -> None:
        self._states = states
        self._parts = parts
        self._store = store
        self._open_original = open_original
        self._renderer = renderer

    def prepare(self, recording: RecordingId) -> None:
        """Prepare one recording to its end; nothing to do when it is not catalogued, or another has it.

        Raises ChildrenStopped when the service is ending, SpaceExhausted when there is no room, and whatever the
        vault or the catalog raise; the recording is then given back with no attempt counted.
        """
        while self._states.claim(recording):
            try:
                self._prepare(recording)
            except Unplayable as error:
                self._states.unplayable(recording, str(error))
            except ChildFailed as error:
                self._states.child_failed(recording, f"{error.code}: {error}")
            except BaseException:
                self._states.release(recording)
                raise
            finally:
                self._store.give_up(recording)

    def _prepare(self, recording: RecordingId) -> None:
        original, *further = self._parts.of(recording)
        if further:  # showing the first alone would pass a part off as the whole
            raise Unplayable("several-parts", "a recording of several parts is not joined yet, only kept")
        self._need(original.size + RESERVE)
        folder = self._store.begin(recording)
        with closing(self._open_original(original)) as file:
            source = Original(file.fileno(), original.name, original.digest, original.size)
            try:
                prepared = self._renderer.render(source, folder)
            except ChildFailed:
                self._need(RESERVE // 4)  # a full disk kills ffmpeg too, and that is not the recording's fault
                raise
        self._store.keep(recording, prepared.recipe)
        self._states.prepared(
            recording,
            medium=_MEDIA[prepared.medium],
            recipe=prepared.recipe,
            duration_ms=prepared.duration_ms,
            made=_rows(prepared),
        )

    def _need(self, free: int) -> None:
        if self._store.free_bytes() < free:
            raise SpaceExhausted(f"a rendition needs {free // MIB} MiB of free space")


def _rows(prepared: Prepared) -> list[Rendition]:
    sound = prepared.medium is Medium.AUDIO
    types = CONTENT_TYPES | {"media.mp4": "audio/mp4"} if sound else CONTENT_TYPES
    return [Rendition(f.name, f.digest, f.size, types[f.name], f.provenance) for f in prepared.files]
