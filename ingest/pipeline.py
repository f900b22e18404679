"""The `prepare` job: a catalogued recording becomes ready, or unplayable with the reason.

Repeat-safe: the state in the catalog decides, a rendition is kept whole at a place of its own and only then told of,
and places that nobody told of are cleared away afterwards (`catalog.unshown`). What counts as an attempt is a decoder's
own death, never ours: killed before the last commit, the recording is still `preparing`, is released at the next start
or by others (`catalog.workers`) and simply done again. What viewers wait for goes before whatever else a job was woken
for; what turns out to take long waits in lanes of its own (`ingest.lanes`); and what fails for no fault of its own
holds nothing else up. A copy of an older recipe is made anew by the same steps in the last lane, and shown until the
new one is whole.
Whatever comes of it, the seal stands; nothing here can change an original, which it is given open for reading only.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from typing import BinaryIO

import structlog

from catalog import preparation
from catalog.anew import Anew
from catalog.identity import OriginalId, RecordingId
from catalog.job_failures import JobFailures, reason_of
from catalog.originals import StoredOriginal
from catalog.parts import Parts
from catalog.preparation import Rendition
from catalog.rendition_keys import key_of
from catalog.renditions import RenditionStore, content_type
from ingest.errors import ChildFailed, ChildrenStopped, EncodingPostponed, SpaceExhausted, Unplayable
from ingest.haste import Haste
from ingest.lanes import Lane
from ingest.recipe import FORMER, RECIPE
from ingest.rendering import Original, Renderer, RenditionFile
from ingest.task import MIB
from ingest.tracks import Medium
from integrity.note import Signer
from integrity.provenance import sign_provenance

OpenOriginal = Callable[[StoredOriginal], BinaryIO]
"""Opens an original's bytes in the vault, read-only, as a real file descriptor."""

RESERVE = 256 * MIB
"""Free bytes without which no rendition is begun, besides as many as the original has."""

LATER_SECONDS = 60.0
"""For how long what failed, by no fault of its own decoder, is passed over while others wait."""

_log = structlog.get_logger()

_MEDIA: Mapping[Medium, preparation.Medium] = {
    Medium.VIDEO: "video",
    Medium.AUDIO: "audio",
    Medium.PICTURE: "picture",
    Medium.TEXT: "text",
}


