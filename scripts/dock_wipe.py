"""Removing files from a camera: only what a receipt that was verified allows, and only the very bytes it is about.

A recorder may have written on while its file was sent, so the file is read once more before its name goes. Never
removes anything for another reason than `Outcome.safe`, and never a folder or what a link leads to.
"""

from integrity import durable
from integrity.digest import Digest
from scripts.docking import Outcome


def wipe(outcome: Outcome) -> bool:
    """Remove the file if its receipt says `wipe: allowed`; whether it is gone. What changed since it was sent stays."""
    if not outcome.safe or outcome.digest is None:
        return False
    try:
        if outcome.file.is_symlink() or Digest.of_file(outcome.file) != outcome.digest:
            return False
        durable.remove(outcome.file)
    except OSError:
        return False
    return True
