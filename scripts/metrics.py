"""What Prometheus reads: the same facts as the status page, measured when asked, never per person or per case."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scripts.cosigners import ALARMS, OBJECTIONS
from scripts.status import Status


class StateCollector(Collector):
    """Recordings by state, what waits, the log's size, whether the vault is immutable."""

    def __init__(self, measure: Callable[[], Status]) -> None:
        self._measure = measure

    def collect(self) -> Iterator[Metric]:
        """Measured anew for each scrape."""
        found = self._measure().json()
        states = GaugeMetricFamily("tiezheng_recordings", "Recordings by state", labels=["state"])
        for state, count in found["recordings"].items():
            states.add_metric([state], count)
        yield states
        waiting = GaugeMetricFamily("tiezheng_waiting", "What waits, by where", labels=["where"])
        for place, count in found["queue"].items():
            waiting.add_metric([place], count)
        yield waiting
        incomplete = GaugeMetricFamily("tiezheng_completeness", "Files seen on devices", labels=["what"])
        for what, count in found["completeness"].items():
            incomplete.add_metric([what], count)
        yield incomplete
        yield from _jobs(found["jobs"])
        holes = "What a decoder that a file took over could do, by attempt; -1 where it was not tried"
        tried = len(found["decoders"]["holes"]) if "holes" in found["decoders"] else -1
        yield GaugeMetricFamily("tiezheng_decoder_holes", holes, value=tried)
        alarm = int(found["tokens"]["alarm"])
        yield GaugeMetricFamily("tiezheng_tokens_overdue", "1 where a token has been pending for too long", value=alarm)
        label = ["authority"]
        failing = GaugeMetricFamily("tiezheng_authority_failures", "Failures since its last token", labels=label)
        for authority in found["authorities"]:
            failing.add_metric([authority["name"]], authority.get("failures", 0))
        yield failing
        yield from _lists(found["authorities"])
        yield GaugeMetricFamily("tiezheng_log_size", "Leaves under the signed head", value=found["log"].get("size", -1))
        token = found["log"].get("token") or {}
        reached = "Leaves under the newest checkpoint that has a token; -1 for none"
        yield GaugeMetricFamily("tiezheng_log_token_size", reached, value=token.get("size", -1))
        age = "Seconds since the newest token over a checkpoint; -1 for none"
        yield GaugeMetricFamily("tiezheng_log_token_age_seconds", age, value=token.get("age_seconds", -1))
        due = "1 where the log has grown since that token"
        yield GaugeMetricFamily("tiezheng_log_token_due", due, value=int(token.get("due", True)))
        defects = "Sealed objects that were last read bad: any is an alarm"
        yield GaugeMetricFamily("tiezheng_scrub_defects", defects, value=found["scrub"]["defects"])
        yield GaugeMetricFamily("tiezheng_scrub_bytes", "Bytes read by the last round", value=found["scrub"]["bytes"])
        immutable = GaugeMetricFamily("tiezheng_vault_immutable", "1 where the store refuses changes", labels=["vault"])
        unproved = GaugeMetricFamily("tiezheng_vault_alarm", "1 where a store failed its last probe", labels=["vault"])
        for vault in found["vaults"]:
            immutable.add_metric([vault["name"]], int(vault["immutable"]))
            unproved.add_metric([vault["name"]], int(vault["alarm"]))
        yield from (immutable, unproved)

        yield from _witnesses(found["witnesses"])

    def describe(self) -> Iterator[Metric]:
        """Nothing is measured at registration."""
        return iter(())


def _jobs(found: Mapping[str, Any]) -> Iterator[Metric]:
    """Depth and age of each queue, and whatever somebody has to look at."""
    depths = GaugeMetricFamily("tiezheng_jobs", "Jobs that wait or run, by kind", labels=["kind", "state"])
    ages = GaugeMetricFamily("tiezheng_jobs_oldest_seconds", "Age of the oldest job of a kind", labels=["kind"])
    failing = GaugeMetricFamily("tiezheng_jobs_failing", "Jobs that failed when they last ran", labels=["kind"])
    for kind, depth in found["kinds"].items():
        for state in ("waiting", "running"):
            depths.add_metric([kind, state], depth[state])
        ages.add_metric([kind], depth["oldest_seconds"])
        failing.add_metric([kind], sum(one["kind"] == kind for one in found["failing"]))
    yield from (depths, ages, failing)
    dead = "Recordings whose decoders died as often as is allowed"
    yield GaugeMetricFamily("tiezheng_dead_letters", dead, value=len(found["dead"]))
    older = GaugeMetricFamily("tiezheng_older_copies", "Viewing copies of an older recipe", labels=["state"])
    for state, count in (*found["older"].items(), ("kept", len(found["kept"]))):
        older.add_metric([state], count)
    yield older
    workers = GaugeMetricFamily("tiezheng_workers", "Processes that prepare; lost ones for a day", labels=["state"])
    lost = sum(worker["lost"] for worker in found["workers"])
    workers.add_metric(["alive"], len(found["workers"]) - lost)
    workers.add_metric(["lost"], lost)
    yield workers


def _lists(authorities: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Of authorities that publish what they revoked."""
    label = ["authority"]
    revoked = GaugeMetricFamily("tiezheng_certificate_revoked", "1 where its certificate is revoked", labels=label)
    age = GaugeMetricFamily(
        "tiezheng_revocations_age_seconds", "Since its list or OCSP response was issued", labels=label
    )
    refused = GaugeMetricFamily(
        "tiezheng_revocations_refused", "Lists and OCSP responses that were away or not kept", labels=label
    )
    for authority in authorities:
        name = [authority["name"]]
        if "revoked" in authority:
            revoked.add_metric(name, int(authority["revoked"]))
            age.add_metric(name, authority["list_age_seconds"])
        refused.add_metric(name, authority.get("lists_refused", 0))
    yield from (revoked, age, refused)


def _witnesses(found: Mapping[str, Any]) -> Iterator[Metric]:
    signing = GaugeMetricFamily("tiezheng_witness_signing", "1 for a witness that signs the log", labels=["witness"])
    objecting = GaugeMetricFamily(
        "tiezheng_witness_objecting", "1 for a witness that saw another past of the log", labels=["witness"]
    )
    for member in found["members"]:
        signing.add_metric([member["name"]], int(member["signs"]))
        objecting.add_metric([member["name"]], int(member["standing"] in OBJECTIONS))
    yield signing
    yield objecting
    cosigned = found["cosigned"]
    size = -1 if cosigned is None else cosigned["size"]
    yield GaugeMetricFamily("tiezheng_log_cosigned_size", "Leaves under the newest cosigned checkpoint", value=size)
    alarms = GaugeMetricFamily("tiezheng_witness_alarm", "1 where somebody has to look", labels=["alarm"])
    for alarm in ALARMS:
        alarms.add_metric([alarm], int(alarm in found["alarms"]))
    yield alarms
