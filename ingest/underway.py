"""Which bytes are about to be stored: those whose manifest is fixed in the spool, whatever became of them since.

For whoever removes bytes: an upload fixes its manifest before it looks whether the same bytes are going, so what is not
found here has not begun, or is in the catalog. What cannot be read is under way: in doubt nothing goes.
"""

from pathlib import Path

from integrity.digest import Digest
from integrity.errors import IntegrityError
from integrity.manifest import Manifest
from integrity.seal_steps import MANIFEST


def under_way(spool: Path, digest: Digest) -> bool:
    """Whether an upload with this digest is between its manifest and its catalogue entry."""
    return any(_is_of(path, digest) for path in spool.glob(f"*/{MANIFEST}"))


def _is_of(path: Path, digest: Digest) -> bool:
    try:
        return Manifest.parse(path.read_bytes()).digest == digest
    except FileNotFoundError:
        return False  # catalogued meanwhile: its row is there
    except (IntegrityError, OSError):
        return True
