"""kill -9 at random moments while a station docks without pause: every receipt ever given stays true.

`make test` kills a few times; `make random-kills` three hundred. `TIEZHENG_TEST_RANDOM_KILLS` says how often,
`TIEZHENG_TEST_SEED` from which random numbers; seed and every kill are printed.
"""

import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.immutable import clear_immutable, clear_one
from tests.faults.kills import until
from tests.faults.load import LONG_SECONDS, Load, kill_at_a_random_moment
from tests.ingest.making import H264, make

SEED = int(os.environ.get("TIEZHENG_TEST_SEED", "20260302"))
KILLS = int(os.environ.get("TIEZHENG_TEST_RANDOM_KILLS", "4"))
IN_A_ROW = 50
"""Kills of one installation, before everything is checked and another one begins."""
ROUNDS = [min(IN_A_ROW, KILLS - done) for done in range(0, KILLS, IN_A_ROW)]

pytestmark = pytest.mark.xdist_group("kills")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make(tmp_path_factory.mktemp("film") / "film.mp4", *H264, seconds=1).read_bytes()


@pytest.fixture(scope="module")
def reached() -> Counter[str]:
    """How often a kill came where it is hard to hit, over all rounds."""
    return Counter()


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_every_receipt_ever_given_is_true_after_all_kills(
    number: int, template: Path, film: bytes, tmp_path: Path, reached: Counter[str]
) -> None:
    seed = f"{SEED}-{number}"
    chance = random.Random(seed)  # noqa: S311  to be repeated, not to be secret
    load = Load(template, tmp_path, chance, film)
    load.start()
    for count in range(ROUNDS[number]):
        print(f"seed {seed}: kill {count + 1}: {kill_at_a_random_moment(load, chance)}", flush=True)
    service = load.service().start()
    try:
        load.finish()
        until(load.settled, "the spool is empty")
        until(load.prepared, "every viewing copy is made", LONG_SECONDS)
    finally:
        load.give_up()
        service.stop()
    load.nothing_is_left()
    load.demand_everything()
    reached.update(middle=load.resumed, uncached=load.uncached, decoding=load.decoding)
    told = f"{len(load.given)} receipts of {len(load.fed)} files are true, {load.resumed} times in the middle"
    print(f"seed {seed}: {told}; the audit is clean, and no child is left", flush=True)
    _the_checker_is_able_to_fail(load)
    clear_immutable(tmp_path)
    for place in tmp_path.iterdir():  # gigabytes, of a round that is over
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    if KILLS > IN_A_ROW and number == len(ROUNDS) - 1:  # of so many kills some came there, in one round or another
        assert reached["middle"], "none came in the middle of a long file"
        assert reached["uncached"], "none came while a file was written around the page cache"
        assert reached["decoding"], "none came while a decoder was at work"


def _the_checker_is_able_to_fail(load: Load) -> None:
    """One object of the vault with another byte, and one that is gone, are noticed by its receipt; a child that is
    left, by its mark.
    """
    assert load.left() == []
    with subprocess.Popen(["sleep", "600"], env={"TMPDIR": str(load.mark)}) as child:
        assert load.left() == [child.pid]
        child.kill()
    name = max(load.fed, key=lambda digest: load.fed[digest].stat().st_size)
    stored = load.data / "vault" / name[:2] / name[2:4] / name
    clear_one(stored)
    stored.chmod(0o600)
    body = stored.read_bytes()
    stored.write_bytes(bytes([body[0] ^ 1]) + body[1:])
    with pytest.raises(AssertionError):
        load.demand_receipts(load.fed)
    stored.unlink()
    with pytest.raises(AssertionError):
        load.demand_receipts(load.fed)
