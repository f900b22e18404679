"""The tests: each package's mirror, then contracts, real servers, faults and whole flows."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("TIEZHENG_TEST_SHARED", Path(__file__).resolve().parents[2] / "shared"))
MEDIA = SHARED / "media"
"""Real recordings that are not part of the project; tests that need them skip where the folder is absent."""
VECTORS = SHARED / "vectors"
"""Public Merkle vectors, likewise."""
