"""What every target needs: the zoo's trust, a folder for what can only be read from a file, and the comparison."""

import tempfile
from functools import cache
from pathlib import Path

from integrity.trust import Trust, read_trust
from tests.fuzz.explore import Differs
from tests.integrity.zoo.exhibits import FOLDER

_HELD: list["tempfile.TemporaryDirectory[str]"] = []


@cache
def trust() -> Trust:
    """What the zoo is judged by."""
    return read_trust(FOLDER / "trust.json")


@cache
def folder() -> Path:
    """One folder for a run; removed when it ends."""
    _HELD.append(tempfile.TemporaryDirectory(prefix="fuzz-"))
    return Path(_HELD[-1].name)


def as_file(name: str, content: bytes) -> Path:
    """These bytes in a file that only its owner may read."""
    path = folder() / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def same(content: bytes, again: bytes) -> None:
    """Differs, unless what was read is written as it came."""
    if content != again:
        raise Differs(f"{content[:200]!r} is written again as {again[:200]!r}")
