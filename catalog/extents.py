"""How much of each recording a request asks for: it stands in the request's ledger entry and nowhere else.

So it cannot be changed after it was asked for, and whoever decides decides about what the entry says.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from catalog.errors import InvalidInput, NotReady
from catalog.evidence import originals_of
from catalog.identity import EntryId, RecordingId
from catalog.tables import ledger
from catalog.viewing_copies import viewing_copies
from integrity.canonical import parse_canonical
from integrity.errors import InvalidCanonical
from integrity.extent import EXTENTS, ORIGINALS, extent_in


def extent_of(connection: Connection, request: EntryId) -> str:
    """What a request's entry asks for; InvalidCanonical where it cannot be read."""
    body = parse_canonical(bytes(connection.scalars(select(ledger.c.body).where(ledger.c.id == request)).one()))
    said = extent_in(body["details"])
    if said not in EXTENTS:
        raise InvalidCanonical("extent: neither originals nor copies nor both")
    return str(said)


def refuse_without_copies(connection: Connection, wanted: Sequence[RecordingId], extent: str) -> None:
    """InvalidInput where viewing copies are asked for and one of the recordings has none to hand out."""
    if extent == ORIGINALS:
        return
    for recording in wanted:
        try:
            viewing_copies(connection, recording)
        except NotReady as error:
            raise InvalidInput("extent", "not every recording has a viewing copy of all its parts") from error


def digests_of(connection: Connection, wanted: Sequence[RecordingId]) -> list[str]:
    """The originals of these recordings, in hexadecimal, in the order in which a bundle names them."""
    return [original.sha256 for recording in sorted(wanted) for original in originals_of(connection, recording)]
