"""A timestamp authority without cryptography, for tests of what is done with tokens, and knobs for its faults."""

from dataclasses import dataclass, field
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.digest import Digest
from integrity.errors import AuthorityUnavailable, InvalidToken, TokenError
from integrity.token import Token, TokenFacts
from tests.fakes.clocks import START, FakeClock


@dataclass(slots=True)
class FakeAuthority:
    """A `TimestampAuthority` whose tokens prove nothing; every one is different, so a second asking shows.

    `failure` is raised instead of an answer while it is set; `asked` lists the digests it was asked about.
    """

    name: str = "fake"
    clock: FakeClock = field(default_factory=FakeClock)
    failure: TokenError | None = None
    asked: list[Digest] = field(default_factory=list)
    serial: int = 0

    def stamp(self, digest: Digest) -> Token:
        self.asked.append(digest)
        if self.failure is not None:
            raise self.failure
        self.serial += 1
        raw = b"token %d of %s over %s" % (self.serial, self.name.encode(), digest.raw)
        return Token(
            raw, digest, self.name, TokenFacts(self.clock.now(), None, "1.2.3", self.serial, None, _certificate())
        )

    def go_away(self) -> None:
        self.failure = AuthorityUnavailable("the test took it away")

    def answer_wrongly(self) -> None:
        self.failure = InvalidToken("token-nonce-differs", "the test changed it")

    def come_back(self) -> None:
        self.failure = None


@cache
def _certificate() -> x509.Certificate:
    """Any certificate: nothing looks at it."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, START.replace(year=2020), START.replace(year=2060)
    )
    return builder.sign(key, None)
