"""Viewing copies under an older recipe, which are made anew one after another and shown as they are until then.

Such a recording stays `ready`; who makes its new copy stands in a row of its own, within the caller's transactions.
One step puts the new rows in the place of the old ones, and only while nobody looks at the old copy or has asked for
it to be let out: a player would read the first half of one file and the second of another, and an approver has seen
what leaves. The old files go after that step (`catalog.unshown`); so a kill at any point leaves the old copy shown or
the new one. What cannot be made stays shown as it was, with the reason.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from catalog.expiry import requested
from catalog.identity import RecordingId
from catalog.tables import older_copies, recordings, views


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that cannot be made anew under `recipe` and stays as it is; `attempts` of its decoders died of it."""

    recording: RecordingId
    recipe: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Older:
    """How many copies are of an older recipe: to be made anew, being made just now."""

    waiting: int
    running: int


def next_older(
    connection: Connection, former: Sequence[str], recipe: str, besides: Collection[RecordingId], now: datetime
) -> RecordingId | None:
    """One that can be made anew now, of the oldest recipe first; what another is taking just now is passed over."""
    for older in former:
        waiting = _waiting(older, recipe).where(recordings.c.id.not_in(besides), ~_in_use(now))
        first = waiting.order_by(recordings.c.id).limit(1).with_for_update(skip_locked=True, of=recordings)
        if (found := connection.scalar(first)) is not None:
            return RecordingId(found)
    return None


def are_waiting(connection: Connection, former: Sequence[str], recipe: str, now: datetime) -> bool:
    """Whether there is one that can be made anew now."""
    each = (_waiting(older, recipe).where(~_in_use(now)).limit(1) for older in former)
    return any(connection.scalar(one) is not None for one in each)


def claim(connection: Connection, worker: str, recording: RecordingId, recipe: str, now: datetime) -> None:
    """Take what `next_older` found; deaths that were counted under another recipe say nothing of this one."""
    mine = older_copies.c.recording_id == recording
    same = (older_copies.c.recipe == recipe) & mine
    attempts = connection.scalar(select(older_copies.c.attempts).where(same)) or 0
    connection.execute(delete(older_copies).where(mine))
    taken = {"recipe": recipe, "claimed_at": now, "claimed_by": worker, "attempts": attempts}
    connection.execute(insert(older_copies).values(recording_id=recording, **taken))


def release(connection: Connection, worker: str, recording: RecordingId, **values: object) -> bool:
    """Give it back, with whatever is to be said of it; False when it is not ours."""
    free = update(older_copies).where(_ours(worker, recording))
    return connection.execute(free.values(claimed_at=None, claimed_by=None, **values)).rowcount == 1


def release_older(connection: Connection, worker: str, besides: Collection[RecordingId]) -> None:
    """Give back all that is taken in a worker's name."""
    taken = older_copies.c.recording_id.not_in(besides) & (older_copies.c.claimed_by == worker)
    connection.execute(update(older_copies).where(taken).values(claimed_at=None, claimed_by=None))


def count_death(connection: Connection, worker: str, recording: RecordingId) -> int | None:
    """One more death of the job's own child; how many there are now, None when it is not ours."""
    mine = update(older_copies).where(_ours(worker, recording)).values(attempts=older_copies.c.attempts + 1)
    return connection.execute(mine.returning(older_copies.c.attempts)).scalar()


def shown_recipe(connection: Connection, worker: str, recording: RecordingId, now: datetime) -> str | None:
    """The recipe it is shown under, when that copy may be exchanged now: it is ours and not in use; None otherwise."""
    mine = select(recordings.c.recipe).join(older_copies, older_copies.c.recording_id == recordings.c.id)
    free = mine.where(_ours(worker, recording), recordings.c.state == "ready", ~_in_use(now))
    return connection.scalar(free.with_for_update())


def try_again(connection: Connection, recording: RecordingId) -> bool:
    """Forget why it could not be made anew; False when nothing of the kind is known."""
    mine = (older_copies.c.recording_id == recording) & older_copies.c.reason.is_not(None)
    return connection.execute(update(older_copies).where(mine).values(attempts=0, reason=None)).rowcount == 1


def count_older(connection: Connection, former: Sequence[str], recipe: str) -> Older:
    """How many there are, whether or not they are in use just now."""
    waiting = (select(func.count()).select_from(_waiting(older, recipe).subquery()) for older in former)
    running = select(func.count()).where(older_copies.c.claimed_by.is_not(None))
    return Older(sum(connection.scalar(one) or 0 for one in waiting), connection.scalar(running) or 0)


def kept_copies(connection: Connection, recipe: str, limit: int = 1000) -> list[Kept]:
    """Those that cannot be made under this recipe."""
    lying = select(older_copies).where(older_copies.c.recipe == recipe, older_copies.c.reason.is_not(None))
    rows = connection.execute(lying.order_by(older_copies.c.recording_id).limit(limit))
    return [Kept(RecordingId(row.recording_id), row.recipe, row.reason, row.attempts) for row in rows]


def _ours(worker: str, recording: RecordingId) -> ColumnElement[bool]:
    return and_(older_copies.c.recording_id == recording, older_copies.c.claimed_by == worker)


def _waiting(older: str, recipe: str) -> Any:
    """Shown under one older recipe, and neither taken nor known to be impossible.

    One recipe a question: so the index alone finds the first, however many are up to date.
    """
    barred = exists().where(
        older_copies.c.recording_id == recordings.c.id,
        or_(
            older_copies.c.claimed_by.is_not(None),
            and_(older_copies.c.recipe == recipe, older_copies.c.reason.is_not(None)),
        ),
    )
    return select(recordings.c.id).where(recordings.c.recipe == older, recordings.c.state == "ready", ~barred)


def _in_use(now: datetime) -> ColumnElement[bool]:
    """That somebody may be looking at the copy, or that it was asked for to leave."""
    viewed = exists().where(views.c.recording_id == recordings.c.id, views.c.expires_at > now)
    return or_(viewed, requested(recordings.c.id))
