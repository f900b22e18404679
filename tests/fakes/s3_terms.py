"""How long a test's objects are locked: as short as makes sense, for nobody can shorten it afterwards."""

from datetime import timedelta

from integrity.vault_s3 import Terms

SMALLEST_PART = 5 * 1024 * 1024
"""Bytes; S3 takes no smaller part but the last."""
SHORT = Terms(timedelta(days=1), SMALLEST_PART)
