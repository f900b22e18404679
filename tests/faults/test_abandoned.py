"""Uploads that nobody goes on with, at the real service: a week later they are given up, each on record, and nothing of
them is left; what was finished, and what is of today, stays.

`make abandoned` announces 10,000; TIEZHENG_TEST_ABANDONED says how many.
"""

import json
import os
from pathlib import Path

import pytest

from scripts.dock_state import Credentials
from tests.fakes.immutable import clear_immutable
from tests.faults import later
from tests.faults.kills import Trial, until
from tests.faults.test_bad_input import Site, demand_order

pytestmark = pytest.mark.xdist_group("kills")
COUNT = int(os.environ.get("TIEZHENG_TEST_ABANDONED", "24"))
SECONDS = 240 + COUNT


def test_what_nobody_goes_on_with_is_given_up_a_week_later_on_record(template: Path, tmp_path: Path) -> None:
    trial = Trial(template, tmp_path, settings={"TIEZHENG_PREPARE_JOBS": "0"})
    service = trial.service().start()
    try:
        site = Site(service, Credentials.read(trial.station / "dock.json").token)
        finished = site.create(3)
        assert site.patch(finished, 0, b"abc").status_code == 204
        receipt = site.receipt(finished)
        abandoned = [site.create(10, filename=f"{number}.mp4") for number in range(COUNT)]
        for url in abandoned[::4]:  # some were begun
            assert site.patch(url, 0, b"abc").status_code == 204
        until(lambda: site.spooled() == names(abandoned), "what is finished left", SECONDS)
        service.stop()
        service.launcher = later.LAUNCHER
        service.start()
        today = site.create(10)
        until(lambda: site.spooled() == names([today]), "the others are given up", SECONDS)
        for url in (abandoned[0], abandoned[-1]):
            assert [site.ask(method, url).status_code for method in ("HEAD", "DELETE")] == [410, 410]
        assert site.offset(today) == 0
        assert site.receipt(finished) == receipt
    finally:
        service.stop()
    demand_order(service)
    bodies = [json.loads(body) for (body,) in site.rows("SELECT body FROM ledger WHERE action = 'upload-terminated'")]
    assert {body["subject"]["id"] for body in bodies} == names(abandoned)
    begun = len(abandoned[::4])
    assert sorted(body["details"]["size"] for body in bodies) == [0] * (COUNT - begun) + [3] * begun
    clear_immutable(tmp_path)


def names(urls: list[str]) -> set[str]:
    return {url.rsplit("/", 1)[-1] for url in urls}
