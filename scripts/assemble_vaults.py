"""Which vaults there are, by the settings: files or S3 to put into, and whatever else references may lead to.

Part of the assembly, and beside it the only place that names implementations of a vault. A store is proved before
anything is entrusted to it, at most once a day. Credentials are files of their own, 0600 and ours, never settings.
"""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from integrity import durable
from integrity.canonical import canonical
from integrity.clock import Clock, Random, from_instant, instant
from integrity.errors import VaultUnavailable
from integrity.vault import Checked, LockedVault, Vault
from integrity.vault_check import VaultCheck
from integrity.vault_files import FileVault
from integrity.vault_route import RoutedVault
from scripts.settings import PREFIX, Settings, WrongSettings

if TYPE_CHECKING:
    from integrity.s3 import Bucket, Credentials
    from integrity.vault_s3_probe import Probe

FILES, S3 = "files", "s3"
"""Names of vaults: where a reference says it leads, so they never change."""
PROBE_EVERY = timedelta(days=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Store:
    """One S3 bucket under each credential it is reached by."""

    name: str
    vault: LockedVault
    probe: "Probe"
    buckets: "tuple[Bucket, ...]"


@dataclass(frozen=True, slots=True)
class Vaults:
    """Every vault of an installation; `close` them."""

    data: Path
    vault: RoutedVault
    all: tuple[Vault, ...]
    stores: tuple[Store, ...] = ()

    @property
    def checked(self) -> dict[str, Checked]:
        """How each vault proves what it holds, by its name."""
        return {vault.name: vault.checked for vault in self.all}

    def checks(self) -> tuple[VaultCheck, ...]:
        """The audit's way into the vaults: it gets the checks, never a vault."""
        return tuple(VaultCheck(vault) for vault in self.all)

    def prove(self, clock: Clock, random: Random) -> None:
        """Try each store that was not tried within a day; VaultUnprotected says what one does not keep.

        One that does not answer is VaultUnavailable the first time; later its former proof stands until it is back.
        """
        for store in self.stores:
            record = self.data / f"probe-{store.name}.json"
            last = _last_probe(record, store)
            if last is not None and clock.now() - last < PROBE_EVERY:
                continue
            try:
                store.probe.run()
            except VaultUnavailable:
                if last is None:
                    raise
                _log.warning("vault-not-probed", vault=store.name, last=instant(last), exc_info=True)
            else:
                durable.replace(record, canonical({"at": instant(clock.now()), "store": _where(store)}))

    def close(self) -> None:
        """Give connections back."""
        for store in self.stores:
            for bucket in store.buckets:
                bucket.close()


def open_vaults(data: Path, settings: Settings, clock: Clock, random: Random) -> Vaults:
    """The vaults of a data folder; WrongSettings names a setting that is missing or does not fit."""
    files = FileVault(data / "vault")
    if settings.vault == FILES:
        return Vaults(data, RoutedVault(files), (files,))
    store = _store(S3, data, settings, clock, random)
    former: tuple[Vault, ...] = (files,) if any((data / "vault").iterdir()) else ()
    return Vaults(data, RoutedVault(store.vault, *former), (store.vault, *former), (store,))


def _store(name: str, data: Path, settings: Settings, clock: Clock, random: Random) -> Store:
    # Imported here: what boto3 costs at the start, nobody pays who keeps files.
    from integrity.s3 import Bucket, Place
    from integrity.vault_s3 import S3Vault, Terms
    from integrity.vault_s3_probe import Probe

    place = Place(_needed(settings, "s3_bucket"), settings.s3_endpoint, settings.s3_region, settings.s3_prefix)
    durable.make_folder(data / "opened")
    ours = Bucket(place, _credentials("s3_credentials", Path(_needed(settings, "s3_credentials"))))
    holding, removing = (
        Bucket(place, _credentials(setting, path)) if path is not None else ours
        for setting, path in (
            ("s3_hold_credentials", settings.s3_hold_credentials),
            ("s3_disposal_credentials", settings.s3_disposal_credentials),
        )
    )
    terms = Terms(timedelta(days=settings.lock_days))
    vault = S3Vault(ours, clock, terms, data / "opened", name, holding)
    return Store(name, vault, Probe(ours, removing, holding, clock, random), (ours, holding, removing))


def _needed(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if value is None:
        raise WrongSettings(f"{name} ({PREFIX}{name.upper()}): needed for a vault in S3")
    return str(value)


def _credentials(setting: str, path: Path) -> "Credentials":
    """The key in a JSON file that only its owner, who runs this, may read."""
    from integrity.s3 import Credentials

    try:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid():
            raise WrongSettings(f"{setting}: {path} must belong to this user, with mode 0600")
        keys = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(str(keys["access_key"]), str(keys["secret_key"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongSettings(f"{setting}: {path}: no JSON object with access_key and secret_key") from error


def _where(store: Store) -> str:
    place = store.probe.bucket.place
    return f"{place.endpoint or place.region}/{place.bucket}"


def _last_probe(record: Path, store: Store) -> datetime | None:
    """When this very store was last proved; None where it was not, or nothing that can be read says so."""
    try:
        fields = json.loads(record.read_text(encoding="utf-8"))
        return from_instant(fields["at"]) if fields["store"] == _where(store) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def protections(vaults: Vaults) -> Iterator[dict[str, object]]:
    """What keeps each vault's objects, measured now; one that does not answer protects nothing that we know of."""
    for check in vaults.checks():
        try:
            found = check.protection()
        except VaultUnavailable as error:
            yield {"name": check.name, "immutable": False, "detail": str(error)}
        else:
            yield {"name": check.name, "immutable": found.immutable, "detail": found.detail}
