"""Whose signatures under the provenance of a rendition count: keys that the ledger tells of, one a data folder.

Each service and each worker makes renditions under a key of its own, made where it works, and puts it on record before
it makes the first; so a copy can be told apart from one that was slipped in by whoever can write to the catalog and to
the store. A key is never taken back: a copy that its maker is not trusted for any more is made anew.
"""

from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select

from catalog.database import Database
from catalog.entry import SYSTEM, Entry, Subject
from catalog.ledger import Ledger
from catalog.tables import ledger_leaves, rendition_keys
from integrity.digest import Digest
from integrity.errors import InvalidProvenance
from integrity.maker import ACTION
from integrity.note import Signer, Verifier
from integrity.provenance import Provenance, open_provenance


def key_of(verifier: Verifier) -> str:
    """A key's id in the catalog: the SHA-256 of the public key, in hexadecimal."""
    return Digest.of(verifier.public_key).hex


def enrol(database: Database, ledger: Ledger, signer: Signer) -> None:
    """Put the key on record, once, however often it is called."""
    key = key_of(signer.verifier)
    with database.write() as connection:
        database.exclusive(connection, ACTION, key)
        if connection.scalar(select(rendition_keys.c.id).where(rendition_keys.c.id == key)) is not None:
            return
        subject = Subject(ACTION, key)
        entry = ledger.write(connection, Entry(ACTION, SYSTEM, subject, "done", details={"vkey": signer.vkey}))
        connection.execute(insert(rendition_keys).values(id=key, vkey=signer.vkey, entry_id=entry))


def signed_provenance(connection: Connection, row: Row[Any]) -> Provenance:
    """What a row of `renditions` has signed of itself; InvalidProvenance when it is not by a key on record, or is of
    another file than the row tells of.
    """
    if row.signature is None:
        raise InvalidProvenance("nobody signed it")
    on_record = exists().where(ledger_leaves.c.entry_id == rendition_keys.c.entry_id)
    key = select(rendition_keys.c.vkey).where(rendition_keys.c.id == row.signed_by, on_record)
    vkey = connection.scalar(key)
    if vkey is None:
        raise InvalidProvenance("the key that signed it is not on record")
    told = open_provenance(bytes(row.provenance), bytes(row.signature), Verifier.from_vkey(vkey))
    if (told.name, told.digest.hex, told.size, told.recipe) != (row.name, row.sha256, row.size, row.recipe):
        raise InvalidProvenance("what was signed is of another file")
    return told
