"""An approved order of disposal carried out on a real installation, to be killed at each durable call.

Three recordings of last year: one with a playable copy, one whose bytes another agency has too, one that a hold keeps.
The installation is made once beside the folders that are given, as `template`, and copied.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from catalog.entry import SYSTEM
from catalog.holds import Holds
from catalog.identity import RecordingId
from catalog.permissions import Role
from catalog.retention import Draft
from integrity.clock import SystemClock
from integrity.digest import Digest
from scripts.assemble import House, open_house
from scripts.settings import load
from tests.fakes.immutable import clear_immutable
from tests.faults.commits import Commits, counted
from tests.scripts.installation import Making, one

FURTHER = ((Commits, "commit"),)
ALONE, SHARED, HELD = b"footage of nobody", b"footage that two agencies have", b"footage that somebody holds"


class LastYear(SystemClock):
    """The system's clock, 400 days behind."""

    def now(self) -> datetime:
        return super().now() - timedelta(days=400)


def template(place: Path) -> None:
    """The installation, with an order that two persons gave and nobody carried out."""
    data = place / "template"
    data.mkdir()
    with patch("scripts.assemble.SystemClock", LastYear):
        making = Making(data)
        making.switch.away = True  # its tokens would be of today
        alone = making.upload(ALONE, making.footage("一.mp4"))
        other = making.house.agencies.add(SYSTEM, "other", "另一机关").id
        for body, agency in ((SHARED, making.agency), (SHARED, other), (HELD, making.agency)):
            making.upload(body, replace(making.footage("二.mp4"), agency=agency))
        if alone.recording is None:
            raise RuntimeError("footage became no recording")
        making.prepare(alone.recording)
        making.house.close()
    house = opened(data)
    with house.sequencing():
        _order(house, making)
    house.close()
    clear_immutable(data)


def _order(house: House, making: Making) -> None:
    making.house = house
    admin = making.person("admin", Role.ADMINISTRATOR)
    supervisor, approver = making.person("supervisor", Role.SUPERVISOR), making.person("approver", Role.APPROVER)
    officer = making.person("officer", Role.OFFICER)
    house.retention.add_rule(admin, making.agency, Draft("any", "any", "any", 12, "第十六条"))
    expired = house.disposals().expired(supervisor).items
    order = house.disposals().request(supervisor, [found.id for found in expired], "第十六条", "保存期满")
    house.disposals().decide(approver, order, "approved", "经鉴定无保存价值")
    holds, held = Holds(house.database, house.ledger, house.clock, house.random), recording_of(making.data, HELD)
    holds.place(officer, "行政复议", recording=RecordingId(held))


def recording_of(data: Path, body: bytes) -> str:
    """The recording of the first agency with these bytes."""
    return _found(data, "recording_id", body)


def state_of(data: Path, body: bytes) -> str:
    """How far its disposal is."""
    return _found(data, "disposal_items.state", body)


def _found(data: Path, column: str, body: bytes) -> str:
    joined = "parts JOIN originals ON originals.id = original_id JOIN disposal_items USING (recording_id)"
    return str(one(data, f"SELECT {column} FROM {joined} WHERE sha256 = '{Digest.of(body).hex}'"))  # noqa: S608  ours


def begin(folder: Path) -> None:
    shutil.copytree(folder.parent / "template", folder, dirs_exist_ok=True)


def work(folder: Path) -> None:
    """What `tiezheng admin dispose` does as root."""
    with counted(), running(folder) as house:
        house.disposing(clear=True).carry_out(one(folder, "SELECT id FROM disposals"), waiting=True)


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """The house with its sequencer, as a new process opens it."""
    house = opened(folder)
    try:
        with house.sequencing():
            yield house
    finally:
        house.close()


def opened(data: Path) -> House:
    return open_house(data, load(environment={}))
