"""The check of viewing copies in a bundle: each was made of the original it says, by a maker on record, and unchanged.

A copy is derived and never stands for its original: it gets no token and no leaf of its own, nothing that proves the
original is judged by it, and where only copies were approved each original that is not here is named as such. That a
copy shows what its original shows is its maker's word.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from integrity.bag import Bag
from integrity.bundle_names import copy_name, possible_names, safe_names
from integrity.container import printable
from integrity.custody import CustodyEntry
from integrity.digest import Digest
from integrity.errors import InvalidBundle, InvalidProvenance
from integrity.inquiry import Inquiry, RunningStep
from integrity.judge import Judge
from integrity.maker import maker_key
from integrity.manifest import Manifest
from integrity.note import Verifier
from integrity.proof_files import MAKER, PROVENANCE, PROVENANCE_SIGNATURE
from integrity.provenance import Provenance, read_provenance, require_signed

STEP = "each viewing copy is derived, and its maker signed of what"
ABSENT = "the originals themselves are here"
PLACE = "data/copies/"
_LIMIT = 1024 * 1024
_OUTPUT = re.compile(r"[a-z]+(?:-[0-9]{1,3})?\.(?:mp4|jpg|txt)")


class CopyCheck:
    """Checks the copies of one bundle against the manifests of the originals whose seals are in it."""

    def __init__(self, inquiry: Inquiry, judge: Judge, bag: Bag, sealed: Mapping[Digest, Manifest]) -> None:
        self._inquiry = inquiry
        self._judge = judge
        self._bag = bag
        self._sealed = sealed
        self._left = [path for path in bag.payload if path.startswith(PLACE)]

    def check(self, wanted: Collection[Digest], step: RunningStep) -> None:
        """One copy of each original that was approved with one, and no further file among the copies."""
        count = len(self._left)
        for original in wanted:
            self._check(original)
        for path in self._left:
            self._inquiry.find("copy-differs", printable(path), "no provenance of an approved copy is of these bytes")
        step.note(f"viewing copies: {count}; derived, no originals, and no proof of what an original shows")

    def _check(self, original: Digest) -> None:
        prefix = f"proofs/{original}."
        if not self._bag.has(f"{prefix}{PROVENANCE}"):
            self._inquiry.find("copy-missing", f"{prefix}{PROVENANCE}", "nothing tells of a viewing copy of it")
            return
        told = self._told(prefix)
        manifest = self._sealed.get(original)
        if told is None or manifest is None:
            self._left = [path for path in self._left if told is None or self._bag.digests[path] != told.digest]
            return
        if [(one.digest, one.size) for one in told.sources] != [(original, manifest.size)]:
            self._inquiry.find("copy-of-another", f"{prefix}{PROVENANCE}", "it was not made of this original alone")
        self._take(told, manifest, f"{prefix}{PROVENANCE}")

    def _told(self, prefix: str) -> Provenance | None:
        """What was signed of the copy, by a maker whose key is on record; None, with a finding, for anything else."""
        found = {name: self._part(prefix + name) for name in (PROVENANCE, PROVENANCE_SIGNATURE, MAKER)}
        statement, signature, maker = found.values()
        if statement is None:
            return None
        try:
            told = read_provenance(statement)
        except InvalidProvenance as error:
            self._inquiry.find("provenance-malformed", f"{prefix}{PROVENANCE}", str(error))
            return None
        if _OUTPUT.fullmatch(told.name) is None:
            self._inquiry.find("provenance-malformed", f"{prefix}{PROVENANCE}", "no viewing copy is called so")
            return None
        key = None if maker is None else self._maker(f"{prefix}{MAKER}", maker)
        if key is not None and signature is not None:
            try:
                require_signed(statement, signature, key)
            except InvalidProvenance as error:
                self._inquiry.find("provenance-signature", f"{prefix}{PROVENANCE_SIGNATURE}", str(error))
        return told

    def _part(self, path: str) -> bytes | None:
        if not self._bag.has(path):
            self._inquiry.find("provenance-missing", path, "it is not there")
            return None
        return self._bag.read(path, _LIMIT)

    def _maker(self, path: str, content: bytes) -> Verifier | None:
        """The maker's key, as the log has it."""
        try:
            entry = CustodyEntry.parse(content)
            key = maker_key(entry)
        except (InvalidBundle, InvalidProvenance) as error:
            self._inquiry.find("provenance-maker", path, str(error))
            return None
        self._judge.proof(path, entry.tlog_proof, entry.commitment)
        return key

    def _take(self, told: Provenance, manifest: Manifest, subject: str) -> None:
        """The file that it tells of, under the name of its original, labelled."""
        there = [path for path in self._left if self._bag.digests[path] == told.digest]
        if not there:
            self._inquiry.find("copy-missing", subject, f"no file is the copy it tells of, {told.digest}")
            return
        (expected,) = safe_names([copy_name(manifest.name, told.name)])
        named = [path for path in there if expected in possible_names(PurePosixPath(path).name)]
        path = (named or there)[0]
        self._left.remove(path)
        if not named:
            self._inquiry.find("name-differs", printable(path), f"the copy would be called {printable(expected)}")
        if self._bag.container.sizes[path] != told.size:
            self._inquiry.find("copy-differs", printable(path), f"its provenance says {told.size} bytes")
