"""Text records: what counts as text, and their viewing copy. Runs in a confined child.

Strict UTF-8 without control characters, read to the end: a text that shows as something else in another viewer is no
text to us. Never interprets markup; the viewing copy is plain text whatever the name says.
"""

import codecs
from pathlib import Path
from typing import Any

from ingest.errors import Unplayable
from ingest.task import MIB, Work

_ALLOWED = frozenset("\t\n\r\f")
_CONTROLS = frozenset(map(chr, (*range(0x20), *range(0x7F, 0xA0)))) - _ALLOWED
_SHOWN = 32 * MIB
"""Bytes that a viewing copy may have; nobody reads on, and the original is whole."""


def is_text(path: Path) -> bool:
    """Whether the whole file is UTF-8 (RFC 3629) without control characters other than tab and line ends."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(MIB):
                if _CONTROLS & set(decoder.decode(chunk)):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def copy(work: Work) -> dict[str, Any]:
    """Write `text.txt`: the same characters, without a byte order mark, with newlines as Unix has them."""
    if work.original.stat().st_size > _SHOWN:
        raise Unplayable("too-large", f"a text of more than {_SHOWN // MIB} MiB is not shown, only kept")
    text = work.original.read_bytes().decode("utf-8").removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    (work.folder / "text.txt").write_text(text, encoding="utf-8", newline="\n")
    return {"characters": len(text), "lines": text.count("\n") + (not text.endswith("\n"))}
