"""`tiezheng work --data DIR`: prepares recordings beside the service, on its machine or on another.

Needs the catalog and the originals, fetched by their digest, and no key but its own, for the copies it makes. What it
writes in the ledger gets its leaf from the service, through the outbox. The catalog alone says what there is to do, so
any number of these share it, and each polls; where the service runs it needs no other door. Asked to end it ends its
children and gives back what it had in hand; killed, others take it over (`scripts.heart`). Never counts its own end as
an attempt.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import structlog

from catalog.database import Database
from catalog.errors import CatalogError
from catalog.facts import Facts
from catalog.gate import open_original
from catalog.identity import RecordingId
from catalog.job_failures import JobFailures
from catalog.ledger import Elsewhere, Ledger
from catalog.parts import Parts
from catalog.recordings import Recordings
from catalog.rendition_keys import enrol
from catalog.renditions import RenditionStore
from catalog.schema import check_schema
from catalog.unshown import Unshown, clear_forsaken
from catalog.workers import Workers
from ingest.child import Children
from ingest.derived import Derived, Telling
from ingest.errors import ChildrenStopped
from ingest.lanes import Lane
from ingest.pipeline import Pipeline
from ingest.rendering import Bounds, Renderer
from integrity import durable
from integrity.clock import SystemClock, system_random
from player.language import gettext as _
from scripts.assemble_renditions import open_renditions, tried
from scripts.assemble_vaults import FILES, open_vaults
from scripts.decoders import Decoders
from scripts.fallbacks import Fallbacks
from scripts.heart import Heart
from scripts.keys import rendition_signer
from scripts.settings import Settings, WrongSettings, child_environment, load
from scripts.technical_log import log_as_json

POLL_S = 1.0
"""Between two looks when nothing waits."""
TEND_S = 60.0
"""Between two looks for what others left on this machine."""
REST_S = 5.0
"""After a failure that is not a recording's: the database or the vault is away."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a worker works with."""

    pipeline: Pipeline
    children: Children
    heart: Heart
    store: RenditionStore
    workers: Workers


@click.command(name="work")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True,
              help=_("the service's data folder, or a folder of its own"))  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help=_("recordings at the same time"))
@click.option("--name", default=None, help=_("what it is called; default: the machine's name"))
@click.option("--settings", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True), default=None,
              help=_("settings file (TOML)"))  # fmt: skip
def command(data: Path, jobs: int | None, name: str | None, file: Path | None) -> None:
    """Prepare recordings beside the service, on this machine or another."""
    settings = load(file)
    log_as_json()
    _require(data, settings)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.set())
    worker = f"{(name or socket.gethostname())[:40]}-{os.getpid()}-{system_random(4).hex()}"
    with _workshop(data, settings, worker) as shop:
        long = (Lane.WANTED, Lane.BACKLOG, Lane.ANEW)
        lanes = [(Lane.WANTED,), *[(Lane.QUICK,), long] * (jobs or settings.prepare_jobs or 1)]
        threads = [
            threading.Thread(target=_work, args=(shop.pipeline, ending, mine), name=f"work-{number}")
            for number, mine in enumerate(lanes)
        ]
        for thread in threads:
            thread.start()
        for line in tried(settings, shop.store):
            click.echo(line)
        click.echo(_("working as {worker}").format(worker=worker))
        sys.stdout.flush()
        _tend(shop, ending)
        shop.children.stop()
        for thread in threads:
            thread.join()


def _require(data: Path, settings: Settings) -> None:
    """WrongSettings where this folder is no installation's, and something of one is not named."""
    durable.make_folder(data)
    if (data / "keys" / "origin").exists():
        return
    lacking = {
        "database": settings.database is None,
        "renditions_folder": settings.renditions_folder is None and settings.renditions_s3_bucket is None,
        "vault_folder": settings.vault == FILES and settings.vault_folder is None,
    }
    for name in (name for name, lacks in lacking.items() if lacks):
        raise WrongSettings(f"{name}: {data} is not the service's data folder, so a worker must be told")


@contextmanager
def _workshop(data: Path, settings: Settings, worker: str) -> Iterator[Workshop]:
    """Everything opened and beating, for as long as the block lasts."""
    clock, random, children = SystemClock(), system_random, Children(child_environment())
    with ExitStack() as stack:
        database = Database.open(settings.database_url(data))
        stack.callback(database.close)
        check_schema(database)
        vaults = open_vaults(data, settings, clock, random)
        stack.callback(vaults.close)
        ledger, signer = Ledger(database, clock, random, Elsewhere()), rendition_signer(data, random)
        enrol(database, ledger, signer)
        recordings = Recordings(database, ledger, clock, random, worker)
        store = open_renditions(data, settings, worker)
        stack.callback(store.close)
        bounds = Bounds(timeout_s=settings.prepare_timeout_s, memory=settings.prepare_memory_bytes, threads=2)
        opener = partial(open_original, vaults.opener(recordings.copies, Fallbacks().note))
        failures = JobFailures(database, clock)
        tell = Telling(Derived(children, settings.name_patterns), Facts(database, ledger, clock).keep)
        renderer = Renderer(children, bounds)
        pipeline = Pipeline(recordings, Parts(database), store, opener, renderer, failures, signer, tell=tell,
                            tidy=Unshown(database, store, clock).tidy)  # fmt: skip

        def lost(other: str, _freed: Sequence[RecordingId]) -> None:
            store.abandon(other)

        workers, silence = Workers(database, clock), settings.worker_silence_seconds
        heart = Heart(workers, recordings, worker, silence, lost, pipeline.hurry)
        heart.arrive()
        stack.callback(heart.leave)
        heart.start()
        stack.callback(heart.stop)
        decoders = Decoders(children)
        decoders.start()
        stack.callback(decoders.stop)
        stack.callback(children.stop)
        yield Workshop(pipeline, children, heart, store, workers)


def _tend(shop: Workshop, ending: threading.Event) -> None:
    """Until the end, now and then: what former workers of this machine left half made is removed."""
    while not ending.is_set():
        try:
            clear_forsaken(shop.store, shop.workers)
        except (CatalogError, OSError) as error:
            _log.warning("not-tended", error=str(error))
        ending.wait(TEND_S)


def _work(pipeline: Pipeline, ending: threading.Event, lanes: Sequence[Lane]) -> None:
    """Prepare whatever waits in the first of these lanes where anything does, the most urgent first, until the end."""
    while not ending.is_set():
        try:
            if not any(pipeline.prepare_next(lane) for lane in lanes):
                ending.wait(POLL_S)
        except ChildrenStopped:
            return
        except Exception as error:  # noqa: BLE001  whatever it was, it was that recording's, or will be over
            _log.error("preparing-failed", error=str(error), exc_info=not hasattr(error, "code"))
            ending.wait(REST_S)
