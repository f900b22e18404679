"""Lanes of preparing: what is done in a moment never waits behind what takes hours.

Copying an hour of pictures takes half a minute, encoding it anew an hour of both cores. So whatever turns out to need
long encoding leaves the quick lane before it is begun. What a viewer waits for has a lane of its own, so that it waits
for no more than another viewer's; the rest is done when the machine has nothing better to do.
"""

from enum import Enum


class Lane(Enum):
    """Where a recording is prepared."""

    QUICK = "quick"
    """Nothing that takes long."""
    WANTED = "wanted"
    """Encoding that a viewer waits for."""
    BACKLOG = "backlog"
    """Encoding that nobody waits for: at the lowest priority of processor and disk."""
