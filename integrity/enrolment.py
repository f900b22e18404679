"""Enrolling a station by a one-time code: how the code is written, and how the station shows that it holds its key.

The code is a secret of 100 random bits, and after it 80 bits of the SHA-256 of trust.json: whoever hands the code over
by another way than the network vouches with it for the keys that the station will trust. The secret is told once and
kept as its SHA-256. Knows no HTTP and no station: only spellings and one signature.
"""

import hashlib
import re

from integrity.clock import Random
from integrity.errors import InvalidDeclaration, InvalidNote
from integrity.note import Signature, Signer, Verifier

SECRET, MARK = 20, 16
"""Characters of the secret, and of the mark of trust.json."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE = re.compile(rf"[{_ALPHABET}]{{{SECRET + MARK}}}")
_SECRET = re.compile(rf"[{_ALPHABET}]{{{SECRET}}}")
_DOMAIN = b"tiezheng-enrolment-v1\n"
_TOKEN_DOMAIN = b"tiezheng-token-v1\n"


def new_secret(random: Random) -> str:
    """100 random bits in Crockford's base 32."""
    return _spell(int.from_bytes(random(13), "big"), SECRET)


def is_secret(text: str) -> bool:
    """Whether the text has a secret's shape."""
    return _SECRET.fullmatch(text) is not None


def write_code(secret: str, trust: bytes) -> str:
    """What the operator hands over, in groups of four."""
    whole = secret + trust_mark(trust)
    return "-".join(whole[place : place + 4] for place in range(0, len(whole), 4))


def read_code(text: str) -> tuple[str, str]:
    """Secret and mark of a code as somebody typed it; InvalidDeclaration when it cannot be one."""
    whole = re.sub(r"[\s-]", "", text).upper().translate(_LOOKALIKES)
    if not _CODE.fullmatch(whole):
        raise InvalidDeclaration(f"a code has {SECRET + MARK} letters and digits")
    return whole[:SECRET], whole[SECRET:]


def trust_mark(trust: bytes) -> str:
    """What a code says of trust.json: the first 80 bits of its SHA-256."""
    return _spell(int.from_bytes(hashlib.sha256(trust).digest()[:10], "big"), MARK)


def prove_key(secret: str, signer: Signer) -> bytes:
    """The station's signature that it holds its key, made for this code."""
    return signer.sign(_DOMAIN + secret.encode()).raw


def require_key(secret: str, key: Verifier, proof: bytes) -> None:
    """InvalidDeclaration unless the holder of this key asks to redeem this code."""
    try:
        key.verify(_DOMAIN + secret.encode(), Signature(key.name, key.key_id, proof))
    except InvalidNote as error:
        raise InvalidDeclaration("the key that comes with the code did not sign it") from error


def token_request(present: str) -> bytes:
    """What a station with a key signs to be told its next token: so a thief of the present one shuts nobody out."""
    return _TOKEN_DOMAIN + present.encode()


def _spell(value: int, length: int) -> str:
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in range(length - 1, -1, -1))
