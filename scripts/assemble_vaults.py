"""Which vaults there are, by the settings: files or S3 to put into, and whatever else references may lead to.

Part of the assembly, and beside it the only place that names implementations of a vault. A store is proved before
anything is entrusted to it (`scripts.probing`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.vault_copies import KeptCopy
from catalog.vault_locks import Keep
from ingest.replication import Carry
from integrity import durable
from integrity.clock import Clock, Random
from integrity.digest import Digest
from integrity.disposal import FileDisposer, VaultDisposer
from integrity.errors import VaultUnavailable, VaultUnprotected
from integrity.finding import Finding
from integrity.keeper import Keeper, KeeperClient
from integrity.trace import Traces
from integrity.vault import Checked, LockedVault, Protection, Vault, VaultRef
from integrity.vault_check import Claimed, LockCheck, VaultCheck
from integrity.vault_copy import copy
from integrity.vault_fallback import FallbackOpener, Told
from integrity.vault_files import FileVault
from integrity.vault_kept import KeptVault
from integrity.vault_route import RoutedVault
from scripts.buckets import Buckets
from scripts.probing import Failure, Trial
from scripts.settings import PREFIX, Settings, WrongSettings

if TYPE_CHECKING:
    from integrity.s3 import Bucket

FILES, S3, REPLICA = "files", "s3", "replica"
"""Names of vaults: where a reference says it leads, so they never change."""
SCRATCH = "opened"
"""The folder of local copies, which are good for nothing once whoever made them has ended."""

Copies = Callable[[Digest], Iterable[KeptCopy]]
"""What the catalog knows of further copies of these bytes."""


@dataclass(frozen=True, slots=True)
class Store:
    """One S3 bucket under each credential it is reached by."""

    name: str
    vault: LockedVault
    trial: Trial
    disposer: VaultDisposer
    buckets: "tuple[Bucket, ...]"


@dataclass(frozen=True, slots=True)
class Vaults:
    """Every vault of an installation; `close` them."""

    data: Path
    vault: RoutedVault
    all: tuple[Vault, ...]
    replicas: tuple[Vault, ...] = ()
    stores: tuple[Store, ...] = ()
    folders: Mapping[str, Path] = field(default_factory=dict)
    traces: Traces = field(default_factory=Traces)
    """Of what is received, by which the first of them knows it again."""

    @property
    def checked(self) -> dict[str, Checked]:
        """How each vault proves what it holds, by its name."""
        return {vault.name: vault.checked for vault in self.all}

    def disposers(self, *, clear: bool = False) -> dict[str, VaultDisposer]:
        """Who removes from which vault; `clear` for the command of the machine's root alone."""
        files = {name: FileDisposer(folder, name, clear=clear) for name, folder in self.folders.items()}
        return files | {store.name: store.disposer for store in self.stores}

    def checks(self) -> tuple[VaultCheck, ...]:
        """The audit's way into the vaults: it gets the checks, never a vault."""
        return tuple(VaultCheck(vault, further=vault in self.replicas) for vault in self.all)

    def opener(self, copies: Copies, told: Told) -> FallbackOpener:
        """How originals are opened: where the catalog says they lie, or else where it says that a copy does."""

        def found(digest: Digest) -> Iterator[VaultRef]:
            for kept in copies(digest):
                yield VaultRef(kept.vault, digest, kept.size, kept.version)

        return FallbackOpener(self.vault, found, told)

    @property
    def source_stays(self) -> bool:
        """Whether the vault that is put into leaves a file in the spool, for it is the only copy that is near."""
        return self.all[0].name == S3

    def carriers(self) -> dict[str, Carry]:
        """How an object gets into each of the further vaults, by name."""
        return {vault.name: partial(self._carry, vault) for vault in self.replicas}

    def keepers(self) -> dict[str, Keep]:
        """How a store is told for how long to keep an object, by the vault's name."""
        return {store.name: partial(_keep, store.vault) for store in self.stores}

    def lock_checks(self) -> tuple[LockCheck, ...]:
        """The audit's way to the locks of each store."""
        return tuple(LockCheck(store.vault) for store in self.stores)

    def sweep(self) -> None:
        """Remove what a killed process left of local copies; by the only server, before it makes any."""
        for path in sorted((self.data / SCRATCH).iterdir()):
            durable.remove_tree(path)

    def _carry(self, target: Vault, of: Claimed) -> tuple[str | None, Checked]:
        ref = copy(self.vault, VaultRef(of.vault, of.digest, of.size, of.version), target, self.data / SCRATCH)
        return ref.version, target.checked

    def prove(self, clock: Clock, *, starting: bool = False) -> None:
        """Try each store whose time has come; then VaultUnprotected or VaultUnavailable of the first that failed."""
        failed: list[VaultUnprotected | VaultUnavailable] = []
        for store in self.stores:
            try:
                store.trial.prove(clock.now(), starting=starting)
            except (VaultUnprotected, VaultUnavailable) as error:
                failed.append(error)
        if failed:
            raise failed[0]

    def vouch(self, name: str) -> None:
        """VaultUnprotected while the store of this vault failed its last try: then nobody is to rely on it."""
        if (failure := self._failing().get(name)) is not None:
            raise failure.error

    @property
    def kept(self) -> bool:
        """Whether the vault that is put into may be relied on."""
        return self.all[0].name not in self._failing()

    def failures(self) -> Iterator[Finding]:
        """The audit's: each store that failed its last try."""
        for name, failure in self._failing().items():
            yield Finding("vault-unprotected", f"vault {name}", str(failure.error))

    def _failing(self) -> dict[str, Failure]:
        standings = {store.name: store.trial.standing().failure for store in self.stores}
        return {name: failure for name, failure in standings.items() if failure is not None}

    def close(self) -> None:
        """Give connections back."""
        for store in self.stores:
            for bucket in store.buckets:
                bucket.close()


