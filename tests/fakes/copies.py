"""Files of viewing copies as a maker leaves them: described, signed, and his key on record."""

from collections.abc import Sequence

from catalog.database import Database
from catalog.ledger import Ledger
from catalog.preparation import Rendition
from catalog.rendition_keys import enrol, key_of
from integrity.canonical import canonical
from integrity.digest import Digest
from integrity.note import Signer
from integrity.provenance import FORMAT, KEY_NAME, Source, sign_provenance
from tests.fakes.signers import KEY

MAKER = Signer(KEY_NAME, KEY)


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
    statement = canonical(
        {
            "format": FORMAT,
            "derived": True,
            "recipe": recipe,
            "sources": [{"part": one.part, "sha256": one.digest.hex, "size": one.size} for one in sources],
            "output": {"name": name, "sha256": digest.hex, "size": len(content)},
            "plan": "remux",
            "why": [],
            "tools": [],
            "argv": [],
            "confinement": {},
            "durations": [],
            "findings": [],
            "quality": [{"code": code, "start_ms": start, "end_ms": end} for code, start, end in quality],
        }
    )
    signature = sign_provenance(statement, maker)
    return Rendition(name, digest, len(content), content_type, statement, key_of(maker.verifier), signature)
