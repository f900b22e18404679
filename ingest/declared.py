"""What a station declares in Upload-Metadata, beside what it signed of it: two headers that must say the same.

A station with a key signs each upload's declaration (FORMAT, Declaration); one without declares, and nobody vouches for
it. Never takes a signature of another key than the station's newest, nor one over anything but this upload.
"""

import base64
import binascii
from dataclasses import dataclass, replace

from ingest.errors import RefusedDeclaration
from integrity.declaration import SignedDeclaration
from integrity.errors import InvalidDeclaration
from integrity.note import Verifier
from integrity.statement import Statement

DECLARATION = "tiezheng-declaration"
"""The header with the declaration's bytes, in base64."""
SIGNATURE = "tiezheng-signature"
"""The header with the Ed25519 signature over them, in base64."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The two headers as they came; None for one that is missing."""

    declaration: str | None = None
    signature: str | None = None


UNSIGNED = Signed()


def signed_by(statement: Statement, key: str | None, length: int, given: Signed) -> Statement:
    """The statement with the station's signature, where the station has a `key` (a verifier key); RefusedDeclaration.

    The declaration is of a file of `length` bytes and says in every field what Upload-Metadata says.
    """
    if key is None:
        if given != UNSIGNED:
            raise RefusedDeclaration("this station has no key that could have signed it")
        return statement
    if given.declaration is None or given.signature is None:
        raise RefusedDeclaration(f"this station signs what it declares: {DECLARATION} and {SIGNATURE} are missing")
    try:
        declaration, signature = (base64.b64decode(one, validate=True) for one in (given.declaration, given.signature))
        signed = replace(statement, signed=SignedDeclaration(declaration, Verifier.from_vkey(key), signature))
        signed.require_signed(length)
    except (binascii.Error, ValueError, InvalidDeclaration) as error:
        raise RefusedDeclaration(str(error)) from error
    return signed
