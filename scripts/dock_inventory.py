"""What lies on a device, told to the server before any of it is sent: its inventory, and how its clock was measured.

What never arrives is known only through this (FORMAT, Inventory). Names that no text can hold are told with escapes:
the server refuses such a file by its name, so it stays missing until somebody looks. Never says that it is all there
was: only what lay there when the station looked.
"""

import base64
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.inventory import FORMAT, ITEMS
from integrity.clock import instant
from integrity.note import Signer
from scripts.dock_line import Line, refusal


def announce(
    line: Line, signer: Signer | None, files: Sequence[Path], device: str, declared: Mapping[str, str], now: datetime,
    root: Path | None = None,
) -> str | None:  # fmt: skip
    """Post it: the inventory's id; None where the server takes none. DockError when it is refused, or out of patience.

    `root`: the device's folder, to name files by their place in it; more than one inventory holds are told in several.
    """
    known: str | None = None
    for first in range(0, max(1, len(files)), ITEMS):
        items = [item for file in files[first : first + ITEMS] if (item := _item(file, root)) is not None]
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
    return str(response.json()["inventory"])


def _clock(declared: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
    """The measurement, where both of its numbers were declared."""
    offset, uncertainty = (declared.get(name) for name in ("clock_offset_ms", "clock_uncertainty_ms"))
    if offset is None or uncertainty is None:
        return None
    return {"offset_ms": int(offset), "uncertainty_ms": int(uncertainty), "measured_at": instant(now)}


def _item(file: Path, root: Path | None) -> dict[str, Any] | None:
    """One file; None when it is gone already."""
    try:
        size = file.stat().st_size
    except OSError:
        return None
    name = file.name if root is None else file.relative_to(root).as_posix()
    told = "".join(_shown(character) for character in name)
    return {"name": told, "size": size, "started_at": None, "ended_at": None, "sha256": None}


def _shown(character: str) -> str:
    """A character of a name, or its number where an inventory takes no such character."""
    turning = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return f"<{ord(character):04x}>" if turning or unicodedata.category(character) in ("Cc", "Cs") else character
