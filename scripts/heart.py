"""A worker's heart: beats in the catalog, and watches the beats of the others.

Every process that prepares has one. It gives up whoever stood still for too long (`catalog.workers`), and gives back
what is taken in its own name and not worked at, which happens where the database was away when a job ended. So a worker
that was killed for good has its work done by another, with no operator and nobody's clock compared with another's. With
each beat it also hears of what it has in hand and a viewer has come to wait for.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from catalog.errors import CatalogError
from catalog.identity import RecordingId
from catalog.preparation import Preparation
from catalog.workers import Vigil, Workers

BEATS_IN_A_SILENCE = 6
"""Beats that must be missing before a worker is given up."""

_log = structlog.get_logger()


class Heart:
    """One per process. `arrive` before anything is taken, `start` to beat, `stop`, and `leave` when nothing runs."""

    def __init__(
        self,
        workers: Workers,
        states: Preparation,
        worker: str,
        silence_s: float,
        lost: Callable[[str, Sequence[RecordingId]], None],
        hurry: Callable[[Sequence[RecordingId]], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = workers
        self._states = states
        self._worker = worker
        self._interval = silence_s / BEATS_IN_A_SILENCE
        self._vigil = Vigil(silence_s)
        self._lost = lost
        self._hurry = hurry
        self._monotonic = monotonic
        self._ending = threading.Event()
        self._away = False
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)

    def arrive(self) -> None:
        """Tell of this process, and give back what a former one of its name had taken."""
        self._workers.arrive(self._worker, socket.gethostname(), os.getpid())

    def start(self) -> None:
        """Beat and watch, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def leave(self) -> None:
        """Give back all that is still taken; where the database is away, others do after a while."""
        try:
            self._workers.leave(self._worker)
        except CatalogError as error:
            _log.warning("worker-not-signed-off", worker=self._worker, error=str(error))

    def beat(self) -> None:
        """Once: tell that we live, give back what nobody works at, give up who stands still. CatalogError."""
        try:
            self._beat()
        except BaseException:
            self._vigil.blind()  # when the database is back, others may come to it a moment after us
            raise

    def _beat(self) -> None:
        if not self._workers.beat(self._worker):
            self.arrive()
        self._states.release_strays()
        self._hurry(self._states.wanted_in_hand())
        beats = self._workers.beats()
        for worker in self._vigil.still(beats, self._monotonic()):
            freed = None if worker == self._worker else self._workers.give_up(worker, beats[worker])
            if freed is not None:
                _log.warning("worker-lost", worker=worker, recordings=freed)
                self._lost(worker, freed)

    def _run(self) -> None:
        while not self._ending.wait(self._interval):
            try:
                self.beat()
                self._away = False
            except (CatalogError, OSError) as error:
                if not self._away:  # once an outage
                    _log.warning("heart-missed", worker=self._worker, error=str(error))
                self._away = True
