"""Passwords: argon2id (RFC 9106), and the one-time ones that are printed once.

Never says which part of a sign-in was wrong, never stores or logs a password, and spends the same time on a login that
does not exist.
"""

import base64
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from catalog.errors import InvalidInput
from integrity.clock import Random

SHORTEST = 12
LONGEST = 200
"""Characters of a chosen password."""

AT_ONCE = 2
"""Hashes computed side by side: each takes 64 MiB while it runs."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Passwords:
    """Hashes and checks. Safe to use from every thread."""

    def __init__(self, random: Random, hasher: PasswordHasher | None = None) -> None:
        self._random = random
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = _of_nobody(self._hasher, random)

    def hash(self, password: str) -> str:
        """The encoded argon2id hash, its salt and parameters included."""
        with self._turns:
            return self._hasher.hash(_normal(password))

    def matches(self, encoded: str | None, password: str) -> bool:
        """Whether this is the password; with None (no such login) always false, after the same work."""
        with self._turns:
            try:
                self._hasher.verify(encoded or self._nobody, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return encoded is not None and len(password) <= LONGEST

    def once(self) -> str:
        """A one-time password of 80 random bits, in groups of four that can be read out."""
        value = int.from_bytes(self._random(10), "big")
        text = "".join(_ALPHABET[value >> shift & 31] for shift in range(75, -1, -5))
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def chosen(password: str, login: str) -> str:
    """A password somebody chose, or InvalidInput with what is wrong with it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput("password", f"needs {SHORTEST} to {LONGEST} characters")
    if len(set(password)) < 5:
        raise InvalidInput("password", "repeats too few characters")
    if login.casefold() in password.casefold() and len(login) * 2 > len(password):
        raise InvalidInput("password", "is little more than the login")
    return password


def _of_nobody(hasher: PasswordHasher, random: Random) -> str:
    """What checks like any other hash, and is of no password: random, so it costs nobody a start to have it."""
    salt, tag = (base64.b64encode(random(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${tag}"


def _normal(password: str) -> str:
    """One spelling whichever keyboard typed it (RFC 8265, OpaqueString); hashing takes bytes of any length."""
    return unicodedata.normalize("NFC", password[:LONGEST]).encode("utf-8", "replace").decode()
