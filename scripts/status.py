"""What an installation holds and how it is, as facts: for `admin status`, the status page and the metrics.

Reads only. Says nothing it did not measure: a vault is called immutable when the kernel just refused a change.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from catalog import tables
from catalog.errors import NotFound
from catalog.identity import OriginalId
from catalog.revocations import revocation_files
from catalog.vault_locks import VaultLocks
from integrity.clock import instant
from integrity.digest import Digest
from integrity.errors import LogError
from integrity.proof_files import authority_files, seal_files
from integrity.standing import Standing
from player.language import gettext as _
from scripts.assemble import House
from scripts.assemble_vaults import protections
from scripts.authority_settings import EMBEDDED
from scripts.cosigners import WITNESSES, facts_of
from scripts.job_facts import job_facts, kinds_beside
from scripts.revocations import list_facts


@dataclass(frozen=True, slots=True)
class Status:
    """How many recordings are in each state, what waits, and how vault, log and authorities are."""

    recordings: Mapping[str, int]
    spool: int
    quarantine: int
    pending_tokens: int
    waiting_entries: int
    uncopied: int
    late_locks: int
    vaults: tuple[Mapping[str, Any], ...]
    log: Mapping[str, Any]
    authorities: tuple[Mapping[str, Any], ...]
    tokens: Mapping[str, Any]
    scrub: Mapping[str, Any]
    witnesses: Mapping[str, Any]
    completeness: Mapping[str, int]
    jobs: Mapping[str, Any]
    decoders: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        return {
            "recordings": dict(self.recordings),
            "queue": {
                "spool": self.spool,
                "quarantine": self.quarantine,
                "pending_tokens": self.pending_tokens,
                "waiting_entries": self.waiting_entries,
                "uncopied": self.uncopied,
                "late_locks": self.late_locks,
            },
            "vaults": [dict(vault) for vault in self.vaults],
            "log": dict(self.log),
            "scrub": dict(self.scrub),
            "authorities": [dict(authority) for authority in self.authorities],
            "tokens": dict(self.tokens),
            "witnesses": dict(self.witnesses),
            "completeness": dict(self.completeness),
            "jobs": dict(self.jobs),
            "decoders": dict(self.decoders),
        }

    def sections(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The same for people."""
        facts = self.json()
        yield _("recordings"), facts["recordings"]
        yield _("queue"), facts["queue"]
        yield _("completeness"), facts["completeness"]
        yield _("jobs"), _summary(facts["jobs"])
        yield _("decoders"), facts["decoders"]
        for vault in facts["vaults"]:
            yield _("vault"), vault
        yield _("log"), facts["log"]
        yield _("scrub"), facts["scrub"]
        yield _("time tokens"), facts["tokens"]
        for authority in facts["authorities"]:
            yield _("timestamp authority"), authority
        witnesses = facts["witnesses"]
        yield _("witnesses"), {name: witnesses[name] for name in ("quorum", "cosigned", "alarms")}
        for member in witnesses["members"]:
            yield _("witness"), member


def status_of(
    house: House,
    standing: Sequence[Standing] = (),
    refused: Mapping[str, int] | None = None,
    decoders: Mapping[str, Any] | None = None,
) -> Status:
    """Measure everything anew.

    A process that asks the authorities knows their `standing`, and how many of their revocation lists it `refused`; one
    that decodes knows how confined its `decoders` are.
    """
    with house.database.read() as connection:
        joined = select(tables.joins.c.member_id).where(tables.joins.c.ended_at.is_(None))
        alone = tables.recordings.c.id.not_in(joined)
        states = select(tables.recordings.c.state, func.count()).where(alone).group_by(tables.recordings.c.state)
        recordings = {str(state): int(count) for state, count in connection.execute(states)}

        def count(query: Any) -> int:
            return int(connection.execute(query).scalar_one())

        undecided = select(func.count()).select_from(tables.quarantine).where(tables.quarantine.c.decision.is_(None))
        uncopied = sum(house.recordings.uncopied_count(vault.name) for vault in house.vaults.replicas)
        late = VaultLocks(house.database, house.clock, house.vaults.keepers()).late()
        waiting = count(select(func.count()).select_from(tables.outbox))
        strange = count(undecided)
    tokens = _waiting_tokens(house)
    trust = house.trust
    return Status(
        recordings=recordings,
        spool=_in_spool(house),
        quarantine=strange,
        pending_tokens=tokens["pending"],
        waiting_entries=waiting,
        uncopied=uncopied,
        late_locks=late,
        vaults=tuple(protections(house.vaults, house.clock.now())),
        log=_log_facts(house),
        authorities=tuple(
            {"name": authority.name, "qualified": authority.qualified, "root_sha256": authority.root_sha256.hex}
            | _standing(authority.name, standing)
            | _lists(house, authority.name, refused or {})
            for authority in trust.authorities
        ),
        tokens=tokens,
        scrub=scrub_facts(house),
        completeness=house.inventories.counts() | {"absences_undecided": house.absences.undecided()},
        jobs=job_facts(house),
        decoders=decoders or {"alarm": False},
        witnesses=facts_of(trust.witnesses, trust.quorum, house.cosigned, house.data / WITNESSES, house.clock.now()),
    )


