"""The one way out: an approved grant's bundle is written, verified, and handed over once to one person.

`make` is the `bundle` job: what it writes becomes `ready` only when `integrity.verify` finds nothing wrong with the
finished file; a job cut short leaves a file nobody was told of, and the next one begins anew. `release` permits one
connection to send; its ledger entry is under a durable head before the first byte (`catalog.grants`).

Where a download may go on from is recorded before those bytes are handed over, in steps of `AHEAD`, so a killed
service refuses nobody a resumption; the end is recorded only when the last byte has left and the client was still
there. Never keeps a bundle longer than its grant: a copy that lies around is a copy that nobody approved.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from catalog.copies import Copies
from catalog.entry import Actor
from catalog.errors import ExportNotApproved, GrantSpent, NotFound, NotReady
from catalog.grants import GrantFacts, Grants, Release
from catalog.identity import GrantId, is_id
from catalog.permissions import Principal
from integrity import durable
from integrity.bundle import Stamp, write_bundle
from integrity.bundle_folder import write_folder
from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, IntegrityError, InvalidBundle, VaultUnavailable
from integrity.finding import ORIGINAL_ABSENT
from integrity.opened import OpenedFile
from integrity.trust import Trust
from integrity.verify import verify_bundle
from player.stream import Content, slice_of

AHEAD = 8 * 1024 * 1024
"""Bytes that may be handed over for one record of how far it went."""
NAME = "bundle.zip"
PENDING = "token-missing"
"""The one finding that time cures."""
USABLE = frozenset({"ready", "releasing"})

_log = structlog.get_logger()


@dataclass(slots=True)
class Delivery:
    """One permitted connection: `through` and `end` hear from the stream how far it went."""

    content: Content
    release: Release | None
    grants: Grants
    folder: Path
    _recorded: int = field(default=0)

    def before(self, end: int) -> None:
        """Bytes up to `end` are about to be handed over; GrantSpent when another connection goes on with it."""
        if self.release is not None and end > self._recorded:
            # Never the last byte: only its arrival ends the grant.
            self._recorded = min(end + AHEAD, self.content.size - 1)
            self.grants.sent(self.release, self._recorded)

    def finished(self, end: int) -> None:
        """All bytes up to `end` have left; the last one spends the grant, and the bundle goes with it."""
        if self.release is not None and end == self.content.size:
            self.grants.sent(self.release, end)
            durable.remove_tree(self.folder)

    def closed(self) -> None:
        """Nothing more comes on this connection."""
        if self.release is not None:
            self.grants.pause(self.release)


class Export:
    """Makes bundles and releases them. Safe to use from every thread and from several processes."""

    def __init__(self, copies: Copies, grants: Grants, folder: Path, trust: Trust, stamp: Stamp | None = None) -> None:
        self._copies = copies
        self._grants = grants
        self._folder = folder
        self._trust = trust
        self._stamp = stamp
        durable.make_folder(folder)

    def make(self, grant: GrantId) -> None:
        """Write and verify the bundle of an approved grant; nothing for any other. What may pass is raised."""
        try:
            facts = self._made(grant)
        except ExportNotApproved:
            return  # made already, expired, or its approval has no leaf: nothing to do
        except (AuthorityUnavailable, VaultUnavailable, NotReady):
            raise  # tried again when somebody wakes it
        except IntegrityError as error:
            _log.warning("bundle-failed", grant=grant, code=error.code)
            durable.remove_tree(self._place(grant))
            self._grants.failed(grant, f"{error.code}: {error}")
            return
        self._grants.bundled(grant, facts[0], facts[1], facts[2])

    def _made(self, grant: GrantId) -> tuple[Digest, Digest, int]:
        contents = self._copies.contents(grant)
        place = self._place(grant)
        durable.remove_tree(place)
        durable.make_folder(place)
        written = write_bundle(place / NAME, contents, self._stamp)
        self._require(place / NAME)
        return written.bundle_sha256, written.zip_sha256, written.zip_size

    def _require(self, bundle: Path) -> None:
        """Nothing leaves that a stranger would not find right; AuthorityUnavailable where only a token is to come."""
        # That only copies are there, it says of a bundle for which only copies were approved.
        found = [one for one in verify_bundle(bundle, self._trust).findings if one.code != ORIGINAL_ABSENT]
        if found and all(finding.code == PENDING for finding in found):
            raise AuthorityUnavailable("a timestamp is still pending: the bundle is made when it is there")
        if found:
            named = ", ".join(f"{finding.code} ({finding.subject})" for finding in found)
            raise InvalidBundle(f"what was written does not verify: {named}")

    def release(self, principal: Principal, grant: GrantId, method: str, headers: Mapping[str, str]) -> Delivery:
        """Permit sending what the request asks for; ExportNotApproved for whatever is not this person's own grant.

        A question about the bundle that needs none of its bytes spends nothing.
        """
        mine = next((each for each in self._grants.mine(principal) if each.id == grant), None)
        if mine is None or mine.state not in USABLE or mine.zip_size is None or mine.zip_sha256 is None:
            self._refuse(principal, grant)
        else:
            asked = slice_of(_content(-1, mine), headers)
            permitted = None
            if method == "GET" and asked.status in (200, 206):
                permitted = self._grants.begin_release(principal, grant, asked.start)
            return self._open(mine, permitted)
        raise ExportNotApproved("no copy is released")

    def release_line(self, principal: Principal, grant: GrantId) -> bytes:
        """`release.json` for the one the copy was released to; it may be had again, for it shows no evidence."""
        if all(each.id != grant for each in self._grants.mine(principal)):
            raise NotFound("no such copy is released to this person")
        return self._copies.release_line(grant)

    def hand_over(self, by: Actor, grant: GrantId, out: Path) -> Path:
        """The bundle as a folder in `out`, for a disk that is carried, and what released it beside it.

        The grant is spent with it, as by a download.
        Recorded before a byte is written, and verified as a folder before anybody is told. InvalidBundle,
        ExportNotApproved, GrantSpent: there is no folder then.
        """
        target = out / f"tiezheng-{grant}"
        if target.exists():
            raise InvalidBundle(f"{target.name} is there already")
        release = self._grants.hand_over(by, grant)
        try:
            write_folder(self._place(grant) / NAME, target, lambda: self._grants.sent(release, 0))
            self._finish(release, target)
        except BaseException:
            self._grants.pause(release)
            raise
        durable.remove_tree(self._place(grant))
        return target

    def _finish(self, release: Release, target: Path) -> None:
        """The grant is spent once the folder verifies; it goes again where another connection was quicker."""
        try:
            self._require(target)
            line = self._copies.release_line(release.grant)
            durable.replace(target.with_name(f"{target.name}.release.json"), line, 0o644)
            self._grants.sent(release, release.size)
        except BaseException:
            durable.remove_tree(target)
            raise

    def _refuse(self, principal: Principal, grant: GrantId) -> None:
        """Let the grants refuse, which puts it on record; one that became ready this moment is given back."""
        self._grants.pause(self._grants.begin_release(principal, grant))

    def _open(self, facts: GrantFacts, release: Release | None) -> Delivery:
        place = self._place(facts.id)
        fd = -1
        try:
            fd = os.open(place / NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            if os.fstat(fd).st_size != facts.zip_size:
                raise InvalidBundle("the bundle is not as long as the one that was verified: it is not released")
        except (OSError, InvalidBundle) as error:
            if fd >= 0:
                os.close(fd)
            if release is not None:
                self._grants.pause(release)
            raise InvalidBundle(f"the bundle cannot be read: {error}") from error
        return Delivery(_content(fd, facts), release, self._grants, place)

    def sweep(self) -> None:
        """Expire grants whose time is over, and remove bundles that are good for nothing any more."""
        self._grants.expire()
        # Listed first: a grant that is approved after this line has no folder in that list.
        lying = [place for place in self._folder.iterdir() if is_id(place.name)]
        kept = self._grants.with_bundle()
        for place in lying:
            if GrantId(place.name) not in kept:
                durable.remove_tree(place)

    def _place(self, grant: GrantId) -> Path:
        if not is_id(grant):
            raise GrantSpent("no such grant")
        return self._folder / grant


def _content(fd: int, facts: GrantFacts) -> Content:
    name = f"{facts.case_number}-{facts.id}.zip".replace("/", "_")
    size = facts.zip_size or 0
    return Content(OpenedFile(fd, size), size, "application/zip", Digest.from_hex(str(facts.zip_sha256)), name)
