"""Copies of an older recipe are made anew in the last lane: whatever is killed where, one whole copy is shown."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog import tables
from catalog.audit_renditions import rendition_findings, shown_now
from catalog.identity import RecordingId
from catalog.ledger import Ledger
from catalog.parts import Parts
from catalog.rendition_keys import enrol
from catalog.renditions import place_of
from ingest.child import Decoder
from ingest.errors import ChildCrashed, Unplayable
from ingest.haste import Haste
from ingest.lanes import Lane
from ingest.pipeline import Pipeline
from ingest.recipe import FORMER, RECIPE
from ingest.rendering import Original, Prepared, Renderer, RenditionFile
from ingest.task import Limits, Reply, Task
from ingest.tracks import Medium
from integrity.digest import Digest
from integrity.provenance import Source
from tests.fakes.clocks import FakeClock, FakeRandom
from tests.fakes.copies import MAKER
from tests.fakes.provenances import provenance
from tests.ingest.children import ROOT
from tests.ingest.test_pipeline import Shop
from tests.ingest.workshop import BOUNDS


class NoDecoder:
    """Nothing is decoded here."""

    def run(self, task: Task, limits: Limits) -> Reply:
        raise AssertionError(task)


class Copier(Renderer):
    """Makes a text of one file under a recipe, or fails; remembers the lanes."""

    def __init__(self, recipe: str, *failures: Exception) -> None:
        decoder: Decoder = NoDecoder()
        super().__init__(decoder, BOUNDS)
        self.recipe, self.failures, self.lanes = recipe, list(failures), list[Lane]()

    def render(
        self, originals: Sequence[Original], folder: Path, lane: Lane = Lane.WANTED, haste: Haste | None = None
    ) -> Prepared:
        self.lanes.append(lane)
        if self.failures:
            raise self.failures.pop()
        content = f"copy under {self.recipe}".encode()
        (folder / "text.txt").write_bytes(content)
        [original] = originals
        sources = [Source(original.digest, original.size)]
        told = provenance("text.txt", content, sources, recipe=self.recipe)
        file = RenditionFile("text.txt", Digest.of(content), len(content), told)
        return Prepared(Medium.TEXT, None, self.recipe, (file,), ())


def pipeline(shop: Shop, renderer: Renderer) -> Pipeline:
    parts, tidy = Parts(shop.database), shop.unshown.tidy
    return Pipeline(shop.recordings, parts, shop.store, shop._open, renderer, shop.failures, MAKER, tidy=tidy)


def shown(shop: Shop) -> str:
    """The content of the one copy that is shown; asserts that the audit finds nothing wrong with it."""
    row, still = shop.row(), partial(shown_now, shop.database)
    with shop.database.read() as connection:
        assert list(rendition_findings(connection, shop.store.open, still, lambda _: True)) == []
        [place] = {place_of(one) for one in connection.execute(select(tables.renditions))}
    assert row["state"] == "ready"
    with closing(shop.store.open(RecordingId(str(row["id"])), place, "text.txt")) as opened:
        return b"".join(opened.pieces()).decode()


def recipes_lying(shop: Shop) -> list[str]:
    """Recipes of all that lies in the store."""
    [(_recording, places)] = shop.store.lying()
    return sorted(place.partition("-")[0] for place in places)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop with one recording that is shown under the recipe before ours."""
    shop = Shop(tmp_path)
    enrol(shop.database, Ledger(shop.database, FakeClock(), FakeRandom(), shop.sequencer), MAKER)
    (tmp_path / "a.txt").write_bytes(b"what was recorded")
    shop.add(tmp_path / "a.txt")
    assert pipeline(shop, Copier(FORMER[-1])).prepare_next()
    shop.sequencer.drain()
    assert shown(shop) == f"copy under {FORMER[-1]}"
    shop.close()
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    made = Shop(folder)
    yield made
    made.close()


def test_it_is_made_anew_last_of_all_and_the_old_files_go(shop: Shop) -> None:
    copier = Copier(RECIPE)
    made = pipeline(shop, copier)
    for lane in (Lane.QUICK, Lane.WANTED, Lane.BACKLOG):
        assert not made.prepare_next(lane), "it is shown, so nobody waits for it"
    assert made.prepare_next(Lane.ANEW)
    assert shown(shop) == f"copy under {RECIPE}"
    assert not made.prepare_next(Lane.ANEW)
    assert copier.lanes == [Lane.ANEW]
    assert recipes_lying(shop) == [RECIPE]


@pytest.mark.parametrize(
    ("failure", "times"), [(Unplayable("not-media", "no longer"), 1), (ChildCrashed("SIGSEGV"), 3)]
)
def test_what_cannot_be_made_stays_shown(shop: Shop, failure: Exception, times: int) -> None:
    copier = Copier(RECIPE, *[failure] * times)
    made = pipeline(shop, copier)
    while made.prepare_next(Lane.ANEW):
        assert shown(shop) == f"copy under {FORMER[-1]}"
    assert len(copier.lanes) == times
    assert list((shop.folder / "renditions" / ".work").iterdir()) == []


def test_what_fails_for_no_fault_of_its_own_is_given_back(shop: Shop) -> None:
    made = pipeline(shop, Copier(RECIPE, OSError("the vault is away")))
    with pytest.raises(OSError, match="away"):
        made.prepare_next(Lane.ANEW)
    assert not made.prepare_next(Lane.ANEW), "passed over for a while"
    assert shown(shop) == f"copy under {FORMER[-1]}"
    assert pipeline(shop, Copier(RECIPE)).prepare_next(Lane.ANEW)


KILL = """
import os, signal, sys
from pathlib import Path
from tests.ingest import test_pipeline_anew as here
shop = here.Shop(Path(sys.argv[1]))
holder, name, when = {"store": shop.store, "states": shop.recordings}[sys.argv[2]], sys.argv[3], sys.argv[4]
real = getattr(holder, name)
def killed(*given, **named):
    if when == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(holder, name, killed)
here.pipeline(shop, here.Copier(here.RECIPE)).prepare_next(here.Lane.ANEW)
"""


@pytest.mark.parametrize(
    ("holder", "name", "when", "recipe"),
    [
        ("store", "keep", "before", FORMER[-1]),
        ("store", "keep", "after", FORMER[-1]),
        ("states", "prepared", "after", RECIPE),
        ("store", "discard", "before", RECIPE),
    ],
)
def test_killed_at_any_step_one_whole_copy_is_shown(
    folder: Path, holder: str, name: str, when: str, recipe: str
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILL, str(folder), holder, name, when], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    shop = Shop(folder)
    assert shown(shop) == f"copy under {recipe}"
    shop.recordings.release_all()
    shop.unshown.look()
    assert recipes_lying(shop) == [recipe]
    made = pipeline(shop, Copier(RECIPE))
    while made.prepare_next(Lane.ANEW):
        continue
    assert shown(shop) == f"copy under {RECIPE}"
    assert recipes_lying(shop) == [RECIPE]
    shop.close()
