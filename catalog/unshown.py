"""Renditions that no row names: of attempts that were cut short, and of those that others have taken the place of; and
what lies half made on a machine whose worker is gone.

One may go once nobody can tell of it any more. Rows are told of only by whoever has the claim, and a claim that is lost
does not come back; so what lies there is looked at first, the catalog after it, and of a recording that is being
prepared just then, for the first time or anew, nothing is touched. What the catalog does not know at all is none of
ours, and stays.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection, select

from catalog.database import Database
from catalog.errors import CatalogError
from catalog.expiry import prepared_now
from catalog.identity import RecordingId
from catalog.renditions import RenditionStore, place_of
from catalog.tables import recordings, renditions
from catalog.workers import Workers
from integrity.clock import Clock

EVERY = timedelta(days=1)
"""From one round through the whole store to the next."""
SHARE = 500
"""Recordings looked at in one go: others wait meanwhile."""

_log = structlog.get_logger()


class Unshown:
    """Removes them. `tidy` is safe to use from every thread; `look` is one thread's."""

    def __init__(self, database: Database, store: RenditionStore, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._round: Iterator[tuple[RecordingId, set[str]]] | None = None
        self._begun: datetime | None = None

    def tidy(self, recording: RecordingId) -> None:
        """Of one recording; what cannot be removed now is left to a later round, and holds nobody up."""
        try:
            self._remove({recording: self._store.places(recording)})
        except (CatalogError, OSError) as error:
            _log.warning("rendition-left", recording=recording, error=str(error))

    def look(self) -> None:
        """Go on with the round through the whole store, or begin one a day after the last began. CatalogError, OSError:
        what is left of the round falls to the next.
        """
        now = self._clock.now()
        if self._round is None:
            if self._begun is not None and now - self._begun < EVERY:
                return
            self._round, self._begun = self._store.lying(), now
        share, going = dict[RecordingId, set[str]](), self._round
        self._round = None
        share.update(islice(going, SHARE))
        self._remove(share)
        if len(share) == SHARE:
            self._round = going

    def _remove(self, lying: Mapping[RecordingId, Collection[str]]) -> None:
        with self._database.read() as connection:
            shown = _shown(connection, lying)
        for recording, places in shown.items():
            for place in sorted(set(lying[recording]) - places):
                self._store.discard(recording, place)
                _log.info("rendition-removed", recording=recording, place=place)


def clear_forsaken(store: RenditionStore, workers: Workers) -> None:
    """Remove what was half made on this machine by workers that are lost or gone. CatalogError, OSError.

    Whoever makes something has arrived before; so who is asked about last, and is not there, does not come any more.
    """
    makers = store.makers()
    for worker in sorted(makers - workers.beats().keys()) if makers else ():
        try:
            store.abandon(worker)
            _log.info("unfinished-renditions-removed", worker=worker)
        except OSError as error:
            _log.warning("unfinished-renditions-left", worker=worker, error=str(error))


def _shown(connection: Connection, those: Collection[RecordingId]) -> dict[RecordingId, set[str]]:
    """The places that rows name, of each of these that is known and that nobody prepares."""
    mine = recordings.c.id.in_(those)
    settled = connection.scalars(select(recordings.c.id).where(mine, ~prepared_now()))
    shown: dict[RecordingId, set[str]] = {RecordingId(one): set() for one in settled}
    for row in connection.execute(select(renditions).where(renditions.c.recording_id.in_(shown))):
        shown[RecordingId(row.recording_id)].add(place_of(row))
    return shown
