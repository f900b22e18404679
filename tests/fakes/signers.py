"""Note keys that are the same in every run; worth nothing outside the tests."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.cosignature import Cosigner
from integrity.note import Signer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Signer("log.example/1", KEY)
OTHER = Signer("log.example/1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
"""Another key of the same name."""
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"1" * 32))
SECOND_WITNESS = Cosigner("witness.example/w2", Ed25519PrivateKey.from_private_bytes(b"2" * 32))
