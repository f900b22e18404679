"""Who made a viewing copy, to somebody who trusts the log: the ledger entry that put the maker's key on record.

A key in a bundle proves nothing by itself. This entry is a leaf of the log, so it was there before the copy was handed
over, and nobody but the installation put it there. It says that the key was the installation's, never that its holder
was honest.
"""

from integrity.canonical import parse_canonical
from integrity.custody import CustodyEntry
from integrity.errors import InvalidCanonical, InvalidNote, InvalidProvenance
from integrity.note import Verifier
from integrity.provenance import KEY_NAME

ACTION = "rendition-key"
_LEDGER_FORMAT = "tiezheng-ledger-v1"


def maker_key(entry: CustodyEntry) -> Verifier:
    """The key that an opened ledger entry puts on record; InvalidProvenance for any other entry."""
    if entry.body is None:
        raise InvalidProvenance("the entry about the maker's key is withheld")
    try:
        said = parse_canonical(entry.body)
    except InvalidCanonical as error:
        raise InvalidProvenance(f"the entry about the maker's key: {error}") from error
    actor, details = said.get("actor"), said.get("details")
    if not (isinstance(actor, dict) and isinstance(details, dict) and isinstance(details.get("vkey"), str)):
        raise InvalidProvenance("the entry names no key")
    told = (said.get("format"), said.get("action"), said.get("outcome"), actor.get("kind"))
    if told != (_LEDGER_FORMAT, ACTION, "done", "system"):
        raise InvalidProvenance("the entry puts no key of a maker on record")
    try:
        key = Verifier.from_vkey(details["vkey"])
    except InvalidNote as error:
        raise InvalidProvenance(str(error)) from error
    if key.name != KEY_NAME:
        raise InvalidProvenance(f"the key is named {key.name}, and makers' are named {KEY_NAME}")
    return key
