"""Joins the parts to a house: the one place that names implementations behind protocols.

`open_house` is what every command gets: database, log, vault, ledger and the services over them, with nothing running.
`House.sequencing` runs the sequencer for as long as a command needs it, beside a live `serve` or without one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from catalog.absences import Absences
from catalog.agencies import Agencies
from catalog.checkpoint_tokens import CheckpointTokens
from catalog.database import Database
from catalog.disposals import Disposals
from catalog.disposing import Disposing, Outside
from catalog.errors import CatalogUnavailable
from catalog.facts import Facts
from catalog.gate import open_original
from catalog.inventories import Inventories
from catalog.joining import Joining
from catalog.leaf_proofs import LeafProofs
from catalog.ledger import Ledger
from catalog.originals import StoredOriginal
from catalog.passwords import Passwords
from catalog.people import People
from catalog.recordings import Recordings
from catalog.renditions import RenditionStore
from catalog.renewals import Renewals
from catalog.retention import Retention
from catalog.revocations import Revocations
from catalog.schema import check_schema
from catalog.scrub import Scrubs, Terms
from catalog.sequencer import Sequencer
from catalog.signin import SignIn
from catalog.stations import Stations
from catalog.unshown import Unshown
from ingest.underway import under_way
from integrity.clock import Clock, Random, SystemClock, system_random
from integrity.errors import LogError
from integrity.log import Log
from integrity.log_chain import LogChain
from integrity.note import Signer
from integrity.trust import Trust, read_trust
from integrity.vault_fallback import FallbackOpener
from integrity.vault_route import RoutedVault
from integrity.watched import origin_hash
from integrity.witnessed import CosignedCheckpoints
from scripts import founding
from scripts.assemble_renditions import open_renditions
from scripts.assemble_tiles import LogPlaces, open_places
from scripts.assemble_vaults import Vaults, open_vaults
from scripts.fallbacks import Fallbacks
from scripts.known import refuse_set_back
from scripts.logs import open_chain
from scripts.scrubbing import Scrubbing
from scripts.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """Everything over one data folder that needs no running process; `close` it."""

    data: Path
    settings: Settings
    clock: Clock
    random: Random
    database: Database
    places: LogPlaces
    logs: LogChain
    vaults: Vaults
    sequencer: Sequencer
    ledger: Ledger
    checkpoints: CheckpointTokens
    proofs: LeafProofs
    recordings: Recordings
    renewals: Renewals
    revocations: Revocations
    agencies: Agencies
    people: People
    stations: Stations
    signin: SignIn
    retention: Retention
    renditions: RenditionStore
    unshown: Unshown
    cosigned: CosignedCheckpoints
    passwords: Passwords
    fallbacks: Fallbacks

    @property
    def log(self) -> Log:
        """The log that is appended to; `logs` numbers its leaves after those of the logs that ended."""
        return self.logs.log

    @property
    def vault(self) -> RoutedVault:
        """Where originals are put."""
        return self.vaults.vault

    @property
    def opener(self) -> FallbackOpener:
        """Where originals are read: a replica has them too when their vault is away or has lost them."""
        return self.vaults.opener(self.recordings.copies, self.fallbacks.note)

    @property
    def trust(self) -> Trust:
        """What others know of this installation."""
        return read_trust(self.data / "trust.json")

    @property
    def inventories(self) -> Inventories:
        """What devices had, against what came."""
        return Inventories(self.database, self.ledger, self.clock, self.random)

    @property
    def absences(self) -> Absences:
        """Why there is no footage."""
        return Absences(self.database, self.ledger, self.clock, self.random)

    @property
    def facts(self) -> Facts:
        """What originals say of themselves."""
        return Facts(self.database, self.ledger, self.clock)

    @property
    def joining(self) -> Joining:
        """Segments of a device that are one recording."""
        tolerance = timedelta(seconds=self.settings.join_gap_s)
        return Joining(self.database, self.ledger, self.clock, self.random, self.unshown.tidy, tolerance)

    def open_original(self, stored: StoredOriginal) -> BinaryIO:
        """The bytes of an original, for reading: for a confined decoder, never for a page."""
        return open_original(self.opener, stored)

    def disposals(self, ordered: Callable[[str], None] = lambda disposal: None) -> Disposals:
        """Orders of disposal."""
        return Disposals(self.database, self.ledger, self.clock, self.random, ordered)

    def disposing(self, *, clear: bool = False) -> Disposing:
        """Who carries orders out; `clear`: what the immutable flag keeps too, for the command of the machine's root."""
        disposers = self.vaults.disposers(clear=clear)
        outside = Outside(self.logs, self.renditions, disposers, partial(under_way, self.data / "spool"))
        return Disposing(self.database, self.ledger, self.clock, self.random, outside)

    @property
    def scrubs(self) -> Scrubs:
        """Rounds of reading sealed bytes again."""
        return Scrubs(self.database, self.ledger, self.clock, self.random)

    def scrubbing(self, rate: int) -> Scrubbing:
        """Who reads for them, so many bytes a second at most; 0 for no limit."""
        terms = Terms(self.settings.scrub_days, self.settings.scrub_sample)
        return Scrubbing(self.scrubs, self.vaults.checks(), terms, rate)

    def receipt_signer(self) -> Signer:
        """The key that signs receipts."""
        return founding.receipt_signer(self.data)

    def refuse_set_back(self) -> None:
        """LogSetBack when others remember more of the log than there is: asked before anything is appended."""
        refuse_set_back(self.data, self.settings, self.logs, self.trust)

    @contextmanager
    def sequencing(self, beside: Callable[[], None] | None = None) -> Iterator[None]:
        """Run the sequencer inside the block; counted refusals are written about once a second and at the end."""
        self.refuse_set_back()
        self.sequencer.start(beside or self.ledger.flush)
        try:
            yield
        finally:
            self.ledger.flush(everything=True)
            self.sequencer.stop()
            self._settle()

    def _settle(self) -> None:
        """Give the last entries their leaves; where the log is down, the next start does."""
        with suppress(LogError, CatalogUnavailable):
            while self.sequencer.drain():
                pass

    def close(self) -> None:
        """End what was opened."""
        self.renditions.close()
        self.vaults.close()
        self.places.close()
        self.database.close()


