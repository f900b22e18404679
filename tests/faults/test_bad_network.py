"""A bad network between the station's client and the real service: cut, muted, dripping, hanging; every file arrives.

Each fault meets one upload of more than one buffer, so that its body is read from the socket by a thread. The client
finishes each by itself, in the same upload, and goes on where the service stands.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from integrity.receipt import verify_receipt
from integrity.trust import read_trust
from tests.fakes.immutable import clear_immutable
from tests.fakes.network import Fault, Line, between
from tests.faults.kills import Trial, until

SIZE = 5_000_000
MIDDLE = 2_700_000
FAULTS = {
    "cut-in-the-head": [Fault("cut", 90)],
    "cut-in-the-body": [Fault("cut", MIDDLE)],
    "cut-before-the-answer": [Fault("mute")],
    "a-trickle": [Fault("drip", MIDDLE)],
    "half-open-for-ever": [Fault("hang", MIDDLE)],
    "one-after-the-other": [Fault("cut", 400_000), Fault("hang", 700_000), Fault("cut", 90), Fault("drip", 300_000)],
}

pytestmark = pytest.mark.xdist_group("power")


@pytest.fixture(scope="module")
def trial(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A service that takes a connection for dead after a second; all files of this module are docked with it."""
    folder = tmp_path_factory.mktemp("network")
    trial = Trial(template, folder, settings={"TIEZHENG_RECEIVE_IDLE_SECONDS": "1"})
    trial.timeout = 3
    (folder / "camera").mkdir()
    service = trial.service().start()
    yield trial
    service.stop()
    clear_immutable(folder)


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=FAULTS)
def test_the_client_finishes_whatever_the_network_does(trial: Trial, number: int) -> None:
    faults = list(FAULTS.values())[number]
    file = trial.folder / "camera" / f"{number}.dat"
    file.write_bytes(Random(number).randbytes(SIZE))  # noqa: S311  any bytes
    trial.outcomes.clear()
    trial.acknowledged.clear()
    with between(trial.port, *faults) as line:
        trial.reached_at = line.port
        docking = trial.start_docking(file)
        docking.join(240)
        assert not docking.is_alive(), line
    [outcome] = trial.outcomes
    assert (outcome.outcome, outcome.safe, outcome.detail) == ("receipted", True, "allowed")
    assert outcome.receipt is not None and outcome.digest is not None
    verify_receipt(outcome.receipt.read_bytes(), read_trust(trial.station / "trust.json"), digest=outcome.digest)
    assert line.suffered == faults, "each fault happened"
    assert trial.taken_back == []
    assert len(trial.acknowledged) == 1, "one upload, never begun anew"
    _went_on_where_it_was(line, faults)


def _went_on_where_it_was(line: Line, faults: list[Fault]) -> None:
    """What passed before a fault was not sent again, nor anything after the last byte had passed."""
    offsets = [_offset(head) for head in line.heads]
    if faults == [Fault("mute")]:
        assert offsets == [0], "the service had all of it"
        return
    assert len(offsets) > len(faults)
    assert offsets == sorted(offsets)
    heads = 1000 * len(faults)  # of what passed, these were no bytes of the file
    assert offsets[-1] >= max(fault.after for fault in faults) - heads
    if any(fault.kind == "drip" for fault in faults):
        assert any(b" 408" in answer for answer in line.answers), "the service ends what drips"


def _offset(head: bytes) -> int:
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return int(fields[b"upload-offset"])


def test_all_that_came_over_it_stands(trial: Trial) -> None:
    """The audit over the house as it is, beside the service."""
    files = sorted((trial.folder / "camera").iterdir())
    until(trial.settled, "the spool is empty")
    trial.demand_stored(*files)
