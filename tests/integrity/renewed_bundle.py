"""A bundle of a file that was renewed twice (`tests.integrity.renewed`), with tokens of one or of two authorities.

day 0 stamped by `brief`, and by `other` too where there are two · 300 renewed by `middle` · 365 brief ends ·
600 renewed by `lasting` · 730 middle and other end. The token over the whole bundle is of the day on which it is read.
"""

import shutil
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from integrity.bundle import write_bundle
from integrity.digest import Digest
from integrity.finding import Verdict
from integrity.proof_files import OriginalProofs, Over, authority_files
from integrity.trust import Trust
from integrity.verify import verify_bundle
from tests.fakes.dated import Dated, dated
from tests.integrity.renewed import BODY, DAY, Renewed
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import listing, write_folder

PREFIX = f"proofs/{Digest.of(BODY)}."


@dataclass(frozen=True, slots=True)
class RenewedBundle:
    """Its parts, and how to judge it."""

    renewed: Renewed
    other: Dated
    plain: Files

    @classmethod
    def make(cls, folder: Path) -> "RenewedBundle":
        renewed = Renewed.make(folder)
        evidence = renewed.evidence
        other = dated(folder, "other", evidence.clock, evidence.clock.now() + 730 * DAY)
        roots = {one.trusted.name: one.root.pem for one in (renewed.brief, renewed.middle, renewed.lasting, other)}
        contents = evidence.contents([renewed.sealed])
        proofs = OriginalProofs(renewed.sealed.manifest, (), evidence.log.tlog_proof(renewed.sealed.leaf_index))
        originals = [replace(contents.originals[0], proofs=proofs.files())]
        changed = replace(contents, originals=originals, authorities=authority_files(roots))
        write_bundle(folder / "bundle.zip", changed, renewed.lasting.stamp)
        with zipfile.ZipFile(folder / "bundle.zip") as archive:
            plain = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
        return cls(renewed, other, plain)

    def day(self, day: float) -> datetime:
        return self.renewed.evidence.clock.now() + day * DAY

    def files(self, *, twice: bool = False) -> Files:
        """Without lists that fit: `relisted` makes them."""
        renewed = self._stamped_twice() if twice else self.renewed
        tlog_proof = self.plain[f"{PREFIX}tlog-proof"]
        proofs = OriginalProofs(renewed.sealed.manifest, renewed.tokens, tlog_proof, renewed.renewals).files()
        return self.plain | {PREFIX + name: content for name, content in proofs.items()}

    def _stamped_twice(self) -> Renewed:
        renewed, bodies = self.renewed, {"original": BODY, "manifest": self.renewed.sealed.manifest}
        further: list[tuple[Over, bytes]] = [
            ("original", renewed.stamped(self.other, 0, bodies["original"])),
            ("manifest", renewed.stamped(self.other, 0, bodies["manifest"])),
        ]
        both = replace(renewed, tokens=[*renewed.tokens, *further], renewals=[])
        both.renewals.append(both.renewal(1, both.middle, 300))
        both.renewals.append(both.renewal(2, both.lasting, 600, both.renewals[0][1]))
        return both

    def relisted(self, files: Files, day: float) -> Files:
        """The same, with lists that fit, and a token of that day over the whole."""
        made = dict(files)
        made["manifest-sha256.txt"] = listing(made, payload=True)
        made["tagmanifest-sha256.txt"] = listing(made, payload=False)
        made["tagmanifest-sha256.txt.tsr"] = self.renewed.stamped(
            self.renewed.lasting, day, made["tagmanifest-sha256.txt"]
        )
        return made

    @property
    def trust(self) -> Trust:
        """Everybody is trusted; `brief` and `lasting` are qualified."""
        renewed = self.renewed
        authorities = (renewed.brief, renewed.middle, renewed.lasting, self.other)
        return replace(renewed.evidence.trust, authorities=tuple(one.trusted for one in authorities))

    def judged(self, folder: Path, files: Files, day: float) -> Verdict:
        """By `tiezheng verify`, on that day."""
        shutil.rmtree(folder, ignore_errors=True)
        clock = replace(self.renewed.evidence.clock, at=self.day(day))
        return verify_bundle(write_folder(folder, files), self.trust, clock=clock)
