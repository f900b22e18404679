"""A renewal's statement: what a later token is taken over, so that earlier ones outlive their certificates.

A token proves something while its certificate lasts, and afterwards only if something else proves that it is older. So
before that day all that proves an original is stamped anew: the statement names manifest, tokens, revocation data and
the renewal before it by SHA-256, and the new token's imprint is the statement's. Each renewal thereby carries all
before it (RFC 4998 calls the same an archive time-stamp chain). Says nothing of whether what it names is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from integrity.canonical import canonical, parse_canonical
from integrity.digest import Digest
from integrity.errors import InvalidCanonical, InvalidDigest, InvalidRenewal
from integrity.fields import Fields, reading

FORMAT = "tiezheng-renewal-v1"
LIMIT = 64 * 1024
"""Bytes of a statement that are read."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What one renewal covers. `number` counts from 1; `previous` is the response of the renewal before, None for 1."""

    number: int
    manifest: Digest
    tokens: tuple[Digest, ...]
    revocations: tuple[Digest, ...]
    previous: Digest | None

    @classmethod
    def of(
        cls,
        number: int,
        manifest: Digest,
        tokens: Iterable[bytes],
        revocations: Iterable[bytes],
        previous: bytes | None,
    ) -> Self:
        """Over these bytes; whatever order they come in, the statement is the same."""
        return cls(
            number, manifest, _named(map(Digest.of, tokens)), _named(map(Digest.of, revocations)),
            None if previous is None else Digest.of(previous),
        )  # fmt: skip

    def encode(self) -> bytes:
        """`renewal.N.json`: canonical JSON."""
        return canonical(
            {
                "format": FORMAT,
                "number": self.number,
                "manifest": self.manifest.hex,
                "tokens": [digest.hex for digest in self.tokens],
                "revocations": [digest.hex for digest in self.revocations],
                "previous": None if self.previous is None else self.previous.hex,
            }
        )

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """The statement in these bytes; InvalidRenewal for anything else, and for what covers no token."""
        if len(content) > LIMIT:
            raise InvalidRenewal(f"longer than {LIMIT} bytes")
        with reading(InvalidRenewal):
            fields = Fields(parse_canonical(content))
            fields.expect("format", FORMAT)
            renewal = cls(
                number=fields.number("number"),
                manifest=fields.digest("manifest"),
                tokens=_digests(fields.texts("tokens")),
                revocations=_digests(fields.texts("revocations")),
                previous=fields.optional_digest("previous"),
            )
            fields.finish()
        if not renewal.tokens:
            raise InvalidRenewal("it covers no token")
        for named in (renewal.tokens, renewal.revocations):
            if named != _named(named):
                raise InvalidRenewal("digests out of order, or one of them twice")
        return renewal


def _named(digests: Iterable[Digest]) -> tuple[Digest, ...]:
    return tuple(sorted(set(digests), key=lambda digest: digest.raw))


def _digests(texts: list[str]) -> tuple[Digest, ...]:
    try:
        return tuple(map(Digest.from_hex, texts))
    except InvalidDigest as error:
        raise InvalidCanonical(str(error)) from error
