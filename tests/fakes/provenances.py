"""Provenance of viewing copies, as a maker writes it, and a maker's key."""

from collections.abc import Sequence

from integrity.canonical import canonical
from integrity.digest import Digest
from integrity.note import Signer
from integrity.provenance import FORMAT, KEY_NAME, Source
from tests.fakes.signers import KEY

MAKER = Signer(KEY_NAME, KEY)


def provenance(
    name: str,
    content: bytes,
    sources: Sequence[Source] = (),
    *,
    recipe: str = "r1",
    quality: Sequence[tuple[str, int, int]] = (),
) -> bytes:
    """What a maker says of a file; not signed yet."""
    return canonical(
        {
            "format": FORMAT,
            "derived": True,
            "recipe": recipe,
            "sources": [{"part": one.part, "sha256": one.digest.hex, "size": one.size} for one in sources],
            "output": {"name": name, "sha256": Digest.of(content).hex, "size": len(content)},
            "plan": "remux",
            "why": [],
            "tools": [],
            "argv": [],
            "confinement": {},
            "durations": [],
            "findings": [],
            "quality": [{"code": code, "start_ms": start, "end_ms": end} for code, start, end in quality],
        }
    )