def status_beside(
    house: House,
    standing: Sequence[Standing] = (),
    refused: Mapping[str, int] | None = None,
    decoders: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What can be measured while the catalogue is away, under the names of `Status.json()`; all else is left out."""
    now = house.clock.now()
    found: dict[str, Any] = {
        "queue": {"spool": _in_spool(house)},
        "vaults": [dict(vault) for vault in protections(house.vaults, now)],
        "authorities": [
            {"name": authority.name} | _standing(authority.name, standing) | _refused(authority.name, refused or {})
            for authority in house.trust.authorities
        ],
        "witnesses": facts_of(house.trust.witnesses, house.trust.quorum, house.cosigned, house.data / WITNESSES, now),
        "jobs": {"kinds": kinds_beside(house)},
        "decoders": dict(decoders or {"alarm": False}),
    }
    with suppress(LogError):  # its head may be a row of the same database
        found["log"] = {"size": house.log.head().size}
    return found


def _in_spool(house: House) -> int:
    return sum(1 for path in (house.data / "spool").iterdir() if path.is_dir())


def _summary(jobs: Mapping[str, Any]) -> dict[str, Any]:
    """What waits by kind, how many fail, are dead, stay of an older recipe, work, are lost; `admin jobs` names them."""
    waiting = {kind: depth["waiting"] + depth["running"] for kind, depth in jobs["kinds"].items()}
    lost = sum(worker["lost"] for worker in jobs["workers"])
    return waiting | {
        "failing": len(jobs["failing"]),
        "dead": len(jobs["dead"]),
        "older": jobs["older"]["waiting"] + jobs["older"]["running"],
        "kept": len(jobs["kept"]),
        "workers": len(jobs["workers"]) - lost,
        "lost_workers": lost,
    }


def scrub_facts(house: House) -> dict[str, Any]:
    """How the last round of reading sealed bytes again ended, and how many objects are bad as of now."""
    facts = house.scrubs.facts()
    ended = None if facts.ended_at is None else instant(facts.ended_at)
    return {"ended_at": ended, "checked": facts.checked, "bad": facts.bad, "bytes": facts.bytes,
            "defects": facts.defects}  # fmt: skip


def _standing(name: str, standing: Sequence[Standing]) -> dict[str, Any]:
    """Since when an authority has failed, and why; nothing of one that is well, or that this process never asked."""
    for one in standing:
        if one.name == name and one.since is not None:
            return {"failing_since": instant(one.since), "failures": one.failures, "problem": one.problem}
    return {}


def _lists(house: House, authority: str, refused: Mapping[str, int]) -> dict[str, Any]:
    """What is known of revocation; the embedded authority revokes nothing."""
    if authority == EMBEDDED:
        return {}
    facts = list_facts(house.revocations, authority, house.clock.now())
    return facts | _refused(authority, refused)


def _refused(authority: str, refused: Mapping[str, int]) -> dict[str, int]:
    return {"lists_refused": refused[authority]} if authority in refused and authority != EMBEDDED else {}


def _waiting_tokens(house: House) -> dict[str, Any]:
    """Pending tokens: how many, since when, and whether that is an alarm."""
    waits = house.recordings.tokens_waiting()
    since = waits.since
    late = timedelta(minutes=house.settings.token_alarm_minutes)
    return {
        "pending": waits.count,
        "since": None if since is None else instant(since),
        "alarm": since is not None and house.clock.now() - since > late,
    }


def _log_facts(house: House) -> dict[str, Any]:
    try:
        head = house.log.head()
    except LogError as error:
        return {"origin": house.log.origin, "problem": f"{error.code}: {error}"}
    facts = {"origin": house.log.origin, "size": head.size, "root": head.root.hex()}
    return facts | _published_facts(house) | {"token": _token_facts(house, head.size)}


def _published_facts(house: House) -> dict[str, Any]:
    """Whether everybody can see all of it; where it is published may be away while the head can be read."""
    try:
        return {"published": not house.log.behind}
    except LogError as error:
        return {"published": False, "problem": f"{error.code}: {error}"}


def _token_facts(house: House, size: int) -> dict[str, Any] | None:
    """The newest token over a checkpoint: how far it reaches, how old it is, and whether a further one is due."""
    stamped = house.checkpoints.newest(house.log.origin)
    if stamped is None:
        return None
    age = house.clock.now() - stamped.gen_time
    return {
        "size": stamped.size,
        "authority": stamped.authority,
        "gen_time": instant(stamped.gen_time),
        "age_seconds": max(0, round(age.total_seconds())),
        "due": house.checkpoints.wanted(house.log.origin, size, house.logs.base),
    }


def seal_of(house: House, digest: Digest) -> dict[str, bytes]:
    """The files of an original's seal; where several agencies hold the same bytes, the first seal. NotFound."""
    with house.database.read() as connection:
        query = select(tables.originals.c.id).where(tables.originals.c.sha256 == digest.hex)
        found = connection.execute(query.order_by(tables.originals.c.sealed_at).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"no original {digest.hex}")
    original = house.recordings.original(OriginalId(found))
    ground = house.proofs.ground(original.leaf_index)
    proofs = original.proof_files(ground.prove(original.leaf_index))
    authorities = {authority.name: authority.root_pem for authority in house.trust.authorities}
    with house.database.read() as connection:
        lists = revocation_files(connection, [original.id])
    return seal_files(proofs, ground.checkpoint, authority_files(authorities) | lists, ground.token)
