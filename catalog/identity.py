"""Identifiers: 26 characters, sortable by time of making, unguessable in their last 16 (the ULID layout).

Never used as a secret, and never as evidence of time: the ledger says when something happened.
"""

import time
from typing import NewType

from integrity.clock import Random, system_random

AgencyId = NewType("AgencyId", str)
PersonId = NewType("PersonId", str)
StationId = NewType("StationId", str)
CaseId = NewType("CaseId", str)
RecordingId = NewType("RecordingId", str)
OriginalId = NewType("OriginalId", str)
UploadId = NewType("UploadId", str)
EntryId = NewType("EntryId", int)
ViewId = NewType("ViewId", str)
RequestId = NewType("RequestId", str)
GrantId = NewType("GrantId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def new_id(random: Random = system_random) -> str:
    """A fresh identifier of 48 bits of milliseconds and 80 random bits, in Crockford's base 32, lower case."""
    value = (time.time_ns() // 1_000_000 << 80) | int.from_bytes(random(10), "big")
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def is_id(text: str) -> bool:
    """Whether the text has the shape of an identifier; says nothing of whether it exists."""
    return len(text) == LENGTH and all(character in _ALPHABET for character in text)
