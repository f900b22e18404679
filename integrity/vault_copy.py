"""One object from one vault into another: the bytes are read, hashed, and put; nothing else makes them equal.

Goes by a file of its own in `scratch`, so two vaults on one file system never share an inode. Never takes a store's
word for what it read: bytes that do not have their digest are not passed on.
"""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from integrity.digest import Digest
from integrity.errors import VaultConflict, VaultUnavailable
from integrity.vault import Vault, VaultRef


def copy(source: Vault, ref: VaultRef, target: Vault, scratch: Path) -> VaultRef:
    """Put what `ref` names into `target` too, proved equal there the way `target.checked` says; again is the same.

    VaultConflict when the source's bytes are not those of the digest: then nothing is copied.
    """
    state = sha256()
    try:
        with TemporaryDirectory(dir=scratch, prefix="copy-") as folder:
            path = Path(folder) / ref.digest.hex
            with path.open("xb") as file:
                for piece in source.read(ref):
                    state.update(piece)
                    file.write(piece)
            if Digest(state.digest()) != ref.digest:
                raise VaultConflict(f"the object {ref.digest} has other bytes in vault {ref.vault}")
            return target.put_once(path, ref.digest)
    except OSError as error:
        raise VaultUnavailable(f"{error.strerror or error}: {error.filename or 'scratch'}") from error
