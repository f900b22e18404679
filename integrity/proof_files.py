"""The files that prove an original, under the names FORMAT gives them: in a seal, and with a prefix in a bundle.

Made here and nowhere else, so that what a seal holds, a bundle holds too; read by `integrity.token_check` under the
same names. Says nothing of whether they prove anything.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from integrity.digest import Digest

Over = Literal["original", "manifest"]
"""What a token's imprint is the SHA-256 of."""

MANIFEST = "manifest.json"
TLOG_PROOF = "tlog-proof"
STATEMENT = "statement.json"
"""What the station declared and signed; only where it signed."""
PROVENANCE = "provenance.json"
"""How a viewing copy of an original was made, in bundles; its maker's signature, and the entry that names the maker."""
PROVENANCE_SIGNATURE = "provenance.sig"
MAKER = "maker.json"
_OF_COPIES = frozenset((PROVENANCE, PROVENANCE_SIGNATURE, MAKER))
AUTHORITIES = "authorities/"

MOST = 99
"""The highest number in a name; nobody has that many authorities."""

_NUMBERED = re.compile(
    r"(?:original|manifest)(?:\.(?:[2-9]|[1-9][0-9]))?\.tsr|renewal\.(?:[1-9]|[1-9][0-9])\.(?:json|tsr)"
)


_BETWEEN = re.compile(r"between-[0-9a-f]{16}\.pem")


@dataclass(frozen=True, slots=True)
class OriginalProofs:
    """What proves one original. `tokens` are those that are there, for each digest in the order of the authorities."""

    manifest: bytes
    tokens: Sequence[tuple[Over, bytes]]
    tlog_proof: bytes
    renewals: Sequence[tuple[bytes, bytes]] = ()
    """Statement and token of each, in their order."""
    statement: bytes | None = None
    """The upload's statement, where a station signed it."""

    def files(self) -> dict[str, bytes]:
        """Contents by name: `manifest.json`, `original.tsr`, `original.2.tsr`, … `renewal.1.json`, … `tlog-proof`."""
        files = {MANIFEST: self.manifest} | ({} if self.statement is None else {STATEMENT: self.statement})
        count: dict[Over, int] = {}
        for over, raw in self.tokens:
            count[over] = count.get(over, 0) + 1
            files[token_name(over, count[over])] = raw
        for number, (statement, token) in enumerate(self.renewals, 1):
            files |= {renewal_name(number, "json"): statement, renewal_name(number, "tsr"): token}
        return files | {TLOG_PROOF: self.tlog_proof}


def token_name(over: Over, number: int) -> str:
    """The first authority's token has the plain name."""
    return f"{over}.tsr" if number == 1 else f"{over}.{number}.tsr"


def renewal_name(number: int, part: str) -> str:
    """A renewal's statement (`json`) or its token (`tsr`)."""
    return f"renewal.{number}.{part}"


def is_proof(name: str) -> bool:
    """Whether a proof of an original may be called so."""
    return name in (MANIFEST, TLOG_PROOF, STATEMENT) or _NUMBERED.fullmatch(name) is not None


def is_of_copy(name: str) -> bool:
    """Whether a file about an original's viewing copy is called so."""
    return name in _OF_COPIES


def authority_files(certificates: Mapping[str, bytes]) -> dict[str, bytes]:
    """Root certificates in PEM by their authority's name, as files of the folder `authorities`."""
    return {certificate_name(name): pem for name, pem in certificates.items()}


def revocations_name(authority: str, digest: Digest, kind: str) -> str:
    """The file name of a revocation list (`crl`) or an OCSP response (`ocsp`) that was fetched for an authority."""
    return f"{certificate_name(authority).removesuffix('.pem')}-{digest.hex[:16]}.{kind}"


def is_revocations(name: str) -> bool:
    """Whether a file of `authorities` is called like a revocation list or an OCSP response."""
    return name.endswith((".crl", ".ocsp"))


def between_name(pem: bytes) -> str:
    """The file name of the certificates between a root and a token's, which sign revocation lists."""
    return f"between-{Digest.of(pem).hex[:16]}.pem"


def is_between(name: str) -> bool:
    """Whether such certificates are called so."""
    return _BETWEEN.fullmatch(name) is not None


def seal_files(
    proofs: Mapping[str, bytes],
    checkpoint: bytes,
    authorities: Mapping[str, bytes],
    checkpoint_token: bytes | None = None,
) -> dict[str, bytes]:
    """A seal as files, by relative path (FORMAT, Seal); `proofs` and `authorities` as the functions above make them."""
    files = {**proofs, "checkpoint": checkpoint}
    if checkpoint_token is not None:
        files["checkpoint.tsr"] = checkpoint_token
    return files | {f"{AUTHORITIES}{name}": content for name, content in authorities.items()}


def certificate_name(authority: str) -> str:
    """The file name of an authority's certificate: its name where that is plain ASCII, else a readable digest of it."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", authority).strip(".-")[:80]
    if plain and plain == authority:
        return f"{plain}.pem"
    return f"{plain or 'authority'}-{Digest.of(authority.encode()).hex[:8]}.pem"
