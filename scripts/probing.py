"""The daily try of each store: when it last kept all that it must, and what it has not kept since.

What came of a try is a small file in the data folder, so that `serve`, `admin status` and `audit` say the same and a
restart forgets nothing. A store that begins to fail stops no process that runs: it is an alarm, and no receipt names
it while it lasts. The next start is refused until it is mended. Never takes a store's silence for either answer.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from integrity import durable
from integrity.canonical import canonical
from integrity.clock import from_instant, instant
from integrity.errors import VaultError, VaultUnavailable, VaultUnprotected

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""A store that failed is tried again after this, or with the next start."""
OVERDUE = timedelta(days=2)
"""A store that could not be tried for so long is an alarm too."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failure:
    """What a store did not keep: since when, when it was last tried, and what, in the probe's stable words."""

    since: datetime
    tried: datetime
    lacking: str
    detail: str

    @property
    def error(self) -> VaultUnprotected:
        return VaultUnprotected(self.lacking, self.detail)

    def json(self) -> dict[str, Any]:
        return {"since": instant(self.since), "tried": instant(self.tried), "lacking": self.lacking,
                "detail": self.detail}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a store: when it was last proved, and how it fails since; both None where it was never tried."""

    proved: datetime | None = None
    failure: Failure | None = None

    def due(self, now: datetime) -> bool:
        """Whether it is time for a try."""
        if self.failure is not None:
            return now - self.failure.tried >= AGAIN
        return self.proved is None or now - self.proved >= EVERY

    def alarm(self, now: datetime) -> bool:
        """Whether somebody has to look."""
        return self.failure is not None or self.proved is None or now - self.proved >= OVERDUE

    def facts(self, now: datetime) -> dict[str, Any]:
        """For people and programs."""
        failure = None if self.failure is None else self.failure.json()
        return {
            "proved_at": None if self.proved is None else instant(self.proved),
            "failure": failure,
            "alarm": self.alarm(now),
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """One store on trial: its vault's name, where it is, the file that remembers, and the probe."""

    name: str
    place: str
    record: Path
    probe: Callable[[], None]

    def standing(self) -> Standing:
        """What the file says of this very store; nothing where it cannot be read, or is about another one."""
        try:
            fields = json.loads(self.record.read_text(encoding="utf-8"))
            return _read(fields) if fields["store"] == self.place else Standing()
        except (OSError, ValueError, KeyError, TypeError):
            return Standing()

    def prove(self, now: datetime, *, starting: bool = False) -> None:
        """Try the store where that is due; a start also tries one that failed. VaultUnprotected, VaultUnavailable.

        A silent store is unavailable if it was never proved, or failed last; otherwise its former proof stands.
        """
        known = self.standing()
        if not known.due(now) and not (starting and known.failure):
            return
        try:
            self.probe()
        except VaultUnavailable:
            if known.proved is None or known.failure is not None:
                raise
            _log.warning("vault-not-probed", vault=self.name, last=instant(known.proved), exc_info=True)
        except VaultError as error:
            failure = _failure(error, known, now)
            self._remember(replace(known, failure=failure))
            raise failure.error from error
        else:
            self._remember(Standing(now))

    def _remember(self, standing: Standing) -> None:
        proved = None if standing.proved is None else instant(standing.proved)
        failed = None if standing.failure is None else standing.failure.json()
        durable.replace(self.record, canonical({"at": proved, "failed": failed, "store": self.place}))


def _failure(error: VaultError, known: Standing, now: datetime) -> Failure:
    if isinstance(error, VaultUnprotected):
        lacking, detail = error.lacking, str(error).removeprefix(f"{error.lacking}: ")
    else:
        lacking, detail = error.code, str(error)
    return Failure(now if known.failure is None else known.failure.since, now, lacking, detail)


def _read(fields: Any) -> Standing:
    proved, failed = fields["at"], fields.get("failed")
    return Standing(
        None if proved is None else from_instant(proved),
        None if failed is None
        else Failure(from_instant(failed["since"]), from_instant(failed["tried"]), str(failed["lacking"]),
                     str(failed["detail"])),
    )  # fmt: skip
