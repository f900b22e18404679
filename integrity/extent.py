"""How much of a recording a copy holds: its sealed originals, viewing copies of them, or both (FORMAT, Bundle).

Asked for, approved and recorded with everything else about a copy; what came before there was a choice held originals.
"""

from collections.abc import Mapping

ORIGINALS, BOTH, COPIES = "originals", "both", "copies"
EXTENTS = (ORIGINALS, BOTH, COPIES)


def extent_in(said: Mapping[str, object]) -> object:
    """What an approval or a ledger entry says of it; whoever compares has to know that it may be anything."""
    return said.get("extent", ORIGINALS)
