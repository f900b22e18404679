"""A witness in this process, asked as one over HTTP is, with a switch and a memory that can be shown another log."""

from dataclasses import dataclass, field

from integrity.cosignature import Cosigner
from integrity.errors import WitnessUnavailable
from integrity.witness import Witness
from scripts.witness import STATUS
from tests.fakes.clocks import FakeClock
from tests.fakes.signers import WITNESS
from tests.integrity.test_witness import FakeWatched


@dataclass(slots=True)
class FakeWitness:
    """A `WitnessTransport`. `answers` are given instead of true ones, in order; `asked` are the bodies it got."""

    cosigner: Cosigner = WITNESS
    log: FakeWatched = field(default_factory=FakeWatched)
    away: bool = False
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def submit(self, body: bytes) -> tuple[int, bytes]:
        if self.away:
            raise WitnessUnavailable("switched off by the test")
        self.asked.append(body)
        if self.answers:
            return self.answers.pop(0)
        answer = self._witness().add_checkpoint(body)
        return STATUS[answer.outcome], answer.body

    def newest(self, origin: str) -> bytes | None:
        if self.away:
            raise WitnessUnavailable("switched off by the test")
        return self._witness().newest(self.log) if origin == self.log.origin else None

    def _witness(self) -> Witness:
        return Witness(self.cosigner, lambda origin: self.log if origin == self.log.origin else None, FakeClock())
