"""Broken renewals of a good seal, and broken releases of a good bundle; both with everything else in order.

A renewal's case gets the seal's files, the installation, and the bench that forges tokens of any lifetime.
"""

from datetime import timedelta
from typing import Any

from integrity.digest import Digest
from integrity.renewal import Renewal
from tests.integrity.zoo import Cage, Files
from tests.integrity.zoo.specimen import Specimen, edited
from tests.integrity.zoo.tokens import Bench

cage, releases = Cage(), Cage()
case = cage.case
HOUR = 3600


def renewed(
    files: Files, specimen: Specimen, *, later: int = HOUR, further: tuple[bytes, ...] = (), **said: Any
) -> None:
    """Add the first renewal, stamped `later` by the installation's own authority, perhaps saying otherwise."""
    statement = Renewal.of(1, Digest.of(files["manifest.json"]), (*_tokens(files), *further), (), None).encode()
    files["renewal.1.json"] = edited(statement, **said)
    specimen.evidence.clock.advance(later)
    files["renewal.1.tsr"] = specimen.evidence.stamp(Digest.of(files["renewal.1.json"]))
    specimen.evidence.clock.advance(-later)


def _tokens(files: Files) -> tuple[bytes, bytes]:
    return files["original.tsr"], files["manifest.tsr"]


@case("renewal-missing")
def the_token_of_a_renewal_is_missing(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen)
    del files["renewal.1.tsr"]


@case("renewal-missing")
def the_first_renewal_is_missing(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen)
    first = files.pop("renewal.1.json"), files.pop("renewal.1.tsr")
    statement = Renewal.of(2, Digest.of(files["manifest.json"]), _tokens(files), (), first[1]).encode()
    files["renewal.2.json"], files["renewal.2.tsr"] = statement, specimen.evidence.stamp(Digest.of(statement))


@case("renewal-malformed")
def a_renewal_is_garbage(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen)
    files["renewal.1.json"] = b"garbage"


@case("renewal-malformed")
def a_renewal_of_a_later_version(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen, format="tiezheng-renewal-v2")


@case("renewal-differs")
def a_renewal_says_another_number(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen, number=2)


@case("renewal-differs")
def a_renewal_is_of_another_manifest(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen, manifest="0" * 64)


@case("renewal-incomplete")
def a_renewal_covers_a_token_that_is_not_there(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen, further=(b"another token",))


@case("renewal-before-token")
def a_renewal_is_older_than_what_it_renews(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen, later=-HOUR)


@case("token-imprint-differs")
def the_token_of_a_renewal_is_over_something_else(files: Files, specimen: Specimen, _: Bench) -> None:
    renewed(files, specimen)
    files["renewal.1.tsr"] = files["original.tsr"]


@case("token-outlived-certificate", "renewal-too-late")
def a_renewal_came_after_the_certificate_had_ended(files: Files, specimen: Specimen, bench: Bench) -> None:
    """Tokens and first renewal by certificates of five minutes, the second renewal an hour later."""
    brief = bench.signer(end=bench.at + timedelta(minutes=5))
    files["original.tsr"] = bench.forged(brief)
    files["manifest.tsr"] = bench.forged(brief, imprint=Digest.of(files["manifest.json"]).raw)
    renewed(files, specimen)
    files["renewal.1.tsr"] = bench.forged(brief, imprint=Digest.of(files["renewal.1.json"]).raw)
    previous = files["renewal.1.tsr"]
    second = Renewal.of(2, Digest.of(files["manifest.json"]), _tokens(files), (), previous).encode()
    specimen.evidence.clock.advance(HOUR)
    files["renewal.2.json"], files["renewal.2.tsr"] = second, specimen.evidence.stamp(Digest.of(second))
    specimen.evidence.clock.advance(-HOUR)


def release(specimen: Specimen, bundle: Digest, grant: str = "01grant", action: str = "release") -> bytes:
    """`release.json`: the ledger's entry, in the log."""
    made = specimen.evidence.entry(action, subject=("grant", grant), details={"bundle": bundle.hex})
    return made.encode()


@releases.case("release-malformed")
def a_release_that_is_garbage(specimen: Specimen, bundle: Digest) -> bytes:
    return b"released"


@releases.case("release-differs")
def a_release_of_another_bundle(specimen: Specimen, bundle: Digest) -> bytes:
    return release(specimen, Digest.of(b"another"))


@releases.case("release-differs")
def a_release_under_another_grant(specimen: Specimen, bundle: Digest) -> bytes:
    return release(specimen, bundle, grant="02grant")


@releases.case("release-differs")
def an_entry_that_is_no_release(specimen: Specimen, bundle: Digest) -> bytes:
    return release(specimen, bundle, action="view")


@releases.case("release-malformed")
def a_release_that_was_changed(specimen: Specimen, bundle: Digest) -> bytes:
    return release(specimen, bundle).replace(b"permitted", b"permitteD", 1)
