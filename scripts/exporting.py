"""What makes bundles and hands them over, joined: for `serve`, and for the operator's command beside it."""

from dataclasses import replace

from catalog.copies import Copies
from catalog.grants import Grants
from integrity.bundle import Stamp
from player.export import Export
from scripts.assemble import House


def export_of(house: House, grants: Grants, stamp: Stamp | None = None) -> Export:
    """Over the bundles of an installation; without `stamp` none gets a token of its own."""
    copies = Copies(
        house.database, house.ledger, house.clock, house.proofs, roots_of(house), house.open_original,
        house.renditions.open,
    )  # fmt: skip
    # The release does not wait for witnesses: one that is away is an alarm, and no reason to hold a copy back.
    trust = replace(house.trust, quorum=0)
    return Export(copies, grants, house.data / "bundles", trust, stamp)


def roots_of(house: House) -> dict[str, bytes]:
    """The root of each authority that others are told to trust, by its name."""
    return {authority.name: authority.root_pem for authority in house.trust.authorities}
