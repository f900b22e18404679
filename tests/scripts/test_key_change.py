"""The log's key is replaced: beside an open log, cut short anywhere, after its overlap, and when it was stolen."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from integrity import note
from integrity.errors import InvalidReceipt
from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from scripts.admin import operator
from scripts.assemble import House, open_house
from scripts.audit import run
from scripts.key_change import change_key, retire_keys
from scripts.log_records import read_records, write_records
from scripts.settings import Settings
from tests.fakes.immutable import clear_immutable
from tests.fakes.interruptions import calls_of, failing
from tests.scripts.installation import copied
from tests.scripts.test_recovery import work
from tests.servers.service import running, tiezheng

pytestmark = pytest.mark.xdist_group("audit")


@pytest.fixture
def data(tampered: Path) -> Iterator[Path]:
    yield tampered
    clear_immutable(tampered)


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    opened = open_house(data, Settings())
    yield opened
    opened.close()


def signed_by(house: House) -> list[bytes]:
    return [line.key_id for line in note.split(house.log.head().note)[1]]


def grow(house: House, number: int) -> None:
    house.sequencer.append(bytes([number]) * 32)


def passed(house: House) -> None:
    """The days beside each other are over."""
    *ended, current = read_records(house.data)
    keys = [replace(key, signs_until=key.signs_until and house.clock.now() - timedelta(1)) for key in current.keys]
    write_records(house.data, (*ended, replace(current, keys=tuple(keys))))


def test_both_keys_sign_then_the_new_one_alone(data: Path, house: House) -> None:
    before, old = house.trust, house.log.verifier
    early = work(data, "early")
    told = change_key(house, operator())
    new = house.log.verifier
    assert new != old
    assert told.log_keys(house.log.origin) == (old, new)
    assert read_trust(data / "trust.1.json") == before
    during = work(data, "during")
    assert signed_by(house) == [old.key_id, new.key_id]
    for receipt in (early, during):
        verify_receipt(receipt, before)
        verify_receipt(receipt, told)
    size = house.log.head().size
    passed(house)
    retire_keys(house)
    after = work(data, "after")
    assert signed_by(house) == [new.key_id]
    last = house.trust
    assert last.log_terms(house.log.origin)[0].until_size == size
    for receipt in (early, during, after):
        verify_receipt(receipt, last)
    with pytest.raises(InvalidReceipt):
        verify_receipt(after, before)
    retire_keys(house)
    assert house.trust == last, "once is enough"
    assert run(data).findings == ()


def test_while_no_keys_time_is_over_nobody_is_kept_from_the_log(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    change_key(house, operator())
    told = house.trust

    def refuse() -> None:
        raise AssertionError("the log's turn was taken")

    monkeypatch.setattr(house.log, "exclusive", refuse)
    retire_keys(house)
    assert house.trust == told
    passed(house)
    with pytest.raises(AssertionError, match="turn"):
        retire_keys(house)


def test_a_running_service_says_so_by_itself(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        done = tiezheng("admin", "rotate-log-key", "--data", service.data, TIEZHENG_LOG_KEY_OVERLAP_DAYS="0")
        assert done.returncode == 0, done.stderr
        deadline = time.monotonic() + 240
        while (old := read_trust(service.data / "trust.json").terms[0]).until_size is None:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert old.verifier != read_records(service.data)[-1].keys[-1].term.verifier
    assert run(tmp_path / "data").findings == ()
    clear_immutable(tmp_path)


def test_a_stolen_key_signs_no_more_and_is_revoked(data: Path, house: House) -> None:
    early, old = work(data, "early"), house.log.verifier
    told = change_key(house, operator(), stolen=True)
    assert signed_by(house) == [house.log.verifier.key_id]
    assert told.log_terms(house.log.origin)[0].revoked_at is not None
    with pytest.raises(InvalidReceipt):
        verify_receipt(early, told)
    verify_receipt(work(data, "after"), told)
    assert old.key_id not in signed_by(house)
    assert run(data).findings == ()


@pytest.mark.parametrize("after", [False, True], ids=["lost", "done"])
def test_cut_short_anywhere_the_same_command_goes_on_with_the_same_key(
    installed: Path, tmp_path: Path, after: bool
) -> None:
    def copied_to(place: Path) -> Path:
        return copied(installed, place)

    def attempt(folder: Path) -> None:
        house = open_house(folder, Settings())
        try:
            change_key(house, operator())
        finally:
            house.close()

    calls = calls_of(lambda: attempt(copied_to(tmp_path / "counted")))
    assert calls > 15
    for number in range(2 if after else 1, calls + 1, 6):
        folder = copied_to(tmp_path / str(number))
        with suppress(Exception), failing(number, after):  # whatever it is called by then, it was cut short
            attempt(folder)
        if len(read_records(folder)[-1].keys) == 1:
            attempt(folder)
        house = open_house(folder, Settings())
        retire_keys(house)
        grow(house, 1)
        assert len(signed_by(house)) == 2
        house.close()
