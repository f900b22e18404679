"""Removing files from a camera: only what a receipt that was verified allows, and only the very bytes it is about.

A recorder may have written on while its file was sent, so the file is read once more before its name goes, and it must
be the same before and after, with nobody writing to it. Never removes anything for another reason than `Outcome.safe`,
and never a folder or what a link leads to.
"""

from integrity import durable
from integrity.digest import Digest
from scripts.docking import Outcome
from scripts.finished import open_for_writing, state_of


def wipe(outcome: Outcome) -> bool:
    """Remove the file if its receipt says `wipe: allowed`; whether it is gone. What changed since it was sent stays."""
    if not outcome.safe or outcome.digest is None:
        return False
    before = state_of(outcome.file)
    try:
        if before is None or Digest.of_file(outcome.file) != outcome.digest:
            return False
        if open_for_writing(outcome.file) or state_of(outcome.file) != before:
            return False
        durable.remove(outcome.file)
    except OSError:
        return False
    return True
