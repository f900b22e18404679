"""The witnesses of this installation's log: each new head is shown to all of them, and what they say is kept and told.

Runs beside everything and before nothing: appending, permitting and publishing never wait for a witness. One that is
away, or all of them, is an alarm only. One that objects is the loudest alarm there is: it has seen another past.

What each said lies in `witnesses.json`, for `admin status` in another process; losing it costs one question.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog

from catalog.errors import CatalogError
from integrity import durable
from integrity.checkpoint import SignedCheckpoint
from integrity.clock import Clock, from_instant, instant
from integrity.cosignature import WitnessKey
from integrity.cosigning import Said, Standing, WitnessTransport, cosigning
from integrity.errors import LogError
from integrity.witnessed import CosignedCheckpoints
from scripts.witness_address import WitnessAddress

WITNESSES = "witnesses.json"
"""The file of what they said last, in the data folder."""
LOOK_SECONDS = 2.0
"""Between two looks at the log; so long a new head waits at most before it is shown."""
AGAIN_SECONDS = 600
"""After so long the same head is shown again: a witness that is away is noticed on a quiet log too."""
LONGEST_WAIT_SECONDS = 300
"""Between two tries of a witness that does not sign."""
STALE_SECONDS = 2 * AGAIN_SECONDS
"""A word older than this says nothing of today: nobody is asking any more."""
THIN_ROUNDS = 16
"""Rounds of cosignatures between two looks at which of them are still needed."""
ALARMS = ("witness-objects", "witnesses-missing", "witness-away")
"""What may have to be looked at, the loudest first."""
OBJECTIONS = frozenset({Standing.AHEAD, Standing.REFUSED})

_log = structlog.get_logger()


class GrowingLog(Protocol):
    """What is needed of the log."""

    def head(self) -> SignedCheckpoint: ...
    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]: ...


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What one witness said last: `size` is what it knows, `since` when it began to say so."""

    name: str
    url: str
    standing: str
    size: int
    at: str
    since: str
    detail: str


def read_states(place: Path) -> dict[str, WitnessState]:
    """What the witnesses said last, by their verifier keys; nothing where nobody has asked or the file is broken."""
    try:
        return {vkey: WitnessState(**fields) for vkey, fields in json.loads(place.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


class Cosigners:
    """Asks them all, again and again; `start` and `stop` it, or call `ask` for one round."""

    def __init__(
        self,
        log: GrowingLog,
        witnesses: Sequence[WitnessAddress],
        kept: CosignedCheckpoints,
        place: Path,
        clock: Clock,
        transport: Callable[[str], WitnessTransport],
        needed: Callable[[int], bool],
    ) -> None:
        self._log = log
        self._witnesses = tuple(witnesses)
        self._kept = kept
        self._place = place
        self._clock = clock
        self._transports = {one.key.vkey: transport(one.url) for one in witnesses}
        self._needed = needed
        self._states = read_states(place)
        self._due: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._shown: dict[str, bytes] = {}
        self._rounds = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cosigners", daemon=True)

    def start(self) -> None:
        """Ask in the background, if there is anybody to ask."""
        if self._witnesses:
            self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def ask(self) -> None:
        """Show the log's head to every witness whose turn it is, and keep what they say. LogError, OSError."""
        head, now = self._log.head(), self._clock.now()
        due = [one for one in self._witnesses if self._is_due(one.key.vkey, head, now)]
        if not due:
            return
        with ThreadPoolExecutor(len(due), thread_name_prefix="cosign") as pool:
            said = dict(zip(due, pool.map(lambda one: self._show(one, head), due), strict=True))
        lines = [one.signature for one in said.values() if one.signature is not None]
        if lines:
            self._kept.add(head, lines)
            self._rounds += 1
        for witness, answer in said.items():
            self._take(witness, head, answer)
        self._write()
        if lines and self._rounds % THIN_ROUNDS == 0:
            self._kept.thin(self._needed)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self.ask()
            except (CatalogError, LogError, OSError) as error:
                _log.warning("cosigning-failed", exc_info=error)

    def _is_due(self, vkey: str, head: SignedCheckpoint, now: datetime) -> bool:
        due = self._due.get(vkey)
        if due is None or now >= due:
            return True
        return self._failures.get(vkey, 0) == 0 and self._shown.get(vkey) != head.note

    def _show(self, witness: WitnessAddress, head: SignedCheckpoint) -> Said:
        vkey = witness.key.vkey
        known = self._states[vkey].size if vkey in self._states else 0
        said = cosigning(self._transports[vkey], witness.key, head, min(known, head.size), self._log.prove_growth)
        if said.standing is Standing.AHEAD and said.size <= self._log.head().size:
            # Another node of ours went on meanwhile and showed it its newer head.
            return replace(said, standing=Standing.COSIGNED)
        return said

    def _take(self, witness: WitnessAddress, head: SignedCheckpoint, said: Said) -> None:
        vkey, now = witness.key.vkey, self._clock.now()
        good = said.standing is Standing.COSIGNED
        self._failures[vkey] = failures = 0 if good else self._failures.get(vkey, 0) + 1
        wait = AGAIN_SECONDS if good else min(LONGEST_WAIT_SECONDS, 2 ** min(failures, 10))
        self._due[vkey] = now + timedelta(seconds=wait)
        self._shown[vkey] = head.note
        before = self._states.get(vkey)
        told = before is not None and before.standing == said.standing
        since = before.since if before is not None and told else instant(now)
        self._states[vkey] = WitnessState(
            witness.key.name, witness.url, said.standing.value, said.size, instant(now), since, said.detail
        )
        if not told:
            tell = _log.error if said.standing in OBJECTIONS else _log.info if good else _log.warning
            tell("witness", witness=witness.key.name, standing=said.standing.value, detail=said.detail, size=said.size)

    def _write(self) -> None:
        known = {one.key.vkey for one in self._witnesses}
        content = {vkey: asdict(state) for vkey, state in self._states.items() if vkey in known}
        durable.replace(self._place, json.dumps(content, ensure_ascii=False).encode(), 0o644)


def facts_of(
    witnesses: Sequence[WitnessKey], quorum: int, kept: CosignedCheckpoints, place: Path, now: datetime
) -> dict[str, Any]:
    """How the witnesses stand, for the status; `alarms` names what somebody has to look at."""
    states = read_states(place)
    members = [_member(one, states.get(one.vkey), now) for one in witnesses]
    best = kept.best(quorum)
    signing = sum(1 for member in members if member["signs"])
    objecting = any(member["standing"] in OBJECTIONS for member in members)
    raised = dict(zip(ALARMS, (objecting, signing < quorum, signing < len(members)), strict=True))
    newest = None if best is None else {"size": best.size, "witnesses": [one.witness.name for one in best.by]}
    return {
        "quorum": quorum,
        "members": members,
        "cosigned": newest,
        "alarms": [alarm for alarm in ALARMS if raised[alarm]],
    }


def _member(witness: WitnessKey, state: WitnessState | None, now: datetime) -> Mapping[str, Any]:
    if state is None:
        return {"name": witness.name, "url": None, "standing": "not-asked", "signs": False, "size": None, "detail": ""}
    seconds = max(0, round((now - from_instant(state.at)).total_seconds()))
    return {
        "name": witness.name,
        "url": state.url,
        "standing": state.standing,
        "signs": state.standing == Standing.COSIGNED and seconds <= STALE_SECONDS,
        "size": state.size,
        "since": state.since,
        "asked_seconds_ago": seconds,
        "detail": state.detail,
    }
