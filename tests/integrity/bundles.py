"""Bundles to write and to look into: originals under names that clash or harm, and what VERIFY.txt says of them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from integrity.bundle_contents import BundleContents
from tests.fakes.evidence import Evidence

VIDEO = b"video" * 300_000


def gathered(evidence: Evidence) -> BundleContents:
    """Four originals and a document."""
    originals = [
        evidence.seal("询问 01.mp4", VIDEO),
        evidence.seal("../a'b$(rm -rf *)`.mp4", b"hostile"),
        evidence.seal("A.MP4", b"one"),
        evidence.seal("a.mp4", b""),
    ]
    return evidence.contents(originals, [evidence.seal("笔录.txt", "答：是。".encode(), "document")])


def unpacked(path: Path) -> Path:
    """A written bundle's folder, unpacked by somebody else's program."""
    subprocess.run(["python3", "-m", "zipfile", "-e", path.name, "."], cwd=path.parent, check=True)
    return path.parent / "tiezheng-01grant"


def pasted(bag: Path) -> list[str]:
    """What each command of VERIFY.txt prints."""
    return [
        subprocess.run(["bash", "-c", line], cwd=bag, check=False, capture_output=True, text=True).stdout.strip()
        for line in commands(bag)
    ]


def commands(bag: Path) -> Iterator[str]:
    """The lines that are to be pasted."""
    for line in (bag / "VERIFY.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            yield line.strip()
