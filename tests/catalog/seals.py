"""Seals without a vault: what the catalogue gets from sealing, with real manifests and real leaves of a log."""

from dataclasses import dataclass, field

from catalog.identity import UploadId, new_id
from catalog.sequencer import Sequencer
from integrity.digest import Digest
from integrity.manifest import Manifest
from integrity.proof_files import Over
from integrity.seal import Seal, SealToken
from integrity.seal_steps import KeptToken
from integrity.statement import Filing, Statement
from integrity.vault import VaultRef
from tests.catalog import sample
from tests.fakes.authorities import FakeAuthority
from tests.fakes.clocks import FakeClock, FakeRandom

FOOTAGE = Statement(
    agency=sample.AGENCY, station=sample.STATION, kind="body-camera", name="现场.mp4", device="DSJ-7", operator="张三",
    case="〔2026〕1号", clock_offset_ms=-1500,
)  # fmt: skip
RECORD = Statement(
    agency=sample.AGENCY, person=sample.PERSON, kind="document", name="笔录.pdf",
    filing=Filing(sample.CASE, "询问笔录", "record", "investigation", "application/pdf"),
)  # fmt: skip


def upload_id(number: int) -> UploadId:
    """An upload's id."""
    return UploadId(f"{number:0>26}")


@dataclass(slots=True)
class FakeSealer:
    """Seals bytes that lie nowhere; each manifest has a salt of its own and each leaf is in the log."""

    sequencer: Sequencer
    clock: FakeClock = field(default_factory=FakeClock)
    random: FakeRandom = field(default_factory=lambda: FakeRandom(b"sealer"))
    authority: FakeAuthority = field(default_factory=lambda: FakeAuthority("embedded"))

    def seal(self, body: bytes, statement: Statement, upload: str | None = None) -> Seal:
        """A seal of these bytes; its tokens are pending while the authority is away."""
        digest = Digest.of(body)
        manifest = Manifest.of(
            statement, digest=digest, size=len(body), upload=upload or new_id(self.random),
            received_at=self.clock.now(), clock=self.clock.state(), salt=self.random(32),
        )  # fmt: skip
        content = manifest.encode()
        seal = Seal(
            manifest, content, VaultRef("files", digest, len(body)),
            VaultRef("files", Digest.of(content), len(content)),
            (self._token("original", digest), self._token("manifest", Digest.of(content))), 0,
        )  # fmt: skip
        index = self.sequencer.append(seal.commitment)
        return Seal(manifest, content, seal.original, seal.manifest_ref, seal.tokens, index)

    def _token(self, over: Over, digest: Digest) -> SealToken:
        token = None if self.authority.failure else KeptToken.of(self.authority.stamp(digest))
        return SealToken(over, self.authority.name, token)
