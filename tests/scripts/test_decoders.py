"""What is told of decoders: nothing is known before it was tried; holes and what could not be tried are alarms."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ingest.errors import ChildCrashed, ChildrenStopped
from ingest.task import Limits, Reply, Task
from ingest.trial import ATTEMPTS
from scripts.assemble import House, open_house
from scripts.decoders import Decoders, measured
from scripts.metrics import StateCollector
from scripts.settings import load
from scripts.status import status_of

pytestmark = pytest.mark.xdist_group("audit")


class Told:
    """A child that tells what a test has it tell."""

    def __init__(self, *holes: str, error: Exception | None = None) -> None:
        self._holes = holes
        self._error = error

    def run(self, task: Task, limits: Limits) -> Reply:
        if self._error is not None:
            raise self._error
        attempts = {name: "done" if name in self._holes else "PermissionError" for name in ATTEMPTS}
        return Reply({"attempts": attempts}, {"landlock": "version 7"}, "")


def found(child: Told) -> Decoders:
    decoders = Decoders(child)
    decoders.start()
    decoders.stop()
    return decoders


def test_nothing_is_said_before_it_was_tried() -> None:
    assert Decoders(Told()).facts() == {"alarm": False}


def test_where_nothing_succeeds_there_is_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"alarm": False, "holes": [], "taken": {"landlock": "version 7"}}
    assert found(Told()).facts() == measured(Told()) == facts
    assert capsys.readouterr().out == "decoders: landlock version 7; no hole\n"


def test_what_succeeds_is_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    facts = found(Told("connect-network", "read-file")).facts()
    assert (facts["alarm"], facts["holes"]) == (True, ["read-file", "connect-network"])
    printed = capsys.readouterr().out
    assert printed.startswith("decoders: landlock version 7; holes: read-file connect-network\n")
    assert "decoders-not-confined" in printed


def test_what_could_not_be_tried_is_an_alarm_too(capsys: pytest.CaptureFixture[str]) -> None:
    error = ChildCrashed("trial: ended by SIGSYS")
    facts = {"alarm": True, "problem": "child-crashed: trial: ended by SIGSYS"}
    assert found(Told(error=error)).facts() == measured(Told(error=error)) == facts
    assert "decoders: not measured: child-crashed" in capsys.readouterr().out


def test_a_service_that_ends_meanwhile_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert found(Told(error=ChildrenStopped("the service is ending"))).facts() == {"alarm": False}
    assert capsys.readouterr().out == ""


@pytest.fixture
def house(installed: Path) -> House:
    return open_house(installed, load(environment={}))


@pytest.mark.parametrize(("holes", "value"), [(None, -1), ((), 0), (("read-file", "make-file"), 2)])
def test_the_metrics_count_them(house: House, holes: tuple[str, ...] | None, value: int) -> None:
    facts = None if holes is None else measured(Told(*holes))
    status = status_of(house, decoders=facts)
    house.close()
    registry = CollectorRegistry()
    registry.register(StateCollector(lambda: status))
    assert f"tiezheng_decoder_holes {float(value)}".encode() in generate_latest(registry)
    assert status.json()["decoders"] in [facts for _, facts in status.sections()]
