"""Authorities beside an installation's own: each with its root, and a certificate that ends when a test wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from integrity.clock import Clock
from integrity.digest import Digest
from integrity.timestamp import HttpAuthority
from integrity.trust import TrustedAuthority
from tests.fakes import certificates
from tests.fakes.certificates import YEAR, Issued
from tests.fakes.clocks import FakeRandom


@dataclass(frozen=True, slots=True)
class Dated:
    """One authority: asked by `client`, believed by `trusted`, made of `root` and `issued`."""

    client: HttpAuthority
    trusted: TrustedAuthority
    root: Issued
    issued: Issued

    def stamp(self, digest: Digest) -> bytes:
        return self.client.stamp(digest).raw


def dated(
    folder: Path,
    name: str,
    clock: Clock,
    end: datetime,
    *,
    qualified: bool = False,
    key: str | None = None,
    lists: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> Dated:
    """An authority whose certificate began a month ago and ends at `end`; its root lasts for decades."""
    start = clock.now().replace(microsecond=0) - timedelta(days=30)
    root = certificates.root(f"root of {name}", start - YEAR, start + 60 * YEAR)
    signing = certificates.rsa_key(key or f"key of {name}", 3072)
    issued = certificates.signer(root, start=start, end=end, key=signing, lists=lists, answers=answers)
    embedded = certificates.authority(folder / name, root, issued, clock)
    client = HttpAuthority(
        name, embedded.respond, [root.certificate], clock, FakeRandom(name.encode()), qualified=qualified
    )
    return Dated(client, TrustedAuthority(name, root.pem, qualified), root, issued)
