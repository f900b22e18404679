"""What the code under test must not do: a file and a name that nobody synced, then a call at which the power goes."""

import os
from pathlib import Path


def begin(folder: Path) -> None:
    (folder / "other").touch()


def work(folder: Path) -> None:
    (folder / "unsynced").write_bytes(b"told, and not on the disk")
    os.unlink(folder / "other")  # noqa: PTH108 (any durable call: the moment of the cut)
