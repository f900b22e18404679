"""Files of viewing copies as a maker leaves them: described, signed, and his key on record."""

from collections.abc import Sequence

from catalog.database import Database
from catalog.ledger import Ledger
from catalog.preparation import Rendition
from catalog.rendition_keys import enrol, key_of
from integrity.digest import Digest
from integrity.note import Signer
from integrity.provenance import Source, sign_provenance
from tests.fakes.provenances import MAKER, provenance

__all__ = ["MAKER", "copied", "put_on_record"]


def put_on_record(database: Database, ledger: Ledger) -> None:
    enrol(database, ledger, MAKER)


def copied(
    name: str,
    content: bytes,
    content_type: str,
    *,
    recipe: str = "r1",
    sources: Sequence[Source] = (),
    quality: Sequence[tuple[str, int, int]] = (),
    maker: Signer = MAKER,
) -> Rendition:
    """A file with its signed provenance."""
    digest = Digest.of(content)
    statement = provenance(name, content, sources, recipe=recipe, quality=quality)
    signature = sign_provenance(statement, maker)
    return Rendition(name, digest, len(content), content_type, statement, key_of(maker.verifier), signature)
