"""What Prometheus reads: the same facts as the status page, measured when asked, never per person or per case.

While the catalogue is away `tiezheng_database_up` is 0, and what only it knows is left out: a number from before would
be taken for one of now, and a zero for good news. Alarm rules on what is left out want `absent()` or this one beside.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from catalog.errors import CatalogUnavailable
from scripts.cosigners import ALARMS, OBJECTIONS
from scripts.status import Status

_log = structlog.get_logger()


class StateCollector(Collector):
    """Recordings by state, what waits, the log's size, whether the vault is immutable.

    `measure` asks the catalogue too; `beside` is for when it is away: some of the same names, and of what is inside.
    """

    def __init__(self, measure: Callable[[], Status], beside: Callable[[], Mapping[str, Any]] = dict) -> None:
        self._measure = measure
        self._beside = beside

    def collect(self) -> Iterator[Metric]:
        """Measured anew for each scrape."""
        found, up = self._found()
        yield GaugeMetricFamily("tiezheng_database_up", "1 where the catalogue's database answers", value=up)
        for name, told in _SECTIONS.items():
            if name in found:
                yield from told(found[name])

    def _found(self) -> tuple[Mapping[str, Any], int]:
        try:
            return self._measure().json(), 1
        except CatalogUnavailable as error:
            _log.warning("metrics-without-catalogue", error=str(error))
            return self._beside(), 0

    def describe(self) -> Iterator[Metric]:
        """Nothing is measured at registration."""
        return iter(())


def _recordings(found: Mapping[str, int]) -> Iterator[Metric]:
    yield _by("tiezheng_recordings", "Recordings by state", "state", found)


def _waiting(found: Mapping[str, int]) -> Iterator[Metric]:
    yield _by("tiezheng_waiting", "What waits, by where", "where", found)


def _completeness(found: Mapping[str, int]) -> Iterator[Metric]:
    yield _by("tiezheng_completeness", "Files seen on devices", "what", found)


def _by(name: str, told: str, label: str, found: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, count in found.items():
        family.add_metric([value], count)
    return family


def _jobs(found: Mapping[str, Any]) -> Iterator[Metric]:
    """Depth and age of each queue, and whatever somebody has to look at."""
    depths = GaugeMetricFamily("tiezheng_jobs", "Jobs that wait or run, by kind", labels=["kind", "state"])
    ages = GaugeMetricFamily("tiezheng_jobs_oldest_seconds", "Age of the oldest job of a kind", labels=["kind"])
    for kind, depth in found["kinds"].items():
        for state in ("waiting", "running"):
            depths.add_metric([kind, state], depth[state])
        ages.add_metric([kind], depth["oldest_seconds"])
    yield from (depths, ages)
    if "failing" in found:
        yield from _troubles(found)


def _troubles(found: Mapping[str, Any]) -> Iterator[Metric]:
    failing = {kind: sum(one["kind"] == kind for one in found["failing"]) for kind in found["kinds"]}
    yield _by("tiezheng_jobs_failing", "Jobs that failed when they last ran", "kind", failing)
    dead = "Recordings whose decoders died as often as is allowed"
    yield GaugeMetricFamily("tiezheng_dead_letters", dead, value=len(found["dead"]))
    older = found["older"] | {"kept": len(found["kept"])}
    yield _by("tiezheng_older_copies", "Viewing copies of an older recipe", "state", older)
    lost = sum(worker["lost"] for worker in found["workers"])
    workers = {"alive": len(found["workers"]) - lost, "lost": lost}
    yield _by("tiezheng_workers", "Processes that prepare; lost ones for a day", "state", workers)


def _decoders(found: Mapping[str, Any]) -> Iterator[Metric]:
    holes = "What a decoder that a file took over could do, by attempt; -1 where it was not tried"
    tried = len(found["holes"]) if "holes" in found else -1
    yield GaugeMetricFamily("tiezheng_decoder_holes", holes, value=tried)


def _tokens(found: Mapping[str, Any]) -> Iterator[Metric]:
    alarm = "1 where a token has been pending for too long"
    yield GaugeMetricFamily("tiezheng_tokens_overdue", alarm, value=int(found["alarm"]))


def _authorities(found: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    failures = {authority["name"]: authority.get("failures", 0) for authority in found}
    yield _by("tiezheng_authority_failures", "Failures since its last token", "authority", failures)
    yield from _lists(found)


def _lists(authorities: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Of authorities that publish what they revoked."""
    label = ["authority"]
    revoked = GaugeMetricFamily("tiezheng_certificate_revoked", "1 where its certificate is revoked", labels=label)
    age = GaugeMetricFamily(
        "tiezheng_revocations_age_seconds", "Since its list or OCSP response was issued", labels=label
    )
    for authority in authorities:
        if "revoked" in authority:
            revoked.add_metric([authority["name"]], int(authority["revoked"]))
            age.add_metric([authority["name"]], authority["list_age_seconds"])
    refused = {authority["name"]: authority.get("lists_refused", 0) for authority in authorities}
    told = "Lists and OCSP responses that were away or not kept"
    yield from (revoked, age, _by("tiezheng_revocations_refused", told, "authority", refused))


