"""Lanes of preparing: what is done in a moment never waits behind what takes hours.

Copying an hour of pictures takes half a minute, encoding it anew an hour of both cores. So whatever turns out to need
long encoding leaves the quick lane before it is begun. What a viewer waits for has a lane of its own, so that it waits
for no more than another viewer's; the rest is done when the machine has nothing better to do, and last of all, copies
of an older recipe, which can be watched as they are.
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
    ANEW = "anew"
    """Copies of an older recipe, once nothing else waits: at the lowest priority, however little there is to do."""

    @property
    def idle(self) -> bool:
        """Whether it gives way to everybody."""
        return self in (Lane.BACKLOG, Lane.ANEW)
