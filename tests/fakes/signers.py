"""Note keys that are the same in every run; worth nothing outside the tests."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.note import Signer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("log.example/1", KEY)
OTHER = Signer("log.example/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
"""Another key of the same name."""