class Pipeline:
    """Prepares recordings; one at a time in each thread."""

    def __init__(
        self,
        states: Anew,
        parts: Parts,
        store: RenditionStore,
        open_original: OpenOriginal,
        renderer: Renderer,
        failures: JobFailures,
        signer: Signer,
        monotonic: Callable[[], float] = time.monotonic,
        tell: Callable[[OriginalId, Original], None] = lambda original, source: None,
        tidy: Callable[[RecordingId], None] = lambda recording: None,
    ) -> None:
        self._states = states
        self._parts = parts
        self._store = store
        self._open_original = open_original
        self._renderer = renderer
        self._failures = failures
        self._signer = signer
        self._monotonic = monotonic
        self._tell = tell  # what an original says of itself, before anything can find it unplayable
        self._tidy = tidy  # removes what nobody is shown of a recording, its own late files too; never fails
        self._lazy: dict[RecordingId, Haste] = {}  # what is prepared at the lowest priority
        self._later: dict[RecordingId, float] = {}  # until when what failed is passed over, of this process alone

    def prepare(self, recording: RecordingId) -> None:
        """Prepare one recording to its end, after those that viewers wait for; nothing to do when another has it.

        All in the quick lane: what takes long is only found to do so, and left for `prepare_next` in the other lanes.
        Raises ChildrenStopped when the service is ending, SpaceExhausted when there is no room, and whatever the
        vault or the catalog raise; the recording is then given back with no attempt counted.
        """
        self.prepare_wanted()
        while self._states.claim(recording):
            self._attempt(recording, Lane.QUICK)

    def prepare_next(self, lane: Lane = Lane.QUICK) -> bool:
        """Try what is most urgent in a lane once; False when nothing waits there.

        Raises as `prepare`: that one is left for later.
        """
        recording = self._claimed(lane)
        if recording is not None:
            self._attempt(recording, lane)
        return recording is not None

    def _claimed(self, lane: Lane) -> RecordingId | None:
        if lane is Lane.ANEW:
            return self._states.claim_older(FORMER, RECIPE, self._left_for_later())
        long, wanted = lane is not Lane.QUICK, lane is Lane.WANTED
        return self._states.claim_next(self._left_for_later(), wanted=wanted, long=long)

    def prepare_wanted(self) -> None:
        """Prepare all that viewers wait for and takes no long. What fails is left for later; ChildrenStopped."""
        while recording := self._states.claim_next(self._left_for_later(), wanted=True):
            try:
                self._attempt(recording, Lane.QUICK)
            except ChildrenStopped:
                raise
            except Exception as error:  # noqa: BLE001  it is left for later; what the job was woken for is not to blame
                _log.warning("preparing-postponed", recording=recording, error=repr(error))

    def hurry(self, recordings: Iterable[RecordingId]) -> None:
        """Somebody waits for these: those that are being prepared at the lowest priority go on, and no longer last."""
        for recording in recordings:
            if (haste := self._lazy.get(recording)) is not None:
                haste.hurry()

    def _left_for_later(self) -> set[RecordingId]:
        now = self._monotonic()
        return {recording for recording, until in self._later.copy().items() if until > now}

    def _attempt(self, recording: RecordingId, lane: Lane) -> None:
        haste = Haste()
        if lane.idle:
            self._lazy[recording] = haste
        try:
            self._prepare(recording, lane, haste)
        except EncodingPostponed:
            self._states.postpone(recording)
        except Unplayable as error:
            self._states.unplayable(recording, str(error))
        except ChildFailed as error:
            self._states.child_failed(recording, f"{error.code}: {error}")
        except ChildrenStopped:
            self._states.release(recording)
            raise
        except BaseException as error:
            self._later[recording] = self._monotonic() + LATER_SECONDS
            self._states.release(recording)
            self._failures.failed("prepare", recording, reason_of(error))
            raise
        else:
            self._later.pop(recording, None)
            self._failures.succeeded("prepare", recording)
        finally:
            self._lazy.pop(recording, None)
            try:
                self._store.give_up(recording)
            finally:
                self._states.let_go(recording)
        self._tidy(recording)

    def _prepare(self, recording: RecordingId, lane: Lane, haste: Haste) -> None:
        originals = self._parts.of(recording)
        self._need(sum(original.size for original in originals) + RESERVE)
        folder = self._store.begin(recording)
        with ExitStack() as stack:
            sources = [self._opened(stack, original) for original in originals]
            for original, source in zip(originals, sources, strict=True):
                self._tell(original.id, source)
            try:
                prepared = self._renderer.render(sources, folder, lane, haste)
            except ChildFailed:
                self._need(RESERVE // 4)  # a full disk kills ffmpeg too, and that is not the recording's fault
                raise
        place = self._store.keep(recording, prepared.recipe)
        done = self._states.prepared(
            recording,
            place=place,
            medium=_MEDIA[prepared.medium],
            recipe=prepared.recipe,
            duration_ms=prepared.duration_ms,
            made=[self._row(file, prepared.medium) for file in prepared.files],
            quality=[(found.code.value, found.start_ms, found.end_ms) for found in prepared.quality],
        )
        if not done:
            self._states.release(recording)  # its older copy is in use; or it is another's, and nothing happens

    def _row(self, file: RenditionFile, medium: Medium) -> Rendition:
        """A file with its type, and our signature under where it comes from."""
        signature = sign_provenance(file.provenance, self._signer)
        maker = key_of(self._signer.verifier)
        kind = _type(file.name, medium)
        return Rendition(file.name, file.digest, file.size, kind, file.provenance, maker, signature)

    def _opened(self, stack: ExitStack, original: StoredOriginal) -> Original:
        file = stack.enter_context(closing(self._open_original(original)))
        return Original(file.fileno(), original.name, original.digest, original.size)

    def _need(self, free: int) -> None:
        if self._store.free_bytes() < free:
            raise SpaceExhausted(f"a rendition needs {free // MIB} MiB of free space")


def _type(name: str, medium: Medium) -> str:
    told = content_type(name)
    if told is None:
        raise ValueError(f"a rendition has no file {name}")
    return "audio/mp4" if (medium, told) == (Medium.AUDIO, "video/mp4") else told
