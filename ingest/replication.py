"""Copying what was catalogued into further vaults, and when the spool may let go of it.

A job does it and the reconciler wakes the job for as long as anything is not copied, so what fails is tried again. One
object's trouble never holds up the others; a vault that is away ends the run, and the next one goes on. Never notes a
copy that was not proved.
"""

from collections.abc import Callable, Mapping

import structlog

from catalog.jobs import JobPort
from catalog.vault_copies import VaultCopies
from integrity.digest import Digest
from integrity.errors import VaultError, VaultUnavailable
from integrity.receipt import Checked
from integrity.vault_check import Claimed

Carry = Callable[[Claimed], tuple[str | None, Checked]]
"""Puts an object into one further vault; its version there, and how it was proved."""
BATCH = 200

_log = structlog.get_logger()


class Replication:
    """Over the further vaults, by name. Safe to use from every thread, one run of a vault at a time."""

    def __init__(self, copies: VaultCopies, vaults: Mapping[str, Carry]) -> None:
        self._copies = copies
        self._vaults = dict(vaults)

    def run(self, vault: str) -> None:
        """Copy all that this vault lacks and can be had."""
        failed: set[Digest] = set()
        done: set[Digest] = set()
        while wanted := [one for one in self._copies.uncopied(vault, BATCH + len(failed)) if one.digest not in failed]:
            for one in wanted:
                if one.digest in done:  # of two agencies; or our clock went back, and the next run does it
                    failed.add(one.digest)
                    continue
                done.add(one.digest)
                try:
                    self._copies.copied(vault, one, *self._vaults[vault](one))
                except VaultUnavailable:
                    raise
                except VaultError as error:
                    failed.add(one.digest)
                    _log.error("copy-failed", vault=vault, sha256=one.digest.hex, code=error.code, error=str(error))

    def wake(self, jobs: JobPort) -> None:
        """Wake the job of each vault that lacks something."""
        for vault in self._vaults:
            if self._copies.uncopied(vault, 1):
                jobs.wake("copy", vault)

    def everywhere(self, digest: Digest) -> bool:
        """Whether every further vault holds these bytes, for all who sealed them."""
        return not any(self._copies.lacks(vault, digest) for vault in self._vaults)
