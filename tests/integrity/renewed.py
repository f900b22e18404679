"""A seal that was renewed twice: an authority of one year, then one of two, then one of thirty.

day 0 sealed by `brief` · 300 renewed by `middle` · 365 brief ends · 600 renewed by `lasting` · 730 middle ends
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from integrity.digest import Digest
from integrity.finding import Verdict
from integrity.proof_files import OriginalProofs, Over, authority_files, seal_files
from integrity.renewal import Renewal
from integrity.verify import verify_file
from tests.fakes.dated import Dated, dated
from tests.fakes.evidence import Evidence, Sealed
from tests.integrity.zoo import Files
from tests.integrity.zoo.specimen import write_folder

BODY = b"renewed twice"
DAY = timedelta(days=1)


@dataclass(slots=True)
class Renewed:
    """The parts of that seal, and how to make others of the kind."""

    evidence: Evidence
    brief: Dated
    middle: Dated
    lasting: Dated
    sealed: Sealed
    tokens: Sequence[tuple[Over, bytes]]
    renewals: list[tuple[bytes, bytes]]

    @classmethod
    def make(cls, folder: Path) -> "Renewed":
        evidence = Evidence(folder)
        evidence.clock.at = evidence.clock.now().replace(microsecond=0)
        clock, start = evidence.clock, evidence.clock.now()
        brief = dated(folder, "brief", clock, start + 365 * DAY, qualified=True)
        middle = dated(folder, "middle", clock, start + 730 * DAY)
        lasting = dated(folder, "lasting", clock, start + 30 * 365 * DAY, qualified=True)
        sealed = evidence.seal("renewed.mp4", BODY, pending=True)
        tokens: list[tuple[Over, bytes]] = [
            ("original", brief.stamp(Digest.of(BODY))),
            ("manifest", brief.stamp(Digest.of(sealed.manifest))),
        ]
        made = cls(evidence, brief, middle, lasting, sealed, tokens, [])
        made.renewals.append(made.renewal(1, middle, 300))
        made.renewals.append(made.renewal(2, lasting, 600, made.renewals[0][1]))
        return made

    def renewal(self, number: int, by: Dated, day: float, previous: bytes | None = None) -> tuple[bytes, bytes]:
        """Statement and token of a renewal on that day."""
        manifest = Digest.of(self.sealed.manifest)
        statement = Renewal.of(number, manifest, [raw for _, raw in self.tokens], (), previous).encode()
        return statement, self.stamped(by, day, statement)

    def stamped(self, by: Dated, day: float, content: bytes) -> bytes:
        """A token over anything on that day."""
        start = self.evidence.clock.now()
        self.evidence.clock.at = start + day * DAY
        token = by.stamp(Digest.of(content))
        self.evidence.clock.at = start
        return token

    def files(self, renewals: Sequence[tuple[bytes, bytes]] | None = None) -> Files:
        """The seal's files, with these renewals."""
        proof = self.evidence.log.tlog_proof(self.sealed.leaf_index)
        chain = self.renewals if renewals is None else renewals
        roots = {one.trusted.name: one.trusted.root_pem for one in (self.brief, self.middle, self.lasting)}
        proofs = OriginalProofs(self.sealed.manifest, self.tokens, proof, chain).files()
        return seal_files(proofs, self.evidence.log.head().note, authority_files(roots))

    def judged(self, folder: Path, files: Files, day: float) -> Verdict:
        """Verified on that day."""
        (folder / "renewed.mp4").write_bytes(BODY)
        shutil.rmtree(folder / "seal", ignore_errors=True)
        seal = write_folder(folder / "seal", files)
        authorities = tuple(one.trusted for one in (self.brief, self.middle, self.lasting))
        clock = replace(self.evidence.clock, at=self.evidence.clock.now() + day * DAY)
        trust = replace(self.evidence.trust, authorities=authorities)
        return verify_file(folder / "renewed.mp4", seal, trust, clock=clock)