def open_house(data: Path, settings: Settings) -> House:
    """Open an installation that `serve` has founded; NotFounded where there is none."""
    founding.origin(data)
    clock, random, worker = SystemClock(), system_random, founding.worker_of(data)
    database = Database.open(settings.database_url(data))
    check_schema(database)
    places = open_places(data, settings)
    logs = open_chain(places, database, clock)
    sequencer = Sequencer(database, logs)
    ledger = Ledger(database, clock, random, sequencer)
    checkpoints = CheckpointTokens(database, ledger, clock, random)
    told = read_trust(data / "trust.json")

    def cosigned_of(log: Log) -> CosignedCheckpoints:
        folder = data / "witnessed" / origin_hash(log.origin)
        return CosignedCheckpoints(folder, lambda signed: log.keys.open(signed), told.witnesses)

    passwords, renditions = Passwords(random), open_renditions(data, settings, worker)
    session_length = timedelta(hours=settings.session_hours)
    return House(
        data=data,
        settings=settings,
        clock=clock,
        random=random,
        database=database,
        places=places,
        logs=logs,
        vaults=open_vaults(data, settings, clock, random),
        sequencer=sequencer,
        ledger=ledger,
        checkpoints=checkpoints,
        proofs=LeafProofs(logs, checkpoints.covering, cosigned_of, told.quorum),
        recordings=Recordings(database, ledger, clock, random, worker),
        renewals=Renewals(database, ledger, clock, random),
        revocations=Revocations(database, ledger, clock),
        agencies=Agencies(database, ledger, clock, random),
        people=People(database, ledger, clock, random, passwords),
        stations=Stations(database, ledger, clock, random),
        signin=SignIn(database, ledger, clock, random, passwords, session_length),
        retention=Retention(database, ledger, clock, random),
        renditions=renditions,
        unshown=Unshown(database, renditions, clock),
        cosigned=cosigned_of(logs.log),
        passwords=passwords,
        fallbacks=Fallbacks(),
    )
