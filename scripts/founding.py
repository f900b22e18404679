"""The first start of a data folder, and the same again after any crash in the middle: each step keeps what is there.

Makes folders, keys, the catalog's tables, the log and the authority, and `trust.json`, which says what others need to
know from us to check evidence without us. Never makes a key, a log or an authority anew where one was before.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from catalog.database import Database
from catalog.schema import migrate
from integrity import durable
from integrity.clock import Random
from integrity.cosignature import WitnessKey
from integrity.errors import InvalidTrust
from integrity.log_keys import KeyTerm
from integrity.note import Signer
from integrity.trust import Trust, TrustedAuthority, read_trust, write_trust
from scripts.assemble_tiles import open_places
from scripts.authority_settings import EMBEDDED
from scripts.keys import make_key, signer
from scripts.log_records import NotFounded, origin, read_records
from scripts.logs import make_log
from scripts.settings import Settings, WrongSettings

__all__ = [
    "AUTHORITY",
    "NotFounded",
    "found",
    "origin",
    "own_trust",
    "receipt_signer",
    "sole_server",
    "trust",
    "worker_of",
]

AUTHORITY = EMBEDDED
WORKER = "worker"
"""The file with the name under which this folder's service takes recordings: others may share its catalog."""


class DataInUse(Exception):
    """Another process serves this data folder."""

    code = "data-in-use"


@contextmanager
def sole_server(data: Path) -> Iterator[None]:
    """Hold the folder as its only server; DataInUse when another process does. Ends with the process."""
    fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataInUse(f"{data} is being served by another process") from error
        yield
    finally:
        os.close(fd)


def found(data: Path, settings: Settings, random: Random) -> None:
    """Make whatever of an installation is missing, but for what the authority must say first: `trust`."""
    for name in ("keys", "spool", "quarantine", "vault", "renditions", "bundles", "authority"):
        durable.make_folder(data / name)
    migrate(settings.database_url(data))
    finished = (data / "trust.json").exists()
    if not finished:
        durable.write_new(data / "keys" / "origin", _origin(data, settings, random).encode())
        make_key(data / "keys" / "log.key", random)
        make_key(data / "keys" / "receipt.key", random)
    if not (data / WORKER).exists():
        durable.write_new(data / WORKER, f"serve-{random(6).hex()}".encode())
    _require_origin(data, settings)
    if not finished:
        _make_log(data, settings)


def trust(
    data: Path,
    authority_root: bytes | None,
    external: Sequence[TrustedAuthority] = (),
    *,
    witnesses: Sequence[WitnessKey] = (),
    quorum: int = 0,
) -> Trust:
    """What others must know from us; written at the first start, and afterwards only ever added to.

    An authority that is set for the first time is added under its name. One that was told of stays, for its tokens do.
    InvalidTrust when one has another root now, or another rank, than was told: its tokens would verify nowhere, or
    count for more than they did. `authority_root` is the embedded one's, None where it is switched off.

    Witnesses and quorum alone are those of now, whatever was told before: who has an older file keeps asking for what
    that one says.
    """
    path = data / "trust.json"
    asked = (*external, *(() if authority_root is None else (TrustedAuthority(AUTHORITY, authority_root, False),)))
    if not path.exists():
        write_trust(path, replace(_trust(data, asked), witnesses=tuple(witnesses), quorum=quorum))
    told = tell_logs(data)
    known = {authority.name: authority for authority in told.authorities}
    for authority in asked:
        before = known.get(authority.name, authority)
        if (before.root_sha256, before.qualified) != (authority.root_sha256, authority.qualified):
            raise InvalidTrust(f"{authority.name} has another root or rank than in {path}: call it by another name")
    added = tuple(authority for authority in asked if authority.name not in known)
    authorities = (*told.authorities, *added)
    now = replace(told, authorities=authorities, witnesses=tuple(witnesses), quorum=quorum)
    if now != told:
        durable.replace(path, now.encode(), 0o644)
    return now


def tell_logs(data: Path) -> Trust:
    """Bring what others are told of the logs up to the keys there are now; the file before it is kept beside."""
    path = data / "trust.json"
    told, own = read_trust(path), _trust(data, ())
    now = replace(told, logs=own.logs, terms=own.terms, successions=own.successions)
    if now != told:
        number = next(n for n in range(1, 10_000) if not (data / f"trust.{n}.json").exists())
        durable.write_new(data / f"trust.{number}.json", told.encode(), 0o644)
        durable.replace(path, now.encode(), 0o644)
    return now


def own_trust(data: Path) -> Trust:
    """The same from the keys and the authority as this folder has them now, whatever was told: for `audit`."""
    root = data / "authority" / "ca.pem"
    authorities = (TrustedAuthority(AUTHORITY, root.read_bytes(), qualified=False),) if root.exists() else ()
    return _trust(data, authorities)


def worker_of(data: Path) -> str:
    """The name under which the service of this folder prepares; empty before `found` has made one."""
    path = data / WORKER
    return path.read_text(encoding="ascii") if path.exists() else ""


def _origin(data: Path, settings: Settings, random: Random) -> str:
    if (data / "keys" / "origin").exists():
        return origin(data)
    return settings.log_origin or f"tiezheng.local/{random(6).hex()}"


def _require_origin(data: Path, settings: Settings) -> None:
    if settings.log_origin not in (None, origin(data)):
        raise WrongSettings(f"log_origin: the log of {data} began as {origin(data)}; an origin never changes")


def receipt_signer(data: Path) -> Signer:
    """The key that signs receipts."""
    return signer(data / "keys" / "receipt.key", f"{origin(data)}/receipts")


def _make_log(data: Path, settings: Settings) -> None:
    """Only where the first start did not finish: afterwards a missing head is a loss, not a beginning."""
    places, database = open_places(data, settings), Database.open(settings.database_url(data))
    try:
        make_log(places, database)
    finally:
        places.close()
        database.close()


def _trust(data: Path, authorities: tuple[TrustedAuthority, ...]) -> Trust:
    records = read_records(data)
    terms = [key.term for record in records for key in record.keys]
    return Trust(
        receipt_keys=(receipt_signer(data).verifier,),
        logs=tuple(term.verifier for term in terms),
        terms=tuple(term for term in terms if term != KeyTerm(term.verifier)),
        successions=tuple((new.origin, old.origin) for old, new in pairwise(records)),
        authorities=authorities,
    )
