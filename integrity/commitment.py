"""What a leaf of the log says: a salted commitment to a body, and nothing about the body.

The log is public, so a leaf must not let anybody guess what it covers; and a body whose salt was erased must stay
uncheckable by guessing. Hence 32 random bytes of salt for each leaf, never derived, never used twice, kept apart from
the body. Leaves carry no kind: a manifest and a ledger entry look alike.
"""

import hashlib
import hmac

SIZE = 32
"""Bytes of a commitment, and of the log entry that is one."""

SALT_SIZE = 32
"""Bytes of a salt."""

_DOMAIN = b"tiezheng-leaf-v1\n"


def commit(salt: bytes, body: bytes) -> bytes:
    """SHA-256("tiezheng-leaf-v1" LF, salt, SHA-256(body)): 32 bytes, the whole entry of the log.

    The body goes in by its digest, so a reader that has only the digest and the salt can check the leaf as well.
    ValueError where the salt is not 32 bytes: a short salt is a guessable one.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    return hashlib.sha256(_DOMAIN + salt + hashlib.sha256(body).digest()).digest()


def opens(commitment: bytes, salt: bytes, body: bytes) -> bool:
    """Whether this salt and body are what the commitment was made from."""
    return len(salt) == SALT_SIZE and hmac.compare_digest(commit(salt, body), commitment)
