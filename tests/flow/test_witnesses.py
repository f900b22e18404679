"""The real service with two real witnesses: growth is cosigned, and a log rolled back, cut short or forked is refused,
and the service itself says so: on its status page, in `admin status` and to whoever measures it.
"""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrity.checkpoint import claimed
from integrity.cosignature import cosignatures
from tests.fakes.immutable import clear_immutable
from tests.flow.people import Person
from tests.servers.service import Service, tiezheng
from tests.servers.witness import WitnessProcess, witnessing

pytestmark = pytest.mark.xdist_group("witnesses")
SECONDS = 240


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for real processes to get there."""
    deadline = time.monotonic() + SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


@dataclass
class Scene:
    """A service, its witnesses, and what they say of each other."""

    folder: Path
    service: Service
    witnesses: tuple[WitnessProcess, WitnessProcess]
    station: Path
    administrator: Person

    @property
    def data(self) -> Path:
        return self.service.data

    def status(self) -> dict[str, Any]:
        done = tiezheng("admin", "status", "--data", self.data, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def standings(self) -> list[str]:
        states: dict[str, Any] = json.loads((self.data / "witnesses.json").read_bytes())
        return sorted(state["standing"] for state in states.values())

    def dock(self, name: str, content: bytes, outcome: str = "receipted", *, safe: bool = True) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        done = tiezheng("dock", "--server", self.service.url, "--credentials", self.station, "--json", file)
        said = json.loads(done.stdout)
        assert (said["outcome"], said["safe_to_wipe"]) == (outcome, safe), done.stdout + done.stderr
        return file

    def cosigned(self) -> int:
        """Leaves under the newest checkpoint that both witnesses signed."""
        shown = httpx2.get(self.service.url + "/log/checkpoint.cosigned")
        keys = [witness.key for witness in self.witnesses]
        return claimed(shown.content).size if len(cosignatures(shown.content, keys)) == 2 else 0

    def size(self) -> int:
        return claimed(httpx2.get(self.service.url + "/log/checkpoint").content).size

    def caught_up(self) -> None:
        until(lambda: httpx2.get(self.service.url + "/log/checkpoint.cosigned").is_success, "nothing is cosigned")
        until(lambda: self.cosigned() == self.size(), "the head is not cosigned")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("witnesses")
    with witnessing(folder / "w1", "--name", "w1.example") as one, witnessing(folder / "w2") as two:
        asked = f"{one.url} {one.key.vkey} {two.url} {two.key.vkey}"
        settings = {
            "TIEZHENG_RESERVE_BYTES": "0",
            "TIEZHENG_WITNESSES": asked,
            "TIEZHENG_WITNESS_QUORUM": "2",
        }
        service = Service(folder / "data", settings).start()
        try:
            assert service.first is not None
            service.port = httpx2.URL(service.url).port or 0  # the same after each start
            enrol = ("admin", "enrol-station", "--data", service.data, "--name", "采集站1")
            made = tiezheng(*enrol, "--out", folder / "station" / "dock.json")
            assert made.returncode == 0, made.stderr
            administrator = Person(service.url).sign_in("admin", service.first)
            yield Scene(folder, service, (one, two), folder / "station" / "dock.json", administrator)
        finally:
            service.stop()
            clear_immutable(folder)


def test_1_witnesses_that_do_not_know_the_log_are_an_alarm_only(scene: Scene) -> None:
    until(lambda: (scene.data / "witnesses.json").exists(), "nobody was asked")
    assert scene.standings() == ["not-watching", "not-watching"]
    facts = scene.status()["witnesses"]
    assert facts["alarms"] == ["witnesses-missing", "witness-away"]
    assert httpx2.get(scene.service.url + "/log/checkpoint.cosigned").status_code == 404
    [vkey] = re.findall(r"^log \S+: (\S+)$", scene.service.text(), re.MULTILINE)
    for witness in scene.witnesses:
        assert tiezheng("witness", "add-log", "--data", witness.data, vkey).returncode == 0
    scene.caught_up()
    assert scene.status()["witnesses"]["alarms"] == []


def test_2_growth_is_cosigned_and_a_proof_stands_as_witnessed(scene: Scene) -> None:
    file = scene.dock("one.bin", b"first recording")
    scene.caught_up()
    sealed = tiezheng("admin", "seal", _sha256(file), "--data", scene.data, "--out", scene.folder / "seal")
    assert sealed.returncode == 0, sealed.stderr
    trust = scene.station.with_name("trust.json")
    assert json.loads(trust.read_bytes())["quorum"] == 2
    verify = ("verify", file, "--seal", scene.folder / "seal", "--trust", trust, "--json")
    done = tiezheng(*verify)
    verdict = json.loads(done.stdout)
    assert (done.returncode, verdict["findings"], verdict["assurance"]) == (0, [], "witnessed")
    asked = tiezheng(*verify, "--witnesses", "3")
    assert asked.returncode == 1
    assert {finding["code"] for finding in json.loads(asked.stdout)["findings"]} == {"witnesses-missing"}
    shown = httpx2.get(scene.service.url + "/log/checkpoint").content
    assert len(cosignatures(shown, [witness.key for witness in scene.witnesses])) == 2


def test_3_one_that_is_away_stops_nothing_and_signs_later(scene: Scene) -> None:
    scene.witnesses[1].stop()
    scene.dock("two.bin", b"second recording", safe=False)  # trust.json asks for two, and one signed
    until(lambda: scene.standings() == ["away", "cosigned"], "nobody noticed")
    assert scene.status()["witnesses"]["alarms"] == ["witnesses-missing", "witness-away"]
    metrics = httpx2.get(scene.service.url + "/metrics").text
    assert 'tiezheng_witness_alarm{alarm="witnesses-missing"} 1.0' in metrics
    assert 'tiezheng_witness_alarm{alarm="witness-objects"} 0.0' in metrics
    scene.witnesses[1].start()
    scene.caught_up()


def test_4_a_log_that_was_rolled_back_is_refused_and_shown(scene: Scene) -> None:
    """The whole data folder as it was before, as after a restored backup."""
    scene.service.stop()
    backup = scene.folder / "backup"
    shutil.copytree(scene.data, backup, symlinks=True)
    scene.service.start()
    scene.dock("three.bin", b"third recording")
    scene.caught_up()
    scene.service.stop()
    clear_immutable(scene.data)
    shutil.rmtree(scene.data)
    shutil.copytree(backup, scene.data, symlinks=True)
    with pytest.raises(RuntimeError, match="log-set-back"):
        scene.service.start()
    for witness in scene.witnesses:
        witness.stop()
    scene.service.start()  # with nobody to ask it goes on, and is found out as soon as they are back
    for witness in scene.witnesses:
        witness.start()
    until(lambda: scene.standings() == ["ahead", "ahead"], "nobody objects")
    _alarmed(scene, "ahead")


def test_5_a_fork_is_refused_and_shown(scene: Scene) -> None:
    """The rolled-back log goes on with other leaves, until it is longer than what its witnesses signed."""
    known = max(member["size"] for member in scene.status()["witnesses"]["members"])
    number = 0
    while scene.size() <= known:
        number += 1
        add = ("admin", "add-person", "--data", scene.data, "--role", "officer", "--login", f"fork{number}")
        assert tiezheng(*add).returncode == 0
    until(lambda: scene.standings() == ["refused", "refused"], "nobody objects")
    _alarmed(scene, "refused")
    for witness in scene.witnesses:
        assert any(witness.data.rglob("refused/*")), "what the log signed is kept"


def _alarmed(scene: Scene, standing: str) -> None:
    """On the page, to the operator, and to whoever measures."""
    facts = scene.status()["witnesses"]
    assert facts["alarms"][0] == "witness-objects"
    assert {member["standing"] for member in facts["members"]} == {standing}
    page = scene.administrator.again("admin").send("GET", "/status", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "A witness objects: this log is not the one it signed." in page.text
    metrics = httpx2.get(scene.service.url + "/metrics").text
    assert 'tiezheng_witness_alarm{alarm="witness-objects"} 1.0' in metrics
    assert f'"standing": "{standing}"' in scene.service.text()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