def open_vaults(data: Path, settings: Settings, clock: Clock, random: Random) -> Vaults:
    """The vaults of a data folder; WrongSettings names a setting that is missing or does not fit."""
    durable.make_folder(data / SCRATCH)
    traces = Traces()
    files, first, stores = _files(data, settings, traces), list[Vault](), list[Store]()
    if settings.vault == S3:
        stores.append(_store(S3, "", data, settings, clock, random))
        first.append(stores[0].vault)
    if settings.vault == FILES or any((settings.vault_folder or data / "vault").iterdir()):
        first.append(files)  # where it is not the first, it is a former one
    replicas: tuple[Vault, ...] = ()
    folders = {FILES: settings.vault_folder or data / "vault"}
    if settings.replica_s3_bucket is not None:
        stores.append(_store(REPLICA, "replica_", data, settings, clock, random))
        replicas = (stores[-1].vault,)
    if settings.replica_folder is not None:
        if replicas:
            raise WrongSettings("replica_folder: a replica is either in a folder or in S3")
        replicas = (FileVault(settings.replica_folder, REPLICA),)
        folders[REPLICA] = settings.replica_folder
    return Vaults(data, RoutedVault(*first, *replicas), (*first, *replicas), replicas, tuple(stores), folders, traces)


def make_keeper(folder: Path, place: Path, permitted: Collection[int]) -> tuple[Keeper, Protection]:
    """A keeper of a folder that everybody may read and nobody else write, and what keeps its objects."""
    files = FileVault(folder, FILES, 0o755)
    return Keeper(files, place, permitted), files.protection()


def _files(data: Path, settings: Settings, traces: Traces) -> Vault:
    folder = settings.vault_folder or data / "vault"
    if settings.keeper_socket is None:
        return FileVault(folder, FILES, traces=traces)
    if settings.vault_folder is None:
        raise WrongSettings(f"vault_folder ({PREFIX}VAULT_FOLDER): needed where a keeper owns the vault")
    return KeptVault(folder, KeeperClient(settings.keeper_socket), FILES, traces)


def _store(name: str, prefix: str, data: Path, settings: Settings, clock: Clock, random: Random) -> Store:
    """A bucket by the settings whose names begin with `prefix`."""
    buckets = Buckets(settings, prefix)
    # Imported here: what boto3 costs at the start, nobody pays who keeps files.
    from integrity.vault_s3 import S3Vault, Terms
    from integrity.vault_s3_disposal import S3Disposer
    from integrity.vault_s3_probe import Probe

    ours = buckets.reach()
    holding, removing = buckets.reach_as("hold_credentials") or ours, buckets.reach_as("disposal_credentials") or ours
    place = ours.place
    vault = S3Vault(ours, clock, Terms(timedelta(days=settings.lock_days)), data / SCRATCH, name, holding)
    probe, disposer = Probe(ours, removing, holding, clock, random), S3Disposer(removing, holding, name)
    trial = Trial(name, f"{place.endpoint or place.region}/{place.bucket}", data / f"probe-{name}.json", probe.run)
    return Store(name, vault, trial, disposer, (ours, holding, removing))


def _keep(vault: LockedVault, of: Claimed, until: datetime | None, hold: bool) -> None:
    """Lengthen the lock of one object where it is to be kept, and see to its hold."""
    ref = VaultRef(of.vault, of.digest, of.size, of.version)
    if until is not None:
        vault.extend(ref, until)
    vault.hold(ref, hold)


def protections(vaults: Vaults, now: datetime) -> Iterator[dict[str, Any]]:
    """What keeps each vault's objects, measured now; one that does not answer protects nothing that we know of.

    `alarm`: a store that failed its last try, or could not be tried for long.
    """
    tried = {store.name: store.trial.standing() for store in vaults.stores}
    for check in vaults.checks():
        try:
            found = check.protection()
        except VaultUnavailable as error:
            found = Protection(False, str(error))
        facts = {"name": check.name, "immutable": found.immutable, "detail": found.detail, "alarm": False}
        if (standing := tried.get(check.name)) is not None:
            facts |= standing.facts(now)
            facts["immutable"] = found.immutable and standing.failure is None
        yield facts
