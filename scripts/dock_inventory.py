"""What lies on a device, told to the server before any of it is sent: its inventory, and how its clock was measured.

What never arrives is known only through this (FORMAT, Inventory). A file ended when its device wrote to it last: by
that it is another one than yesterday's of the same name and size, and late when it is docked late. Names that no text
can hold are told with escapes: the server refuses such a file by its name, so it stays missing until somebody looks.
Never says that it is all there was: only what lay there when the station looked.
"""

import base64
import json
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from catalog.inventory import FORMAT, ITEMS, LIMIT, LONGEST_NAME
from integrity.clock import instant
from integrity.digest import Digest
from integrity.note import Signer
from scripts.dock_line import Line, refusal
from scripts.dock_patience import DockError
from scripts.printable import printable

ROOM = LIMIT - 8 * 1024
"""Bytes of items in one inventory: the rest is for what stands around them."""
CUT = 900
"""Characters that are told of a name that is longer than an inventory takes: its end, for that is the file's name."""

NO_DATE = 315_705_600
"""The second day of 1980, in POSIX time: FAT has no earlier date than the first one, and says that of what has none."""
LAST_DATE = 253_402_300_800
"""The year 10000."""

Item = dict[str, Any]


def announce(
    line: Line, signer: Signer | None, files: Sequence[Path], device: str, declared: Mapping[str, str], now: datetime,
    root: Path | None = None, digests: Mapping[Path, Digest] | None = None,
) -> str | None:  # fmt: skip
    """Post it: the inventory's id; None where the server takes none. DockError when it is refused, or out of patience.

    `root`: the device's folder, to name files by their place in it; more than one inventory holds are told in several.
    `digests`: of files that were read already.
    """
    known: str | None = None
    found = (_item(file, root, (digests or {}).get(file)) for file in files)
    for items in _shares(item for item in found if item is not None):
        said = {"format": FORMAT, "device": device, "taken_at": instant(now), "clock": _clock(declared, now),
                "items": items}  # fmt: skip
        known = _post(line, signer, json.dumps(said, ensure_ascii=False).encode())
    return known


def _post(line: Line, signer: Signer | None, body: bytes) -> str | None:
    headers = {"Content-Type": "application/json"}
    if signer is not None:
        headers["Tiezheng-Signature"] = base64.b64encode(signer.sign(body).raw).decode()
    url = line.url("inventories")
    response = line.patiently(lambda: line.ask("POST", url, headers=headers, content=iter([body])))
    if response.status_code == 404:
        return None
    if response.status_code not in (200, 201):
        raise refusal(response)
    try:
        return str(response.json()["inventory"])
    except (ValueError, KeyError, TypeError) as error:
        raise DockError("answer-invalid", "the server did not say which inventory it took") from error


def _clock(declared: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """The measurement, where both of its numbers were declared."""
    offset, uncertainty = (declared.get(name) for name in ("clock_offset_ms", "clock_uncertainty_ms"))
    if offset is None or uncertainty is None:
        return None
    return {"offset_ms": int(offset), "uncertainty_ms": int(uncertainty), "measured_at": instant(now)}


def _shares(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many items as one inventory holds, and again; one of none where there is nothing."""
    share, size = list[Item](), 0
    for item in items:
        length = len(json.dumps(item, ensure_ascii=False).encode()) + len(", ")
        if len(share) == ITEMS or (share and size + length > ROOM):
            yield share
            share, size = [], 0
        share.append(item)
        size += length
    yield share


def _item(file: Path, root: Path | None, digest: Digest | None) -> Item | None:
    """One file; None when it is gone already, or is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    name = _told(file.name if root is None else file.relative_to(root).as_posix())
    return {
        "name": name, "size": found.st_size, "started_at": None, "ended_at": _ended(found.st_mtime),
        "sha256": None if digest is None else digest.hex,
    }  # fmt: skip


def _ended(written: float) -> str | None:
    """When the device wrote to it last, by its own clock; None where its file system says what is no time."""
    if not NO_DATE < written < LAST_DATE:
        return None
    return instant(datetime.fromtimestamp(int(written), UTC))


def _told(name: str) -> str:
    """A name as an inventory takes it, whatever it is: one that is refused would keep all others from being told."""
    told = printable(name).replace("\\", "<005c>")  # which would be read as a folder's edge
    if told != told.strip():
        told = "".join(f"<{ord(one):04x}>" if one.isspace() else one for one in told)
    if len(told) > LONGEST_NAME:
        told = f"{Digest.of(told.encode()).hex}/{told[-CUT:].strip()}"
    return told