def _log_reach(found: Mapping[str, Any]) -> Iterator[Metric]:
    """`token` is missing where it could not be asked for, and None where there is none."""
    yield GaugeMetricFamily("tiezheng_log_size", "Leaves under the signed head", value=found.get("size", -1))
    if "token" not in found and "problem" not in found:
        return
    token = found.get("token") or {}
    reached = "Leaves under the newest checkpoint that has a token; -1 for none"
    yield GaugeMetricFamily("tiezheng_log_token_size", reached, value=token.get("size", -1))
    age = "Seconds since the newest token over a checkpoint; -1 for none"
    yield GaugeMetricFamily("tiezheng_log_token_age_seconds", age, value=token.get("age_seconds", -1))
    due = "1 where the log has grown since that token"
    yield GaugeMetricFamily("tiezheng_log_token_due", due, value=int(token.get("due", True)))


def _scrub(found: Mapping[str, Any]) -> Iterator[Metric]:
    defects = "Sealed objects that were last read bad: any is an alarm"
    yield GaugeMetricFamily("tiezheng_scrub_defects", defects, value=found["defects"])
    yield GaugeMetricFamily("tiezheng_scrub_bytes", "Bytes read by the last round", value=found["bytes"])


def _vaults(found: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    immutable = {vault["name"]: int(vault["immutable"]) for vault in found}
    yield _by("tiezheng_vault_immutable", "1 where the store refuses changes", "vault", immutable)
    unproved = {vault["name"]: int(vault["alarm"]) for vault in found}
    yield _by("tiezheng_vault_alarm", "1 where a store failed its last probe", "vault", unproved)


def _witnesses(found: Mapping[str, Any]) -> Iterator[Metric]:
    members = found["members"]
    signing = {member["name"]: int(member["signs"]) for member in members}
    yield _by("tiezheng_witness_signing", "1 for a witness that signs the log", "witness", signing)
    objecting = {member["name"]: int(member["standing"] in OBJECTIONS) for member in members}
    yield _by("tiezheng_witness_objecting", "1 for a witness that saw another past of the log", "witness", objecting)
    cosigned = found["cosigned"]
    size = -1 if cosigned is None else cosigned["size"]
    yield GaugeMetricFamily("tiezheng_log_cosigned_size", "Leaves under the newest cosigned checkpoint", value=size)
    raised = {alarm: int(alarm in found["alarms"]) for alarm in ALARMS}
    yield _by("tiezheng_witness_alarm", "1 where somebody has to look", "alarm", raised)


_SECTIONS: Mapping[str, Callable[[Any], Iterator[Metric]]] = {
    "recordings": _recordings,
    "queue": _waiting,
    "completeness": _completeness,
    "jobs": _jobs,
    "decoders": _decoders,
    "tokens": _tokens,
    "authorities": _authorities,
    "log": _log_reach,
    "scrub": _scrub,
    "vaults": _vaults,
    "witnesses": _witnesses,
}
"""What is said of each part of a status, where that part could be measured."""
