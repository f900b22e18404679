"""The daily try of a store: when it is due, what is remembered of it, and what it does not stand for any more."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from integrity.errors import VaultError, VaultRefused, VaultUnavailable, VaultUnprotected
from scripts.probing import AGAIN, EVERY, OVERDUE, Trial
from tests.fakes.clocks import START

DROPPED = VaultUnprotected("lock-parts", "the store dropped the lock it was given")


@dataclass
class Store:
    """A store on trial, and what its probe meets."""

    record: Path
    meets: VaultError | None = None
    tries: int = 0
    place: str = "https://s3.example/evidence"
    trial: Trial = field(init=False)

    def __post_init__(self) -> None:
        self.trial = Trial("s3", self.place, self.record, self.probe)

    def probe(self) -> None:
        self.tries += 1
        if self.meets is not None:
            raise self.meets


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "probe-s3.json")


def test_a_store_is_tried_once_a_day(store: Store) -> None:
    for later, tries in ((timedelta(0), 1), (EVERY - timedelta(seconds=1), 1), (EVERY, 2)):
        store.trial.prove(START + later)
        assert store.tries == tries
    store.trial.prove(START + EVERY, starting=True)
    assert store.tries == 2, "a start tries none again that was well"


def test_a_store_that_begins_to_fail_is_remembered_until_it_is_mended(store: Store) -> None:
    store.trial.prove(START)
    store.meets, failed = DROPPED, START + EVERY
    with pytest.raises(VaultUnprotected):
        store.trial.prove(failed)
    standing = Store(store.record).trial.standing()
    assert standing.facts(failed) == {
        "proved_at": "2026-03-02T08:30:00.000000Z",
        "failure": {"since": "2026-03-03T08:30:00.000000Z", "tried": "2026-03-03T08:30:00.000000Z",
                    "lacking": "lock-parts", "detail": "the store dropped the lock it was given"},
        "alarm": True,
    }  # fmt: skip
    assert str(standing.failure.error) == str(DROPPED) if standing.failure else False
    store.meets = None
    store.trial.prove(failed + AGAIN - timedelta(seconds=1))
    assert store.trial.standing().alarm(failed), "not tried again yet"
    store.trial.prove(failed + AGAIN)
    assert store.trial.standing().facts(failed + AGAIN)["alarm"] is False


def test_a_start_tries_a_store_that_failed_whenever_it_was(store: Store) -> None:
    store.meets = DROPPED
    for _ in range(2):
        with pytest.raises(VaultUnprotected):
            store.trial.prove(START, starting=True)
    assert store.tries == 2
    failure = store.trial.standing().failure
    store.trial.prove(START, starting=False)
    assert (store.tries, failure and failure.since) == (2, START)


def test_since_when_it_fails_does_not_move_with_each_try(store: Store) -> None:
    store.meets = DROPPED
    for at in (START, START + AGAIN):
        with pytest.raises(VaultUnprotected):
            store.trial.prove(at)
    failure = store.trial.standing().failure
    assert failure is not None
    assert (failure.since, failure.tried) == (START, START + AGAIN)


def test_whatever_else_a_probe_meets_is_a_failure_by_its_code(store: Store) -> None:
    store.meets = VaultRefused("access denied")
    with pytest.raises(VaultUnprotected) as refused:
        store.trial.prove(START)
    assert refused.value.lacking == "vault-refused"


def test_a_silent_store_keeps_its_former_proof_and_is_an_alarm_in_time(store: Store) -> None:
    store.meets = VaultUnavailable("no route")
    with pytest.raises(VaultUnavailable):
        store.trial.prove(START)
    store.meets = None
    store.trial.prove(START)
    store.meets = VaultUnavailable("no route")
    store.trial.prove(START + EVERY)
    assert store.trial.standing().alarm(START + OVERDUE - timedelta(seconds=1)) is False
    assert store.trial.standing().alarm(START + OVERDUE) is True


def test_a_silent_store_that_failed_before_is_not_mended_by_its_silence(store: Store) -> None:
    store.meets = DROPPED
    with pytest.raises(VaultUnprotected):
        store.trial.prove(START)
    store.meets = VaultUnavailable("no route")
    with pytest.raises(VaultUnavailable):
        store.trial.prove(START, starting=True)
    assert store.trial.standing().failure is not None


def _another(store: Store) -> None:
    Store(store.record, place="https://s3.example/another").trial.prove(START)


def _garbage(store: Store) -> None:
    store.record.write_bytes(b'{"at": 7}')


@pytest.mark.parametrize("spoilt", [_another, _garbage])
def test_what_is_remembered_of_another_store_or_cannot_be_read_proves_nothing(
    store: Store, spoilt: Callable[[Store], None]
) -> None:
    store.trial.prove(START)
    spoilt(store)
    assert store.trial.standing().proved is None
    store.trial.prove(START)
    assert store.tries == 2


def test_a_record_of_an_earlier_version_is_read(store: Store) -> None:
    store.record.write_text('{"at":"2026-03-02T08:30:00.000000Z","store":"https://s3.example/evidence"}')
    store.trial.prove(START + timedelta(hours=1))
    assert store.tries == 0
