"""The installation's own keys: files of mode 0600 in a folder of mode 0700, made once, never printed, never in argv.

A key that is missing after the first start stops the service: a new one would sign a second history.
"""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity import durable
from integrity.clock import Random
from integrity.note import Signer
from integrity.provenance import KEY_NAME


class KeyUnusable(Exception):
    """A key file is missing, readable by others, or no Ed25519 key."""

    code = "key-unusable"


def make_key(path: Path, random: Random) -> None:
    """Make an Ed25519 key file; one that is there is kept."""
    if path.exists():
        return
    durable.make_folder(path.parent)
    key = Ed25519PrivateKey.from_private_bytes(random(32))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    durable.write_new(path, pem)


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read a key file that only its owner may read; KeyUnusable otherwise."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path} can be read by others: chmod 600")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds no Ed25519 key")
    return key


def rendition_signer(data: Path, random: Random) -> Signer:
    """The key by which this data folder signs for the copies it makes; a lost one costs only that a new one is made."""
    path = data / "keys" / "rendition.key"
    make_key(path, random)
    return signer(path, KEY_NAME)


def signer(path: Path, name: str) -> Signer:
    """The signer of a key file under a name."""
    return Signer(name, read_key(path))
